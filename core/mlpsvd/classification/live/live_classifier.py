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
from mlpsvd.text import frequency_text

__all__ = ["Latency", "LiveClassifier", "LiveDecision"]


class LiveClassifier:
    """Divides the contents of a ring buffer into windows and classifies each.

    In continuous mode, windows are as long as the model's clips. The first begins with the source's first sample and
    each next one a hop later, so that with a hop of one window the decisions are the same as when a file of these
    samples is cut into clips. (For a model of whole recordings, the window has their usual length.) In event mode, each
    event is classified from its beginning to its end, whatever its length, like a recording of it. After an
    interruption of the source the state is reset: no window contains sound from both sides, and neither smoothing nor
    hold uses earlier windows. After a loss (the reader was too slow), continuous windows resume at the next multiple of
    the hop, so that a source whose clips align with windows stays aligned.

    ``poll`` and ``flush`` must be called from one thread; the other methods may be called from any thread and take
    effect with the next window.

    Parameters
    ----------
    ring
        Ring buffer that the source writes to.
    classifier
        Classifier of the windows.
    settings
        Hop, smoothing, hold and thresholds.
    conditioning
        Microphone response and background to compensate; None for neither.
    source_latency_s
        Returns the latency of the source; called for each window, as it may change.

    Raises
    ------
    SettingError, DataError
        If a setting is invalid, a window is longer than the ring buffer, or the conditioning belongs to another model.
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
        """The classifier of the next window."""
        return self._set_up.classifier

    @property
    def settings(self) -> LiveSettings:
        """The settings for the next window."""
        return self._set_up.settings

    def set_settings(self, settings: LiveSettings) -> None:
        """Use other settings from the next window on.

        Raises
        ------
        SettingError
            If one is invalid; the previous settings remain in use.
        """
        check(settings, "live.")
        with self._changing:
            self._set_up = dataclasses.replace(self._set_up, settings=settings)

    def set_conditioning(self, conditioning: Conditioning | None) -> None:
        """Compensate another microphone response and background from the next window on.

        Raises
        ------
        DataError
            If it belongs to another model; the previous one remains in use.
        """
        with self._changing:
            _require_fit(conditioning, self._set_up.classifier)
            self._set_up = dataclasses.replace(self._set_up, conditioning=conditioning)

    def swap(self, classifier: Classifier, conditioning: Conditioning | None = None) -> None:
        """Use another model from the next window on.

        A conditioning belongs to the features of one model, so the new model has its own or none.

        Raises
        ------
        DataError
            If it needs another sample rate, or longer windows than the ring buffer holds.
        """
        if classifier.sample_rate_hz != self._sample_rate_hz:
            raise DataError(
                f"The model wants {frequency_text(classifier.sample_rate_hz)} and the source delivers "
                f"{frequency_text(self._sample_rate_hz)}; stop and start again with this model"
            )
        self._require_room(classifier)
        _require_fit(conditioning, classifier)
        with self._changing:
            self._set_up = dataclasses.replace(self._set_up, classifier=classifier, conditioning=conditioning)

    def poll(self, limit: int = 64) -> list[LiveDecision]:
        """Classify the available windows, at most ``limit`` of them, oldest first."""
        decisions: list[LiveDecision] = []
        while len(decisions) < limit:
            # Read once, as this window's length, hop, features, network and thresholds belong together.
            set_up = self._set_up
            cut = self._cutter(set_up).next(set_up)
            if cut is None:
                break
            decisions.append(self._decide(set_up, cut))
        return decisions

    def flush(self) -> list[LiveDecision]:
        """Classify the rest of a source that has ended, once ``poll`` finds no more windows.

        As in files, a rest shorter than the model's shortest clip is ignored. So is a rest of overlapping windows, as
        earlier windows contain most of it.
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
        conditioning.apply(np.zeros((1, features.n_magnitudes)), features.settings.n_bins)
