"""The SVD layer of Paul and Nelson (section II G): W = U Σ Vᵀ, with U, σ and Vᵀ trained."""

from __future__ import annotations

from typing import ClassVar

from mlpsvd.network.layers.factored import Factored
from mlpsvd.network.layers.family import Array, LayerPass, LayerSpec, Parameters

__all__ = ["Svd"]


class Svd(Factored):
    """Parameters: U [shape=(n_out, rank)], sigma [shape=(rank,)], Vt [shape=(rank, n_in)], b [shape=(n_out,)]."""

    name = "svd"
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

    def backward(self, parameters: Parameters, layer_pass: LayerPass, delta: Array) -> Parameters:
        """Return the gradients of equations (62) to (64), in the matrix form given below (64).

        ∂L/∂Vᵀ is Σ Uᵀ δ xᵀ. The gradient of Σ is taken on its diagonal, the only part of it that is trained.
        """
        x, p, q = layer_pass
        back = delta @ parameters["U"]
        return {
            "U": delta.T @ q,
            "b": delta.sum(axis=0),
            "sigma": (back * p).sum(axis=0),
            "Vt": (back * parameters["sigma"]).T @ x,
        }

    def backward_input(self, parameters: Parameters, delta: Array) -> Array:
        """Return V Σ Uᵀ δ, in equation (48)."""
        back = delta @ parameters["U"]
        return (back * parameters["sigma"]) @ parameters["Vt"]

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
