"""A small form: how many filters, between which frequencies."""

from __future__ import annotations

from PySide6.QtWidgets import QCheckBox, QDialog, QDialogButtonBox, QDoubleSpinBox, QFormLayout, QSpinBox, QWidget

__all__ = ["SpacingDialog"]


class SpacingDialog(QDialog):
    """Asks for filters evenly spaced between two centre frequencies."""

    def __init__(self, highest_hz: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Evenly spaced filters")
        self.n_classes = QSpinBox(self)
        self.n_classes.setRange(2, 100)
        self.n_classes.setValue(5)
        self.low_hz = self._hertz(1.0, highest_hz, min(250.0, highest_hz / 4))
        self.high_hz = self._hertz(1.0, highest_hz, min(4000.0, highest_hz / 2))
        self.bandwidth_hz = self._hertz(0.1, highest_hz / 2, min(50.0, highest_hz / 20))
        self.logarithmic = QCheckBox("Equal steps in octaves", self)
        self.logarithmic.setChecked(True)
        self._build_layout()

    def _hertz(self, low: float, high: float, value: float) -> QDoubleSpinBox:
        box = QDoubleSpinBox(self)
        box.setDecimals(1)
        box.setRange(low, high)
        box.setValue(value)
        box.setSuffix(" Hz")
        return box

    def _build_layout(self) -> None:
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        form = QFormLayout(self)
        form.addRow("&Classes", self.n_classes)
        form.addRow("&Lowest centre", self.low_hz)
        form.addRow("&Highest centre", self.high_hz)
        form.addRow("&Bandwidth", self.bandwidth_hz)
        form.addRow(self.logarithmic)
        form.addRow(buttons)
