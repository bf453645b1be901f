"""Rank of the weight update of a mini-batch, Naumov (2017), corollaries 1 and 3."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlpsvd.analysis.hessian.point import double, points
from mlpsvd.network.network import Network

__all__ = ["UpdateRank", "update_rank", "update_rank_of"]

Array = NDArray[np.floating]

_TOLERANCE = 1e-10  # of the largest singular value


@dataclass(frozen=True, eq=False)
class UpdateRank:
    """Rank of the gradient of one weight matrix over a mini-batch.

    Attributes
    ----------
    singular_values : np.ndarray [shape=(min(m, n),)]
        Of the gradient, largest first.
    bound
        r for r clips, equation (26); r·t for sequences of t steps, equations (71) and (72). It says something only if
        it is smaller than m and n.
    """

    singular_values: Array
    bound: int

    @property
    def rank(self) -> int:
        """Singular values above 10⁻¹⁰ of the largest."""
        return int(np.count_nonzero(self.singular_values > _TOLERANCE * self.singular_values[0]))

    @property
    def effective(self) -> float:
        """The stable rank, Σσ² / σ_max²: how many directions carry the update."""
        squares = self.singular_values**2
        return float(squares.sum() / squares[0]) if squares[0] > 0 else 0.0


def update_rank(network: Network, x: NDArray[np.floating], targets: NDArray[np.floating], layer: int = 0) -> UpdateRank:
    """Return the rank of ΔW = V Zᵀ for the weight matrix of a layer, equation (26).

    Of a factored layer W = U Σ Vᵀ is meant, as if W were trained.

    Parameters
    ----------
    network
        Any network.
    x : np.ndarray [shape=(n_clips, n_features)]
        Feature vectors of the mini-batch.
    targets : np.ndarray [shape=(n_clips, n_classes)]
        Target outputs, one clip a row.
    layer
        Index of the layer, input side first.

    Raises
    ------
    NetworkError
        If there is no clip, or a shape does not fit the network.
    """
    found = list(points(double(network), x, targets))
    V = np.concatenate([one.deltas[layer] for one in found])
    Z = np.concatenate([one.inputs[layer] for one in found])
    return update_rank_of(V.T, Z.T, len(x))


def update_rank_of(V: Array, Z: Array, bound: int) -> UpdateRank:
    """Return the rank of V Zᵀ for V [shape=(m, r·t)] and Z [shape=(n, r·t)], with a bound of ``bound``."""
    return UpdateRank(np.asarray(np.linalg.svd(V @ Z.T, compute_uv=False)), bound)
