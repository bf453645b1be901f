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
        Levels of the new samples, per 40 ms or so: RMS of the classified samples, peak of
        the device samples.
    spectra
        Spectra of the new samples, without a model.
    status
        Status of the source.
    heard_s, lost_s
        Seconds delivered since the start, and how much of it was overwritten before classification.
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
    """A session: one source, one ring buffer, one thread.

    The window draws what :meth:`drain` returns; ``news`` announces it and is not repeated until it has been
    fetched, so that a fast source never fills the event queue.

    Parameters
    ----------
    source
        The source, at the sample rate of the model if there is one.
    classifier
        The classifier; None without classification. :meth:`swap` changes it.
    settings
        Live settings.
    conditioning
        Microphone correction and background subtraction.
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
        """The source."""
        return self._source

    @property
    def has_model(self) -> bool:
        """Whether there is a classifier."""
        return self._session.has_model

    @property
    def spectrum_frequencies_hz(self) -> NDArray[np.float64]:
        """Frequencies of the spectra without a model."""
        return self._spectrum.frequencies_hz

    def start(self) -> None:
        """Start the thread; returns immediately."""
        self._thread.start()

    def swap(self, classifier: Classifier, conditioning: Conditioning | None = None) -> None:
        """Use another model from the next window.

        Raises
        ------
        DataError
            If it needs another sample rate or longer windows.
        """
        self._session.swap(classifier, conditioning)

    def set_settings(self, settings: LiveSettings) -> None:
        """Apply settings from the next window.

        Raises
        ------
        SettingError
            If one is invalid; the old ones stay.
        """
        self._session.set_settings(settings)

    def set_conditioning(self, conditioning: Conditioning | None) -> None:
        """Apply another conditioning from the next window.

        Raises
        ------
        DataError
            If it was made for another model; the old one stays.
        """
        self._session.set_conditioning(conditioning)

    def recent(self, duration_s: float) -> tuple[NDArray[np.float32], float] | None:
        """Return the latest device samples and their rate; None if there are not enough without a gap."""
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
        """Ask the thread to end; returns immediately, ``news`` follows."""
        self._stopping.set()

    def close(self, timeout_s: float = 1.0) -> None:
        """End the session and wait for its thread, at most ``timeout_s``."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def drain(self) -> LiveUpdate:
        """Return the updates since the last call."""
        self._notice_pending = False
        # Checked first: a finished session adds nothing between this check and the emptying below.
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
            _log.exception("live audio failed")
            self._failure = SourceStatus(SourceState.FAILED, f"Live classification failed: {error}")
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
    # popleft by count: the other thread may append meanwhile, for the next call.
    return tuple(queue.popleft() for _ in range(len(queue)))


def _emit_unless_gone(session: LiveSession) -> None:
    try:
        session.news.emit()
    except RuntimeError:  # the window and the session's Qt object no longer exist
        session.ask_to_stop()
