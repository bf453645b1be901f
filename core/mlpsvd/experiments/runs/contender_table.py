"""Definitions of contenders as plain tables, for checkpoints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from mlpsvd.contenders import CONTENDERS, DEFAULT_CONTENDERS, Contender
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.json_fields import Fields
from mlpsvd.settings import check

__all__ = ["are_defined", "contenders_table", "read_contenders"]

_MOST_COLOURS = 1000


def are_defined(contenders: Sequence[Contender], experiment: Experiment) -> bool:
    """Return whether every version of this program can derive the contenders from the experiment alone."""
    keys = tuple(one.key for one in contenders)
    is_default = all(one.key in DEFAULT_CONTENDERS and one == CONTENDERS[one.key] for one in contenders)
    return is_default and keys == experiment.training.contenders


def contenders_table(contenders: Sequence[Contender]) -> dict[str, dict[str, Any]]:
    """Return the definitions of contenders by key, for JSON."""
    return {
        one.key: {
            "title": one.title,
            "is_factored": one.is_factored,
            "colour": one.colour,
            "settings": {key: list(value) if isinstance(value, tuple) else value for key, value in one.settings},
        }
        for one in contenders
    }


def read_contenders(tables: Fields, experiment: Experiment) -> tuple[Contender, ...]:
    """Return the contenders of a table of :func:`contenders_table`.

    Raises
    ------
    FileFormatError
        If a field is missing or has another type.
    SettingError
        If a contender is invalid, alone or with the experiment.
    """
    contenders = []
    for key in tables.names():
        table = tables.table(key)
        values = table.table("settings").raw()
        contender = Contender(
            key=key,
            title=table.text("title"),
            is_factored=table.flag("is_factored"),
            colour=table.integer("colour", high=_MOST_COLOURS),
            settings=tuple((name, tuple(one) if isinstance(one, list) else one) for name, one in values.items()),
        )
        check(contender.alone_in(experiment), f"contender {key}: ")
        contenders.append(_completed(contender))
    return tuple(contenders)


def _completed(contender: Contender) -> Contender:
    """Add what files do not hold: the sentence, and which step is matched."""
    known = CONTENDERS.get(contender.key)
    if known is None or contender.title != known.title:
        return contender
    if contender == known:
        return known
    has_rate = "training.learning_rate" in dict(contender.settings)  # otherwise a race would determine another one
    return replace(contender, shows=known.shows, matches=known.matches if has_rate else "")
