"""Form for background, calibration and correction of the microphone."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from mlpsvd_gui.file_dialogs import ask_for_path
from mlpsvd_gui.plots.theme import Theme
from mlpsvd_gui.widgets.help_mark import mark_help
from mlpsvd_gui.widgets.plain_label import PlainLabel

__all__ = ["SoundForm"]

_CORRECTION_FILES = "Microphone corrections (*.txt *.cal *.frd *.csv *.mic);;All files (*)"
_PROBLEM_COLOUR = "#d0453a"


class SoundForm(QScrollArea):
    """Three sections, each with a status and buttons."""

    background_requested = Signal()
    subtract_chosen = Signal(bool)
    background_forgotten = Signal()
    calibration_requested = Signal()
    calibration_forgotten = Signal()
    correction_chosen = Signal(str)
    """Emits the path of a correction file."""
    correction_forgotten = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        mark_help(self, "microphone")
        self._muted: list[QLabel] = []
        self.device = PlainLabel(self)
        self.background = self._sentence()
        self.measure_button = QPushButton("Measure background", self)
        self.forget_background_button = QPushButton("Clear", self)
        self.progress = QProgressBar(self)
        self.subtract_box = QCheckBox("Subtract from the input", self)
        self.calibration = self._sentence()
        self.calibrate_button = QPushButton("Calibrate…", self)
        self.forget_calibration_button = QPushButton("Clear", self)
        self.correction = self._sentence()
        self.correction_button = QPushButton("Choose file…", self)
        self.forget_correction_button = QPushButton("Clear", self)
        self.problem = self._sentence()
        self._inner = QWidget(self)
        self._build()
        self._connect()

    def set_theme(self, theme: Theme) -> None:
        """Apply the colours of a theme."""
        for label in self._muted:
            label.setStyleSheet(f"color: {theme.muted.name()};")
        self.problem.setStyleSheet(f"color: {_PROBLEM_COLOUR};")

    def show_device(self, name: str) -> None:
        """Show the microphone; empty if the source is not a microphone."""
        font = self.font()
        font.setBold(bool(name))
        self.device.setFont(font)
        self.device.setText(name or "Choose a microphone as the source to use these settings.")
        for widget in (self.measure_button, self.calibrate_button, self.correction_button):
            widget.setEnabled(bool(name))

    def show_background(self, sentence: str, is_there: bool, is_subtracted: bool) -> None:
        """Show the background and whether it is subtracted; emits nothing."""
        self.background.setText(sentence)
        self.subtract_box.setEnabled(is_there)
        self.subtract_box.setChecked(is_there and is_subtracted)
        self.forget_background_button.setVisible(is_there)

    def show_progress(self, share: float | None) -> None:
        """Show the progress of the measurement, from 0 to 1; None without one."""
        self.progress.setVisible(share is not None)
        self.progress.setValue(round(100 * (share or 0.0)))
        self.measure_button.setText("Measure background" if share is None else "Measuring…")

    def show_calibration(self, sentence: str, is_there: bool) -> None:
        """Show the level calibration."""
        self.calibration.setText(sentence)
        self.forget_calibration_button.setVisible(is_there)

    def show_correction(self, sentence: str, is_there: bool) -> None:
        """Show the correction file."""
        self.correction.setText(sentence)
        self.forget_correction_button.setVisible(is_there)

    def show_problem(self, sentence: str) -> None:
        """Show an error; an empty text hides it."""
        self.problem.setText(sentence)
        self.problem.setVisible(bool(sentence))

    def _sentence(self) -> QLabel:
        label = PlainLabel(self)
        label.setWordWrap(True)
        self._muted.append(label)
        return label

    def _build(self) -> None:
        self.progress.setRange(0, 100)
        self.progress.setTextVisible(False)
        self.progress.setMaximumHeight(8)
        self.progress.hide()
        self.problem.hide()
        self.measure_button.setToolTip("Record three seconds of background noise, which is then drawn dashed in the "
                                       "spectrum")  # fmt: skip
        self.subtract_box.setToolTip(
            "Spectral subtraction: subtract the background power from every spectrum before classification"
        )
        self.calibrate_button.setToolTip("Calibrate with a sound calibrator (94 or 114 dB) to show levels in dB SPL "
                                         "too")  # fmt: skip
        self.correction_button.setToolTip("Choose a text file of the microphone's frequency response in dB, as "
                                          "supplied by the manufacturer")  # fmt: skip
        column = QVBoxLayout(self._inner)
        column.setContentsMargins(8, 10, 8, 8)
        column.setSpacing(6)
        self.device.setWordWrap(True)
        column.addWidget(self.device)
        column.addWidget(self.problem)
        self._add_section(column, "Background", self.background, self.measure_button, self.forget_background_button)
        column.addWidget(self.progress)
        column.addWidget(self.subtract_box)
        self._add_section(column, "Level in dB SPL", self.calibration, self.calibrate_button,
                          self.forget_calibration_button)  # fmt: skip
        self._add_section(column, "Microphone correction", self.correction, self.correction_button,
                          self.forget_correction_button)  # fmt: skip
        column.addStretch(1)
        self.setWidget(self._inner)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def _add_section(self, column: QVBoxLayout, title: str, sentence: QLabel, *buttons: QPushButton) -> None:
        heading = PlainLabel(self._inner, title)
        font = heading.font()
        font.setBold(True)
        heading.setFont(font)
        heading.setContentsMargins(0, 10, 0, 0)
        column.addWidget(heading)
        column.addWidget(sentence)
        row = QHBoxLayout()
        row.setSpacing(6)
        for button in buttons:
            row.addWidget(button)
        row.addStretch(1)
        column.addLayout(row)

    def _connect(self) -> None:
        self.measure_button.clicked.connect(self.background_requested)
        self.subtract_box.clicked.connect(self.subtract_chosen)
        self.forget_background_button.clicked.connect(self.background_forgotten)
        self.calibrate_button.clicked.connect(self.calibration_requested)
        self.forget_calibration_button.clicked.connect(self.calibration_forgotten)
        self.correction_button.clicked.connect(self._ask_for_correction)
        self.forget_correction_button.clicked.connect(self.correction_forgotten)

    def _ask_for_correction(self) -> None:
        ask_for_path(
            self, "correction", "Microphone correction", self.correction_chosen.emit, name_filter=_CORRECTION_FILES
        )
