"""Live decision on one window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlpsvd.audio.level import Level
from mlpsvd.classification.live.verdict import Verdict

__all__ = ["Latency", "LiveDecision"]

Vector = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Latency:
    """Latency between the end of a window's last sample and its decision, in milliseconds.

    Attributes
    ----------
    device_ms
        Latency reported by the source (a sound card's buffers, a resampler); 0 for files and synthesis.
    waiting_ms
        Time from the delivery of the last sample to the start of processing. When a file is played as fast as possible,
        samples are queued intentionally and this is the time in the queue.
    features_ms
        Level and features.
    network_ms
        The network, the distance to the training set, smoothing and verdict.
    """

    device_ms: float
    waiting_ms: float
    features_ms: float
    network_ms: float

    @property
    def total_ms(self) -> float:
        """The sum of the parts."""
        return self.device_ms + self.waiting_ms + self.features_ms + self.network_ms


@dataclass(frozen=True)
class LiveDecision:
    """Live decision on one window.

    A quiet window is not classified: its ``label`` is empty, and its probabilities and distance are NaN, so that a
    display leaves the window empty and a mean does not include it by mistake.

    Attributes
    ----------
    start_s, duration_s
        Position of the window, in seconds since the start of the source, gaps included.
    label, probability
        The most probable class of this window alone, and its probability.
    probabilities : np.ndarray [shape=(n_classes,)]
        Probability of every class in this window alone.
    smoothed : np.ndarray [shape=(n_classes,)]
        Probability of every class after smoothing (majority: its share of the votes); the same array without smoothing.
    verdict
        Displayed result after smoothing, thresholds and hold.
    features : np.ndarray [shape=(n_features,)]
        Input of the network.
    magnitudes : np.ndarray [shape=(n_magnitudes,)]
        The magnitudes |FFT| from which the features were computed, with the same compensation, for plots in dB.
    level
        Level of the window as received.
    distance
        Distance from the nearest class of the training set; 99 of 100 training clips lie within 1.0. NaN if the model
        has no reference data.
    latency
        Parts of the latency.
    decided_s
        Time of the decision (``time.monotonic``), so that a display can measure its own delay.
    clock_s
        Time at which the window's last sample was recorded (``time.time``).
    class_names
        The classes of the model used; another model may have replaced it since.
    lost_s
        Seconds of sound lost between the start of the source and this window: gaps of the device, and samples that were
        overwritten before they were read. A pause between two events is not a loss.
    """

    start_s: float
    duration_s: float
    label: str
    probability: float
    probabilities: Vector
    smoothed: Vector
    verdict: Verdict
    features: Vector
    magnitudes: Vector
    level: Level
    distance: float
    latency: Latency
    decided_s: float
    clock_s: float
    class_names: tuple[str, ...]
    lost_s: float = 0.0

    @property
    def end_s(self) -> float:
        """End of the window, in seconds since the start of the source."""
        return self.start_s + self.duration_s
