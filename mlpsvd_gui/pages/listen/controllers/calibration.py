"""Controller of the level calibration dialog."""

from __future__ import annotations

import time
from datetime import datetime

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from mlpsvd.audio.calibration import Calibration, calibrate
from mlpsvd.text import sentence
from mlpsvd_gui.pages.listen.controllers.conditioning import ConditioningController
from mlpsvd_gui.pages.listen.views.calibration_dialog import CalibrationDialog
from mlpsvd_gui.pages.listen.workers.sound_measuring import SoundMeasuring
from mlpsvd_gui.threads.background_jobs import BackgroundJobs
from mlpsvd_gui.workers.live_session import LiveSession

__all__ = ["CalibrationController"]

_MEASURE_S = 3.0


class CalibrationController(QObject):
    """Opens the dialog, passes levels to it, and emits the calibration."""

    start_requested = Signal()
    """Requests that the microphone is started."""

    def __init__(self, conditioning: ConditioningController, window: QWidget, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._conditioning = conditioning
        self._window = window
        self._session: LiveSession | None = None
        self._level_db_spl = 94.0
        self._measuring = SoundMeasuring(self)
        self._thread = BackgroundJobs("calibrate", self)
        self.dialog: CalibrationDialog | None = None
        self._measuring.progressed.connect(self._show_progress)
        self._measuring.measured.connect(self._take)
        self._measuring.failed.connect(self._report)

    def open(self) -> None:
        """Show the dialog and start the microphone."""
        if self.dialog is None:
            self.dialog = CalibrationDialog(self._window)
            self.dialog.measure_requested.connect(self._measure)
            self.dialog.finished.connect(self._forget)
        self.dialog.show()
        self.dialog.raise_()
        if self._session is None:
            self.start_requested.emit()

    def use_session(self, session: LiveSession | None) -> None:
        """Use another session for measurements."""
        self._session = session
        if session is None and self._measuring.is_busy:
            self._measuring.cancel()
            self._report("The microphone was stopped. Start it and measure again.")

    def show_level(self, rms_dbfs: float, peak_dbfs: float, clipped: bool) -> None:
        """Pass the current level to the dialog."""
        if self.dialog is not None:
            self.dialog.show_level(rms_dbfs, peak_dbfs, clipped, time.monotonic())

    def close(self) -> None:
        """Stop everything."""
        self._measuring.cancel()
        self._thread.close()
        if self.dialog is not None:
            self.dialog.close()

    def _forget(self) -> None:
        self._measuring.cancel()
        self.dialog = None

    def _measure(self, level_db_spl: float) -> None:
        self._level_db_spl = level_db_spl
        if self._session is None:
            self._report("The microphone is not running. Press Start on the Listen page, then measure.")
            return
        self._measuring.begin(self._session, _MEASURE_S)

    def _take(self, samples: NDArray[np.float32], rate_hz: float) -> None:
        level, key = self._level_db_spl, self._conditioning.device_key or ""
        now = datetime.now().astimezone().isoformat(timespec="seconds")
        self._thread.submit(
            lambda: calibrate(samples, rate_hz, level, device_key=key, measured_at=now),
            self._use,
            lambda error: self._report(f"{error}"),
        )

    def _use(self, calibration: Calibration) -> None:
        self._conditioning.set_calibration(calibration)
        self._report(
            f"Calibrated: tone of {calibration.tone_hz:.0f} Hz at {calibration.reference_db_spl:g} dB; 0 dBFS is "
            f"{calibration.offset_db:.1f} dB SPL. Valid for this microphone at this gain."
        )

    def _report(self, reason: str) -> None:
        self._show_progress(None)
        if self.dialog is not None:
            self.dialog.show_result(sentence(reason[:1].upper() + reason[1:]))

    def _show_progress(self, share: float | None) -> None:
        if self.dialog is not None:
            self.dialog.show_progress(share)
