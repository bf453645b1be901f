"""Panel of the Record page."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QSplitter, QStackedWidget, QVBoxLayout, QWidget

from mlpsvd_gui.pages.record.views.bar import RecordBar
from mlpsvd_gui.pages.record.views.classes import RecordClasses
from mlpsvd_gui.pages.record.views.controls import RecordControls
from mlpsvd_gui.pages.record.views.review import RecordReview
from mlpsvd_gui.pages.record.views.scope import RecordScope
from mlpsvd_gui.pages.record.views.training import RecordTraining
from mlpsvd_gui.pages.record.views.welcome import RecordWelcome
from mlpsvd_gui.plots.theme import Theme, theme_for
from mlpsvd_gui.widgets.help_mark import mark_help
from mlpsvd_gui.widgets.messages import MessageBar, ShowsMessages

__all__ = ["RecordPanel"]

_N_KEYS = 9


class RecordPanel(ShowsMessages, QWidget):
    """Collection and level at the top; classes, Record button and input; below them the clips."""

    undo_requested = Signal()
    redo_requested = Signal()
    theme_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        mark_help(self, "record")
        self.bar = RecordBar(self)
        self.messages = MessageBar(self)
        self.welcome = RecordWelcome(self)
        self.classes = RecordClasses(self)
        self.controls = RecordControls(self)  # created in the order of the Tab key
        self.scope = RecordScope(self)
        self.review = RecordReview(self)
        self.training = RecordTraining(self)
        self._build()
        self._connect()
        self.set_theme(theme_for(self.palette()))
        self.show_open(False)

    @property
    def theme(self) -> Theme:
        """The current theme."""
        return self._theme

    def set_theme(self, theme: Theme) -> None:
        """Apply the colours of a theme."""
        self._theme = theme
        parts = (self.bar, self.welcome, self.classes, self.training, self.controls, self.scope, self.review)
        for part in parts:
            part.set_theme(theme)
        self.theme_changed.emit()

    def show_open(self, is_open: bool) -> None:
        """Show the collection, or the welcome page."""
        self._pages.setCurrentIndex(int(is_open))

    def focus_first(self) -> None:
        """Focus the field for the first class, or the table of classes."""
        (self.classes.table if self.classes.rows else self.classes.name_edit).setFocus()

    def showEvent(self, event: QShowEvent) -> None:
        """Focus the table of classes."""
        super().showEvent(event)
        if self.focusWidget() is None:
            self.focus_first()

    def _build(self) -> None:
        self.scope.set_empty_text("No input. Press Start listening.")
        left = QWidget(self)
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 6, 0)
        column.setSpacing(10)
        column.addWidget(self.classes, 1)
        column.addWidget(self.training)
        left.setMinimumWidth(270)
        recording = QWidget(self)
        rows = QVBoxLayout(recording)
        rows.setContentsMargins(6, 0, 0, 0)
        rows.setSpacing(6)
        rows.addWidget(self.controls)
        rows.addWidget(self.scope, 1)
        review = QWidget(self)
        holder = QVBoxLayout(review)
        holder.setContentsMargins(6, 4, 0, 0)
        holder.addWidget(self.review)
        right = _splitter(Qt.Orientation.Vertical, recording, review, (220, 300))
        body = _splitter(Qt.Orientation.Horizontal, left, right, (290, 990))
        body.setStretchFactor(0, 0)
        body.setStretchFactor(1, 1)
        self._pages = QStackedWidget(self)
        self._pages.addWidget(self.welcome)
        self._pages.addWidget(body)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 12, 8)
        layout.setSpacing(8)
        layout.addWidget(self.bar)
        layout.addWidget(self._pages, 1)
        layout.addWidget(self.messages)  # below, so that no message moves the buttons

    def _connect(self) -> None:
        self.welcome.new_requested.connect(self.bar.ask_for_new)
        self.welcome.open_requested.connect(self.bar.ask_to_open)
        self.welcome.recent_chosen.connect(self.bar.open_requested)
        self.review.undo_requested.connect(self.undo_requested)
        self.review.redo_requested.connect(self.redo_requested)
        for number in range(1, _N_KEYS + 1):
            self._shortcut(str(number)).activated.connect(partial(self.classes.choose_key, number))
        self._key_of(self.classes.table, partial(self.controls.press_key, Qt.Key.Key_Space))
        self._key_of(self.review.table, self.review.view.play_or_stop)

    def _shortcut(self, keys: str) -> QShortcut:
        """Return a window-wide shortcut that is active while this page is visible."""
        return QShortcut(QKeySequence(keys), self)

    @staticmethod
    def _key_of(table: QWidget, pressed: Callable[[], None]) -> None:
        """Bind Space while ``table`` has the focus; on buttons it presses them."""
        shortcut = QShortcut(QKeySequence(Qt.Key.Key_Space), table)
        shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
        shortcut.setAutoRepeat(False)
        shortcut.activated.connect(pressed)


def _splitter(orientation: Qt.Orientation, first: QWidget, second: QWidget, sizes: tuple[int, int]) -> QSplitter:
    splitter = QSplitter(orientation)
    splitter.addWidget(first)
    splitter.addWidget(second)
    splitter.setChildrenCollapsible(False)
    splitter.setSizes(list(sizes))
    return splitter
