"""Network specification: layers and the position of each matrix in the flat parameter vector."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from mlpsvd.network.layers import LayerSpec
from mlpsvd.network.settings import Loss

__all__ = ["LayerSpec", "NetworkSpec"]


@dataclass(frozen=True)
class NetworkSpec:
    """All layers, input side first, and the loss."""

    layers: tuple[LayerSpec, ...]
    loss: Loss

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
        """For each layer the name of its family."""
        return tuple(layer.kind for layer in self.layers)

    @property
    def n_in(self) -> int:
        """Length of a feature vector."""
        return self.layers[0].n_in

    @property
    def n_out(self) -> int:
        """Number of classes, K."""
        return self.layers[-1].n_out
