"""Training settings, and settings of the discarding of singular values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mlpsvd.settings import setting

__all__ = ["CONTENDERS", "DiscardingSettings", "TrainingSettings"]

CONTENDERS = ("mlp", "mlp-svd")


@dataclass(frozen=True)
class TrainingSettings:
    """Optimiser, batches and epochs (Paul and Nelson, section IV A)."""

    contenders: tuple[str, ...] = setting(CONTENDERS, label="Networks", choices=CONTENDERS,
                                          help="Which networks to train: both, to race them, or one.")  # fmt: skip
    optimiser: str = setting("adam", label="Optimiser", choices=("adam", "momentum", "sgd"),
                             help="Adam (Kingma and Ba, 2015), gradient descent with momentum, or plain stochastic "
                             "gradient descent, equation (38).")  # fmt: skip
    learning_rate: float = setting(0.0005, label="Learning rate", symbol="η", low=1e-9, high=100.0,
                                   help="Size of each step.")  # fmt: skip
    momentum: float = setting(0.9, label="Momentum", low=0.0, high=0.9999, help="Share of the last step kept, for "
                              "the optimiser 'momentum'.")  # fmt: skip
    beta_1: float = setting(0.9, label="Adam β₁", symbol="β₁", low=0.0, high=0.9999,
                            help="Memory of Adam's mean gradient.")  # fmt: skip
    beta_2: float = setting(0.999, label="Adam β₂", symbol="β₂", low=0.0, high=0.999999,
                            help="Memory of Adam's mean squared gradient.")  # fmt: skip
    epsilon: float = setting(1e-8, label="Adam ε", symbol="ε", low=1e-16, high=1.0,
                             help="Keeps Adam's division finite.")  # fmt: skip
    batch_size: int = setting(64, label="Batch size", unit="clips", low=1, high=1_000_000,
                              help="Clips whose gradients are averaged for one update.")  # fmt: skip
    epochs: int = setting(100, label="Epochs", low=1, high=1_000_000,
                          help="Passes over the training set; the paper calls one an iteration.")  # fmt: skip
    retries: int = setting(0, label="Retries", low=0, high=20, zero="none",
                           help="How often a network whose training accuracy stays at chance is trained again, from "
                           "other initial weights; the paper trains each once.")  # fmt: skip
    precision: str = setting("float32", label="Precision", choices=("float32", "float64"),
                             help="Floating-point type of weights and features.")  # fmt: skip
    engine: str = setting("auto", label="Engine", choices=("auto", "fused", "reference", "gpu"),
                          help="What computes the epochs. fused: compiled, on one core. reference: the equations in "
                          "NumPy. gpu: the same in CuPy, if a GPU is there. auto: fused where it works; networks of "
                          "the paper's size are too small for a GPU.")  # fmt: skip

    def conflicts(self) -> Iterator[tuple[str, object, str]]:
        """Yield what does not fit together."""
        if not self.contenders or len(set(self.contenders)) != len(self.contenders):
            yield "contenders", self.contenders, "mlp, mlp-svd or both, each once"


@dataclass(frozen=True)
class DiscardingSettings:
    """The schedule of equation (65) and what is dropped at each of its points.

    Cai et al. (2014) and Xue et al. (2013) are settings of the same policy: one discarding point, ``factor_from`` at
    the first point, two-factor layers, and ``criterion`` "rank" or "energy".
    """

    points: int = setting(20, label="Discarding points", symbol="N", low=0, high=10_000,
                          help="How many points the schedule has; 0 never discards.")  # fmt: skip
    first: int = setting(5, label="First point", unit="epochs", symbol="10ᵃ", low=1, high=1_000_000,
                         help="Epoch of the first discarding point.")  # fmt: skip
    last: int = setting(67, label="Last point", unit="epochs", symbol="10ᵇ", low=1, high=1_000_000,
                        help="Epoch of the last discarding point; the paper takes two thirds of all.")  # fmt: skip
    criterion: str = setting("threshold", label="Criterion", choices=("threshold", "energy", "rank"),
                             help="threshold: drop values below a share of the largest. energy: keep the largest "
                             "values that hold a share of the sum of squares. rank: keep a fixed number.")  # fmt: skip
    threshold: float = setting(0.1, label="Threshold", low=0.0, high=1.0,
                               help="Singular values below this share of the largest are dropped.")  # fmt: skip
    energy: float = setting(0.95, label="Energy kept", low=0.01, high=1.0,
                            help="Share of the sum of squared singular values to keep, for 'energy'.")  # fmt: skip
    rank: int = setting(4, label="Rank kept", symbol="R", low=1, high=65536,
                        help="Singular values to keep, for 'rank'.")  # fmt: skip
    factor_from: str = setting("start", label="Factored from", choices=("start", "first point"),
                               help="start: the factors are trained from the first epoch, as in the paper. first "
                               "point: W is trained until the first discarding point.")  # fmt: skip
    moments: str = setting("truncate", label="Moments after a discard", choices=("reset", "truncate"),
                           help="What the optimiser remembers of the factors it has just cut: nothing, or the "
                           "entries that belong to the kept singular values.")  # fmt: skip

    guard: float = setting(0.0, label="Guard", low=0.0, high=100.0, zero="off",
                           help="Largest rise of the mean training loss that one discard may cause: more singular "
                           "values are kept where dropping them would cost more. 0 drops whatever the criterion says, "
                           "as in the paper.")  # fmt: skip

    def conflicts(self) -> Iterator[tuple[str, object, str]]:
        """Yield what does not fit together."""
        if self.last < self.first:
            yield "last", self.last, f"at least the first point ({self.first})"
