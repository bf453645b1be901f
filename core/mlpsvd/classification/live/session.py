"""Live session: from a source to decisions, step by step."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from dataclasses import dataclass

from mlpsvd.audio.ring_buffer import RingBuffer
from mlpsvd.audio.sources.source import AudioSource, SourceStatus
from mlpsvd.classification.classifier import Classifier
from mlpsvd.classification.live.decision import LiveDecision
from mlpsvd.classification.live.live_classifier import LiveClassifier
from mlpsvd.classification.live.settings import LiveSettings
from mlpsvd.features.conditioning import Conditioning
from mlpsvd.settings import check

__all__ = ["Session", "SessionStep"]

_IDLE_S = 0.003
"""Pause between two polls without new samples."""
_HISTORY_S = 4.0
_RING_WINDOWS = 8


@dataclass(frozen=True)
class SessionStep:
    """Result of one poll.

    Attributes
    ----------
    decisions
        Decisions on new windows, oldest first.
    status
        Status of the source before the poll.
    is_last
        Whether it is the last step.
    """

    decisions: tuple[LiveDecision, ...]
    status: SourceStatus
    is_last: bool


class Session:
    """One source, one ring buffer and, if there is a model, one classifier.

    :meth:`steps` is a generator: stop pulling to pause, close it to stop. The other methods may be called from other
    threads meanwhile.

    Parameters
    ----------
    source
        The source; it has the model's sample rate if there is a model.
    classifier
        The classifier; None only fills the buffer, and :meth:`swap` can set a model later.
    settings
        Settings of the decisions.
    conditioning
        Microphone response and background to be compensated.
    history_s
        Length of sound that the ring buffer holds at least; it always holds eight windows of the model.
    """

    def __init__(
        self,
        source: AudioSource,
        classifier: Classifier | None,
        settings: LiveSettings = LiveSettings(),  # noqa: B008 - frozen
        conditioning: Conditioning | None = None,
        history_s: float = _HISTORY_S,
    ) -> None:
        self._source = source
        self._settings = settings
        rate_hz = source.sample_rate_hz
        window_s = classifier.n_samples / rate_hz if classifier is not None else 0.0
        self.ring = RingBuffer(int(max(history_s, _RING_WINDOWS * window_s) * rate_hz) + 1)
        self._live = None if classifier is None else self._make_live(classifier, conditioning)

    @property
    def source(self) -> AudioSource:
        """The source."""
        return self._source

    @property
    def has_model(self) -> bool:
        """Whether there is a classifier."""
        return self._live is not None

    @property
    def received_s(self) -> float:
        """Seconds of sound delivered since the start."""
        return self.ring.n_written / self._source.sample_rate_hz

    @property
    def lost_s(self) -> float:
        """Seconds of sound that were overwritten before they were classified."""
        return self.ring.n_lost / self._source.sample_rate_hz

    def steps(
        self, limit: int = 1, breath_s: float = 0.0, pause: Callable[[float], object] = time.sleep
    ) -> Generator[SessionStep]:
        """Start the source, yield after every poll, and stop it at the end.

        Parameters
        ----------
        limit
            Maximum number of decisions per step, so that a source faster than real time does not block the caller.
        breath_s
            Pause after a step with decisions, so that a source without real-time pacing does not block the interpreter.
        pause
            Waits a number of seconds; one that returns early lets the caller stop at once.
        """
        try:
            self._source.start(self.ring)
            is_last = False
            while not is_last:
                step = self._next_step(limit)
                yield step
                is_last = step.is_last
                wait_s = breath_s if step.decisions else _IDLE_S
                if wait_s and not is_last:
                    pause(wait_s)
        finally:
            self._source.stop()

    def swap(self, classifier: Classifier, conditioning: Conditioning | None = None) -> None:
        """Use another model, or the first one, from the next window on.

        Raises
        ------
        DataError
            If it needs another sample rate or longer windows.
        """
        if self._live is not None:
            self._live.swap(classifier, conditioning)
        else:
            self._live = self._make_live(classifier, conditioning)

    def set_settings(self, settings: LiveSettings) -> None:
        """Use other settings from the next window on.

        Raises
        ------
        SettingError
            If one is invalid; the previous settings remain in use.
        """
        check(settings, "live.")
        self._settings = settings
        if self._live is not None:
            self._live.set_settings(settings)

    def set_conditioning(self, conditioning: Conditioning | None) -> None:
        """Compensate another microphone response and background from the next window on.

        Raises
        ------
        DataError
            If it belongs to another model; the previous one remains in use.
        """
        if self._live is not None:
            self._live.set_conditioning(conditioning)

    def _next_step(self, limit: int) -> SessionStep:
        # Read before polling, so that all samples of a finished source are found below.
        status, end = self._source.status, self.ring.n_written
        live = self._live
        if live is None:
            self.ring.advance(end)  # without a model nothing waits for these samples
            return SessionStep((), status, status.state.is_over)
        decisions = live.poll(limit)
        is_last = status.state.is_over and not decisions
        return SessionStep(tuple(live.flush() if is_last else decisions), status, is_last)

    def _make_live(self, classifier: Classifier, conditioning: Conditioning | None) -> LiveClassifier:
        return LiveClassifier(self.ring, classifier, self._settings, conditioning, lambda: self._source.latency_s)
