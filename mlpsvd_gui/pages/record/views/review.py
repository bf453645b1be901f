"""Review of clips: table of all clips, and the selected one to view, play and trim."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QIcon, QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QMenu, QSplitter, QToolButton, QVBoxLayout, QWidget

from mlpsvd_gui.pages.record.views.clip_view import RecordClipView
from mlpsvd_gui.pages.record.views.clips import ClipRow, ClipTable
from mlpsvd_gui.plots.theme import LIGHT, Theme, class_colour
from mlpsvd_gui.qt_text import menu_text, plain_tip
from mlpsvd_gui.widgets.eliding import ElidingComboBox
from mlpsvd_gui.widgets.swatch import swatch_icon

__all__ = ["RecordReview"]

_ALL = "All classes"
_N_KEYS = 9
_EMPTY = "No clips yet. Recorded clips are listed here."


class RecordReview(QWidget):
    """Table with filter, relabelling, deletion, undo and redo; beside it the selected clip."""

    clips_chosen = Signal(object)
    """Emits the ids of the selected clips, the current one first."""
    relabel_requested = Signal(object, str)
    """Emits ids and their new class."""
    delete_requested = Signal(object)
    undo_requested = Signal()
    redo_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = LIGHT
        self._labels: tuple[str, ...] = ()
        self._colour_indices: tuple[int, ...] = ()
        self._writable = True
        self.filter_box = ElidingComboBox(self)
        self.table = ClipTable(self)
        self.view = RecordClipView(self)
        self.relabel_button = self._button("Class", "Change the class of the selected clips (Ctrl+1 to Ctrl+9)")
        self.delete_button = self._button("Delete", "Delete the selected clips (Del); can be undone")
        self.undo_button = self._button("Undo", "")
        self.redo_button = self._button("Redo", "")
        self._build()
        self._connect()
        self.show_history("", "")
        self.show_labels(())

    def _button(self, text: str, tip: str) -> QToolButton:
        button = QToolButton(self)
        button.setText(text)
        button.setToolTip(plain_tip(tip))
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        return button

    def show_labels(self, labels: Sequence[str], colour_indices: Sequence[int] = ()) -> None:
        """Set the classes, in the order of their keys; the filter is kept if its class still exists."""
        self._labels, self._colour_indices = tuple(labels), tuple(colour_indices)
        chosen = self.filter_box.currentText()
        with QSignalBlocker(self.filter_box):
            self.filter_box.clear()
            self.filter_box.addItem(_ALL)
            for index, label in enumerate(labels):
                self.filter_box.addItem(self._swatch(index), label)
            self.filter_box.setCurrentIndex(max(0, self.filter_box.findText(chosen)))
        self._filter()
        self._fill_menu()
        self._show_buttons()

    def show_clips(self, rows: Sequence[ClipRow]) -> None:
        """Show the clips."""
        self.table.show_rows(rows)
        self._show_buttons()

    def show_history(self, undo: str, redo: str) -> None:
        """Show what undo and redo would do; empty for nothing."""
        for button, word, what, keys in (
            (self.undo_button, "Undo", undo, "Ctrl+Z"),
            (self.redo_button, "Redo", redo, "Ctrl+Shift+Z"),
        ):
            button.setEnabled(bool(what) and self._writable)
            button.setToolTip(plain_tip(f"{word}: {what} ({keys})" if what else f"Nothing to {word.lower()} ({keys})"))

    def set_writable(self, writable: bool) -> None:
        """Allow changes, or only viewing and playing."""
        self._writable = writable
        self.view.set_writable(writable)
        self._show_buttons()

    def show_all_classes(self) -> None:
        """Clear the filter."""
        self.filter_box.setCurrentIndex(0)

    @property
    def shown_class(self) -> str | None:
        """The class of the filter; None for all."""
        return self.filter_box.currentText() if self.filter_box.currentIndex() > 0 else None

    def set_theme(self, theme: Theme) -> None:
        """Apply the colours of a theme."""
        self._theme = theme
        self.view.set_theme(theme)
        self.show_labels(self._labels, self._colour_indices)

    # -- building

    def _build(self) -> None:
        self.filter_box.setAccessibleName("Filter by class")
        self.filter_box.setToolTip("Filter by class")
        self.filter_box.setMinimumContentsLength(9)
        self.relabel_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.relabel_button.setMenu(QMenu(self.relabel_button))
        self.table.set_empty_text(_EMPTY)
        self.table.setMinimumWidth(330)
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(self.filter_box, 1)
        for button in (self.relabel_button, self.delete_button, self.undo_button, self.redo_button):
            row.addWidget(button)
        left = QWidget(self)
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addLayout(row)
        column.addWidget(self.table, 1)
        body = QSplitter(Qt.Orientation.Horizontal, self)
        body.addWidget(left)
        body.addWidget(self.view)
        body.setChildrenCollapsible(False)
        body.setSizes([440, 560])
        body.setStretchFactor(0, 2)
        body.setStretchFactor(1, 3)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(body)

    def _connect(self) -> None:
        self.filter_box.currentIndexChanged.connect(self._filter)
        self.table.chosen.connect(self._on_chosen)
        self.table.play_requested.connect(self.view.play_or_stop)
        self.delete_button.clicked.connect(self._delete)
        self.undo_button.clicked.connect(self.undo_requested)
        self.redo_button.clicked.connect(self.redo_requested)
        delete = QShortcut(QKeySequence(Qt.Key.Key_Delete), self.table)
        delete.setContext(Qt.ShortcutContext.WidgetShortcut)
        delete.activated.connect(self._delete)
        for number in range(1, _N_KEYS + 1):
            shortcut = QShortcut(QKeySequence(f"Ctrl+{number}"), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(partial(self._relabel_by_key, number))

    def _fill_menu(self) -> None:
        menu = self.relabel_button.menu()
        menu.clear()
        for index, label in enumerate(self._labels):
            keys = f"\tCtrl+{index + 1}" if index < _N_KEYS else ""
            menu.addAction(self._swatch(index), f"{menu_text(label)}{keys}", partial(self._relabel, label))

    def _swatch(self, index: int) -> QIcon:
        return swatch_icon(class_colour(self._colour_indices[index] if self._colour_indices else index, self._theme))

    # -- requests

    def _filter(self, *_: object) -> None:
        self.table.show_class(self.shown_class)

    def _on_chosen(self, ids: tuple[str, ...]) -> None:
        self._show_buttons()
        self.clips_chosen.emit(ids)

    def _relabel(self, label: str) -> None:
        if self.table.selected_ids and self._writable:
            self.relabel_requested.emit(self.table.selected_ids, label)

    def _relabel_by_key(self, number: int) -> None:
        if number <= len(self._labels):
            self._relabel(self._labels[number - 1])

    def _delete(self) -> None:
        if self.table.selected_ids and self._writable:
            self.delete_requested.emit(self.table.selected_ids)

    def _show_buttons(self) -> None:
        some = bool(self.table.selected_ids) and self._writable
        self.relabel_button.setEnabled(some and len(self._labels) > 1)
        self.delete_button.setEnabled(some)
