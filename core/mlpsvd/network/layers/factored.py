"""Base class of factored layers, W = U · (right factor), whose singular values can be discarded."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from mlpsvd.arrays import namespace, to_host
from mlpsvd.errors import NetworkError
from mlpsvd.network.layers.family import Array, LayerFamily, LayerPass, LayerSpec, Parameters

__all__ = ["Factored"]


class Factored(LayerFamily):
    """A family that trains U [shape=(n_out, rank)] and a right factor [shape=(rank, n_in)]."""

    is_factored = True

    right: str
    """Name of the right factor."""

    rank_axes: ClassVar[Mapping[str, int]]
    """For each parameter with one entry per singular value, the axis of these entries."""

    @abstractmethod
    def gradients(self, parameters: Parameters, layer_pass: LayerPass, delta: Array, back: Array) -> Parameters:
        """Return the gradients of :meth:`backward` from δ and from Uᵀ δ [shape=(n_clips, rank)], a clip per row."""

    @abstractmethod
    def input_gradient(self, parameters: Parameters, back: Array) -> Array:
        """Return the gradient of :meth:`backward_input` from Uᵀ δ [shape=(n_clips, rank)], a clip per row."""

    def backward(self, parameters: Parameters, layer_pass: LayerPass, delta: Array) -> Parameters:
        """Return the gradients of the factors and of b."""
        return self.gradients(parameters, layer_pass, delta, delta @ parameters["U"])

    def backward_input(self, parameters: Parameters, delta: Array) -> Array:
        """Return Wᵀ δ, from the right factor and Uᵀ δ."""
        return self.input_gradient(parameters, delta @ parameters["U"])

    def backward_both(self, parameters: Parameters, layer_pass: LayerPass, delta: Array) -> tuple[Parameters, Array]:
        """Return both, with one product Uᵀ δ."""
        back = delta @ parameters["U"]
        return self.gradients(parameters, layer_pass, delta, back), self.input_gradient(parameters, back)

    @abstractmethod
    def from_svd(self, U: Array, sigma: Array, Vt: Array) -> Parameters:
        """Return the parameters, without the bias, for a (truncated) singular value decomposition of W."""

    @abstractmethod
    def right_factor(self, parameters: Parameters) -> Array:
        """Return Σ Vᵀ [shape=(rank, n_in)]."""

    def factorise(self, W: Array, rank: int) -> Parameters:
        """Decompose W and keep the ``rank`` largest singular values: U_D, Σ_D, V_Dᵀ in section III A."""
        U, sigma, Vt = namespace(W).linalg.svd(W, full_matrices=False)
        return self.from_svd(U[:, :rank], sigma[:rank], Vt[:rank])

    def singular_values(self, parameters: Parameters) -> NDArray[np.float64]:
        """Return the singular values of W.

        Between discarding points the trained factors are not an exact SVD (section III A): their columns are only
        nearly orthonormal, and sigma only approximates the singular values. Two QR decompositions reduce the product
        to a rank × rank matrix with the same singular values.
        """
        host: Parameters = {name: to_host(value).astype(np.float64) for name, value in parameters.items()}
        left, below = (np.asarray(np.linalg.qr(one, mode="r")) for one in (host["U"], self.right_factor(host).T))
        return np.asarray(np.linalg.svd(left @ below.T, compute_uv=False))

    def aligned(self, trained: Parameters, factors: Parameters) -> tuple[Parameters, NDArray[np.intp]]:
        """Match the signs of new factors to the trained ones, and pair each new singular vector with a trained one.

        A singular vector is defined up to its sign, and a new decomposition may change the order. Without this,
        moments of the optimiser would be applied to a vector of the opposite sign.

        Returns
        -------
        factors : Parameters
            Factors with the same product and with matched signs.
        partners : np.ndarray [shape=(rank,)]
            For each new singular value, the index of the trained vector that it is most parallel to.
        """
        xp, before = namespace(trained["U"]), trained["U"]
        unit = before / xp.maximum(xp.linalg.norm(before, axis=0), xp.finfo(before.dtype).tiny)
        overlap = factors["U"].T @ unit
        partners = abs(overlap).argmax(axis=1)
        signs = xp.where(xp.take_along_axis(overlap, partners[:, None], axis=1)[:, 0] < 0, -1, 1).astype(overlap.dtype)
        turned = {"U": factors["U"] * signs, self.right: factors[self.right] * signs[:, None]}
        return factors | turned, partners

    def of_partners(self, name: str, values: Array, partners: NDArray[np.intp]) -> Array:
        """Return the entries of a parameter, or of its moments, that belong to the singular values ``partners``."""
        if name not in self.rank_axes:
            return values
        return values[:, partners] if self.rank_axes[name] == 1 else values[partners]

    def check(self, name: str, layer: LayerSpec) -> None:
        """Check that the rank is at most that of W."""
        full = min(layer.matrix_shape)
        if layer.rank > full:
            raise NetworkError(f"the rank of {name} is {layer.rank}; it should be at most {full}")
