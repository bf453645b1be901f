"""Live audio in the background: one thread that starts a source, classifies what comes in, and stops it again."""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import TypeVar

from PySide6.QtCore import QObject, Signal

from mlpsvd.audio.level import Level, measure_level
from mlpsvd.audio.ring_buffer import RingBuffer
from mlpsvd.audio.source import AudioSource, SourceState, SourceStatus
from mlpsvd.errors import MlpSvdError
from mlpsvd.models.classifier import Classifier
from mlpsvd.models.live import LiveClassifier, LiveDecision
from mlpsvd.models.live_settings import LiveSettings

__all__ = ["RING_S", "LiveSession", "LiveUpdate"]

T = TypeVar("T")

_IDLE_S = 0.003
_AT_ONCE = 8
_BREATH_S = 0.002
_LEVEL_S = 0.04
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
        Levels of the new samples, a stretch of some 40 ms each.
    status
        What the source says now.
    heard_s, lost_s
        Seconds delivered since the start, and how much of it was written over before it was classified.
    ended
        Whether nothing more will come from this session.
    """

    decisions: tuple[LiveDecision, ...]
    levels: tuple[Level, ...]
    status: SourceStatus
    heard_s: float
    lost_s: float
    ended: bool


class LiveSession(QObject):
    """From Start to Stop: one source, one ring buffer, one thread.

    The window draws what :meth:`drain` gives; ``news`` says that there is something, and is not repeated until it
    has been fetched, so that a source faster than the window never fills the event queue.
    """

    news = Signal()

    def __init__(
        self,
        source: AudioSource,
        classifier: Classifier | None,
        hop_share: float = 1.0,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._source = source
        window_s = classifier.n_samples / source.sample_rate_hz if classifier is not None else 0.0
        self._ring = RingBuffer(int(max(RING_S, _RING_WINDOWS * window_s) * source.sample_rate_hz) + 1)
        self._live: LiveClassifier | None = None
        if classifier is not None:
            self._live = LiveClassifier(
                self._ring, classifier, LiveSettings(hop_share), source_latency_s=lambda: source.latency_s
            )
        self._decisions: deque[LiveDecision] = deque()
        self._levels: deque[Level] = deque(maxlen=256)
        self._n_measured = 0
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

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    def swap(self, classifier: Classifier) -> None:
        """Let another model classify from the next window on.

        Raises
        ------
        DataError
            If it wants another sample rate or longer windows.
        """
        if self._live is not None:
            self._live.swap(classifier)

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
            self._failure = SourceStatus(SourceState.FAILED, f"Live classification broke off: {error}")
        finally:
            self._source.stop()
            self._ended = True
            _emit_unless_gone(self)

    def _classify_until_over(self) -> None:
        while not self._stopping.is_set():
            # Asked before looking for samples: whatever a finished source has delivered is found below.
            over = self._source.finished
            decisions = self._live.poll(_AT_ONCE) if self._live is not None else self._release()
            self._decisions.extend(decisions)
            self._measure_level()
            if over and not decisions:
                if self._live is not None:
                    self._decisions.extend(self._live.flush())
                return
            self._notice()
            # A source without a pace would keep the interpreter from the window: breathe after each handful.
            self._stopping.wait(_BREATH_S if decisions else _IDLE_S)

    def _release(self) -> list[LiveDecision]:
        """Nobody classifies: what has come is free to be written over."""
        self._ring.advance(self._ring.n_written)
        return []

    def _measure_level(self) -> None:
        n_new = self._ring.n_written - self._n_measured
        if n_new < _LEVEL_S * self._source.sample_rate_hz:
            return
        samples = self._ring.read(self._n_measured, min(n_new, self._ring.capacity))
        self._n_measured += n_new
        if samples is not None:
            self._levels.append(measure_level(samples))

    def _notice(self) -> None:
        is_new = bool(self._decisions or self._levels)
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
