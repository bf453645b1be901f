"""Contenders: the networks of a race, described as data."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from mlpsvd.errors import SettingError
from mlpsvd.settings import Settings, with_value

__all__ = [
    "CONTENDERS",
    "DEFAULT_CONTENDERS",
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
    key : str
        Identifier in settings, files and file names: lower-case letters, digits and hyphens, e.g. ``mlp-svd``.
    title : str
        Displayed name, e.g. ``MLP-SVD``.
    is_factored : bool
        Whether the layers belong to the families in ``network.kinds`` of the experiment, whose rank is reduced at the
        discarding points; otherwise all layers are dense.
    colour : int
        Index of the colour in plots and tables.
    settings : tuple of (str, object)
        Keys and values that replace those of the experiment, in the sections network, training and discarding. With
        ``(("discarding.points", 0),)``, no singular values are discarded.

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


MLP = Contender("mlp", "MLP", is_factored=False, colour=0)
MLP_SVD = Contender("mlp-svd", "MLP-SVD", is_factored=True, colour=1)
MLP_SVD_FULL_RANK = Contender(
    "mlp-svd-full-rank", "MLP-SVD, full rank", is_factored=True, colour=2, settings=(("discarding.points", 0),)
)

CONTENDERS: Mapping[str, Contender] = {one.key: one for one in (MLP, MLP_SVD, MLP_SVD_FULL_RANK)}
"""The contenders that an experiment can name, by key."""

DEFAULT_CONTENDERS = (MLP.key, MLP_SVD.key)


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
