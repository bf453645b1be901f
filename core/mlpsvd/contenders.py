"""Contenders: the networks of a race, described as data."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from mlpsvd.errors import SettingError
from mlpsvd.settings import Settings, with_value

__all__ = [
    "CONTENDERS",
    "DEFAULT_CONTENDERS",
    "FAIR_CONTENDERS",
    "MLP",
    "MLP_SVD",
    "MLP_SVD_FULL_RANK",
    "Contender",
    "baseline_of",
    "contender_title",
    "is_contender_key",
    "named_contenders",
    "opponents_of",
]

S = TypeVar("S", bound=Settings)

_KEY = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_LONGEST = 40
_SECTIONS = ("network.", "training.", "discarding.")
_SHARED = ("contenders", "epochs", "retries", "precision", "engine")


def is_contender_key(key: str) -> bool:
    """Return whether a text can be the key of a contender, and so a part of a file name."""
    return len(key) <= _LONGEST and _KEY.fullmatch(key) is not None


@dataclass(frozen=True)
class Contender:
    """One network of a race: its layers, and the settings in which it differs from the experiment.

    Attributes
    ----------
    key
        Identifies it in settings, files and file names: lower-case letters, digits and hyphens, e.g. ``mlp-svd``.
    title
        Its name for people, e.g. ``MLP-SVD``.
    is_factored
        Whether its layers have the families that the experiment names (``network.kinds``), which lose rank at the
        discarding points; otherwise every layer is dense.
    colour
        Index of its colour in plots and tables.
    settings
        Pairs of a dotted key and a value that replace the experiment's own, in the sections network, training and
        discarding. ``(("discarding.points", 0),)`` is the rank policy that never discards.
    shows
        What its comparison with the baseline shows, in one sentence; tables print it.
    matches
        Key of the contender whose movement of W it matches: a race then determines its learning rate, see
        :mod:`mlpsvd.experiments.matched_step`.

    Raises
    ------
    SettingError
        If the key or the title is invalid, or a setting is shared by all contenders.

    Examples
    --------
    >>> import mlpsvd
    >>> momentum = mlpsvd.Contender(
    ...     "mlp-momentum", "MLP, momentum", is_factored=False, colour=3, settings=(("training.optimiser", "momentum"),)
    ... )
    >>> experiment = mlpsvd.with_value(mlpsvd.Experiment(), "training.epochs", 2)
    >>> experiment = mlpsvd.with_value(experiment, "data.synthetic.train_per_class", 20)
    >>> sorted(mlpsvd.train(experiment, contenders=[momentum]).accuracy)
    ['mlp-momentum']
    """

    key: str
    title: str
    is_factored: bool
    colour: int
    settings: tuple[tuple[str, Any], ...] = ()
    shows: str = field(default="", compare=False)
    matches: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        if not is_contender_key(self.key):
            raise SettingError("contender", self.key, f"letters a-z, digits and hyphens, at most {_LONGEST}")
        if not self.title.strip() or not self.title.isprintable() or len(self.title) > _LONGEST:
            raise SettingError(f"contender {self.key}: title", self.title, f"a name of 1 to {_LONGEST} characters")
        for key, value in self.settings:
            section, _, name = key.partition(".")
            if f"{section}." not in _SECTIONS or (section == "training" and name in _SHARED):
                raise SettingError(key, value, f"left out of contender {self.key}: all contenders share this setting")

    def applied_to(self, experiment: S) -> S:
        """Return the experiment with the settings of this contender, which are not range-checked.

        Raises
        ------
        SettingError
            If a key is unknown.
        """
        for key, value in self.settings:
            experiment = with_value(experiment, key, value)
        return experiment

    def alone_in(self, experiment: S) -> S:
        """Return the experiment of :meth:`applied_to` with no other contender, to be checked.

        The settings of a contender that is not in :data:`CONTENDERS` are those of an MLP-SVD or MLP in it.
        """
        other = MLP_SVD.key if self.is_factored else MLP.key
        only = (self.key if self.key in CONTENDERS else other,)
        return with_value(self.applied_to(experiment), "training.contenders", only)


MLP = Contender("mlp", "MLP", is_factored=False, colour=0)
MLP_SVD = Contender(
    "mlp-svd", "MLP-SVD", is_factored=True, colour=1,
    shows="The paper's comparison: factors with discarding against W, at the same learning rate but not the same step.",
)  # fmt: skip
MLP_SVD_FULL_RANK = Contender(
    "mlp-svd-full-rank", "MLP-SVD, full rank", is_factored=True, colour=2, settings=(("discarding.points", 0),),
    shows="What the factors alone change, without discarding; MLP-SVD against it shows what discarding costs.",
)  # fmt: skip
MLP_MATCHED_STEP = Contender(
    "mlp-matched-step", "MLP, matched step", is_factored=False, colour=3, matches="mlp-svd",
    shows="What the larger step of W alone changes; MLP-SVD against it shows what the factors add.",
)  # fmt: skip
SOFTMAX = Contender(
    "softmax", "Softmax, no hidden layer", is_factored=False, colour=4,
    settings=(("network.hidden", ()), ("network.kinds", ())), matches="mlp-svd",
    shows="What the hidden layer adds: a linear classifier of the same features, at a matched step.",
)  # fmt: skip

_TWO_FACTOR = (("network.kinds", ()), ("network.family", "two-factor"))
_ONCE = (*_TWO_FACTOR, ("discarding.points", 1), ("discarding.factor_from", "first point"), ("discarding.guard", 0.0))


def _policy(key: str, title: str, colour: int, settings: tuple[tuple[str, Any], ...], shows: str) -> Contender:
    return Contender(key, title, True, colour, settings, shows)


_POLICIES = (
    _policy("two-factor", "Two factors", 5, _TWO_FACTOR, "The paper's schedule with U and ΣVᵀ instead of U, Σ and Vᵀ."),
    _policy("cai-once", "Cai: once, rank 4", 6,
            (*_ONCE, ("discarding.criterion", "rank"), ("discarding.rank", 4), ("discarding.first", 10),
             ("discarding.last", 10)),
            "One early cut to a fixed rank (Cai et al., 2014) instead of the schedule."),
    _policy("xue-once", "Xue: once, energy", 7,
            (*_ONCE, ("discarding.criterion", "energy"), ("discarding.first", 50), ("discarding.last", 50)),
            "One late cut of a trained network by energy (Xue et al., 2013) instead of the schedule."),
    _policy("guarded", "MLP-SVD, guarded", 8, (("discarding.guard", 0.01),),
            "Discarding only as far as the training loss rises by at most 0.01: no collapse to one direction."),
    _policy("marchenko-pastur", "Marchenko-Pastur", 9, (("discarding.criterion", "marchenko-pastur"),),
            "A level from the size and spread of the initial weights instead of a chosen threshold."),
    _policy("gavish-donoho", "Gavish-Donoho", 10, (("discarding.criterion", "gavish-donoho"),),
            "The optimal threshold for noise like the initial weights instead of a chosen one."),
    _policy("soft-threshold", "Soft threshold", 11,
            (("network.kinds", ()), ("network.family", "soft-threshold"), ("discarding.points", 0)),
            "W as a soft threshold of its singular values, with the exact gradient: the rank falls by itself."),
    _policy("nuclear-norm", "Nuclear norm", 12, (("training.nuclear_norm", 0.001),),
            "A penalty on the sum of singular values, with the paper's schedule."),
    _policy("dynamical-low-rank", "Dynamical low rank", 13, (("discarding.criterion", "dynamical"),),
            "Low-rank steps whose rank adapts at every update (Schotthöfer et al., 2022) instead of discarding."),
    _policy("convolution", "Convolution", 16, (("network.kinds", ()), ("network.family", "convolution")),
            "What sharing weights along frequency changes: kernels that slide instead of a weight per frequency."),
    _policy("convolution-svd", "Convolution, SVD", 17, (("network.kinds", ()), ("network.family", "convolution-svd")),
            "Kernels as U, Σ and Vᵀ with discarding; Convolution against it shows what both change."),
)  # fmt: skip

CONTENDERS: Mapping[str, Contender] = {
    one.key: one for one in (MLP, MLP_SVD, MLP_SVD_FULL_RANK, MLP_MATCHED_STEP, SOFTMAX, *_POLICIES)
}
"""The contenders that an experiment can name, by key."""

DEFAULT_CONTENDERS = (MLP.key, MLP_SVD.key)

FAIR_CONTENDERS = (MLP.key, MLP_SVD.key, MLP_SVD_FULL_RANK.key, MLP_MATCHED_STEP.key, SOFTMAX.key)
"""The comparison that tells the effects of factors, step size, hidden layer and discarding apart."""


def named_contenders(keys: Iterable[str]) -> tuple[Contender, ...]:
    """Return the contenders that an experiment names.

    Raises
    ------
    SettingError
        If a key is unknown.
    """
    found = []
    for key in keys:
        if key not in CONTENDERS:
            raise SettingError("training.contenders", key, f"one of {', '.join(CONTENDERS)}")
        found.append(CONTENDERS[key])
    return tuple(found)


def contender_title(key: str) -> str:
    """Return the title of a contender; its key if it is unknown."""
    return CONTENDERS[key].title if key in CONTENDERS else key


def baseline_of(contenders: Sequence[Contender]) -> Contender:
    """Return the contender with which the others are compared: the first with dense layers, else the first."""
    return next((one for one in contenders if not one.is_factored), contenders[0])


def opponents_of(contenders: Sequence[Contender]) -> tuple[Contender, ...]:
    """Return all contenders except the baseline."""
    return tuple(one for one in contenders if one is not baseline_of(contenders)) if contenders else ()
