"""Events of the trainer: one frozen event per epoch, with host arrays of its own."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mlpsvd.network.spec import NetworkSpec

__all__ = ["Discard", "EpochEvent", "Snapshot"]


@dataclass(frozen=True, slots=True)
class Discard:
    """Singular values dropped from one layer at a discarding point.

    Attributes
    ----------
    layer
        Index of the layer, input side first.
    rank_before, rank_after
        How many singular values the layer had and has.
    """

    layer: int
    rank_before: int
    rank_after: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All parameters of a network at one epoch, detached from training.

    Attributes
    ----------
    spec
        Shapes of the layers at that epoch.
    theta : np.ndarray [shape=(spec.n_parameters,)]
        Read-only flat parameter vector on the host.
    """

    spec: NetworkSpec
    theta: NDArray[np.floating]


@dataclass(frozen=True, slots=True)
class EpochEvent:
    """The state of a training run after one epoch (epoch 0: before the first).

    Attributes
    ----------
    epoch, n_epochs
        Epoch just finished, counted from 1, and how many there will be.
    train_loss, train_accuracy, test_loss, test_accuracy
        Mean loss a clip and share of clips classified correctly (0 to 1), measured with the weights as they are after
        this epoch (and after a discard, where one happened).
    singular_values
        One array for each layer, input side first: the singular values of its weight matrix W (of U Σ Vᵀ
        multiplied out, for factored layers), largest first. Shape (rank,) for factored layers, (min(J, I),) for dense.
    ranks
        For each layer, how many singular values it has.
    kinds
        For each layer, ``dense``, ``svd`` or ``two-factor``.
    n_weights
        Trained parameters, biases included.
    flops
        Floating-point operations of this epoch's training, by count.
    train_s
        Seconds this epoch's training took, discarding included, evaluation left out.
    discarded
        What was dropped at the end of this epoch; empty at most epochs.
    snapshot
        The parameters, or None where keeping all of them would need too much memory.
    """

    epoch: int
    n_epochs: int
    train_loss: float
    train_accuracy: float
    test_loss: float
    test_accuracy: float
    singular_values: tuple[NDArray[np.floating], ...]
    ranks: tuple[int, ...]
    kinds: tuple[str, ...]
    n_weights: int
    flops: int
    train_s: float
    discarded: tuple[Discard, ...] = ()
    snapshot: Snapshot | None = field(default=None, repr=False)
