"""Registry of the paper results, by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from mlpsvd.errors import SettingError
from mlpsvd.experiments.papers.bayes_limit import BAYES_LIMIT
from mlpsvd.experiments.papers.discriminability import DISCRIMINABILITY
from mlpsvd.experiments.papers.figure_3 import FIGURE_3
from mlpsvd.experiments.papers.figure_4 import FIGURE_4
from mlpsvd.experiments.papers.figure_5 import FIGURE_5
from mlpsvd.experiments.papers.figure_6 import FIGURE_6
from mlpsvd.experiments.papers.figure_7 import FIGURE_7
from mlpsvd.experiments.papers.figure_8 import FIGURE_8
from mlpsvd.experiments.papers.figure_9 import FIGURE_9
from mlpsvd.experiments.papers.finding import Reproduction
from mlpsvd.experiments.papers.pareto import PARETO
from mlpsvd.experiments.papers.smaller_ranks import SMALLER_RANKS
from mlpsvd.experiments.papers.table_1 import TABLE_I
from mlpsvd.experiments.papers.table_2 import TABLE_II
from mlpsvd.experiments.papers.variants import VARIANTS

__all__ = ["REPRODUCTIONS", "chosen"]

_PAPER = (TABLE_I, TABLE_II, FIGURE_3, FIGURE_4, FIGURE_5, FIGURE_6, FIGURE_7, FIGURE_8, FIGURE_9)
_BEYOND = (BAYES_LIMIT, VARIANTS, SMALLER_RANKS, PARETO, DISCRIMINABILITY)

REPRODUCTIONS: Mapping[str, Reproduction] = MappingProxyType({one.name: one for one in (*_PAPER, *_BEYOND)})
"""Paper results by name, those of the paper first, in its order."""


def chosen(names: Sequence[str]) -> list[Reproduction]:
    """Return the named paper results without duplicates, in the order of :data:`REPRODUCTIONS`.

    Names may be written as ``table-2``, ``Table 2`` or ``table_2``.

    Raises
    ------
    SettingError
        If a name is unknown; the message lists the known names.
    """
    wanted = set()
    for name in names:
        plain = "-".join(name.lower().replace("_", " ").replace("-", " ").split())
        if plain not in REPRODUCTIONS:
            raise SettingError("name", name, "one of " + ", ".join(REPRODUCTIONS))
        wanted.add(plain)
    return [one for one in REPRODUCTIONS.values() if one.name in wanted]
