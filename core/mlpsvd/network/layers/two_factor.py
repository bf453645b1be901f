"""The two-factor layer, as in Xue et al. (2013) and Cai et al. (2014): W = U (Σ Vᵀ), with both factors trained."""

from __future__ import annotations

from typing import ClassVar

from mlpsvd.network.layers.factored import Factored
from mlpsvd.network.layers.family import Array, LayerPass, LayerSpec, Parameters, PassTangent

__all__ = ["TwoFactor"]


class TwoFactor(Factored):
    """Parameters: U [shape=(n_out, rank)], SVt = Σ Vᵀ [shape=(rank, n_in)], b [shape=(n_out,)]."""

    name = "two-factor"
    has_tangents = True
    right = "SVt"
    rank_axes: ClassVar = {"U": 1, "SVt": 0}

    def shapes(self, layer: LayerSpec) -> dict[str, tuple[int, ...]]:
        """Return the shapes of U, SVt and b."""
        return {"U": (layer.n_out, layer.rank), "SVt": (layer.rank, layer.n_in), "b": (layer.n_out,)}

    def forward(self, parameters: Parameters, x: Array) -> tuple[Array, LayerPass]:
        """Return a = U q + b with q = Σ Vᵀ x, and x and q."""
        q = x @ parameters["SVt"].T
        return q @ parameters["U"].T + parameters["b"], (x, q)

    def gradients(self, parameters: Parameters, layer_pass: LayerPass, delta: Array, back: Array) -> Parameters:
        """Return the gradients: δ qᵀ for U, Uᵀ δ xᵀ for Σ Vᵀ."""
        x, q = layer_pass
        return {"U": delta.T @ q, "b": delta.sum(axis=0), "SVt": back.T @ x}

    def input_gradient(self, parameters: Parameters, back: Array) -> Array:
        """Return (Σ Vᵀ)ᵀ Uᵀ δ."""
        return back @ parameters["SVt"]

    def forward_tangent(
        self, parameters: Parameters, direction: Parameters, layer_pass: LayerPass, dx: Array | None
    ) -> tuple[Array, PassTangent]:
        """Return the derivative of a = U q + b with q = Σ Vᵀ x, and those of x and q."""
        x, q = layer_pass
        dq = x @ direction["SVt"].T
        if dx is not None:
            dq += dx @ parameters["SVt"].T
        return dq @ parameters["U"].T + q @ direction["U"].T + direction["b"], (dx, dq)

    def backward_tangent(
        self,
        parameters: Parameters,
        direction: Parameters,
        layer_pass: LayerPass,
        pass_tangent: PassTangent,
        delta: Array,
        ddelta: Array,
    ) -> Parameters:
        """Return the derivatives of δ qᵀ and Uᵀ δ xᵀ."""
        (x, q), (dx, dq) = layer_pass, pass_tangent
        assert dq is not None
        dSVt = (ddelta @ parameters["U"] + delta @ direction["U"]).T @ x
        if dx is not None:
            dSVt += (delta @ parameters["U"]).T @ dx
        return {"U": ddelta.T @ q + delta.T @ dq, "b": ddelta.sum(axis=0), "SVt": dSVt}

    def backward_input_tangent(
        self, parameters: Parameters, direction: Parameters, delta: Array, ddelta: Array
    ) -> Array:
        """Return the derivative of (Σ Vᵀ)ᵀ Uᵀ δ."""
        back = delta @ parameters["U"]
        dback = ddelta @ parameters["U"] + delta @ direction["U"]
        return dback @ parameters["SVt"] + back @ direction["SVt"]

    def weight_matrix(self, parameters: Parameters) -> Array:
        """Return W = U Σ Vᵀ, equation (51)."""
        return parameters["U"] @ parameters["SVt"]

    def from_svd(self, U: Array, sigma: Array, Vt: Array) -> Parameters:
        """Return U and the product Σ Vᵀ."""
        return {"U": U, "SVt": sigma[:, None] * Vt}

    def right_factor(self, parameters: Parameters) -> Array:
        """Return Σ Vᵀ itself, not a copy."""
        return parameters["SVt"]

    def forward_flops(self, layer: LayerSpec) -> int:
        """Return the operations of two products."""
        return 2 * layer.rank * (layer.n_in + layer.n_out)

    def backward_flops(self, layer: LayerSpec, *, has_input_gradient: bool) -> int:
        """Return the operations of Uᵀ δ, δ qᵀ and the right factor's gradient, and of the product for the input."""
        left, right = 2 * layer.rank * layer.n_out, 2 * layer.rank * layer.n_in
        return 2 * left + right * (2 if has_input_gradient else 1)
