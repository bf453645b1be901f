"""Network specification: layers and the position of each matrix in the flat parameter vector."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

__all__ = ["LayerSpec", "NetworkSpec"]


@dataclass(frozen=True)
class LayerSpec:
    """One layer: a = W x + b followed by an activation, with W as it is or in factors.

    The paper counts layers back from the output; here they are counted from the input, as data flows.

    Attributes
    ----------
    kind
        ``dense``: W. ``svd``: U, sigma, Vt. ``two-factor``: U, SVt (Σ Vᵀ in one).
    n_in, n_out
        I and J of this layer.
    rank
        R, columns of U; min(n_in, n_out) for a dense layer.
    activation
        ``relu``, ``sigmoid``, ``tanh`` or ``softmax``.
    """

    kind: str
    n_in: int
    n_out: int
    rank: int
    activation: str

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Names and shapes of the parameters, in the order in which they lie in the flat vector."""
        if self.kind == "dense":
            return {"W": (self.n_out, self.n_in), "b": (self.n_out,)}
        if self.kind == "svd":
            return {"U": (self.n_out, self.rank), "sigma": (self.rank,), "Vt": (self.rank, self.n_in),
                    "b": (self.n_out,)}  # fmt: skip
        return {"U": (self.n_out, self.rank), "SVt": (self.rank, self.n_in), "b": (self.n_out,)}

    @property
    def n_parameters(self) -> int:
        """How many numbers the layer has, biases included (figure 3 counts them without)."""
        return sum(math.prod(shape) for shape in self.shapes.values())


@dataclass(frozen=True)
class NetworkSpec:
    """All layers, input side first, and the loss."""

    layers: tuple[LayerSpec, ...]
    loss: str

    @cached_property
    def offsets(self) -> tuple[int, ...]:
        """Where each layer begins in the flat parameter vector; one entry more than layers, the last its length."""
        offsets = [0]
        for layer in self.layers:
            offsets.append(offsets[-1] + layer.n_parameters)
        return tuple(offsets)

    @property
    def n_parameters(self) -> int:
        """Length of the flat parameter vector."""
        return self.offsets[-1]

    @cached_property
    def ranks(self) -> tuple[int, ...]:
        """For each layer its rank."""
        return tuple(layer.rank for layer in self.layers)

    @cached_property
    def kinds(self) -> tuple[str, ...]:
        """For each layer ``dense``, ``svd`` or ``two-factor``."""
        return tuple(layer.kind for layer in self.layers)

    @property
    def n_in(self) -> int:
        """Length of a feature vector."""
        return self.layers[0].n_in

    @property
    def n_out(self) -> int:
        """Number of classes, K."""
        return self.layers[-1].n_out
