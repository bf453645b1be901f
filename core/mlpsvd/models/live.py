"""Sound as it comes in, cut into windows and classified: the part between the ring buffer and the label."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlpsvd.audio.level import Level, measure_level
from mlpsvd.audio.ring_buffer import RingBuffer
from mlpsvd.errors import DataError
from mlpsvd.models.classifier import Classifier

__all__ = ["Latency", "LiveClassifier", "LiveDecision"]


@dataclass(frozen=True)
class Latency:
    """Where the time went between the end of a window's last sample and its decision, in milliseconds.

    Attributes
    ----------
    source_ms
        What the source itself says it adds (a sound card's buffers); 0 for files and synthesis.
    waiting_ms
        From the delivery of the last sample until this window was taken up. Where a file is played as fast as
        possible, samples queue on purpose and this says how long.
    classifying_ms
        Features and network.
    """

    source_ms: float
    waiting_ms: float
    classifying_ms: float

    @property
    def total_ms(self) -> float:
        """The sum of the parts."""
        return self.source_ms + self.waiting_ms + self.classifying_ms


@dataclass(frozen=True)
class LiveDecision:
    """What the network says about one window.

    Attributes
    ----------
    start_s, duration_s
        Where the window lies, in seconds since the source began.
    label, probability
        The most probable class, and how probable it is.
    probabilities : np.ndarray [shape=(n_classes,)]
        Of every class.
    features : np.ndarray [shape=(n_features,)]
        What entered the network.
    level
        Level of the window.
    latency
        Where the time went.
    decided_s
        When the decision was there (``time.monotonic``), for whoever shows it to measure on.
    class_names
        The classes of the model that decided: it may have been swapped since.
    """

    start_s: float
    duration_s: float
    label: str
    probability: float
    probabilities: NDArray[np.floating[Any]]
    features: NDArray[np.floating[Any]]
    level: Level
    latency: Latency
    decided_s: float
    class_names: tuple[str, ...]


class LiveClassifier:
    """Cuts what is in a ring buffer into windows and classifies each.

    A window is as long as the model's clips. The first begins with the source's first sample and each next one a
    hop later, so that with a hop of one whole window the decisions are those that the same samples get when their
    file is cut into clips. (A model of whole recordings takes their usual length as its window.) After a loss,
    windows go on at the next whole multiple of the hop: a source whose clips align with windows stays aligned.

    ``poll`` and ``flush`` belong to one thread; ``swap`` may be called from any.

    Parameters
    ----------
    ring
        Where the source writes.
    classifier
        What classifies a window.
    hop_share
        Distance between the starts of neighbouring windows as a share of one; above 0, at most 1.
    source_latency_s
        What the source itself adds.
    """

    def __init__(
        self, ring: RingBuffer, classifier: Classifier, hop_share: float = 1.0, source_latency_s: float = 0.0
    ) -> None:
        if not 0.0 < hop_share <= 1.0:
            raise DataError(f"The hop is {hop_share:g} of a window; it should be above 0 and at most 1")
        self._ring = ring
        self._hop_share = hop_share
        self._source_latency_s = source_latency_s
        self._sample_rate_hz = classifier.sample_rate_hz
        self._classifier = classifier
        self._require_room(classifier)

    @property
    def classifier(self) -> Classifier:
        """What classifies the next window."""
        return self._classifier

    def swap(self, classifier: Classifier) -> None:
        """Let another model classify from the next window on; the one in hand is finished by the old one.

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
        self._classifier = classifier

    def poll(self, limit: int = 64) -> list[LiveDecision]:
        """Classify the windows that are there, at most ``limit`` of them, oldest first."""
        decisions: list[LiveDecision] = []
        while len(decisions) < limit:
            # Read once: this window's length, features and network all belong to this one model.
            classifier = self._classifier
            window = self._next_window(classifier)
            if window is None:
                break
            start, samples = window
            decisions.append(self._decide(classifier, start, samples))
            self._ring.advance(start + self._hop(classifier))
        return decisions

    def flush(self) -> list[LiveDecision]:
        """Classify the rest that a source which is over has left, once ``poll`` finds no more windows.

        As where files are classified, a rest shorter than the model's shortest clip is left. So is one of
        overlapping windows: all but its end has been decided on already.
        """
        classifier = self._classifier
        start = self._ring.n_read
        n_rest = self._ring.n_written - start
        shortest = max(1, round(classifier.model.shortest_s * self._sample_rate_hz))
        samples = self._ring.read(start, n_rest)
        self._ring.advance(self._ring.n_written)
        if samples is None or n_rest < shortest or (start > 0 and self._hop_share < 1.0):
            return []
        return [self._decide(classifier, start, samples)]

    def _next_window(self, classifier: Classifier) -> tuple[int, NDArray[np.float32]] | None:
        while True:
            if self._ring.catch_up():
                hop = self._hop(classifier)
                self._ring.advance(-(-self._ring.n_read // hop) * hop)
            start = self._ring.n_read
            samples = self._ring.read(start, classifier.n_samples)
            if samples is not None:
                return start, samples
            if start >= self._ring.oldest:
                return None

    def _decide(self, classifier: Classifier, start: int, samples: NDArray[np.float32]) -> LiveDecision:
        taken_s = time.monotonic()
        probabilities = classifier.probabilities(samples)
        decided_s = time.monotonic()
        arrived_s = self._ring.arrived_s(start + len(samples))
        best = int(np.argmax(probabilities))
        return LiveDecision(
            start_s=start / self._sample_rate_hz,
            duration_s=len(samples) / self._sample_rate_hz,
            label=classifier.class_names[best],
            probability=float(probabilities[best]),
            probabilities=probabilities,
            features=classifier.model.features.transform(samples)[0],
            level=measure_level(samples),
            latency=Latency(
                source_ms=1e3 * self._source_latency_s,
                waiting_ms=1e3 * max(0.0, taken_s - (taken_s if arrived_s is None else arrived_s)),
                classifying_ms=1e3 * (decided_s - taken_s),
            ),
            decided_s=decided_s,
            class_names=classifier.class_names,
        )

    def _hop(self, classifier: Classifier) -> int:
        return max(1, round(self._hop_share * classifier.n_samples))

    def _require_room(self, classifier: Classifier) -> None:
        if classifier.n_samples > self._ring.capacity:
            raise DataError(
                f"The model's window is {classifier.n_samples} samples long and the buffer holds "
                f"{self._ring.capacity}; it should hold at least one window"
            )
