"""Processing of one window: level, features, network, smoothing, thresholds, hold."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlpsvd.audio.level import SILENCE_DBFS, Level, measure_level
from mlpsvd.classification.classifier import Classifier
from mlpsvd.classification.live.decision import Latency, LiveDecision, Vector
from mlpsvd.classification.live.settings import LiveSettings
from mlpsvd.classification.live.smoothing import Smoothed, make_smoother
from mlpsvd.classification.live.verdict import QUIET, Hold, Verdict, VerdictKind
from mlpsvd.features.conditioning import Conditioning

__all__ = ["DecisionPipeline", "SetUp", "Window", "judge"]


@dataclass(frozen=True, eq=False)
class SetUp:
    """Configuration for one window, replaced as a whole so that a change applies completely or not at all.

    Attributes
    ----------
    classifier, settings
        The model, and the processing of its output.
    conditioning
        Microphone and background to be taken off, or None.
    """

    classifier: Classifier
    settings: LiveSettings
    conditioning: Conditioning | None

    @property
    def hop(self) -> int:
        """Samples from the start of one window to that of the next."""
        return max(1, round(self.settings.hop_share * self.classifier.n_samples))


@dataclass(frozen=True, eq=False)
class Window:
    """A section of sound to classify.

    Attributes
    ----------
    samples : np.ndarray [shape=(n_samples,)]
        At the classifier's rate.
    start_s
        Its start, in the source's time.
    ended_s, complete_s, taken_s
        Times (``time.monotonic``) of the delivery of its last sample, of the last sample needed (the end of an event is
        known only after some silence), and of the start of processing.
    device_s
        Latency of the source before the delivery.
    is_quiet
        Whether it is known to be silence or not; None leaves the decision to the trigger level.
    lost_s
        Seconds of sound lost before it since the start of the source.
    """

    samples: NDArray[np.float32]
    start_s: float
    ended_s: float
    complete_s: float
    taken_s: float
    device_s: float
    is_quiet: bool | None = None
    lost_s: float = 0.0


class DecisionPipeline:
    """Classifies consecutive windows; used from one thread.

    It keeps the state of smoothing and hold. Another model resets both, as its classes differ. A change of the
    smoothing or of the mode resets the smoothing: the first event may end before the last continuous window did, and
    smoothing requires ends that increase.
    """

    def __init__(self) -> None:
        self._hold = Hold()
        self._classifier: Classifier | None = None
        self._settings = LiveSettings()
        self._smoother = make_smoother(self._settings)

    def reset(self) -> None:
        """Reset smoothing and hold."""
        self._hold.reset()
        self._smoother.reset()

    def decide(self, set_up: SetUp, window: Window) -> LiveDecision:
        """Classify one window, which must be later than the last one."""
        self._prepare(set_up)
        classifier, settings, names = set_up.classifier, set_up.settings, set_up.classifier.class_names
        duration_s = len(window.samples) / classifier.sample_rate_hz
        end_s = window.start_s + duration_s
        level = measure_level(window.samples)
        magnitudes, features = classifier.magnitudes_and_features(window.samples, set_up.conditioning)
        seen_s = time.monotonic()
        quiet = _is_quiet(level, settings) if window.is_quiet is None else window.is_quiet
        probabilities = _nothing(len(names)) if quiet else classifier.probabilities_of(features)
        smoothed = self._smoothed(window.start_s, end_s, probabilities)
        distance = math.nan if quiet else classifier.distance_of(features)
        verdict = QUIET if quiet else judge(smoothed, distance, names, settings)
        shown = self._hold.show(verdict, end_s, settings.hold_s)
        decided_s = time.monotonic()
        best = int(probabilities.argmax())
        return LiveDecision(
            start_s=window.start_s,
            duration_s=duration_s,
            label="" if quiet else names[best],
            probability=float(probabilities[best]),
            probabilities=probabilities,
            smoothed=smoothed.probabilities,
            verdict=shown,
            features=features,
            magnitudes=magnitudes,
            level=level,
            distance=distance,
            latency=_latency(window, seen_s, decided_s),
            decided_s=decided_s,
            clock_s=time.time() - (time.monotonic() - window.ended_s) - window.device_s,
            class_names=names,
            lost_s=window.lost_s,
        )

    def _prepare(self, set_up: SetUp) -> None:
        swapped = set_up.classifier is not self._classifier
        if swapped:
            self._hold.reset()
        if swapped or _smoothing(set_up.settings) != _smoothing(self._settings):
            self._smoother = make_smoother(set_up.settings)
        self._classifier, self._settings = set_up.classifier, set_up.settings

    def _smoothed(self, start_s: float, end_s: float, probabilities: Vector) -> Smoothed:
        # NaN (from a quiet window or invalid samples) must not enter the state of a smoother.
        if not np.isfinite(probabilities).all():
            return Smoothed(_nothing(len(probabilities)), 0)
        return self._smoother.add(start_s, end_s, probabilities)


def judge(smoothed: Smoothed, distance: float, class_names: tuple[str, ...], settings: LiveSettings) -> Verdict:
    """Return the verdict on a window that is not quiet, before any hold.

    It is "unknown" if the winner's smoothed probability is below ``unknown_below`` or NaN, or if the window is farther
    from the training set than ``unknown_beyond``. Each threshold is off at 0, the second one also if the distance is
    NaN.
    """
    probability = smoothed.probability
    too_little = math.isnan(probability) or probability < settings.unknown_below
    too_far = settings.unknown_beyond > 0.0 and distance > settings.unknown_beyond
    if too_little or too_far:
        return Verdict(VerdictKind.UNKNOWN, "unknown", probability)
    return Verdict(VerdictKind.CLASS, class_names[smoothed.winner], probability)


def _is_quiet(level: Level, settings: LiveSettings) -> bool:
    # At its minimum the trigger is off, as no level is below it.
    return level.rms_dbfs < max(settings.trigger_dbfs, SILENCE_DBFS)


def _nothing(n_classes: int) -> NDArray[np.float64]:
    return np.full(n_classes, np.nan)


def _smoothing(settings: LiveSettings) -> tuple[str, str, float, float]:
    return settings.windows, settings.smoothing, settings.smoothing_s, settings.switching_cost


def _latency(window: Window, seen_s: float, decided_s: float) -> Latency:
    return Latency(
        device_ms=1e3 * window.device_s,
        waiting_ms=1e3 * max(0.0, window.taken_s - window.complete_s),
        features_ms=1e3 * (seen_s - window.taken_s),
        network_ms=1e3 * (decided_s - seen_s),
    )
