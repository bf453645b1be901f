"""Live classification: windows are taken from a ring buffer and classified."""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Callable

import numpy as np

from mlpsvd.audio.ring_buffer import RingBuffer
from mlpsvd.classification.classifier import Classifier
from mlpsvd.classification.live.decision import Latency, LiveDecision
from mlpsvd.classification.live.pipeline import DecisionPipeline, SetUp, Window
from mlpsvd.classification.live.segmentation import Cut, EventSegmentation, SlidingWindows
from mlpsvd.classification.live.settings import LiveSettings
from mlpsvd.errors import DataError
from mlpsvd.features.conditioning import Conditioning
from mlpsvd.settings import check

__all__ = ["Latency", "LiveClassifier", "LiveDecision"]


class LiveClassifier:
    """Cuts what is in a ring buffer into windows and decides on each.

    A running window is as long as the model's clips. The first begins with the source's first sample and each next
    one a hop later, so that with a hop of one whole window the decisions are those that the same samples get when
    their file is cut into clips. (A model of whole recordings takes their usual length as its window.) With whole
    sounds, each is decided on from its beginning to its end, however long it is, as its recording would be. Behind a
    break of the source all begins anew: nothing holds sound from both sides, and neither smoothing nor hold remembers
    what was before. After a loss (the reader was too slow), running windows go on at the next whole multiple of the
    hop: a source whose clips align with windows stays aligned.

    ``poll`` and ``flush`` belong to one thread; all else may be called from any, and counts from the next window on.

    Parameters
    ----------
    ring
        Where the source writes.
    classifier
        What classifies a window.
    settings
        Hop, smoothing, hold and thresholds.
    conditioning
        Microphone and background to be taken off before the features; None for neither.
    source_latency_s
        Says what the source itself adds; asked for each window, as it may change.

    Raises
    ------
    SettingError, DataError
        If a setting is impossible, a window is longer than the ring buffer, or the conditioning is another model's.
    """

    def __init__(
        self,
        ring: RingBuffer,
        classifier: Classifier,
        settings: LiveSettings = LiveSettings(),  # noqa: B008 - frozen
        conditioning: Conditioning | None = None,
        source_latency_s: Callable[[], float] = lambda: 0.0,
    ) -> None:
        check(settings, "live.")
        _require_fit(conditioning, classifier)
        self._ring = ring
        self._source_latency_s = source_latency_s
        self._sample_rate_hz = classifier.sample_rate_hz
        self._changing = threading.Lock()
        self._set_up = SetUp(classifier, settings, conditioning)
        self._require_room(classifier)
        self._deciding = DecisionPipeline()
        self._running = SlidingWindows(ring, self._sample_rate_hz)
        self._sounds = EventSegmentation(ring, self._sample_rate_hz)
        self._piece = 0

    @property
    def classifier(self) -> Classifier:
        """What classifies the next window."""
        return self._set_up.classifier

    @property
    def settings(self) -> LiveSettings:
        """What the next window is decided by."""
        return self._set_up.settings

    def set_settings(self, settings: LiveSettings) -> None:
        """Let other settings hold from the next window on.

        Raises
        ------
        SettingError
            If one is impossible; the old ones stay.
        """
        check(settings, "live.")
        with self._changing:
            self._set_up = dataclasses.replace(self._set_up, settings=settings)

    def set_conditioning(self, conditioning: Conditioning | None) -> None:
        """Take another microphone and background off from the next window on.

        Raises
        ------
        DataError
            If it was made for another model; the old one stays.
        """
        with self._changing:
            _require_fit(conditioning, self._set_up.classifier)
            self._set_up = dataclasses.replace(self._set_up, conditioning=conditioning)

    def swap(self, classifier: Classifier, conditioning: Conditioning | None = None) -> None:
        """Let another model classify from the next window on; the one in hand is finished by the old one.

        A conditioning belongs to the features of one model, so the new model brings its own, or has none.

        Raises
        ------
        DataError
            If it wants another sample rate, or longer windows than the ring buffer holds.
        """
        if classifier.sample_rate_hz != self._sample_rate_hz:
            raise DataError(
                f"The model wants {classifier.sample_rate_hz:g} Hz and the source delivers "
                f"{self._sample_rate_hz:g} Hz; stop and start again with this model"
            )
        self._require_room(classifier)
        _require_fit(conditioning, classifier)
        with self._changing:
            self._set_up = dataclasses.replace(self._set_up, classifier=classifier, conditioning=conditioning)

    def poll(self, limit: int = 64) -> list[LiveDecision]:
        """Decide on the windows that are there, at most ``limit`` of them, oldest first."""
        decisions: list[LiveDecision] = []
        while len(decisions) < limit:
            # Read once: this window's length, hop, features, network and thresholds all belong together.
            set_up = self._set_up
            cut = self._cutter(set_up).next(set_up)
            if cut is None:
                break
            decisions.append(self._decide(set_up, cut))
        return decisions

    def flush(self) -> list[LiveDecision]:
        """Decide on the rest that a source which is over has left, once ``poll`` finds no more windows.

        As where files are classified, a rest shorter than the model's shortest clip is left. So is one of
        overlapping windows: all but its end has been decided on already.
        """
        set_up = self._set_up
        cut = self._cutter(set_up).rest(set_up)
        return [] if cut is None else [self._decide(set_up, cut)]

    def _cutter(self, set_up: SetUp) -> SlidingWindows | EventSegmentation:
        return self._sounds if set_up.settings.windows == "whole sounds" else self._running

    def _decide(self, set_up: SetUp, cut: Cut) -> LiveDecision:
        taken_s = time.monotonic()
        if cut.piece != self._piece:
            self._piece = cut.piece
            self._deciding.reset()
        ended_s = self._ring.arrived_s(cut.start + len(cut.samples))
        complete_s = self._ring.arrived_s(cut.complete)
        start_s = self._ring.time_s(cut.start, self._sample_rate_hz)
        window = Window(
            samples=cut.samples,
            start_s=start_s,
            ended_s=taken_s if ended_s is None else ended_s,
            complete_s=taken_s if complete_s is None else complete_s,
            taken_s=taken_s,
            device_s=self._source_latency_s(),
            is_quiet=cut.is_quiet,
            lost_s=max(0.0, start_s - (cut.start - self._ring.n_lost) / self._sample_rate_hz),
        )
        return self._deciding.decide(set_up, window)

    def _require_room(self, classifier: Classifier) -> None:
        if classifier.n_samples > self._ring.capacity:
            raise DataError(
                f"The model's window is {classifier.n_samples} samples long and the buffer holds "
                f"{self._ring.capacity}; it should hold at least one window"
            )


def _require_fit(conditioning: Conditioning | None, classifier: Classifier) -> None:
    if conditioning is not None:
        features = classifier.model.features
        conditioning.apply(np.zeros((1, features.n_features)), features.settings.fft_size // 2 + 1)
