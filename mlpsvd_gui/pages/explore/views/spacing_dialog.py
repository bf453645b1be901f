"""Dialog for filters with equal spacing."""

from __future__ import annotations

from PySide6.QtWidgets import QCheckBox, QDialog, QDialogButtonBox, QFormLayout, QWidget

from mlpsvd.quantities import Quantity
from mlpsvd_gui.widgets.number_field import NumberField, problem_colour
from mlpsvd_gui.widgets.plain_label import PlainLabel

__all__ = ["SpacingDialog"]


class SpacingDialog(QDialog):
    """Asks for the number of filters, the lowest and highest centre frequency, and the spacing."""

    def __init__(self, highest_hz: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Evenly spaced filters")
        self.n_classes = NumberField(Quantity(is_integer=True, low=2, high=100), 5, 1, self)
        self.low_hz = self._hertz(1.0, highest_hz, min(250.0, highest_hz / 4))
        self.high_hz = self._hertz(1.0, highest_hz, min(4000.0, highest_hz / 2))
        self.bandwidth_hz = self._hertz(0.1, highest_hz / 2, min(50.0, highest_hz / 20))
        self.logarithmic = QCheckBox("Logarithmic spacing", self)
        self.logarithmic.setChecked(True)
        self.problem = PlainLabel(self)
        self._build_layout()

    def _hertz(self, low: float, high: float, value: float) -> NumberField:
        return NumberField(Quantity("Hz", low=low, high=high), value, 1.0, self)

    @property
    def _fields(self) -> tuple[NumberField, ...]:
        return (self.n_classes, self.low_hz, self.high_hz, self.bandwidth_hz)

    def _build_layout(self) -> None:
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self.problem.setWordWrap(True)
        self.problem.setStyleSheet(f"color: {problem_colour(self.palette()).name()};")
        self.problem.hide()
        form = QFormLayout(self)
        form.addRow("&Classes", self.n_classes)
        form.addRow("&Lowest centre", self.low_hz)
        form.addRow("&Highest centre", self.high_hz)
        form.addRow("&Bandwidth", self.bandwidth_hz)
        form.addRow(self.logarithmic)
        form.addRow(self.problem)
        form.addRow(self.buttons)
        for field in self._fields:
            field.shows_tip = False
            field.refused.connect(lambda _: self._show_problem())

    def _show_problem(self) -> None:
        sentence = next((field.problem for field in self._fields if field.problem), "")
        self.problem.setText(sentence)
        self.problem.setVisible(bool(sentence))

    def accept(self) -> None:
        """Close only if the values are valid."""
        for field in self._fields:
            field.commit()
        if not any(field.problem for field in self._fields):
            super().accept()
