"""The SVD layer of Paul and Nelson (section II G): W = U Σ Vᵀ, with U, σ and Vᵀ trained."""

from __future__ import annotations

from typing import ClassVar

from mlpsvd.network.layers.factored import Factored
from mlpsvd.network.layers.family import Array, LayerPass, LayerSpec, Parameters, PassTangent

__all__ = ["Svd"]


class Svd(Factored):
    """Parameters: U [shape=(n_out, rank)], sigma [shape=(rank,)], Vt [shape=(rank, n_in)], b [shape=(n_out,)]."""

    name = "svd"
    has_tangents = True
    has_low_rank_steps = True
    right = "Vt"
    rank_axes: ClassVar = {"U": 1, "sigma": 0, "Vt": 0}

    def shapes(self, layer: LayerSpec) -> dict[str, tuple[int, ...]]:
        """Return the shapes of U, sigma, Vt and b."""
        return {"U": (layer.n_out, layer.rank), "sigma": (layer.rank,), "Vt": (layer.rank, layer.n_in),
                "b": (layer.n_out,)}  # fmt: skip

    def forward(self, parameters: Parameters, x: Array) -> tuple[Array, LayerPass]:
        """Return a = U Σ Vᵀ x + b, equation (52), with x, p = Vᵀ x and q = Σ p, above equation (56)."""
        p = x @ parameters["Vt"].T
        q = p * parameters["sigma"]
        return q @ parameters["U"].T + parameters["b"], (x, p, q)

    def gradients(self, parameters: Parameters, layer_pass: LayerPass, delta: Array, back: Array) -> Parameters:
        """Return the gradients of equations (62) to (64), in the matrix form given below (64).

        ∂L/∂Vᵀ is Σ Uᵀ δ xᵀ. The gradient of Σ is taken on its diagonal, the only part of it that is trained.
        """
        x, p, q = layer_pass
        return {
            "U": delta.T @ q,
            "b": delta.sum(axis=0),
            "sigma": (back * p).sum(axis=0),
            "Vt": (back * parameters["sigma"]).T @ x,
        }

    def input_gradient(self, parameters: Parameters, back: Array) -> Array:
        """Return V Σ Uᵀ δ, in equation (48)."""
        return (back * parameters["sigma"]) @ parameters["Vt"]

    def forward_tangent(
        self, parameters: Parameters, direction: Parameters, layer_pass: LayerPass, dx: Array | None
    ) -> tuple[Array, PassTangent]:
        """Return the derivative of a = U Σ Vᵀ x + b, and those of x, p and q."""
        x, p, q = layer_pass
        dp = x @ direction["Vt"].T
        if dx is not None:
            dp += dx @ parameters["Vt"].T
        dq = dp * parameters["sigma"] + p * direction["sigma"]
        return dq @ parameters["U"].T + q @ direction["U"].T + direction["b"], (dx, dp, dq)

    def backward_tangent(
        self,
        parameters: Parameters,
        direction: Parameters,
        layer_pass: LayerPass,
        pass_tangent: PassTangent,
        delta: Array,
        ddelta: Array,
    ) -> Parameters:
        """Return the derivatives of equations (62) to (64)."""
        (x, p, q), (dx, dp, dq) = layer_pass, pass_tangent
        assert dp is not None and dq is not None
        back = delta @ parameters["U"]
        dback = ddelta @ parameters["U"] + delta @ direction["U"]
        dVt = (dback * parameters["sigma"] + back * direction["sigma"]).T @ x
        if dx is not None:
            dVt += (back * parameters["sigma"]).T @ dx
        return {
            "U": ddelta.T @ q + delta.T @ dq,
            "b": ddelta.sum(axis=0),
            "sigma": (dback * p + back * dp).sum(axis=0),
            "Vt": dVt,
        }

    def backward_input_tangent(
        self, parameters: Parameters, direction: Parameters, delta: Array, ddelta: Array
    ) -> Array:
        """Return the derivative of V Σ Uᵀ δ."""
        back = delta @ parameters["U"]
        dback = ddelta @ parameters["U"] + delta @ direction["U"]
        dscaled = dback * parameters["sigma"] + back * direction["sigma"]
        return dscaled @ parameters["Vt"] + (back * parameters["sigma"]) @ direction["Vt"]

    def weight_matrix(self, parameters: Parameters) -> Array:
        """Return W = U Σ Vᵀ, equation (51)."""
        return (parameters["U"] * parameters["sigma"]) @ parameters["Vt"]

    def from_svd(self, U: Array, sigma: Array, Vt: Array) -> Parameters:
        """Return the three factors."""
        return {"U": U, "sigma": sigma, "Vt": Vt}

    def right_factor(self, parameters: Parameters) -> Array:
        """Return Σ Vᵀ."""
        return parameters["sigma"][:, None] * parameters["Vt"]

    def svd_factors(self, parameters: Parameters) -> tuple[Array, Array, Array]:
        """Return the trained factors."""
        return parameters["U"], parameters["sigma"], parameters["Vt"]

    def forward_flops(self, layer: LayerSpec) -> int:
        """Return the operations of two products and the scaling between them."""
        return 2 * layer.rank * (layer.n_in + layer.n_out) + layer.rank

    def backward_flops(self, layer: LayerSpec, *, has_input_gradient: bool) -> int:
        """Return the operations of Uᵀ δ, δ qᵀ and the gradients of σ and Vᵀ, and of the product with V."""
        left, right = 2 * layer.rank * layer.n_out, 2 * layer.rank * layer.n_in
        return 2 * left + right * (2 if has_input_gradient else 1) + 3 * layer.rank
