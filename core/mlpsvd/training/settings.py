"""Settings of training and of discarding."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from mlpsvd.contenders import CONTENDERS, DEFAULT_CONTENDERS
from mlpsvd.engines.names import EngineName, Optimiser, Precision
from mlpsvd.settings import setting

__all__ = ["ClassWeights", "Criterion", "DiscardingSettings", "FactorFrom", "MomentsAfterDiscard", "TrainingSettings"]

ClassWeights = Literal["none", "balanced"]
Criterion = Literal["threshold", "energy", "rank", "marchenko-pastur", "gavish-donoho", "dynamical"]
FactorFrom = Literal["start", "first point"]
MomentsAfterDiscard = Literal["reset", "truncate"]


@dataclass(frozen=True)
class TrainingSettings:
    """Optimiser, batches and epochs (Paul and Nelson, section IV A)."""

    contenders: tuple[str, ...] = setting(DEFAULT_CONTENDERS, label="Networks", choices=tuple(CONTENDERS),
                                          help="Which networks to train, on the same data and in turn.")  # fmt: skip
    optimiser: Optimiser = setting("adam", label="Optimiser",
                             help="Adam (Kingma and Ba, 2015), gradient descent with momentum, or plain stochastic "
                             "gradient descent, equation (38).")  # fmt: skip
    learning_rate: float = setting(0.0005, label="Learning rate", symbol="η", low=1e-9, high=100.0,
                                   help="Step size.")  # fmt: skip
    momentum: float = setting(0.9, label="Momentum", low=0.0, high=0.9999,
                              help="Fraction of the previous step that is added, for the optimiser "
                              "'momentum'.")  # fmt: skip
    beta_1: float = setting(0.9, label="Adam β₁", symbol="β₁", low=0.0, high=0.9999,
                            help="Decay rate of Adam's first moment.")  # fmt: skip
    beta_2: float = setting(0.999, label="Adam β₂", symbol="β₂", low=0.0, high=0.999999,
                            help="Decay rate of Adam's second moment.")  # fmt: skip
    epsilon: float = setting(1e-8, label="Adam ε", symbol="ε", low=1e-16, high=1.0,
                             help="Added to the denominator in Adam for numerical stability.")  # fmt: skip
    nuclear_norm: float = setting(0.0, label="Nuclear norm", symbol="λ", low=0.0, high=100.0, zero="off",
                                  help="Factor of the sum of the singular values of all weight matrices but the last, "
                                  "added to the loss in training; losses are shown without it.")  # fmt: skip
    frozen_layers: int = setting(0, label="Frozen layers", low=0, high=64, zero="none",
                                 help="Number of layers, from the input on, whose weights and biases are not "
                                 "trained; nothing is discarded from them.")  # fmt: skip
    class_weights: ClassWeights = setting("none", label="Class weights",
                                          help="none: every training clip has the same weight in the loss. balanced: "
                                          "the weight of a clip is inversely proportional to the number of training "
                                          "clips of its class; losses are shown without it.")  # fmt: skip
    batch_size: int = setting(64, label="Batch size", unit="clips", low=1, high=1_000_000,
                              help="Clips per update; their gradients are averaged.")  # fmt: skip
    epochs: int = setting(100, label="Epochs", low=1, high=1_000_000,
                          help="Passes over the training set; the paper calls one an iteration.")  # fmt: skip
    retries: int = setting(0, label="Retries", low=0, high=20, zero="none",
                           help="How often a network whose training accuracy stays at chance is trained again from "
                           "other initial weights; the paper trains each once.")  # fmt: skip
    precision: Precision = setting("float32", label="Precision",
                                   help="Floating-point type of weights and features.")  # fmt: skip
    engine: EngineName = setting("auto", label="Engine",
                          help="Implementation of the training. fused: compiled, on one core. reference: the equations "
                          "in NumPy. gpu: the same in CuPy, on a GPU. auto: fused where it works; networks of the "
                          "paper's size are too small for a GPU.")  # fmt: skip

    def conflicts(self) -> Iterator[tuple[str, object, str]]:
        """Yield what does not fit together."""
        if not self.contenders or len(set(self.contenders)) != len(self.contenders):
            yield "contenders", self.contenders, f"one or more of {', '.join(CONTENDERS)}, each once"


@dataclass(frozen=True)
class DiscardingSettings:
    """The schedule of equation (65) and the criterion applied at each discarding point.

    Cai et al. (2014) and Xue et al. (2013) are settings of the same policy: one discarding point, ``factor_from`` at
    the first point, two-factor layers, and ``criterion`` "rank" or "energy".
    """

    points: int = setting(20, label="Discarding points", symbol="N", low=0, high=10_000,
                          help="Number of discarding points; 0 never discards.")  # fmt: skip
    first: int = setting(5, label="First point", unit="epochs", symbol="10ᵃ", low=1, high=1_000_000,
                         help="Epoch of the first discarding point.")  # fmt: skip
    last: int = setting(67, label="Last point", unit="epochs", symbol="10ᵇ", low=1, high=1_000_000,
                        help="Epoch of the last discarding point; two thirds of all epochs in the paper.")  # fmt: skip
    criterion: Criterion = setting("threshold", label="Criterion",
                             help="threshold: discard values below a fraction of the largest. energy: keep the largest "
                             "values that contain a fraction of the sum of squares. rank: keep a fixed "
                             "number. marchenko-pastur: discard values below the largest singular value of random "
                             "weights with the initial standard deviation. gavish-donoho: the same with the optimal "
                             "threshold for such noise. dynamical: the rank of SVD layers is adapted at every "
                             "update (dynamical low-rank training), without discarding points.")  # fmt: skip
    threshold: float = setting(0.1, label="Threshold", low=0.0, high=1.0,
                               help="Singular values below this fraction of the largest are discarded.")  # fmt: skip
    energy: float = setting(0.95, label="Energy kept", low=0.01, high=1.0,
                            help="Fraction of the sum of squared singular values to keep, for 'energy'.")  # fmt: skip
    rank: int = setting(4, label="Rank kept", symbol="R", low=1, high=65536,
                        help="Number of singular values to keep, for 'rank'.")  # fmt: skip
    tolerance: float = setting(0.1, label="Tolerance", symbol="τ", low=0.0, high=0.99,
                               help="Norm of the discarded singular values as a fraction of the norm of all, for "
                               "'dynamical'.")  # fmt: skip
    factor_from: FactorFrom = setting("start", label="Factorise from",
                               help="start: the factors are trained from the first epoch, as in the paper. first "
                               "point: W is trained until the first discarding point.")  # fmt: skip
    moments: MomentsAfterDiscard = setting("truncate", label="Optimiser state",
                           help="Optimiser state of the truncated factors. reset: set to zero. truncate: keep the "
                           "entries of the remaining singular values.")  # fmt: skip

    guard: float = setting(0.0, label="Guard", low=0.0, high=100.0, zero="off",
                           help="Largest rise of the mean training loss at a discarding point; more singular values "
                           "are kept if discarding them would exceed it. 0: no limit, as in the paper.")  # fmt: skip

    def conflicts(self) -> Iterator[tuple[str, object, str]]:
        """Yield what does not fit together."""
        if self.last < self.first:
            yield "last", self.last, f"at least the first point ({self.first})"
