"""The filters: a table of classes beside their draggable responses."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from mlpsvd.signals.bank import PAPER_BANDWIDTHS_HZ, PAPER_CLASS_COUNTS, PAPER_SPACINGS_HZ, BandPass
from mlpsvd_gui.plots.curve_plot import CurvePlot
from mlpsvd_gui.plots.response_plot import ResponsePlot
from mlpsvd_gui.plots.theme import Theme, class_colour, class_line_style, theme_for
from mlpsvd_gui.views.filter_table import FilterRow, FilterTable
from mlpsvd_gui.views.segments import Segments

__all__ = ["FiltersPanel"]

_QUANTITIES = ("Magnitude", "Phase", "Group delay", "Impulse response")
_AXES = (
    ("Frequency", "Hz", "Phase", "°"),
    ("Frequency", "Hz", "Group delay", "ms"),
    ("Time", "ms", "Amplitude", ""),
)
_PROBLEM_COLOURS = {False: "#b3261e", True: "#ff8a80"}

Floats = NDArray[np.float64]


class FiltersPanel(QWidget):
    """Shows the bank of filters; asks for every change of it."""

    add_requested = Signal()
    duplicate_requested = Signal()
    """Asks for a copy of the selected class."""
    remove_requested = Signal(int)
    """Emits the row that should go; -1 stands for the selected one."""
    edit_requested = Signal(int, str, str)
    """Emits row, field and the text typed."""
    preset_requested = Signal(int, float, float)
    """Emits number of classes, spacing and bandwidth in Hz of a preset of the paper."""
    spacing_requested = Signal()
    """Asks for filters evenly spaced between two frequencies."""
    filter_dragged = Signal(int, float, float)
    """Emits index, centre and bandwidth in Hz."""
    class_selected = Signal(int)
    quantity_changed = Signal(int)
    """Emits which quantity to draw: magnitude, phase, group delay, impulse response."""
    use_filters_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme_for(self.palette())
        self._filters: tuple[BandPass, ...] = ()
        self._selected: int | None = None
        self._build_widgets()
        self._build_layout()
        self._connect()

    # -- building

    def _build_widgets(self) -> None:
        self.table = FilterTable(self)
        self.response_plot = ResponsePlot()
        self.curve_plots = [CurvePlot(*axes, log_x=axes[0] == "Frequency") for axes in _AXES]
        for plot in self.curve_plots:
            plot.set_legend_visible(False)
        self.plots = QStackedWidget(self)
        for plot in (self.response_plot, *self.curve_plots):
            self.plots.addWidget(plot)
        self._build_buttons()
        self._build_words()

    def _build_buttons(self) -> None:
        self.add_button = self._button("Add", "Add a class, one step further than the last (Δf of the last two)")
        self.duplicate_button = self._button("Duplicate", "Add a copy of the selected class, one bandwidth beside it")
        self.remove_button = self._button("Remove", "Remove the selected class (Del)")
        self.preset_button = self._button("Presets", "Take a bank of filters from the paper")
        self.preset_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.preset_button.setMenu(self._preset_menu())
        self.quantity = QComboBox(self)
        self.quantity.addItems(_QUANTITIES)
        self.quantity.setToolTip("What is drawn of each filter")
        self.quantity.setAccessibleName("What is drawn")
        self.which = Segments(("All", "Selected"), ("Draw all filters", "Draw the selected filter only"))

    def _button(self, text: str, tip: str) -> QToolButton:
        button = QToolButton(self)
        button.setText(text)
        button.setToolTip(tip)
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        button.setAutoRaise(True)
        return button

    def _preset_menu(self) -> QMenu:
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        for bandwidth_hz in PAPER_BANDWIDTHS_HZ:
            menu.addSection(f"Paper: 710 Hz downwards, {bandwidth_hz:g} Hz wide")
            for spacing_hz in PAPER_SPACINGS_HZ:
                submenu = menu.addMenu(f"Δf = {spacing_hz:g} Hz, {bandwidth_hz:g} Hz wide")
                for n_classes in PAPER_CLASS_COUNTS:
                    action = submenu.addAction(f"{n_classes} classes")
                    action.setData((n_classes, spacing_hz, bandwidth_hz))
                    action.triggered.connect(self._ask_preset)
        menu.addSeparator()
        menu.addAction("Evenly spaced between…", self.spacing_requested.emit)
        return menu

    def _build_words(self) -> None:
        self.words = QLabel(self)
        self.words.setWordWrap(True)
        self.words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.problem = QLabel(self)
        self.problem.setWordWrap(True)
        self.problem.setAccessibleName("Why an entry was refused")
        self.problem.hide()
        self.banner = QFrame(self)
        text = QLabel("Recordings are the source of this experiment: these filters make no clips.", self.banner)
        text.setWordWrap(True)
        self.use_filters_button = QPushButton("Use filters instead", self.banner)
        row = QHBoxLayout(self.banner)
        row.setContentsMargins(8, 4, 4, 4)
        row.addWidget(text, 1)
        row.addWidget(self.use_filters_button)
        self.banner.hide()

    def _build_layout(self) -> None:
        self._content = QSplitter(Qt.Orientation.Horizontal, self)
        self._content.setChildrenCollapsible(False)
        self._content.addWidget(self._left())
        self._content.addWidget(self._right())
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

    def _right(self) -> QWidget:
        right = QWidget(self)
        row = QHBoxLayout()
        row.addWidget(self.quantity)
        row.addStretch(1)
        row.addWidget(self.which)
        column = QVBoxLayout(right)
        column.setContentsMargins(4, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(row)
        column.addWidget(self.plots, 1)
        column.addWidget(self.words)
        return right

    def _connect(self) -> None:
        self.add_button.clicked.connect(self.add_requested)
        self.duplicate_button.clicked.connect(self.duplicate_requested)
        self.remove_button.clicked.connect(lambda: self.remove_requested.emit(-1))
        self.table.edit_requested.connect(self.edit_requested)
        self.table.remove_requested.connect(self.remove_requested)
        self.table.row_selected.connect(self.class_selected)
        self.response_plot.filter_dragged.connect(self.filter_dragged)
        self.response_plot.filter_selected.connect(self.class_selected)
        self.quantity.currentIndexChanged.connect(self._on_quantity)
        self.which.chosen.connect(self._show_which)
        self.use_filters_button.clicked.connect(self.use_filters_requested)

    def _ask_preset(self) -> None:
        action = self.sender()
        self.preset_requested.emit(*action.data())  # type: ignore[attr-defined]

    def _on_quantity(self, index: int) -> None:
        self.plots.setCurrentIndex(index)
        self.quantity_changed.emit(index)

    # -- what it shows

    @property
    def quantity_index(self) -> int:
        """Which quantity is drawn."""
        return self.quantity.currentIndex()

    def show_quantity(self, index: int) -> None:
        """Draw another quantity."""
        self.quantity.setCurrentIndex(index)

    def set_limits(self, sample_rate_hz: float) -> None:
        """Say how far filters can be dragged: below half the sample rate."""
        self.response_plot.set_limits(1.0, sample_rate_hz / 2 * 0.999, 0.1, sample_rate_hz / 4 * 0.99)

    def show_filters(self, filters: Sequence[BandPass]) -> None:
        """Show these filters in the table and as handles."""
        self._filters = tuple(filters)
        rows = [
            FilterRow(one.label, one.centre_hz, one.bandwidth_hz, class_colour(index, self._theme))
            for index, one in enumerate(self._filters)
        ]
        self.table.show_rows(rows)
        self.response_plot.set_filters([(row.centre_hz, row.bandwidth_hz, row.label, row.colour) for row in rows])
        self.show_selected(self._selected)

    def show_curves(self, x: Floats, ys: Sequence[Floats | None]) -> None:
        """Draw one curve for each filter, of the quantity chosen."""
        if self.quantity_index == 0:
            self.response_plot.set_responses(x, ys)
            return
        plot = self.curve_plots[self.quantity_index - 1]
        for key in plot.curve_keys():
            if not isinstance(key, int) or key >= len(ys) or ys[key] is None:
                plot.remove_curve(key)
        for index, y in enumerate(ys):
            if y is not None and self._is_drawn(index):
                colour, style = class_colour(index, self._theme), class_line_style(index)
                plot.set_curve(index, x, y, self._filters[index].label, colour, style=style)
            else:
                plot.remove_curve(index)
        plot.highlight(self._selected)

    def show_octaves_around(self) -> None:
        """Zoom to the octaves around the filters."""
        if self._filters:
            self.response_plot.show_filters()

    def show_selected(self, index: int | None) -> None:
        """Mark a class as the selected one."""
        self._selected = index if index is not None and index < len(self._filters) else None
        self.table.show_selected(self._selected)
        self.response_plot.select(self._selected)
        for plot in self.curve_plots:
            plot.highlight(self._selected)
        for button in (self.duplicate_button, self.remove_button):
            button.setEnabled(self._selected is not None)
        self._show_which()

    def _is_drawn(self, index: int) -> bool:
        return self.which.index == 0 or self._selected is None or index == self._selected

    def _show_which(self, _index: int = 0) -> None:
        drawn = [index for index in range(len(self._filters)) if self._is_drawn(index)]
        self.response_plot.set_visible_filters(None if len(drawn) == len(self._filters) else drawn)
        if _index or self.quantity_index:
            self.quantity_changed.emit(self.quantity_index)

    def show_words(self, text: str) -> None:
        """Say what is measured of the selected filter."""
        self.words.setText(text)
        self.words.setVisible(bool(text))

    def show_problem(self, text: str) -> None:
        """Say why an entry was refused; an empty text takes the sentence away."""
        self.problem.setText(text)
        self.problem.setVisible(bool(text))

    def show_source(self, is_synthetic: bool) -> None:
        """Say whether these filters are what the clips come from."""
        with QSignalBlocker(self):
            self.banner.setVisible(not is_synthetic)
            self._content.setEnabled(is_synthetic)

    def set_theme(self, theme: Theme) -> None:
        """Paint in these colours."""
        self._theme = theme
        for plot in (self.response_plot, *self.curve_plots):
            plot.set_theme(theme)
        self.problem.setStyleSheet(f"color: {_PROBLEM_COLOURS[theme.is_dark]};")
        self.words.setStyleSheet(f"color: {theme.muted.name()};")
        self.banner.setStyleSheet(
            f".QFrame {{ border-left: 3px solid {theme.accent.name()}; background: {theme.grid.name()}; }}"
        )
        self.show_filters(self._filters)
        self.quantity_changed.emit(self.quantity_index)
