"""Live audio in the background: one thread that starts a source, classifies what comes in, and stops it again."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from mlpsvd.audio.level import Level
from mlpsvd.audio.ring_buffer import RingBuffer
from mlpsvd.audio.sources.source import AudioSource, SourceState, SourceStatus
from mlpsvd.classification.classifier import Classifier
from mlpsvd.classification.live.live_classifier import LiveClassifier, LiveDecision
from mlpsvd.classification.live.settings import LiveSettings
from mlpsvd.errors import MlpSvdError
from mlpsvd.features.conditioning import Conditioning
from mlpsvd_gui.workers.live_level import LevelWatch
from mlpsvd_gui.workers.live_spectrum import LiveSpectrum, SpectrumColumn

__all__ = ["RING_S", "LiveSession", "LiveUpdate"]

T = TypeVar("T")
_log = logging.getLogger(__name__)

_IDLE_S = 0.003
_AT_ONCE = 8
_BREATH_S = 0.002
_NOTICE_S = 0.01
RING_S = 12.0
"""What can be looked back at: a recording begins before its trigger."""
_RING_WINDOWS = 8


@dataclass(frozen=True)
class LiveUpdate:
    """What happened since the last look.

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
        What the source says now.
    heard_s, lost_s
        Seconds delivered since the start, and how much of it was written over before it was classified.
    ended
        Whether nothing more will come from this session.
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
        self._settings = settings
        window_s = classifier.n_samples / source.sample_rate_hz if classifier is not None else 0.0
        self._ring = RingBuffer(int(max(RING_S, _RING_WINDOWS * window_s) * source.sample_rate_hz) + 1)
        self._live = None if classifier is None else self._listener(classifier, conditioning)
        self._spectrum = LiveSpectrum(self._ring, source.sample_rate_hz)
        self._level = LevelWatch(self._ring, source)
        self._decisions: deque[LiveDecision] = deque()
        self._levels: deque[Level] = deque(maxlen=256)
        self._spectra: deque[SpectrumColumn] = deque(maxlen=256)
        self._noticed_s = 0.0
        self._notice_pending = False
        self._stopping = threading.Event()
        self._failure: SourceStatus | None = None
        self._ended = False
        self._thread = threading.Thread(target=self._run, name="live audio", daemon=True)

    def _listener(self, classifier: Classifier, conditioning: Conditioning | None) -> LiveClassifier:
        source = self._source
        return LiveClassifier(self._ring, classifier, self._settings, conditioning, lambda: source.latency_s)

    @property
    def source(self) -> AudioSource:
        """Where the sound comes from."""
        return self._source

    @property
    def has_model(self) -> bool:
        """Whether anything decides."""
        return self._live is not None

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
        if self._live is not None:
            self._live.swap(classifier, conditioning)
        else:
            self._live = self._listener(classifier, conditioning)

    def set_settings(self, settings: LiveSettings) -> None:
        """Let other settings hold from the next window on.

        Raises
        ------
        SettingError
            If one is impossible; the old ones stay.
        """
        if self._live is not None:
            self._live.set_settings(settings)
        self._settings = settings

    def set_conditioning(self, conditioning: Conditioning | None) -> None:
        """Take another microphone and background off from the next window on.

        Raises
        ------
        DataError
            If it was made for another model; the old one stays.
        """
        if self._live is not None:
            self._live.set_conditioning(conditioning)

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
            heard_s=self._ring.n_written / self._source.sample_rate_hz,
            lost_s=self._ring.n_lost / self._source.sample_rate_hz,
            ended=ended,
        )

    def _run(self) -> None:
        try:
            self._source.start(self._ring)
            self._classify_until_over()
        except MlpSvdError as error:
            self._failure = SourceStatus(SourceState.FAILED, str(error))
        except Exception as error:
            # Without this the thread would die in silence and the tab would show its last label for ever.
            _log.exception("live audio broke off")
            self._failure = SourceStatus(SourceState.FAILED, f"Live classification broke off: {error}")
        finally:
            self._source.stop()
            self._ended = True
            _emit_unless_gone(self)

    def _classify_until_over(self) -> None:
        while not self._stopping.is_set():
            # Asked before looking for samples: whatever a finished source has delivered is found below.
            over = self._source.finished
            live = self._live
            decisions = live.poll(_AT_ONCE) if live is not None else self._only_look()
            self._decisions.extend(decisions)
            self._levels.extend(self._level.poll())
            if over and not decisions:
                if live is not None:
                    self._decisions.extend(live.flush())
                return
            self._notice()
            # A source without a pace would keep the interpreter from the window: breathe after each handful.
            self._stopping.wait(_BREATH_S if decisions else _IDLE_S)

    def _only_look(self) -> list[LiveDecision]:
        """Nobody classifies: what has come is looked at and may be written over."""
        self._spectra.extend(self._spectrum.poll())
        self._ring.advance(self._ring.n_written)
        return []

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
