"""Form of a run: trials, processes, folder, buttons and progress."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import (
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from mlpsvd.quantities import Quantity
from mlpsvd_gui.plots.theme import Theme, small_font
from mlpsvd_gui.qt_text import plain_tip
from mlpsvd_gui.widgets.eliding import ElidedLabel
from mlpsvd_gui.widgets.number_field import NumberField
from mlpsvd_gui.widgets.plain_label import PlainLabel

__all__ = ["PAPERS_TRIALS", "PapersRunForm"]

PAPERS_TRIALS = 10
_MOST_TRIALS = 1000
_PER_MILLE = 1000


class PapersRunForm(QWidget):
    """Trials, processes, folder; Run and Stop; progress and remaining time.

    Parameters
    ----------
    n_cores
        Maximum number of processes; the default is one less, to keep a core free for the window.
    """

    run_requested = Signal()
    stop_requested = Signal()
    folder_wanted = Signal()
    """Requests another folder."""
    trials_changed = Signal(int)
    processes_changed = Signal(int)
    status_changed = Signal(str)
    """Emits the status text."""

    def __init__(self, n_cores: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.trials = NumberField(Quantity(is_integer=True, low=1, high=_MOST_TRIALS), PAPERS_TRIALS, 1, self)
        self.processes = NumberField(Quantity(is_integer=True, low=1, high=n_cores), max(1, n_cores - 1), 1, self)
        self.folder = ElidedLabel(Qt.TextElideMode.ElideMiddle, parent=self)
        self.folder_button = QPushButton("Change…", self)
        self.run_button = QPushButton("Run", self)
        self.stop_button = QPushButton("Stop", self)
        self.bar = QProgressBar(self)
        self.status = PlainLabel(self)
        self._build(n_cores)
        self._connect()
        self.show_running(False)

    def show_folder(self, folder: Path) -> None:
        """Show the folder for results."""
        self.folder.setText(str(folder))

    def show_running(self, is_running: bool) -> None:
        """Disable editing while a run is active."""
        for widget in (self.trials, self.processes, self.folder_button):
            widget.setEnabled(not is_running)
        self.stop_button.setEnabled(is_running)
        self.bar.setVisible(is_running)

    def set_run_enabled(self, enabled: bool, reason: str) -> None:
        """Enable or disable Run, with the reason."""
        self.run_button.setEnabled(enabled)
        self.run_button.setToolTip(plain_tip(reason))

    def show_stopping(self) -> None:
        """Show that the run is stopping."""
        self.stop_button.setEnabled(False)
        self.show_status("Stopping…")

    def show_progress(self, share: float | None, text: str) -> None:
        """Show the progress of the run; None if unknown."""
        self.bar.setRange(0, 0 if share is None else _PER_MILLE)
        if share is not None:
            self.bar.setValue(round(_PER_MILLE * share))
        self.show_status(text)

    def show_status(self, text: str) -> None:
        """Show the status of the run, or what Run would compute."""
        self.status.setText(text)
        self.status_changed.emit(text)

    def set_theme(self, theme: Theme) -> None:
        """Apply the colours of a theme."""
        for label in (self.folder, self.status):
            palette = label.palette()
            palette.setColor(QPalette.ColorRole.WindowText, theme.muted)
            label.setPalette(palette)

    def _build(self, n_cores: int) -> None:
        self.trials.setToolTip(plain_tip(f"Repetitions with different seeds; {PAPERS_TRIALS} in the paper"))
        self.processes.setToolTip(
            plain_tip(
                f"Trials computed in parallel, at most {n_cores} (one per core). Leave one core free to keep the "
                "window responsive and the measured times accurate. The results do not depend on it."
            )
        )
        self.run_button.setDefault(True)
        self.stop_button.setToolTip("Stop now. Finished trials are kept; Run continues from there.")
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(6)
        policy = self.bar.sizePolicy()
        policy.setRetainSizeWhenHidden(True)  # the list above must not move
        self.bar.setSizePolicy(policy)
        self.status.setFont(small_font())
        self.status.setWordWrap(True)
        self.status.setMinimumHeight(2 * self.status.fontMetrics().lineSpacing())
        self.status.setAlignment(Qt.AlignmentFlag.AlignTop)
        for button in (self.run_button, self.stop_button):
            button.setMinimumHeight(30)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 4, 0, 0)
        layout.setSpacing(8)
        layout.addLayout(self._build_choices())
        layout.addLayout(self._build_buttons())
        layout.addWidget(self.bar)
        layout.addWidget(self.status)

    def _build_choices(self) -> QFormLayout:
        numbers = QHBoxLayout()
        numbers.addWidget(self.trials)
        numbers.addStretch(1)
        label = QLabel("Processes", self)
        label.setBuddy(self.processes)
        numbers.addWidget(label)
        numbers.addWidget(self.processes)
        where = QHBoxLayout()
        where.addWidget(self.folder, 1)
        where.addWidget(self.folder_button)
        form = QFormLayout()
        form.setContentsMargins(0, 0, 0, 0)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow("Trials", numbers)
        form.addRow("Folder", where)
        return form

    def _build_buttons(self) -> QHBoxLayout:
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self.run_button, 1)
        buttons.addWidget(self.stop_button, 1)
        return buttons

    def _connect(self) -> None:
        self.run_button.clicked.connect(self.run_requested)
        self.stop_button.clicked.connect(self.stop_requested)
        self.folder_button.clicked.connect(self.folder_wanted)
        self.trials.valueChanged.connect(self.trials_changed.emit)
        self.processes.valueChanged.connect(self.processes_changed.emit)
