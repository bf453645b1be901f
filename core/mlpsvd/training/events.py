"""Events of the trainer, one per epoch; frozen, with their own arrays on the host."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mlpsvd.network.spec import NetworkSpec

__all__ = ["Discard", "EpochEvent", "Snapshot", "singular_value_table"]


@dataclass(frozen=True, slots=True)
class Discard:
    """Singular values discarded from one layer at a discarding point.

    Attributes
    ----------
    layer
        Index of the layer, input side first.
    rank_before, rank_after
        Number of singular values before and after.
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
        Epoch just finished, counted from 1, and total number of epochs.
    train_loss, train_accuracy, test_loss, test_accuracy
        Mean loss per clip and fraction of clips classified correctly (0 to 1), measured with the weights after this
        epoch and after any discarding.
    singular_values
        One array for each layer, input side first: the singular values of its weight matrix W (the product U Σ Vᵀ for
        factored layers), largest first. Shape (rank,) for factored layers, (min(J, I),) for dense.
    ranks
        For each layer, its number of singular values.
    kinds
        For each layer, ``dense``, ``svd`` or ``two-factor``.
    n_weights
        Number of trained parameters, biases included.
    flops
        Floating-point operations of this epoch's training, counted from the shapes.
    train_s
        Training time of this epoch in seconds, including discarding, excluding evaluation.
    discarded
        Singular values discarded at the end of this epoch; empty for most epochs.
    snapshot
        The parameters, or None if storing all of them would need too much memory.
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


def singular_value_table(history: Sequence[EpochEvent], layer: int) -> NDArray[np.float64]:
    """Return a layer's singular values over the epochs.

    Parameters
    ----------
    history
        At least one event.
    layer
        Index of the layer, input side first.

    Returns
    -------
    np.ndarray [shape=(n_events, n_values)]
        Largest first; not-a-number where a value was discarded.
    """
    rows = [event.singular_values[layer] for event in history]
    values = np.full((len(rows), max(len(row) for row in rows)), np.nan)
    for index, row in enumerate(rows):
        values[index, : len(row)] = row
    return values
