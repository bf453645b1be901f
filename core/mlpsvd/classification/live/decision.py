"""One live decision: everything known about one window."""

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
    """Where the time went between the end of a window's last sample and its decision, in milliseconds.

    Attributes
    ----------
    device_ms
        What the source itself says it adds (a sound card's buffers, a resampler); 0 for files and synthesis.
    waiting_ms
        From the delivery of the last sample until this window was taken up. Where a file is played as fast as
        possible, samples queue on purpose and this says how long.
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
    """What is said about one window.

    The network is not asked about a quiet window: its ``label`` is empty, and its probabilities and distance are not
    numbers, so that a raster leaves the window empty and a mean does not count it by mistake.

    Attributes
    ----------
    start_s, duration_s
        Position of the window, in seconds since the start of the source, gaps included.
    label, probability
        The class that the network holds most probable in this window alone, and how probable it is.
    probabilities : np.ndarray [shape=(n_classes,)]
        Of every class, in this window alone.
    smoothed : np.ndarray [shape=(n_classes,)]
        Of every class after smoothing (by majority: its share of the votes); the very same where there is none.
    verdict
        What is to be shown: after smoothing, thresholds and hold.
    features : np.ndarray [shape=(n_features,)]
        What entered the network.
    magnitudes : np.ndarray [shape=(n_features,)]
        The magnitudes |FFT| that the features were made of, corrected as they were, for pictures in dB.
    level
        Level of the window as it came in.
    distance
        From the nearest class of the training set; within 1.0 lie 99 of 100 of its own clips. Not a number where the
        model knows nothing of its training set.
    latency
        Where the time went.
    decided_s
        When the decision was there (``time.monotonic``), for whoever shows it to measure on.
    clock_s
        When the window's last sample sounded (``time.time``).
    class_names
        The classes of the model that decided: it may have been swapped since.
    lost_s
        Seconds of sound that were lost before this window since the source began: gaps of the device, and samples that
        were written over before they were read. A pause between two sounds is no loss.
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
        """Where the window ends, in seconds since the source began."""
        return self.start_s + self.duration_s
