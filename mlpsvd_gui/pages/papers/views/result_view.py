"""View of the selected paper result."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from mlpsvd_gui.pages.papers.views.content import ShownResult
from mlpsvd_gui.pages.papers.views.gallery import ResultGallery
from mlpsvd_gui.pages.papers.views.table import ResultTable
from mlpsvd_gui.plots.theme import Theme, small_font, theme_for
from mlpsvd_gui.widgets.choosers import Tabs
from mlpsvd_gui.widgets.eliding import ElidedLabel
from mlpsvd_gui.widgets.plain_label import PlainLabel

__all__ = ["ResultView"]

_TITLE_SCALE = 1.35
_WIDEST_TEXT_PX = 560


class ResultView(QWidget):
    """Title, summary, figures, one tab per table, and buttons for the files."""

    report_requested = Signal()
    folder_requested = Signal()
    csv_requested = Signal(object)
    """Emits the :class:`ShownTable` to export."""
    run_requested = Signal()
    """Requests a run of the selected entry."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme_for(self.palette())
        self.title = ElidedLabel(parent=self)
        self.origin = ElidedLabel(parent=self)
        self.summary = PlainLabel(self)
        self.csv_button = QPushButton("Export CSV…", self)
        self.folder_button = QPushButton("Open folder", self)
        self.report_button = QPushButton("Open report", self)
        self.gallery = ResultGallery(self)
        self.tables = Tabs(self)
        self.hint_title = PlainLabel(self)
        self.hint = PlainLabel(self)
        self.run_button = QPushButton("Run this result", self)
        self._pages = QStackedWidget(self)
        self.shown: ShownResult | None = None
        self._build()
        self._connect()
        self.show_nothing("", "", can_run=False)

    def show_result(self, result: ShownResult) -> None:
        """Show a result; the current tab stays open."""
        tab = self.tables.currentIndex() if self.shown is not None and self.shown.name == result.name else 0
        self.shown = result
        self.title.setText(result.title)
        self.origin.setText(result.origin)
        self.summary.setText(result.summary)
        self.summary.show()
        self.gallery.show_pictures(result.pictures)
        self._fill_tables(result)
        self.tables.setCurrentIndex(min(tab, self.tables.count() - 1))
        self._pages.setCurrentIndex(1)
        self._show_csv_button()

    def show_nothing(self, title: str, hint: str, can_run: bool) -> None:
        """Show what the result contains and how to compute it, with a button to run it."""
        self.shown = None
        self.title.setText("")
        self.hint_title.setText(title)
        self.origin.setText("")
        self.summary.hide()
        self.hint.setText(hint)
        self.run_button.setVisible(can_run)
        self._clear_tables()
        self._pages.setCurrentIndex(0)
        self._show_csv_button()

    def show_files(self, has_report: bool, has_folder: bool) -> None:
        """Enable the buttons of existing files."""
        self.report_button.setEnabled(has_report)
        self.report_button.setToolTip(
            "Open a page with all results of the folder: figures, comparisons, settings, versions, machine"
            if has_report
            else "The report is written at the end of a run"
        )
        self.folder_button.setEnabled(has_folder)

    def set_run_enabled(self, enabled: bool) -> None:
        """Enable or disable running the selected entry."""
        self.run_button.setEnabled(enabled)

    def current_table(self) -> ResultTable | None:
        """Return the visible table; None if the notes are visible."""
        page = self.tables.currentWidget()
        return page if isinstance(page, ResultTable) else None

    def set_theme(self, theme: Theme) -> None:
        """Apply the colours of a theme."""
        self._theme = theme
        self.gallery.set_theme(theme)
        self.origin.setStyleSheet(f"color: {theme.muted.name()};")
        self.hint.setStyleSheet(f"color: {theme.muted.name()};")
        for index in range(self.tables.count()):
            page = self.tables.widget(index)
            if isinstance(page, ResultTable):
                page.set_theme(theme)

    def _fill_tables(self, result: ShownResult) -> None:
        self._clear_tables()
        for shown in result.tables:
            table = ResultTable(shown, self.tables)
            table.set_theme(self._theme)
            self.tables.addTab(table, shown.title)
        if result.notes:
            self.tables.addTab(_notes(result.notes, self.tables), "Notes")
        self.tables.setVisible(self.tables.count() > 0)

    def _clear_tables(self) -> None:
        while self.tables.count():
            page = self.tables.widget(0)
            self.tables.removeTab(0)
            if page is not None:
                page.deleteLater()

    def _build(self) -> None:
        font = self.title.font()
        font.setPointSizeF(font.pointSizeF() * _TITLE_SCALE)
        font.setBold(True)
        self.title.setFont(font)
        self.hint_title.setFont(font)
        self.origin.setFont(small_font())
        for line in (self.title, self.origin):
            line.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        for label in (self.summary, self.hint):
            label.setWordWrap(True)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.csv_button.setToolTip("Write the visible table as CSV, with all digits")
        self.folder_button.setToolTip("Open the folder of the result files (CSV, PNG, SVG, PDF, TOML)")
        self.tables.setDocumentMode(True)
        self._pages.addWidget(self._build_hint())
        self._pages.addWidget(self._build_body())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 0, 0, 0)
        layout.setSpacing(6)
        layout.addLayout(self._build_head())
        layout.addWidget(self.summary)
        layout.addWidget(self._pages, 1)

    def _build_head(self) -> QHBoxLayout:
        texts = QVBoxLayout()
        texts.setSpacing(1)
        texts.addWidget(self.title)
        texts.addWidget(self.origin)
        head = QHBoxLayout()
        head.setSpacing(6)
        head.addLayout(texts, 1)
        for button in (self.csv_button, self.folder_button, self.report_button):
            head.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
        return head

    def _build_hint(self) -> QWidget:
        block = QWidget(self)
        block.setMaximumWidth(_WIDEST_TEXT_PX)
        column = QVBoxLayout(block)
        column.setSpacing(14)
        column.addWidget(self.hint_title)
        column.addWidget(self.hint)
        self.run_button.setMinimumHeight(32)
        column.addWidget(self.run_button, 0, Qt.AlignmentFlag.AlignLeft)
        page = QWidget(self)
        layout = QHBoxLayout(page)
        layout.addStretch(1)
        layout.addWidget(block, 4, Qt.AlignmentFlag.AlignVCenter)
        layout.addStretch(1)
        return page

    def _build_body(self) -> QSplitter:
        body = QSplitter(Qt.Orientation.Vertical, self)
        body.addWidget(self.gallery)
        body.addWidget(self.tables)
        body.setChildrenCollapsible(False)
        body.setStretchFactor(0, 3)
        body.setStretchFactor(1, 2)
        body.setSizes([380, 250])
        return body

    def _connect(self) -> None:
        self.report_button.clicked.connect(self.report_requested)
        self.folder_button.clicked.connect(self.folder_requested)
        self.run_button.clicked.connect(self.run_requested)
        self.csv_button.clicked.connect(self._ask_for_csv)
        self.tables.currentChanged.connect(self._show_csv_button)

    def _ask_for_csv(self) -> None:
        table = self.current_table()
        if table is not None:
            self.csv_requested.emit(table.shown)

    def _show_csv_button(self) -> None:
        self.csv_button.setEnabled(self.current_table() is not None)


def _notes(notes: tuple[str, ...], parent: QWidget) -> QScrollArea:
    text = PlainLabel(text="\n\n".join(notes))
    text.setWordWrap(True)
    text.setMargin(8)
    text.setAlignment(Qt.AlignmentFlag.AlignTop)
    text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    area = QScrollArea(parent)
    area.setWidgetResizable(True)
    area.setFrameShape(QScrollArea.Shape.NoFrame)
    area.setWidget(text)
    return area
