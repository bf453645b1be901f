"""Live session: a thread that starts a source, classifies its sound, and stops it."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from contextlib import closing
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from mlpsvd.audio.level import Level
from mlpsvd.audio.sources.source import AudioSource, SourceState, SourceStatus
from mlpsvd.classification.classifier import Classifier
from mlpsvd.classification.live.decision import LiveDecision
from mlpsvd.classification.live.session import Session
from mlpsvd.classification.live.settings import LiveSettings
from mlpsvd.errors import MlpSvdError
from mlpsvd.features.conditioning import Conditioning
from mlpsvd_gui.workers.live_level import LevelWatch
from mlpsvd_gui.workers.live_spectrum import LiveSpectrum, SpectrumColumn

__all__ = ["RING_S", "LiveSession", "LiveUpdate"]

T = TypeVar("T")
_log = logging.getLogger(__name__)

_AT_ONCE = 8
_BREATH_S = 0.002
_NOTICE_S = 0.01
RING_S = 12.0
"""Available history: a recording begins before its trigger."""


@dataclass(frozen=True)
class LiveUpdate:
    """Updates since the last call.

    Attributes
    ----------
    decisions
        New decisions, oldest first.
    levels
        Levels of the new samples, a stretch of some 40 ms each: the root mean square of what is classified, the peak of
        what the device gave.
    spectra
        Spectra of the new samples, where there is no model to make any.
    status
        Status of the source.
    heard_s, lost_s
        Seconds delivered since the start, and how much of it was written over before it was classified.
    ended
        Whether the session has ended.
    """

    decisions: tuple[LiveDecision, ...]
    levels: tuple[Level, ...]
    spectra: tuple[SpectrumColumn, ...]
    status: SourceStatus
    heard_s: float
    lost_s: float
    ended: bool


class LiveSession(QObject):
    """From Start to Stop: one source, one ring buffer, one thread.

    The window draws what :meth:`drain` gives; ``news`` says that there is something, and is not repeated until it
    has been fetched, so that a source faster than the window never fills the event queue.

    Parameters
    ----------
    source
        Where the sound comes from; at the model's rate where there is a model.
    classifier
        What decides; None only listens, and a model may come later with :meth:`swap`.
    settings
        How verdicts are made.
    conditioning
        Microphone and background to be taken off.
    """

    news = Signal()

    def __init__(
        self,
        source: AudioSource,
        classifier: Classifier | None,
        settings: LiveSettings = LiveSettings(),  # noqa: B008 - frozen
        conditioning: Conditioning | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._source = source
        self._session = Session(source, classifier, settings, conditioning, RING_S)
        self._spectrum = LiveSpectrum(self._session.ring, source.sample_rate_hz)
        self._level = LevelWatch(self._session.ring, source)
        self._decisions: deque[LiveDecision] = deque()
        self._levels: deque[Level] = deque(maxlen=256)
        self._spectra: deque[SpectrumColumn] = deque(maxlen=256)
        self._noticed_s = 0.0
        self._notice_pending = False
        self._stopping = threading.Event()
        self._failure: SourceStatus | None = None
        self._ended = False
        self._thread = threading.Thread(target=self._run, name="live audio", daemon=True)

    @property
    def source(self) -> AudioSource:
        """Where the sound comes from."""
        return self._source

    @property
    def has_model(self) -> bool:
        """Whether anything decides."""
        return self._session.has_model

    @property
    def spectrum_frequencies_hz(self) -> NDArray[np.float64]:
        """Frequencies of the spectra that are made while there is no model."""
        return self._spectrum.frequencies_hz

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    def swap(self, classifier: Classifier, conditioning: Conditioning | None = None) -> None:
        """Let another model classify from the next window on, or the first one.

        Raises
        ------
        DataError
            If it wants another sample rate or longer windows.
        """
        self._session.swap(classifier, conditioning)

    def set_settings(self, settings: LiveSettings) -> None:
        """Let other settings hold from the next window on.

        Raises
        ------
        SettingError
            If one is impossible; the old ones stay.
        """
        self._session.set_settings(settings)
        self._settings = settings

    def set_conditioning(self, conditioning: Conditioning | None) -> None:
        """Take another microphone and background off from the next window on.

        Raises
        ------
        DataError
            If it was made for another model; the old one stays.
        """
        self._session.set_conditioning(conditioning)

    def recent(self, duration_s: float) -> tuple[NDArray[np.float32], float] | None:
        """Return the latest sound as the device gave it, and its rate; None where there is not as much in one piece."""
        ring = self._source.raw_ring
        if ring is None:
            return None
        rate_hz = self._source.raw_rate_hz
        n_samples, end = round(duration_s * rate_hz), ring.n_written
        if n_samples > end or ring.first_break(end - n_samples, end) is not None:
            return None
        samples = ring.read(end - n_samples, n_samples)
        return None if samples is None else (samples, rate_hz)

    def ask_to_stop(self) -> None:
        """Ask the thread to end; returns at once, ``news`` follows."""
        self._stopping.set()

    def close(self, timeout_s: float = 1.0) -> None:
        """End the session and wait for its thread, at most ``timeout_s``."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def drain(self) -> LiveUpdate:
        """Return what is new since the last call."""
        self._notice_pending = False
        # Asked first: a session that is over adds nothing between this question and the emptying below.
        ended = self._ended
        return LiveUpdate(
            decisions=_emptied(self._decisions),
            levels=_emptied(self._levels),
            spectra=_emptied(self._spectra),
            status=self._failure or self._source.status,
            heard_s=self._session.received_s,
            lost_s=self._session.lost_s,
            ended=ended,
        )

    def _run(self) -> None:
        try:
            self._classify_until_over()
        except MlpSvdError as error:
            self._failure = SourceStatus(SourceState.FAILED, str(error))
        except Exception as error:
            # Without this the thread would end silently and the page would show its last label forever.
            _log.exception("live audio broke off")
            self._failure = SourceStatus(SourceState.FAILED, f"Live classification broke off: {error}")
        finally:
            self._ended = True
            _emit_unless_gone(self)

    def _classify_until_over(self) -> None:
        with closing(self._session.steps(_AT_ONCE, _BREATH_S, self._stopping.wait)) as steps:
            for step in steps:
                self._decisions.extend(step.decisions)
                self._levels.extend(self._level.poll())
                if not self._session.has_model:
                    self._spectra.extend(self._spectrum.poll())
                if self._stopping.is_set():
                    return
                if not step.is_last:
                    self._notice()

    def _notice(self) -> None:
        is_new = bool(self._decisions or self._levels or self._spectra)
        now_s = time.monotonic()
        if is_new and not self._notice_pending and now_s - self._noticed_s >= _NOTICE_S:
            self._notice_pending = True
            self._noticed_s = now_s
            _emit_unless_gone(self)


def _emptied(queue: deque[T]) -> tuple[T, ...]:
    # popleft by count: the other thread may append meanwhile, and what it appends is for the next call.
    return tuple(queue.popleft() for _ in range(len(queue)))


def _emit_unless_gone(session: LiveSession) -> None:
    try:
        session.news.emit()
    except RuntimeError:  # the window has gone, and the session's Qt half with it
        session.ask_to_stop()
