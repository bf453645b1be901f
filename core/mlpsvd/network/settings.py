"""Network settings: shape and initial weights."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, get_args

from mlpsvd.settings import setting

__all__ = ["ACTIVATIONS", "INITIALISERS", "LAYER_KINDS", "LOSSES", "OUTPUTS", "LayerKind", "NetworkSettings"]

ACTIVATIONS = ("relu", "sigmoid", "tanh")
OUTPUTS = ("softmax", "sigmoid", "tanh", "relu")
LOSSES = ("cross-entropy", "squared error")
LayerKind = Literal["dense", "svd", "two-factor"]
LAYER_KINDS: tuple[LayerKind, ...] = get_args(LayerKind)
INITIALISERS = ("normal", "glorot", "he")


@dataclass(frozen=True)
class NetworkSettings:
    """Layers of the MLP, and which of them the MLP-SVD factors."""

    hidden: tuple[int, ...] = setting((20,), label="Hidden neurons", symbol="J", low=1, high=65536,
                                      help="Neurons in each hidden layer, from the input on.")  # fmt: skip
    activation: str = setting("relu", label="Hidden activation", symbol="h", choices=ACTIVATIONS,
                              help="Activation function of the hidden layers.")  # fmt: skip
    output: str = setting("softmax", label="Output activation", symbol="h", choices=OUTPUTS,
                          help="Activation function of the output layer.")  # fmt: skip
    loss: str = setting("cross-entropy", label="Loss", symbol="L", choices=LOSSES,
                        help="Loss function: cross-entropy, equation (6), or the sum of squared errors.")  # fmt: skip
    kinds: tuple[str, ...] = setting((), label="MLP-SVD layers", choices=LAYER_KINDS,
                                     help="Kind of each weight matrix of the MLP-SVD, from the input on: svd trains U, "
                                     "σ and Vᵀ, two-factor trains U and ΣVᵀ. Empty: svd except for the output layer, "
                                     "as in the paper.")  # fmt: skip
    initial: str = setting("normal", label="Initial weights", choices=INITIALISERS,
                           help="normal: N(0, s²). glorot, he: scaled to the size of the layer. Biases start at zero. "
                           "MLP and MLP-SVD start with the same weights.")  # fmt: skip
    initial_std: float = setting(0.1, label="Initial std. dev.", symbol="s", low=0.0, high=10.0,
                                 help="Standard deviation of 'normal' initial weights.")  # fmt: skip

    def conflicts(self) -> Iterator[tuple[str, object, str]]:
        """Yield what does not fit together."""
        n_matrices = len(self.hidden) + 1
        if self.kinds and len(self.kinds) != n_matrices:
            yield "kinds", self.kinds, f"empty, or {n_matrices} kinds: one for each weight matrix"
        if self.loss == "cross-entropy" and self.output in ("tanh", "relu"):
            yield (
                "output",
                self.output,
                "softmax or sigmoid, since cross-entropy needs outputs between 0 and 1",
            )

    def factored_kinds(self) -> tuple[str, ...]:
        """Return the kind of every weight matrix of the MLP-SVD, input side first."""
        return self.kinds or ("svd",) * len(self.hidden) + ("dense",)
