"""Network settings: shape and initial weights."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, get_args

from mlpsvd.settings import setting

__all__ = ["LOSSES", "OUTPUTS", "Activation", "Initialiser", "LayerKind", "Loss", "NetworkSettings", "Output"]

Activation = Literal["relu", "sigmoid", "tanh"]
Output = Literal["softmax", "sigmoid", "tanh", "relu"]
Loss = Literal["cross-entropy", "squared error"]
LayerKind = Literal["dense", "svd", "two-factor", "soft-threshold", "clipped", "convolution", "convolution-svd"]
Initialiser = Literal["normal", "glorot", "he"]

# The kind of the hidden layers after the first, where the family can only be that of the first.
_AFTER: dict[str, str] = {"convolution": "dense", "convolution-svd": "svd"}

OUTPUTS: tuple[Output, ...] = get_args(Output)
LOSSES: tuple[Loss, ...] = get_args(Loss)


@dataclass(frozen=True)
class NetworkSettings:
    """Layers of the MLP, and which of them the MLP-SVD factors."""

    hidden: tuple[int, ...] = setting((20,), label="Hidden neurons", symbol="J", low=1, high=65536,
                                      help="Neurons in each hidden layer, from the input on.")  # fmt: skip
    activation: Activation = setting("relu", label="Hidden activation", symbol="h",
                                     help="Activation function of the hidden layers.")  # fmt: skip
    output: Output = setting("softmax", label="Output activation", symbol="h",
                             help="Activation function of the output layer.")  # fmt: skip
    loss: Loss = setting("cross-entropy", label="Loss", symbol="L",
                         help="Loss function: cross-entropy, equation (6), or the sum of squared errors.")  # fmt: skip
    kinds: tuple[LayerKind, ...] = setting((), label="MLP-SVD layers",
                                     help="Kind of each weight matrix of the MLP-SVD, from the input on: svd trains U, "
                                     "σ and Vᵀ, two-factor trains U and ΣVᵀ; soft-threshold and clipped train A and "
                                     "use max(σ − t, 0) or min(σ, c) of its singular values; convolution and "
                                     "convolution-svd, only for the first, slide kernels over frequency, trained as W "
                                     "or as U, σ and Vᵀ. Empty: svd except for "
                                     "the output layer, "
                                     "as in the paper.")  # fmt: skip
    family: LayerKind = setting("svd", label="MLP-SVD family",
                                help="Kind of the MLP-SVD's layers except the output layer, where no kinds are "
                                "listed. A convolution is the first layer; those after it are dense or svd, "
                                "and the first number of hidden neurons is that of its kernels.")  # fmt: skip
    initial: Initialiser = setting("normal", label="Initial weights",
                           help="normal: N(0, s²). glorot, he: scaled to the size of the layer. Biases start at zero. "
                           "MLP and MLP-SVD start with the same weights.")  # fmt: skip
    initial_std: float = setting(0.1, label="Initial std. dev.", symbol="s", low=0.0, high=10.0,
                                 help="Standard deviation of 'normal' initial weights.")  # fmt: skip
    first_layer: str = setting("", label="First layer from",
                               help="Model file whose first layer the networks start with, instead of random weights; "
                               "its features must be those of the experiment. Empty: random weights.")  # fmt: skip
    spectral_level: float = setting(1.0, label="Spectral level", symbol="t, c", low=0.0, high=1e6,
                                    help="Threshold t of soft-threshold layers, and bound c on the largest singular "
                                    "value of clipped layers.")  # fmt: skip

    kernel_width: int = setting(16, label="Kernel width", low=1, high=65536,
                                help="Frequencies under a kernel of a convolution layer.")  # fmt: skip
    kernel_stride: int = setting(4, label="Kernel stride", low=1, high=65536,
                                 help="Frequencies from one position of the kernels to the next.")  # fmt: skip

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
        if self.kinds:
            return self.kinds
        first, others = self.family, _AFTER.get(self.family, self.family)
        return (*(first, *(others,) * (len(self.hidden) - 1)), "dense") if self.hidden else ("dense",)
