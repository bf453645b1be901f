"""The dense layer, which trains W directly."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mlpsvd.arrays import to_host
from mlpsvd.network.layers.family import Array, LayerFamily, LayerPass, LayerSpec, Parameters, PassTangent

__all__ = ["Dense"]


class Dense(LayerFamily):
    """Parameters: W [shape=(n_out, n_in)], b [shape=(n_out,)]."""

    name = "dense"
    has_tangents = True

    def shapes(self, layer: LayerSpec) -> dict[str, tuple[int, ...]]:
        """Return the shapes of W and b."""
        return {"W": (layer.n_out, layer.n_in), "b": (layer.n_out,)}

    def forward(self, parameters: Parameters, x: Array) -> tuple[Array, LayerPass]:
        """Return a = W x + b, equation (1), and x."""
        return x @ parameters["W"].T + parameters["b"], (x,)

    def backward(self, parameters: Parameters, layer_pass: LayerPass, delta: Array) -> Parameters:
        """Return the gradients of equations (49) and (50)."""
        (x,) = layer_pass
        return {"W": delta.T @ x, "b": delta.sum(axis=0)}

    def backward_input(self, parameters: Parameters, delta: Array) -> Array:
        """Return Wᵀ δ, in equation (48)."""
        return delta @ parameters["W"]

    def forward_tangent(
        self, parameters: Parameters, direction: Parameters, layer_pass: LayerPass, dx: Array | None
    ) -> tuple[Array, PassTangent]:
        """Return da = dW x + W dx + db, and dx."""
        (x,) = layer_pass
        da = x @ direction["W"].T + direction["b"]
        return (da if dx is None else da + dx @ parameters["W"].T), (dx,)

    def backward_tangent(
        self,
        parameters: Parameters,
        direction: Parameters,
        layer_pass: LayerPass,
        pass_tangent: PassTangent,
        delta: Array,
        ddelta: Array,
    ) -> Parameters:
        """Return dδ xᵀ + δ dxᵀ and dδ."""
        (x,), (dx,) = layer_pass, pass_tangent
        dW = ddelta.T @ x
        return {"W": dW if dx is None else dW + delta.T @ dx, "b": ddelta.sum(axis=0)}

    def backward_input_tangent(
        self, parameters: Parameters, direction: Parameters, delta: Array, ddelta: Array
    ) -> Array:
        """Return Wᵀ dδ + dWᵀ δ."""
        return ddelta @ parameters["W"] + delta @ direction["W"]

    def weight_matrix(self, parameters: Parameters) -> Array:
        """Return W itself, not a copy."""
        return parameters["W"]

    def factorise(self, W: Array, rank: int) -> Parameters:
        """Return W."""
        return {"W": W}

    def singular_values(self, parameters: Parameters) -> NDArray[np.float64]:
        """Return the singular values of W."""
        return _singular_values(to_host(parameters["W"]))

    def forward_flops(self, layer: LayerSpec) -> int:
        """Return the operations of one product."""
        return 2 * layer.n_in * layer.n_out

    def backward_flops(self, layer: LayerSpec, *, has_input_gradient: bool) -> int:
        """Return the operations of δ xᵀ, and of Wᵀ δ."""
        return 2 * layer.n_in * layer.n_out * (2 if has_input_gradient else 1)


# If a singular value is below this fraction of the largest, an SVD is computed. Above it, the eigenvalues of W Wᵀ in
# float64 give a relative error of at most 10⁻⁶; the rounding of W to float32 causes a larger one.
_SMALL = 1e-5


def _singular_values(W: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the singular values of W, largest first.

    For a float32 matrix they are computed as the square roots of the eigenvalues of W Wᵀ or Wᵀ W, whichever is
    smaller, in float64. This takes less than half the time of an SVD, which matters because every epoch needs them.
    Squaring halves the number of accurate digits of float64, which leaves the accuracy of float32.
    """
    exact = W.astype(np.float64)
    if W.dtype == np.float32 and np.isfinite(exact).all():
        squares = np.linalg.eigvalsh(exact @ exact.T if len(exact) <= exact.shape[1] else exact.T @ exact)[::-1]
        if squares[-1] > _SMALL**2 * squares[0]:
            return np.asarray(np.sqrt(squares))
    return np.asarray(np.linalg.svd(exact, compute_uv=False))
