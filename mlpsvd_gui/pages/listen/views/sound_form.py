"""What is known of a microphone and its place: background, calibration, correction file."""

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
from mlpsvd_gui.widgets.plain_label import PlainLabel

__all__ = ["SoundForm"]

_CORRECTION_FILES = "Microphone corrections (*.txt *.cal *.frd *.csv *.mic);;All files (*)"
_PROBLEM_COLOUR = "#d0453a"


class SoundForm(QScrollArea):
    """Three sections of a sentence and a few buttons each; asks through signals."""

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
        self._muted: list[QLabel] = []
        self.device = PlainLabel(self)
        self.background = self._sentence()
        self.measure_button = QPushButton("Measure background", self)
        self.forget_background_button = QPushButton("Forget", self)
        self.progress = QProgressBar(self)
        self.subtract_box = QCheckBox("Subtract it from what is heard", self)
        self.calibration = self._sentence()
        self.calibrate_button = QPushButton("Calibrate…", self)
        self.forget_calibration_button = QPushButton("Forget", self)
        self.correction = self._sentence()
        self.correction_button = QPushButton("Choose file…", self)
        self.forget_correction_button = QPushButton("Forget", self)
        self.problem = self._sentence()
        self._inner = QWidget(self)
        self._build()
        self._connect()

    def set_theme(self, theme: Theme) -> None:
        """Take other colours."""
        for label in self._muted:
            label.setStyleSheet(f"color: {theme.muted.name()};")
        self.problem.setStyleSheet(f"color: {_PROBLEM_COLOUR};")

    def show_device(self, name: str) -> None:
        """Say which microphone all of this belongs to; empty where the source is no microphone."""
        font = self.font()
        font.setBold(bool(name))
        self.device.setFont(font)
        self.device.setText(name or "These belong to a microphone; choose one as the source.")
        for widget in (self.measure_button, self.calibrate_button, self.correction_button):
            widget.setEnabled(bool(name))

    def show_background(self, sentence: str, is_there: bool, is_subtracted: bool) -> None:
        """Say what is known of the background, and whether it is subtracted; nothing is emitted."""
        self.background.setText(sentence)
        self.subtract_box.setEnabled(is_there)
        self.subtract_box.setChecked(is_there and is_subtracted)
        self.forget_background_button.setVisible(is_there)

    def show_progress(self, share: float | None) -> None:
        """Show how far the measurement is, from 0 to 1; None: there is none."""
        self.progress.setVisible(share is not None)
        self.progress.setValue(round(100 * (share or 0.0)))
        self.measure_button.setText("Measure background" if share is None else "Measuring, be quiet…")

    def show_calibration(self, sentence: str, is_there: bool) -> None:
        """Say how levels become dB SPL."""
        self.calibration.setText(sentence)
        self.forget_calibration_button.setVisible(is_there)

    def show_correction(self, sentence: str, is_there: bool) -> None:
        """Say which correction file is applied."""
        self.correction.setText(sentence)
        self.forget_correction_button.setVisible(is_there)

    def show_problem(self, sentence: str) -> None:
        """Say what went wrong; an empty sentence takes it away."""
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
        self.measure_button.setToolTip("Listens for three seconds, in which only the background should sound. What it "
                                       "hears is drawn beside the spectrum.")  # fmt: skip
        self.subtract_box.setToolTip("Takes the power of the background off every spectrum before it is classified")
        self.calibrate_button.setToolTip("Put a sound calibrator (94 or 114 dB) on the microphone; levels are then "
                                         "shown in dB SPL too")  # fmt: skip
        self.correction_button.setToolTip("A text file of frequencies and the microphone's response in dB, as its "
                                          "maker gives it")  # fmt: skip
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
