"""Dialog for the level calibration with a sound calibrator."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from mlpsvd.quantities import Quantity
from mlpsvd_gui.plots.theme import theme_for
from mlpsvd_gui.widgets.choosers import Chooser
from mlpsvd_gui.widgets.level_meter import LevelMeter
from mlpsvd_gui.widgets.number_field import NumberField, problem_colour
from mlpsvd_gui.widgets.plain_label import PlainLabel

__all__ = ["CalibrationDialog"]

_LEVELS = (("94 dB", 94.0), ("114 dB", 114.0), ("Other level", None))
_HOW = (
    "Put the calibrator on the microphone, switch it on, and press Measure. Avoid other sounds for three seconds. The "
    "calibration is valid as long as the gain is unchanged."
)


class CalibrationDialog(QDialog):
    """Level of the calibrator, current level, Measure, and the result or error."""

    measure_requested = Signal(float)
    """Emits the level of the calibrator in dB SPL."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Level calibration")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.level_box = Chooser(self)
        self.other_box = NumberField(Quantity("dB SPL", low=40.0, high=170.0), 94.0, 1.0, self)
        self.meter = LevelMeter(self)
        self.meter.set_theme(theme_for(self.palette()))
        self.measure_button = QPushButton("Measure", self)
        self.progress = QProgressBar(self)
        self.answer = PlainLabel(self)
        self._build()
        self.level_box.currentIndexChanged.connect(self._show_other)
        self.measure_button.clicked.connect(self._measure)

    @property
    def level_db_spl(self) -> float:
        """Level of the calibrator in dB SPL."""
        chosen = self.level_box.currentData()
        return self.other_box.value() if chosen is None else float(chosen)

    def show_level(self, rms_dbfs: float, peak_dbfs: float, clipped: bool, now_s: float) -> None:
        """Show the current level."""
        self.meter.show_level(rms_dbfs, peak_dbfs, clipped, now_s)

    def show_progress(self, share: float | None) -> None:
        """Show the progress of the measurement, from 0 to 1; None without one."""
        self.progress.setValue(round(100 * (share or 0.0)))
        self.measure_button.setEnabled(share is None)
        if share is not None:
            self.answer.setText("Measuring…")

    def show_result(self, sentence: str) -> None:
        """Show the result or the error."""
        self.answer.setText(sentence)

    def _build(self) -> None:
        how = QLabel(_HOW, self)
        how.setWordWrap(True)
        for text, level in _LEVELS:
            self.level_box.addItem(text, level)
        self.other_box.shows_tip = False
        self.other_box.refused.connect(self._show_refused)
        self.other_box.hide()
        self.progress.setRange(0, 100)
        self.progress.setTextVisible(False)
        self.progress.setMaximumHeight(8)
        self.answer.setWordWrap(True)
        self.answer.setMinimumHeight(3 * self.fontMetrics().lineSpacing())
        self.answer.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.answer.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.measure_button.setDefault(True)
        levels = QHBoxLayout()
        levels.addWidget(self.level_box)
        levels.addWidget(self.other_box)
        levels.addStretch(1)
        form = QFormLayout()
        form.addRow("Calibrator level", levels)
        column = QVBoxLayout(self)
        column.setSpacing(10)
        for widget in (how, self.meter):
            column.addWidget(widget)
        column.insertLayout(1, form)
        column.addWidget(self.progress)
        column.addWidget(self.answer)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        buttons.addButton(self.measure_button, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.rejected.connect(self.reject)
        column.addWidget(buttons)
        self.resize(430, 300)

    def _measure(self) -> None:
        if self.level_box.currentData() is not None or self.other_box.commit():
            self.measure_requested.emit(self.level_db_spl)

    def _show_refused(self, sentence: str) -> None:
        self.answer.setText(sentence)
        colour = problem_colour(self.palette()).name() if sentence else "palette(window-text)"
        self.answer.setStyleSheet(f"color: {colour};")

    def _show_other(self) -> None:
        self.other_box.setVisible(self.level_box.currentData() is None)
