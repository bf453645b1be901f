"""Menu of the paper's filter banks."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QMenu, QWidget

from mlpsvd.signals.bank import PAPER_BANDWIDTHS_HZ, PAPER_CLASS_COUNTS, PAPER_SPACINGS_HZ

__all__ = ["BankMenu"]


class BankMenu(QMenu):
    """Filter banks of the paper by bandwidth, spacing and number of classes, and equal spacing."""

    preset_requested = Signal(int, float, float)
    """Emits number of classes, spacing and bandwidth in Hz."""
    spacing_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setToolTipsVisible(True)
        for bandwidth_hz in PAPER_BANDWIDTHS_HZ:
            self._add_section(bandwidth_hz)
        self.addSeparator()
        self.addAction("Evenly spaced filters…", self.spacing_requested.emit)

    def _add_section(self, bandwidth_hz: float) -> None:
        self.addSection(f"Bandwidth {bandwidth_hz:g} Hz, from 710 Hz downwards (paper)")
        for spacing_hz in PAPER_SPACINGS_HZ:
            submenu = self.addMenu(f"Spacing {spacing_hz:g} Hz, bandwidth {bandwidth_hz:g} Hz")
            for n_classes in PAPER_CLASS_COUNTS:
                ask = partial(self.preset_requested.emit, n_classes, spacing_hz, bandwidth_hz)
                submenu.addAction(f"{n_classes} classes", ask).setData((n_classes, spacing_hz, bandwidth_hz))
