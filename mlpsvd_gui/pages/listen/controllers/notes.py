"""Notes beside the label: device status and mismatch with the training set."""

from __future__ import annotations

import time

from mlpsvd.audio.devices.microphone import MicrophoneSource
from mlpsvd.audio.sources.source import AudioSource, SourceState, SourceStatus
from mlpsvd.classification.live.decision import LiveDecision
from mlpsvd.classification.live.mismatch import MismatchWatch
from mlpsvd.text import sentence
from mlpsvd_gui.pages.listen.controllers.conditioning import MeasuredBackground
from mlpsvd_gui.state.available_models import AvailableModel

__all__ = ["NotesController"]

_NOTICE_S = 10.0


class NotesController:
    """Collects the notes of a session."""

    def __init__(self) -> None:
        self._model: AvailableModel | None = None
        self._source: AudioSource | None = None
        self._watch: MismatchWatch | None = None
        self._background: tuple[float | None, bool] = (None, False)
        self._device = ""
        self._notice = ""
        self._noticed_s = 0.0

    def begin(self, source: AudioSource, model: AvailableModel | None) -> None:
        """Use another source or model."""
        self._source, self._model, self._watch = source, model, None
        self._device = ""

    def use_background(self, background: MeasuredBackground | None, is_subtracted: bool) -> None:
        """Set the measured background."""
        self._background = (background.level_dbfs if background is not None else None, is_subtracted)
        if self._watch is not None:
            self._watch.set_background(*self._background)

    def show_notice(self, notice: str) -> None:
        """Show a message for ten seconds; an empty text hides it."""
        self._notice, self._noticed_s = notice, time.monotonic()

    def show_status(self, status: SourceStatus) -> None:
        """Set the status of the source."""
        is_amiss = status.state in (SourceState.STALLED, SourceState.FAILED)
        self._device = sentence(status.message) if is_amiss and status.message else ""

    def take(self, decision: LiveDecision) -> None:
        """Take a decision of the model."""
        if self._watch is None and self._model is not None and self._source is not None:
            # Not earlier: a device reports its sample rate once it is open.
            rate_hz = self._source.raw_rate_hz if isinstance(self._source, MicrophoneSource) else None
            self._watch = MismatchWatch(self._model.classifier.model, rate_hz)
            self._watch.set_background(*self._background)
        if self._watch is not None:
            self._watch.add(decision)

    def sentences(self) -> list[str]:
        """Return the current notes, the most important first."""
        found = [one.sentence for one in self._watch.current] if self._watch is not None else []
        notice = self._notice if time.monotonic() - self._noticed_s < _NOTICE_S else ""
        return [text for text in (self._device, notice, *found) if text]
