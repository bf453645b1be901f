"""Layers whose W is a function of the singular values of a trained matrix: W = F(A) = U f(Σ) Vᵀ."""

from __future__ import annotations

from abc import abstractmethod

import numpy as np
from numpy.typing import NDArray

from mlpsvd.arrays import namespace, to_host
from mlpsvd.linalg.spectral_function import (
    ScalarFunction,
    SpectralPass,
    clip,
    soft_threshold,
    spectral_function,
    spectral_gradient,
)
from mlpsvd.network.layers.family import Array, LayerFamily, LayerPass, LayerSpec, Parameters
from mlpsvd.network.settings import NetworkSettings

__all__ = ["Clipped", "SoftThreshold", "SpectralLayer"]

_SVD_FLOPS = 14
"""Operations of a thin SVD with vectors over n m², m ≤ n (Golub and Van Loan, Matrix Computations, section 8.6)."""


class SpectralLayer(LayerFamily):
    """Parameters: A [shape=(n_out, n_in)], level [shape=(1,)], b [shape=(n_out,)]; the level is not trained."""

    constants = ("level",)

    @abstractmethod
    def function(self, level: float) -> ScalarFunction:
        """Return f for the layer's level."""

    @abstractmethod
    def identity_level(self) -> float:
        """Return the level at which f is the identity."""

    def shapes(self, layer: LayerSpec) -> dict[str, tuple[int, ...]]:
        """Return the shapes of A, the level and b."""
        return {"A": (layer.n_out, layer.n_in), "level": (1,), "b": (layer.n_out,)}

    def forward(self, parameters: Parameters, x: Array) -> tuple[Array, LayerPass]:
        """Return a = F(A) x + b, with x and the decomposition of A."""
        W, spectral_pass = self._function_of(parameters)
        return x @ W.T + parameters["b"], (x, spectral_pass.U, spectral_pass.s, spectral_pass.Vt)

    def backward(self, parameters: Parameters, layer_pass: LayerPass, delta: Array) -> Parameters:
        """Return the gradient of A, from that of W, equation (49), through F; and that of b."""
        x, U, s, Vt = layer_pass
        spectral_pass = SpectralPass(U, s, Vt, self._f(parameters))
        return {
            "A": spectral_gradient(spectral_pass, delta.T @ x),
            "level": namespace(delta).zeros_like(parameters["level"]),
            "b": delta.sum(axis=0),
        }

    def backward_input(self, parameters: Parameters, delta: Array) -> Array:
        """Return Wᵀ δ, in equation (48)."""
        return delta @ self.weight_matrix(parameters)

    def backward_both(self, parameters: Parameters, layer_pass: LayerPass, delta: Array) -> tuple[Parameters, Array]:
        """Return both, with the decomposition of the forward pass."""
        _, U, s, Vt = layer_pass
        W = (U * self._f(parameters).value(s)) @ Vt
        return self.backward(parameters, layer_pass, delta), delta @ W

    def weight_matrix(self, parameters: Parameters) -> Array:
        """Return W = F(A)."""
        return self._function_of(parameters)[0]

    def factorise(self, W: Array, rank: int) -> Parameters:
        """Return W itself as A, with the level at which F changes nothing."""
        return {"A": W, "level": namespace(W).full(1, self.identity_level(), dtype=W.dtype)}

    def singular_values(self, parameters: Parameters) -> NDArray[np.float64]:
        """Return the singular values f(σ) of W, some of which may be exactly 0."""
        values = np.linalg.svd(to_host(parameters["A"]).astype(np.float64), compute_uv=False)
        return np.asarray(self._f(parameters).value(values))

    def forward_flops(self, layer: LayerSpec) -> int:
        """Return the operations of one product; the decomposition is done once a batch, and is not counted here."""
        return 2 * layer.n_in * layer.n_out

    def backward_flops(self, layer: LayerSpec, *, has_input_gradient: bool) -> int:
        """Return the operations of δ xᵀ, and of Wᵀ δ."""
        return 2 * layer.n_in * layer.n_out * (2 if has_input_gradient else 1)

    def update_flops(self, layer: LayerSpec) -> int:
        """Return the operations of decomposing A and of the gradient through F, once a batch."""
        small, large = sorted((layer.n_in, layer.n_out))
        return _SVD_FLOPS * large * small**2 + 12 * small * small * large

    def _f(self, parameters: Parameters) -> ScalarFunction:
        return self.function(float(to_host(parameters["level"])[0]))

    def _function_of(self, parameters: Parameters) -> tuple[Array, SpectralPass]:
        return spectral_function(parameters["A"], self._f(parameters))


class SoftThreshold(SpectralLayer):
    """W = U max(Σ − t, 0) Vᵀ: directions of A whose singular values fall below t are not in W."""

    name = "soft-threshold"

    def function(self, level: float) -> ScalarFunction:
        """Return the soft threshold."""
        return soft_threshold(level)

    def identity_level(self) -> float:
        """Return 0."""
        return 0.0

    def initial(self, W: Array, rank: int, settings: NetworkSettings) -> Parameters:
        """Return A = U (Σ + t) Vᵀ, so that F(A) is W and all directions begin above the threshold."""
        U, s, Vt = namespace(W).linalg.svd(W, full_matrices=False)
        level = settings.spectral_level
        return {"A": (U * (s + level)) @ Vt, "level": namespace(W).full(1, level, dtype=W.dtype)}


class Clipped(SpectralLayer):
    """W = U min(Σ, c) Vᵀ: the spectral norm of W, and so the layer's gain, is at most c."""

    name = "clipped"

    def function(self, level: float) -> ScalarFunction:
        """Return the clip."""
        return clip(level)

    def identity_level(self) -> float:
        """Return the largest number of float32."""
        return float(np.finfo(np.float32).max)

    def initial(self, W: Array, rank: int, settings: NetworkSettings) -> Parameters:
        """Return A = W with the bound of the settings."""
        return {"A": W, "level": namespace(W).full(1, settings.spectral_level, dtype=W.dtype)}
