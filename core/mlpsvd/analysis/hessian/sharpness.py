"""Sharpness over training: the largest eigenvalue of the Hessian at the epochs of a history."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlpsvd.analysis.hessian.product import HessianProduct
from mlpsvd.analysis.hessian.spectrum import leading_eigenvalues
from mlpsvd.network.network import Network
from mlpsvd.training.events import EpochEvent

__all__ = ["SHARE_THAT_MATTERS", "Sharpness", "directions_that_matter", "sharpness", "with_snapshots"]

SHARE_THAT_MATTERS = 0.1
"""A direction matters if its eigenvalue is at least this share of the largest."""


@dataclass(frozen=True)
class Sharpness:
    """Curvature of the training loss at one epoch.

    Attributes
    ----------
    epoch
        0 is the state before training.
    loss
        Mean training loss, of the whole training set.
    largest
        Largest eigenvalue of the full Hessian.
    smallest
        Smallest of the leading eigenvalues; negative if the loss curves down that much in some direction.
    n_directions
        Number of eigenvalues of at least a tenth of the largest, among the leading ones.
    n_leading
        Number of leading eigenvalues that were computed; ``n_directions`` may be too small if they are equal.
    """

    epoch: int
    loss: float
    largest: float
    smallest: float
    n_directions: int
    n_leading: int

    @property
    def stable_rate(self) -> float:
        """Largest learning rate at which gradient descent on the whole set is stable, 2/λ_max; infinite if λ_max <= 0.

        It holds for plain gradient descent. Adam divides the gradient by its own scale first, and its limit is another.
        """
        return 2 / self.largest if self.largest > 0 else float("inf")


def directions_that_matter(values: NDArray[np.floating]) -> int:
    """Return how many eigenvalues are at least a tenth of the largest; 0 if none is positive."""
    largest = float(values.max(initial=0.0))
    return int(np.count_nonzero(values >= SHARE_THAT_MATTERS * largest)) if largest > 0 else 0


def sharpness(
    event: EpochEvent, x: NDArray[np.floating], targets: NDArray[np.floating], n_leading: int = 12,
    progress: Callable[[float], None] | None = None,
) -> Sharpness:  # fmt: skip
    """Return the sharpness at one epoch whose snapshot was kept.

    Parameters
    ----------
    event
        An event with a snapshot.
    x, targets
        The training set, as for :class:`~mlpsvd.analysis.hessian.product.HessianProduct`.
    n_leading
        How many leading eigenvalues are computed.
    progress
        As in :func:`~mlpsvd.analysis.hessian.spectrum.leading_eigenvalues`.

    Raises
    ------
    ValueError
        If the event has no snapshot.
    NetworkError
        If the eigenvalues do not converge.
    """
    if event.snapshot is None:
        raise ValueError(f"no snapshot of epoch {event.epoch} was kept")
    product = HessianProduct(Network(event.snapshot.spec, event.snapshot.theta), x, targets)
    values = leading_eigenvalues(product, n_leading, progress).values
    n_directions = directions_that_matter(values)
    return Sharpness(event.epoch, event.train_loss, float(values[0]), float(values[-1]), n_directions, len(values))


def with_snapshots(history: Sequence[EpochEvent], n_epochs: int) -> list[EpochEvent]:
    """Return up to ``n_epochs`` events with a snapshot, denser at the beginning, where the curvature changes most."""
    kept = [event for event in history if event.snapshot is not None]
    if len(kept) <= n_epochs:
        return kept
    places = np.geomspace(1, len(kept), n_epochs) - 1
    chosen = sorted({round(float(place)) for place in places})
    return [kept[index] for index in chosen]
