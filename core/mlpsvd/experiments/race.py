"""The race: the same data, seed and initial weights train an MLP and an MLP-SVD, epoch by epoch in turn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlpsvd.analysis.evaluation import ClassReport
from mlpsvd.experiments.prepare import Prepared
from mlpsvd.training.events import EpochEvent, Snapshot

__all__ = ["Outcome", "Race", "RaceEvent"]


@dataclass(frozen=True)
class RaceEvent:
    """One epoch of one contender, ``mlp`` or ``mlp-svd``."""

    contender: str
    event: EpochEvent


@dataclass(frozen=True)
class Outcome:
    """What came out for one contender.

    Attributes
    ----------
    contender
        ``mlp`` or ``mlp-svd``.
    snapshot
        The trained network.
    confusion : np.ndarray [shape=(n_classes, n_classes)]
        Test clips counted; rows are targets, columns estimates (Table I).
    report
        Precision, recall and F1 per class.
    train_s, flops
        Seconds and floating-point operations of all epochs so far.
    last
        The last event.
    """

    contender: str
    snapshot: Snapshot
    confusion: NDArray[np.intp]
    report: ClassReport
    train_s: float
    flops: int
    last: EpochEvent


class Race:
    """Trains the contenders of an experiment in turn; see :meth:`run`."""

    def __init__(self, prepared: Prepared) -> None:
        self._prepared = prepared

    def run(self) -> Iterator[RaceEvent]:
        """Train, yielding one event an epoch and contender."""
        raise NotImplementedError

    def outcomes(self) -> dict[str, Outcome]:
        """Return what came out so far."""
        raise NotImplementedError
