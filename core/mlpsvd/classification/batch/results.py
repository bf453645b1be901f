"""Classification result of one file, per window and in total."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mlpsvd.classification.classifier import Decision
from mlpsvd.classification.mismatch_rules import SILENT_DBFS

__all__ = ["UNKNOWN", "FileResult", "Thresholds"]

UNKNOWN = "unknown"
"""The verdict if no class is likely."""


@dataclass(frozen=True)
class Thresholds:
    """Thresholds beyond which a prediction is "unknown".

    Attributes
    ----------
    beyond
        Distance from the training set; 1 is exceeded by one in a hundred of the training clips. 0: never.
    below
        Probability of the most probable class. 0: never.
    """

    beyond: float = 1.0
    below: float = 0.0

    def is_unknown(self, probability: float, distance: float, level_dbfs: float) -> bool:
        """Whether a prediction with this probability is "unknown"; silence always is."""
        too_far = self.beyond > 0.0 and distance > self.beyond
        return too_far or probability < self.below or level_dbfs <= SILENT_DBFS


def _nothing() -> NDArray[np.float64]:
    return np.zeros(0)


@dataclass(frozen=True, eq=False)
class FileResult:
    """Predictions for one file.

    Attributes
    ----------
    path
        The file.
    class_names
        Names of the classes, in the order of the probabilities.
    duration_s
        Length of the file in seconds; NaN if it is unusable.
    starts_s, durations_s : np.ndarray [shape=(n_windows,)]
        Position of each window, in seconds.
    probabilities : np.ndarray [shape=(n_windows, n_classes)]
        Probabilities of the classes for each window.
    truth
        The actual class of the file; None if it is not known.
    problem
        Why the file is unusable, in one clause; empty if it is usable.
    levels_dbfs, distances : np.ndarray [shape=(n_windows,)]
        Level of each window, and its distance from the training set (99 % of the training clips lie within 1; NaN if
        the model has no reference data).
    notes
        Reasons why the predictions are doubtful, one clause each: problems of the file, and differences from the
        training set.
    is_training
        Whether the model was trained on this recording.
    thresholds
        Distance beyond which, and probability below which, the prediction is "unknown"; 0 for never.
    digest
        Digest of the samples (:class:`mlpsvd.datasets.sound_digest.SoundDigest`); 0 if it is not known.
    reviewed
        The label that a person gave to the file; empty if nobody has reviewed it.
    """

    path: Path
    class_names: tuple[str, ...]
    duration_s: float
    starts_s: NDArray[np.float64] = field(repr=False)
    durations_s: NDArray[np.float64] = field(repr=False)
    probabilities: NDArray[np.float64] = field(repr=False)
    truth: str | None = None
    problem: str = ""
    levels_dbfs: NDArray[np.float64] = field(default_factory=_nothing, repr=False)
    distances: NDArray[np.float64] = field(default_factory=_nothing, repr=False)
    notes: tuple[str, ...] = ()
    is_training: bool = False
    thresholds: Thresholds = Thresholds()
    digest: int = 0
    reviewed: str = ""

    @property
    def n_windows(self) -> int:
        """Number of windows."""
        return len(self.starts_s)

    @cached_property
    def mean_probabilities(self) -> NDArray[np.float64]:
        """Mean of the windows' probabilities [shape=(n_classes,)]; NaN if there is no window."""
        if not self.n_windows:
            return np.full(len(self.class_names), np.nan)
        return np.asarray(self.probabilities.mean(axis=0))

    @cached_property
    def window_classes(self) -> NDArray[np.intp]:
        """Index of the most probable class of each window [shape=(n_windows,)]."""
        return np.asarray(self.probabilities.argmax(axis=1), np.intp)

    @cached_property
    def label(self) -> str:
        """The class with the largest mean probability; empty where there is no window."""
        return self.class_names[int(self.mean_probabilities.argmax())] if self.n_windows else ""

    @cached_property
    def probability(self) -> float:
        """Its mean probability; NaN if there is no window."""
        return float(self.mean_probabilities.max(initial=-math.inf)) if self.n_windows else math.nan

    @cached_property
    def majority(self) -> str:
        """The class predicted for most windows; of equally frequent classes the one with the larger mean."""
        if not self.n_windows:
            return ""
        counts = np.bincount(self.window_classes, minlength=len(self.class_names))
        best = max(range(len(counts)), key=lambda index: (counts[index], self.mean_probabilities[index]))
        return self.class_names[best]

    @cached_property
    def agreement(self) -> float:
        """Share of the windows predicted as :attr:`label`; NaN if there is no window."""
        if not self.n_windows:
            return math.nan
        return float((self.window_classes == self.class_names.index(self.label)).mean())

    @cached_property
    def level_dbfs(self) -> float:
        """Level of the file, the root mean square over its windows; NaN if there is none."""
        if not len(self.levels_dbfs):
            return math.nan
        return float(10.0 * np.log10(np.mean(10.0 ** (self.levels_dbfs / 10.0))))

    @cached_property
    def distance(self) -> float:
        """Median distance of the windows from the training set; NaN if it is not known."""
        return float(np.median(self.distances)) if len(self.distances) else math.nan

    @cached_property
    def is_unknown(self) -> bool:
        """Whether the file is "unknown" according to distance and probability, or silent."""
        return bool(self.n_windows) and self.thresholds.is_unknown(self.probability, self.distance, self.level_dbfs)

    @cached_property
    def windows_unknown(self) -> NDArray[np.bool_]:
        """The same for each window [shape=(n_windows,)]."""
        if not len(self.distances):
            return np.zeros(self.n_windows, np.bool_)
        best = self.probabilities.max(axis=1)
        each = zip(best, self.distances, self.levels_dbfs, strict=True)
        return np.array([self.thresholds.is_unknown(*(float(value) for value in one)) for one in each], np.bool_)

    @property
    def verdict(self) -> str:
        """The label, or "unknown"; empty where there is no window."""
        return UNKNOWN if self.is_unknown else self.label

    @property
    def is_doubtful(self) -> bool:
        """Whether the prediction is doubtful."""
        return self.is_usable and (self.is_unknown or bool(self.notes))

    @property
    def note(self) -> str:
        """All notes on the file, in one line."""
        return self.problem or "; ".join(self.notes)

    @property
    def is_usable(self) -> bool:
        """Whether it was classified."""
        return not self.problem

    @property
    def is_wrong(self) -> bool:
        """Whether the actual class is known and differs from the predicted one."""
        return self.is_usable and self.truth is not None and self.truth != self.label

    @property
    def is_corrected(self) -> bool:
        """Whether it was reviewed, and the label differs from the predicted class."""
        return bool(self.reviewed) and self.reviewed != self.label

    def needs_review(self, below: float) -> bool:
        """Whether it is wrong, unknown, or less probable than ``below``, and nobody has reviewed it."""
        is_uncertain = self.is_unknown or self.probability < below
        return self.is_usable and not self.reviewed and (self.is_wrong or is_uncertain)

    @property
    def sentence(self) -> str:
        """Why it is unusable, in one sentence."""
        return f"{self.path} cannot be used: {self.problem}"

    def decisions(self) -> list[Decision]:
        """Return the windows one by one, as :meth:`Classifier.classify_file` does."""
        return [
            Decision(
                path=self.path,
                start_s=float(start_s),
                duration_s=float(duration_s),
                label=self.class_names[best],
                probability=float(probabilities[best]),
                probabilities=probabilities,
            )
            for start_s, duration_s, probabilities, best in zip(
                self.starts_s, self.durations_s, self.probabilities, self.window_classes, strict=True
            )
        ]
