"""Combo box of the models."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QSizePolicy, QWidget

from mlpsvd_gui.qt_text import plain_tip
from mlpsvd_gui.widgets.eliding import ElidingComboBox

__all__ = ["ModelBox"]


class ModelBox(ElidingComboBox):
    """Combo box of models by key, with text and tooltip.

    Parameters
    ----------
    empty_text
        Text without models.
    n_characters
        Minimum width in characters.
    """

    chosen = Signal(str)
    """Emits the key of the chosen model."""

    def __init__(self, empty_text: str, n_characters: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._empty_text = empty_text
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMinimumContentsLength(n_characters)
        self.activated.connect(lambda _: self.chosen.emit(self.key))
        self.show_models((), "")

    @property
    def key(self) -> str:
        """Key of the chosen model; empty without one."""
        return str(self.currentData() or "")

    def show_models(self, entries: Sequence[tuple[str, str, str]], current: str, why_none: str = "") -> None:
        """Set the models as (key, text, tooltip), or why there is none; emits nothing."""
        blocked = self.blockSignals(True)
        self.clear()
        for row, (key, text, tip) in enumerate(entries):
            self.addItem(text, key)
            self.setItemData(row, plain_tip(tip), Qt.ItemDataRole.ToolTipRole)
        if not entries:
            self.addItem(why_none or self._empty_text, "")
        self.setCurrentIndex(max(0, self.findData(current)))
        self.setEnabled(bool(entries))
        self.blockSignals(blocked)
