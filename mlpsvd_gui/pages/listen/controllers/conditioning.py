"""Background, calibration and correction of the chosen microphone: measured, stored, applied."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoStack

from mlpsvd.audio.calibration import Calibration
from mlpsvd.audio.correction import MicrophoneCorrection, read_correction
from mlpsvd.audio.files import resample
from mlpsvd.audio.level import measure_level
from mlpsvd.features.background import conditioning_for, measure_background
from mlpsvd.features.conditioning import Conditioning
from mlpsvd.text import sentence, with_minus
from mlpsvd_gui.pages.listen.views.sound_form import SoundForm
from mlpsvd_gui.pages.listen.workers.sound_measuring import SoundMeasuring
from mlpsvd_gui.state.available_models import AvailableModel
from mlpsvd_gui.state.preferences import Preferences
from mlpsvd_gui.state.sound_memory import BackgroundNoise, DeviceSound, SoundMemory
from mlpsvd_gui.state.undo_steps import ValueHistory
from mlpsvd_gui.threads.background_jobs import BackgroundJobs
from mlpsvd_gui.workers.live_session import RING_S, LiveSession

__all__ = ["ConditioningController", "MeasuredBackground"]

_MEASURE_S = 3.0
_NO_BACKGROUND = "Not measured. Record three seconds of background noise."
_NO_CALIBRATION = "Not calibrated: levels are in dBFS (re full-scale sine)."
_NO_CORRECTION = "None (flat response assumed)."


@dataclass(frozen=True, eq=False)
class MeasuredBackground:
    """The background for a model: mean |FFT|² per feature, and level."""

    power: NDArray[np.float64]
    level_dbfs: float


@dataclass(frozen=True)
class _Change:
    """New values of stored data of a microphone, by name of the field of :class:`DeviceSound`."""

    device_key: str | None
    values: Mapping[str, Any]


class ConditioningController(QObject):
    """Manages one microphone at a time; see :meth:`use_device`, :meth:`use_model`, :meth:`use_session`."""

    changed = Signal()
    """Emitted when the conditioning or its measurements have changed."""
    start_requested = Signal()
    """Requests that the microphone is started for a measurement."""
    calibration_changed = Signal()

    def __init__(
        self,
        form: SoundForm,
        preferences: Preferences,
        parent: QObject | None = None,
        stack: QUndoStack | None = None,
    ) -> None:
        super().__init__(parent)
        self._history = ValueHistory(self._apply, self, stack)
        self._form = form
        self._memory = SoundMemory(preferences)
        self._device_key: str | None = None
        self._model: AvailableModel | None = None
        self._session: LiveSession | None = None
        self._sound = DeviceSound()
        self._correction: MicrophoneCorrection | None = None
        self._read_path = ""
        """The file of the correction."""
        self._background: MeasuredBackground | None = None
        self._waits_for_session = False
        self._measuring = SoundMeasuring(self)
        self._thread = BackgroundJobs("background", self)
        self._files = BackgroundJobs("correction", self)
        self._connect()
        self.use_device(None, "")

    def _connect(self) -> None:
        form, measuring = self._form, self._measuring
        form.background_requested.connect(self.measure)
        form.subtract_chosen.connect(self._subtract)
        form.background_forgotten.connect(self._forget_background)
        form.calibration_forgotten.connect(lambda: self.set_calibration(None))
        form.correction_chosen.connect(self._choose_correction)
        form.correction_forgotten.connect(lambda: self._choose_correction(""))
        measuring.progressed.connect(form.show_progress)
        measuring.measured.connect(self._on_background)
        measuring.failed.connect(self._fail)

    # --- current state

    @property
    def device_key(self) -> str | None:
        """The current microphone; None if the source is not a microphone."""
        return self._device_key

    @property
    def calibration(self) -> Calibration | None:
        """The level calibration."""
        return self._sound.calibration

    @property
    def background(self) -> MeasuredBackground | None:
        """The background for the model; None if not measured or without a model."""
        return self._background

    @property
    def subtracts(self) -> bool:
        """Whether the background is subtracted."""
        return self._sound.subtracts and self._sound.background is not None

    def conditioning(self) -> Conditioning | None:
        """Return the conditioning to apply before the features; None without any."""
        if self._model is None or self._device_key is None:
            return None
        power = self._background.power if self._background is not None and self._sound.subtracts else None
        return conditioning_for(self._model.classifier.model.features, self._correction, power)

    def active_texts(self) -> list[str]:
        """Return descriptions of the active conditioning."""
        if self._device_key is None:
            return []
        texts = []
        if self.subtracts:
            texts.append("Background subtracted")
        if self._correction is not None:
            texts.append(f"Microphone corrected by {self._correction.name}")
        if self._sound.calibration is not None:
            texts.append("Level calibrated")
        return texts

    # --- device and model

    def use_device(self, key: str | None, name: str) -> None:
        """Use another microphone; None if the source is not a microphone."""
        if key == self._device_key and key is not None:
            return
        self._cancel()
        self._device_key = key
        self._sound = DeviceSound() if key is None else self._memory.load(key)
        self._background = None
        self._form.show_device(name if key is not None else "")
        self._form.show_problem("")
        self._renew_correction()
        self._see_background()
        self._show()
        self.changed.emit()

    def use_model(self, model: AvailableModel | None) -> None:
        """Use another model for the background."""
        if model is not self._model:
            self._model = model
            self._see_background()
            self._show()

    def use_session(self, session: LiveSession | None) -> None:
        """Use another session for measurements."""
        self._session = session
        if session is None:
            self._cancel()
        elif self._waits_for_session:
            self.measure()

    def close(self) -> None:
        """Stop everything."""
        self._cancel()
        self._thread.close()
        self._files.close()

    # --- background

    def measure(self) -> None:
        """Measure the background for three seconds, or for one window if longer."""
        if self._measuring.is_busy or self._device_key is None:
            return
        self._form.show_problem("")
        self._waits_for_session = self._session is None
        if self._session is None:
            self.start_requested.emit()
            return
        window_s = self._model.window_s if self._model is not None else 0.0
        self._measuring.begin(self._session, min(RING_S - 1.0, max(_MEASURE_S, 1.05 * window_s)))

    def _on_background(self, samples: NDArray[np.float32], rate_hz: float) -> None:
        self._form.show_progress(None)
        key = self._device_key
        if key is None:
            return
        background = BackgroundNoise(samples, rate_hz, datetime.now().astimezone().isoformat(timespec="seconds"))
        self._sound = replace(self._sound, background=background)
        self._memory.save(key, self._sound)
        memory, model = self._memory, self._model

        def work() -> MeasuredBackground | None:
            memory.save_background(key, background)
            return _seen_by(model, background)

        self._thread.submit(work, self._use_background, self._fail)

    def _see_background(self) -> None:
        """Recompute the background for the model."""
        background, model = self._sound.background, self._model
        self._background = _seen_by(model, background) if background is not None else None

    def _use_background(self, measured: MeasuredBackground | None) -> None:
        self._background = measured
        self._show()
        self.changed.emit()

    def _subtract(self, subtracts: bool) -> None:
        self._change("background subtraction", subtracts=subtracts)

    def _forget_background(self) -> None:
        if self._device_key is not None:
            self._change("removal of the background", background=None, subtracts=False)

    # --- calibration and correction

    def set_calibration(self, calibration: Calibration | None) -> None:
        """Store a calibration, or delete it."""
        self._change("calibration" if calibration else "removal of the calibration", calibration=calibration)

    def _choose_correction(self, path: str) -> None:
        self._form.show_problem("")
        if path:
            self._read_correction(path)
        else:
            self._change("removal of the microphone correction", correction_path="")

    def _renew_correction(self) -> None:
        """Forget the correction, and read the file of the present one; a late answer to another question is dropped."""
        self._correction, self._read_path = None, ""
        self._files.cancel()
        if self._sound.correction_path:
            self._read_correction(self._sound.correction_path)

    def _read_correction(self, path: str) -> None:
        key = self._device_key

        def done(correction: MicrophoneCorrection) -> None:
            if key == self._device_key:
                self._correction, self._read_path = correction, path
                if path == self._sound.correction_path:
                    self._update(self._sound)
                else:
                    self._change("microphone correction", correction_path=path)

        self._files.submit(lambda: read_correction(Path(path)), done, self._fail)

    # --- steps

    def _change(self, step: str, **changes: Any) -> None:
        """Change stored data of the microphone, as a step."""
        before = {name: getattr(self._sound, name) for name in changes}
        if before != changes:
            key = self._device_key
            self._history.add(step, _Change(key, before), _Change(key, changes))

    def _apply(self, change: _Change) -> None:
        """Apply a change to its microphone, which need not be the current one any more."""
        key, values = change.device_key, change.values
        is_current = key == self._device_key
        sound = self._sound if is_current or key is None else self._memory.load(key)
        if key is not None and "background" in values:
            self._store_background(key, values["background"])
        sound = replace(sound, **values)
        if not is_current:
            if key is not None:
                self._memory.save(key, sound)
            return
        self._sound = sound
        if "background" in values:
            self._see_background()
        path = sound.correction_path
        if "correction_path" in values and not (path and path == self._read_path):
            self._renew_correction()
        self._update(sound)
        if "calibration" in values:
            self.calibration_changed.emit()

    def _store_background(self, key: str, background: BackgroundNoise | None) -> None:
        if background is None:
            self._memory.remove_background(key)
            return
        try:
            self._memory.save_background(key, background)
        except OSError as error:
            self._fail(error)

    # --- showing

    def _update(self, sound: DeviceSound) -> None:
        self._sound = sound
        if self._device_key is not None:
            self._memory.save(self._device_key, sound)
        self._show()
        self.changed.emit()

    def _show(self) -> None:
        sound, form = self._sound, self._form
        is_there = sound.background is not None
        form.show_background(_background_text(sound.background), is_there, sound.subtracts)
        form.show_calibration(_calibration_text(sound.calibration), sound.calibration is not None)
        name = self._correction.name if self._correction is not None else ""
        form.show_correction(f"{name} is applied to every spectrum." if name else _NO_CORRECTION, bool(name))

    def _cancel(self) -> None:
        self._waits_for_session = False
        self._measuring.cancel()
        self._form.show_progress(None)

    def _fail(self, error: object) -> None:
        self._form.show_progress(None)
        text = f"{error}"
        self._form.show_problem(sentence(text))


def _seen_by(model: AvailableModel | None, background: BackgroundNoise | None) -> MeasuredBackground | None:
    """Divide the background into windows of the model and measure them."""
    if model is None or background is None:
        return None
    classifier = model.classifier
    samples = background.samples
    if background.rate_hz != classifier.sample_rate_hz:
        samples = resample(samples, background.rate_hz, classifier.sample_rate_hz)
    n = min(classifier.n_samples, len(samples))
    windows = samples[: len(samples) // n * n].reshape(-1, n)
    power = measure_background(classifier.model.features, windows)
    return MeasuredBackground(power, measure_level(samples).rms_dbfs)


def _background_text(background: BackgroundNoise | None) -> str:
    if background is None:
        return _NO_BACKGROUND
    level = measure_level(background.samples).rms_dbfs
    when = _when(background.measured_at)
    return with_minus(f"Measured {when}: {level:.0f} dBFS (dashed curve in the spectrum).")


def _calibration_text(calibration: Calibration | None) -> str:
    if calibration is None or not math.isfinite(calibration.offset_db):
        return _NO_CALIBRATION
    full = f"0 dBFS is {calibration.offset_db:.1f} dB SPL"
    tone = f"{calibration.reference_db_spl:g} dB at {calibration.tone_hz:.0f} Hz"
    return f"{full} (calibrated with {tone} {_when(calibration.measured_at)})."


def _when(iso: str) -> str:
    try:
        at = datetime.fromisoformat(iso)
    except ValueError:
        return "earlier"
    return f"on {at.day} {at:%b %Y, %H:%M}"
