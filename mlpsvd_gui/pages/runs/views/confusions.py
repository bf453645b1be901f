"""Confusion matrices of several groups of runs, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QScrollArea, QWidget

from mlpsvd_gui.plots.theme import Theme, series_colour, theme_for
from mlpsvd_gui.widgets.confusion_map import ConfusionMap
from mlpsvd_gui.widgets.eliding import ElidedLabel

__all__ = ["Confusions", "ShownConfusion"]

_LEAST_PX = 250


@dataclass(frozen=True, eq=False)
class ShownConfusion:
    """Sum of the confusion matrices of a network over the runs of a group."""

    group: int
    contender: str
    name: str
    counts: NDArray[np.intp]
    class_names: tuple[str, ...]


class Confusions(QScrollArea):
    """A grid of matrices, two beside each other, with the names of their groups."""

    cell_opened = Signal(int, str, int, int)
    """Emits group, key of the network, actual and predicted class on a double click or Enter."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.maps: list[ConfusionMap] = []
        self.names: list[ElidedLabel] = []
        self._theme = theme_for(self.palette())
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def show_confusions(self, shown: Sequence[ShownConfusion]) -> None:
        """Show matrices."""
        page = QWidget()
        grid = QGridLayout(page)
        grid.setContentsMargins(0, 0, 4, 0)
        self.maps, self.names = [], []
        for index, one in enumerate(shown):
            name, picture = ElidedLabel(parent=page), ConfusionMap("test clips", page)
            name.setText(one.name)
            name.setStyleSheet(f"color: {series_colour(one.group, self._theme).name()}; font-weight: bold;")
            picture.setAccessibleName(f"Confusion matrix of {one.name}")
            picture.setMinimumSize(_LEAST_PX, _LEAST_PX)
            picture.set_theme(self._theme)
            picture.show_counts(one.counts, one.class_names)
            picture.cell_opened.connect(partial(self.cell_opened.emit, one.group, one.contender))
            row, column = 2 * (index // 2), index % 2
            grid.addWidget(name, row, column)
            grid.addWidget(picture, row + 1, column)
            self.maps.append(picture)
            self.names.append(name)
        self.setWidget(page)

    def set_theme(self, theme: Theme) -> None:
        """Set the colours; the matrices take them when they are shown again."""
        self._theme = theme
