"""Filters panel: the table of classes and the responses of their filters."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QSplitter, QToolButton, QVBoxLayout, QWidget

from mlpsvd.signals.bank import BandPass
from mlpsvd_gui.pages.explore.views.bank_menu import BankMenu
from mlpsvd_gui.pages.explore.views.filter_table import FilterRow, FilterTable
from mlpsvd_gui.pages.explore.views.filter_view import FilterView
from mlpsvd_gui.plots.theme import Theme, class_colour, theme_for
from mlpsvd_gui.qt_text import plain_tip
from mlpsvd_gui.widgets.help_mark import mark_help
from mlpsvd_gui.widgets.plain_label import PlainLabel
from mlpsvd_gui.widgets.style_sheets import restyle

__all__ = ["FiltersPanel"]

_ANY_HEIGHT = 16_777_215
_BANNER_ROOM = 24
_PROBLEM_COLOURS = {False: "#b3261e", True: "#ff8a80"}


class FiltersPanel(QWidget):
    """Shows the filter bank and emits requests to change it."""

    add_requested = Signal()
    duplicate_requested = Signal()
    """Requests a copy of the selected class."""
    remove_requested = Signal(int)
    """Emits the row to remove; -1 is the selected one."""
    edit_requested = Signal(int, str, str)
    """Emits row, field and the text typed."""
    preset_requested = Signal(int, float, float)
    """Emits number of classes, spacing and bandwidth in Hz of a preset of the paper."""
    spacing_requested = Signal()
    """Requests filters with equal spacing between two frequencies."""
    filter_dragged = Signal(int, float, float)
    """Emits index, centre and bandwidth in Hz."""
    class_selected = Signal(int)
    use_filters_requested = Signal()
    folded = Signal(bool)
    """Emits whether the panel is reduced to a sentence because the bank is not used."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        mark_help(self, "filters")
        self._theme = theme_for(self.palette())
        self._filters: tuple[BandPass, ...] = ()
        self._selected: int | None = None
        self._build_widgets()
        self._build_layout()
        self._connect()

    # -- building

    def _build_widgets(self) -> None:
        self.table = FilterTable(self)
        self.view = FilterView(self)
        self.add_button = self._button("Add", "Add a class, continuing the spacing of the last two")
        self.duplicate_button = self._button("Duplicate", "Add a copy of the selected class, offset by one bandwidth")
        self.remove_button = self._button("Remove", "Remove the selected class (Del)")
        self.preset_button = self._button("Presets", "Use a filter bank of the paper")
        self.preset_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.bank_menu = BankMenu(self)
        self.preset_button.setMenu(self.bank_menu)
        self.problem = PlainLabel(self)
        self.problem.setWordWrap(True)
        self.problem.setAccessibleName("Why an entry was rejected")
        self.problem.hide()
        self._build_banner()

    def _button(self, text: str, tip: str) -> QToolButton:
        button = QToolButton(self)
        button.setText(text)
        button.setToolTip(plain_tip(tip))
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        button.setAutoRaise(True)
        return button

    def _build_banner(self) -> None:
        self.banner = QFrame(self)
        self.why_unused = PlainLabel(self.banner)
        self.why_unused.setWordWrap(True)
        self.use_filters_button = QPushButton("Use filter bank", self.banner)
        row = QHBoxLayout(self.banner)
        row.setContentsMargins(8, 4, 4, 4)
        row.addWidget(self.why_unused, 1)
        row.addWidget(self.use_filters_button)
        self.banner.hide()

    def _build_layout(self) -> None:
        self._content = QSplitter(Qt.Orientation.Horizontal, self)
        self._content.setChildrenCollapsible(False)
        self._content.addWidget(self._left())
        self._content.addWidget(self.view)
        self._content.setStretchFactor(0, 0)
        self._content.setStretchFactor(1, 1)
        self._content.setSizes([278, 342])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 4, 6, 4)
        layout.setSpacing(4)
        layout.addWidget(self.banner)
        layout.addWidget(self._content, 1)

    def _left(self) -> QWidget:
        left = QWidget(self)
        buttons = QHBoxLayout()
        buttons.setSpacing(0)
        for button in (self.add_button, self.duplicate_button, self.remove_button):
            buttons.addWidget(button)
        buttons.addStretch(1)
        buttons.addWidget(self.preset_button)
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 4, 0)
        column.setSpacing(4)
        column.addLayout(buttons)
        column.addWidget(self.table, 1)
        column.addWidget(self.problem)
        left.setMinimumWidth(250)
        return left

    def _connect(self) -> None:
        self.add_button.clicked.connect(self.add_requested)
        self.duplicate_button.clicked.connect(self.duplicate_requested)
        self.remove_button.clicked.connect(lambda: self.remove_requested.emit(-1))
        self.bank_menu.preset_requested.connect(self.preset_requested)
        self.bank_menu.spacing_requested.connect(self.spacing_requested)
        self.table.edit_requested.connect(self.edit_requested)
        self.table.remove_requested.connect(self.remove_requested)
        self.table.row_selected.connect(self.class_selected)
        self.view.response_plot.filter_dragged.connect(self.filter_dragged)
        self.view.response_plot.filter_selected.connect(self.class_selected)
        self.use_filters_button.clicked.connect(self.use_filters_requested)

    # -- display

    def show_filters(self, filters: Sequence[BandPass]) -> None:
        """Show the filters in the table and as handles."""
        self._filters = tuple(filters)
        rows = [
            FilterRow(one.label, one.centre_hz, one.bandwidth_hz, class_colour(index, self._theme))
            for index, one in enumerate(self._filters)
        ]
        self.table.show_rows(rows)
        self.view.show_filters(self._filters)
        self.show_selected(self._selected)

    def show_selected(self, index: int | None) -> None:
        """Highlight the selected class."""
        self._selected = index if index is not None and index < len(self._filters) else None
        self.table.show_selected(self._selected)
        self.view.show_selected(self._selected)
        for button in (self.duplicate_button, self.remove_button):
            button.setEnabled(self._selected is not None)

    def show_problem(self, text: str) -> None:
        """Show why an entry was rejected; an empty text hides the message."""
        self.problem.setText(text)
        self.problem.setVisible(bool(text))

    def show_source(self, is_synthetic: bool, why_unused: str = "") -> None:
        """Show whether the clips are made with these filters, otherwise why not."""
        self.why_unused.setText(why_unused)
        if self._content.isHidden() != is_synthetic:
            return
        self.banner.setVisible(not is_synthetic)
        self._content.setVisible(is_synthetic)
        self.setMaximumHeight(_ANY_HEIGHT if is_synthetic else self.banner.sizeHint().height() + _BANNER_ROOM)
        self.folded.emit(not is_synthetic)

    def set_theme(self, theme: Theme) -> None:
        """Apply the colours of a theme."""
        self._theme = theme
        self.problem.setStyleSheet(f"color: {_PROBLEM_COLOURS[theme.is_dark]};")
        style = f".QFrame {{ border-left: 3px solid {theme.accent.name()}; background: {theme.grid.name()}; }}"
        restyle(self.banner, style)
        self.show_filters(self._filters)
        self.view.set_theme(theme)
