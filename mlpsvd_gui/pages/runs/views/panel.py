"""Panel of the Runs page: search and actions at the top, the table of runs, details of the selected one."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QSignalBlocker, Qt, QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLineEdit,
    QMessageBox,
    QSplitter,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from mlpsvd.experiments.runs.kept_run import KeptRun
from mlpsvd.text import counted
from mlpsvd_gui.pages.runs.views.actions import RunActions
from mlpsvd_gui.pages.runs.views.comparison import ComparisonView
from mlpsvd_gui.pages.runs.views.details import RunDetails
from mlpsvd_gui.pages.runs.views.table import RunTable
from mlpsvd_gui.pages.runs.views.welcome import RunsWelcome
from mlpsvd_gui.plots.theme import Theme, theme_for
from mlpsvd_gui.widgets.choosers import Chooser
from mlpsvd_gui.widgets.eliding import ElidedLabel
from mlpsvd_gui.widgets.help_mark import mark_help
from mlpsvd_gui.widgets.messages import MessageBar, ShowsMessages
from mlpsvd_gui.widgets.plain_label import PlainLabel

__all__ = ["ALL", "STARRED", "TRASH", "UNFINISHED", "RunsPanel"]

ALL, STARRED, UNFINISHED, TRASH = "all", "starred", "unfinished", "trash"
_KINDS = ((ALL, "All runs"), (STARRED, "Starred"), (UNFINISHED, "Not complete"), (TRASH, "Trash"))
_SEARCH_MS = 150
_SEARCH_TIP = (
    "Words in name, note, tags (#birds), folder or identity; key=value for a setting, e.g. seed=7, epochs=20, "
    "status=interrupted (Ctrl+F)"
)


class RunsPanel(ShowsMessages, QWidget):
    """The list of runs, a comparison, or a welcome page.

    Requests come from :attr:`actions_`, :attr:`details`, :attr:`comparison` and these signals.
    """

    opened = Signal()
    """Emitted when the page becomes visible, or its window active."""
    query_changed = Signal()
    """Emitted when other runs are to be shown."""
    empty_trash_confirmed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        mark_help(self, "runs")
        self.messages = MessageBar(self)
        self.welcome = RunsWelcome(self)
        self.find_edit = QLineEdit(self)
        self.kind_box = Chooser(self)
        self.count_label = ElidedLabel(parent=self)
        self.table = RunTable(self)
        self.nothing = PlainLabel(self)
        self.details = RunDetails(self)
        self.comparison = ComparisonView(self)
        self.actions_ = RunActions(self, self.table)
        self.buttons: list[QToolButton] = []
        self.pages = QStackedWidget(self)
        self._content = QStackedWidget(self)
        self._timer = QTimer(self)
        self._build()
        self._layout()
        self.set_theme(theme_for(self.palette()))
        self.show_runs((), n_all=0, n_trashed=0)

    @property
    def query(self) -> str:
        """The text of the search."""
        return self.find_edit.text().strip()

    @property
    def kind(self) -> str:
        """Which runs to show: ``ALL``, ``STARRED``, ``UNFINISHED`` or ``TRASH``."""
        return str(self.kind_box.currentData())

    def show_runs(self, runs: Sequence[KeptRun], *, n_all: int, n_trashed: int) -> None:
        """Show runs, and the welcome page if there are none at all."""
        is_empty = not n_all and not n_trashed
        if is_empty and self.kind != ALL:
            with QSignalBlocker(self.kind_box):
                self.kind_box.setCurrentIndex(0)
        if self.pages.currentWidget() is not self.comparison:
            self.pages.setCurrentIndex(0 if is_empty else 1)
        self.table.show_runs(runs)
        self._content.setCurrentIndex(0 if runs else 1)
        self.nothing.setText(self._nothing_text(n_all))
        total = n_trashed if self.kind == TRASH else n_all
        self.count_label.setText(counted(total, "run") if len(runs) == total else f"{len(runs):,} of {total:,} runs")

    def show_comparison(self) -> None:
        """Show the comparison instead of the list."""
        self.pages.setCurrentWidget(self.comparison)
        self.comparison.back_button.setFocus()

    def show_list(self) -> None:
        """Show the list of runs."""
        self.pages.setCurrentIndex(1)
        self.table.setFocus()

    def set_theme(self, theme: Theme) -> None:
        """Apply the colours of a theme."""
        self.welcome.set_theme(theme)
        self.table.set_theme(theme)
        self.details.set_theme(theme)
        self.comparison.set_theme(theme)
        for label in (self.nothing, self.count_label):
            label.setStyleSheet(f"color: {theme.muted.name()};")

    def ask_to_empty_trash(self, n_runs: int) -> None:
        """Ask before the runs in the trash are deleted for good."""
        box = QMessageBox(self)
        box.setObjectName("empty trash question")
        box.setIcon(QMessageBox.Icon.Warning)
        box.setWindowTitle("Empty trash")
        box.setText(f"Delete {counted(n_runs, 'run')} in the trash?")
        box.setInformativeText("Settings, results and networks are lost. This cannot be undone.")
        box.addButton("&Delete", QMessageBox.ButtonRole.DestructiveRole).clicked.connect(self.empty_trash_confirmed)
        keep = box.addButton("&Keep", QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(keep)
        box.setEscapeButton(keep)
        box.finished.connect(box.deleteLater)
        box.open()

    def showEvent(self, event: QShowEvent) -> None:
        """Emit :attr:`opened`."""
        super().showEvent(event)
        self.opened.emit()

    def changeEvent(self, event: QEvent) -> None:
        """Emit :attr:`opened` when the window is active again: other programs may have changed runs."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.ActivationChange and self.isActiveWindow() and self.isVisible():
            self.opened.emit()

    def _nothing_text(self, n_all: int) -> str:
        if self.query:
            return f"No runs match “{self.query}”."
        words = {STARRED: "No starred runs.", UNFINISHED: "All runs are complete.", TRASH: "The trash is empty."}
        return words.get(self.kind, "No runs." if not n_all else "")

    def _build(self) -> None:
        for kind, text in _KINDS:
            self.kind_box.addItem(text, kind)
        self.kind_box.setAccessibleName("Runs to show")
        self.find_edit.setAccessibleName("Search runs")
        self.find_edit.setPlaceholderText("Search: words, #tag, seed=7, epochs=20")
        self.find_edit.setClearButtonEnabled(True)
        self.find_edit.setToolTip(_SEARCH_TIP)
        self.find_edit.setMinimumWidth(120)
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_SEARCH_MS)
        self._timer.timeout.connect(self.query_changed)
        self.find_edit.textChanged.connect(lambda _: self._timer.start())
        self.find_edit.returnPressed.connect(self.table.setFocus)
        self.kind_box.currentIndexChanged.connect(lambda _: self.query_changed.emit())
        self.comparison.back_requested.connect(self.show_list)
        self.actions_.find.triggered.connect(self._find)
        self.table.doubleClicked.connect(lambda _: self.actions_.open.trigger())

    def _layout(self) -> None:
        find = QHBoxLayout()
        find.setSpacing(6)
        find.addWidget(self.kind_box)
        find.addWidget(self.find_edit, 1)
        find.addWidget(self.count_label)
        head = QHBoxLayout()
        head.setSpacing(6)
        one = self.actions_
        for action in (one.open, one.resume, one.compare, one.analyse, one.star, one.delete, one.restore,
                       one.empty_trash, one.show_folder):  # fmt: skip
            button = QToolButton(self)
            button.setDefaultAction(action)
            button.setVisible(action.isVisible())
            action.visibleChanged.connect(lambda button=button, action=action: button.setVisible(action.isVisible()))
            self.buttons.append(button)
            head.addWidget(button)
        head.addStretch(1)
        self._content.addWidget(self.table)
        self._content.addWidget(self.nothing)
        left = QWidget(self)
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(find)
        column.addLayout(head)
        column.addWidget(self._content, 1)
        body = QSplitter(Qt.Orientation.Horizontal, self)
        body.addWidget(left)
        body.addWidget(self.details)
        body.setChildrenCollapsible(False)
        body.setStretchFactor(0, 1)
        body.setStretchFactor(1, 0)
        body.setSizes([960, 300])
        self.pages.addWidget(self.welcome)
        self.pages.addWidget(body)
        self.pages.addWidget(self.comparison)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 10, 12, 10)
        layout.setSpacing(8)
        layout.addWidget(self.messages)
        layout.addWidget(self.pages, 1)

    def _find(self) -> None:
        self.find_edit.setFocus()
        self.find_edit.selectAll()
