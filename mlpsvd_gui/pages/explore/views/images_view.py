"""Images of each class: their mean, or one example."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from mlpsvd_gui.plots.image_grid import ImageGrid
from mlpsvd_gui.plots.theme import Theme
from mlpsvd_gui.widgets.eliding import ElidedLabel
from mlpsvd_gui.widgets.segments import Segments

__all__ = ["ImagesView"]

Floats = NDArray[np.float64]


class ImagesView(QWidget):
    """One image for each class."""

    class_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._names: tuple[str, ...] = ()
        self._notes = ("", "")
        self._means: tuple[Floats, ...] = ()
        self._examples: tuple[Floats, ...] = ()
        self.which = Segments(
            ("Class means", "Examples"), ("Mean of the training images of each class", "One image of each class")
        )
        self.note = ElidedLabel(least_px=100, parent=self)
        self.note.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.grid = ImageGrid(self)
        row = QHBoxLayout()
        row.addWidget(self.which)
        row.addWidget(self.note, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addLayout(row)
        layout.addWidget(self.grid, 1)
        self.which.chosen.connect(self._draw)
        self.grid.image_chosen.connect(self.class_chosen)

    def show_images(
        self, names: Sequence[str], means: Sequence[Floats], examples: Sequence[Floats], notes: tuple[str, str]
    ) -> None:
        """Show the classes.

        Parameters
        ----------
        names
            Of the classes.
        means, examples
            One image a class [shape=(height, width)].
        notes
            What the means and the examples are.
        """
        self._names, self._notes = tuple(names), notes
        self._means, self._examples = tuple(means), tuple(examples)
        self._draw()

    def _draw(self, _index: int = 0) -> None:
        note = self._notes[self.which.index]
        self.note.setText(note)
        images = (self._means, self._examples)[self.which.index]
        self.grid.show_images(images, self._names, [f"{name}: {note}" for name in self._names])

    def select(self, index: int | None) -> None:
        """Highlight one class."""
        self.grid.choose(index)

    def clear(self, why: str) -> None:
        """Remove the images and show a message."""
        self._names, self._means, self._examples, self._notes = (), (), (), ("", "")
        self.note.setText("")
        self.grid.clear(why)

    def set_dimmed(self, dimmed: bool) -> None:
        """Dim the images while new ones are computed."""
        self.grid.opacity = 0.45 if dimmed else 1.0
        self.grid.update()

    def set_theme(self, theme: Theme) -> None:
        """Apply the colours of a theme."""
        self.grid.set_theme(theme)
        self.note.setStyleSheet(f"color: {theme.muted.name()};")
