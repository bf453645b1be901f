"""Result of the cross-validation of one network: tested parts, mean, spread and interval."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlpsvd.metrics.scores import accuracy, balanced_accuracy
from mlpsvd.metrics.uncertainty import wilson_interval

__all__ = ["PartResult", "PartSummary", "Validation", "mean_interval"]


@dataclass(frozen=True)
class PartResult:
    """Test result of one group, or of one fold if there are no groups, in one repetition.

    Attributes
    ----------
    seed
        Seed of the repetition.
    name
        Name of the group, or ``fold 1``.
    n_correct, n_clips
        Correctly classified clips, and all clips of the part.
    """

    seed: int
    name: str
    n_correct: int
    n_clips: int

    @property
    def accuracy(self) -> float:
        """Accuracy, 0 to 1."""
        return self.n_correct / self.n_clips


@dataclass(frozen=True)
class PartSummary:
    """Result of one group or fold over all repetitions.

    Attributes
    ----------
    name
        Name of the group, or ``fold 1``.
    n_clips
        Number of its clips.
    accuracy
        Mean accuracy over the repetitions, 0 to 1.
    interval
        95 % Wilson interval for ``n_clips`` independent clips.
    """

    name: str
    n_clips: int
    accuracy: float
    interval: tuple[float, float]


@dataclass(frozen=True, eq=False)
class Validation:
    """Result of cross-validation: each clip is classified once per repetition, by a network not trained on it.

    Attributes
    ----------
    n_folds
        Number of folds; one network is trained per fold and repetition.
    confusion : np.ndarray [shape=(n_classes, n_classes)]
        Counts over all folds and repetitions; rows are actual classes, columns predicted ones.
    parts
        Results of the groups or folds, repetition by repetition; empty in runs of earlier versions.
    has_groups
        Whether the parts are groups.
    evaluation
        ``k-fold`` or ``leave one group out``; ``test set`` if it was done by itself because there are few test clips.
    """

    n_folds: int
    confusion: NDArray[np.intp]
    parts: tuple[PartResult, ...] = ()
    has_groups: bool = False
    evaluation: str = "test set"

    @property
    def seeds(self) -> tuple[int, ...]:
        """Seeds of the repetitions."""
        return tuple(dict.fromkeys(part.seed for part in self.parts))

    @property
    def n_repeats(self) -> int:
        """Number of repetitions."""
        return max(1, len(self.seeds))

    @property
    def n_clips(self) -> int:
        """Number of clips, of training and test set together."""
        return int(self.confusion.sum()) // self.n_repeats

    @property
    def accuracy(self) -> float:
        """Accuracy over all clips and repetitions, 0 to 1."""
        return accuracy(self.confusion)

    @property
    def balanced_accuracy(self) -> float:
        """Mean recall of the classes, 0 to 1."""
        return balanced_accuracy(self.confusion)

    @property
    def summaries(self) -> tuple[PartSummary, ...]:
        """The groups over all repetitions; without groups, the folds of the first repetition, as folds differ."""
        chosen = self.parts if self.has_groups else [part for part in self.parts if part.seed == self.seeds[0]]
        by_name: dict[str, list[PartResult]] = {}
        for part in chosen:
            by_name.setdefault(part.name, []).append(part)
        return tuple(_summary(name, own) for name, own in by_name.items())

    @property
    def accuracies_by_seed(self) -> dict[int, float]:
        """Accuracy over all clips, by the seed of the repetition."""
        return {seed: _pooled([part for part in self.parts if part.seed == seed]) for seed in self.seeds}

    @property
    def mean(self) -> float:
        """Mean of the accuracies of the groups, with equal weights; without groups, the accuracy over all clips."""
        return float(np.mean([one.accuracy for one in self.summaries])) if self.has_groups else self.accuracy

    @property
    def deviation(self) -> float:
        """Standard deviation of the accuracies of the groups, or of all folds; NaN for fewer than two."""
        values = [one.accuracy for one in (self.summaries if self.has_groups else self.parts)]
        return float(np.std(values, ddof=1)) if len(values) > 1 else math.nan

    @property
    def deviation_over_seeds(self) -> float:
        """Standard deviation of the accuracy over all clips between repetitions; NaN for fewer than two."""
        values = list(self.accuracies_by_seed.values())
        return float(np.std(values, ddof=1)) if len(values) > 1 else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval of :attr:`mean`, see :attr:`interval_kind`."""
        if self.has_groups:
            return mean_interval([one.accuracy for one in self.summaries])
        return wilson_interval(self.accuracy * self.n_clips, self.n_clips)

    @property
    def interval_kind(self) -> str:
        """What the interval is: Student's t over groups, as clips of one group are not independent, or Wilson."""
        return "t over groups" if self.has_groups else "Wilson over clips"


def mean_interval(values: Sequence[float]) -> tuple[float, float]:
    """Return the 95 % interval of the mean of accuracies (Student's t), within 0 and 1; (0, 1) for fewer than two.

    Examples
    --------
    >>> low, high = mean_interval([0.5, 0.6, 0.7])
    >>> round(low, 3), round(high, 3)
    (0.352, 0.848)
    """
    if len(values) < 2:
        return 0.0, 1.0
    from scipy.special import stdtrit

    n = len(values)
    half = float(stdtrit(n - 1, 0.975)) * float(np.std(values, ddof=1)) / math.sqrt(n)
    mean = float(np.mean(values))
    return max(0.0, mean - half), min(1.0, mean + half)


def _pooled(parts: Sequence[PartResult]) -> float:
    return sum(part.n_correct for part in parts) / sum(part.n_clips for part in parts)


def _summary(name: str, parts: Sequence[PartResult]) -> PartSummary:
    n_clips, share = parts[0].n_clips, _pooled(parts)
    return PartSummary(name, n_clips, share, wilson_interval(share * n_clips, n_clips))
