"""Registry of the papers and their results, by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from mlpsvd.errors import SettingError
from mlpsvd.experiments.papers.bayes_limit import BAYES_LIMIT
from mlpsvd.experiments.papers.discriminability import DISCRIMINABILITY
from mlpsvd.experiments.papers.divya import DIVYA_COMPRESSION, DIVYA_CONVOLUTION, DIVYA_ROBUSTNESS
from mlpsvd.experiments.papers.divya_transfer import DIVYA_TRANSFER
from mlpsvd.experiments.papers.figure_3 import FIGURE_3
from mlpsvd.experiments.papers.figure_4 import FIGURE_4
from mlpsvd.experiments.papers.figure_5 import FIGURE_5
from mlpsvd.experiments.papers.figure_6 import FIGURE_6
from mlpsvd.experiments.papers.figure_7 import FIGURE_7
from mlpsvd.experiments.papers.figure_8 import FIGURE_8
from mlpsvd.experiments.papers.figure_9 import FIGURE_9
from mlpsvd.experiments.papers.finding import Reproduction
from mlpsvd.experiments.papers.kantack import KANTACK_FIGURE_3, KANTACK_FIGURE_4, KANTACK_FIGURE_5
from mlpsvd.experiments.papers.kantack_training import KANTACK_FIGURE_7, KANTACK_RATE, KANTACK_UPDATE
from mlpsvd.experiments.papers.naumov import NAUMOV_HESSIAN, NAUMOV_TIME
from mlpsvd.experiments.papers.naumov_recurrence import NAUMOV_RECURRENCE
from mlpsvd.experiments.papers.pareto import PARETO
from mlpsvd.experiments.papers.smaller_ranks import SMALLER_RANKS
from mlpsvd.experiments.papers.table_1 import TABLE_I
from mlpsvd.experiments.papers.table_2 import TABLE_II
from mlpsvd.experiments.papers.variants import VARIANTS

__all__ = ["PAPERS", "REPRODUCTIONS", "Paper", "chosen", "paper_of"]


@dataclass(frozen=True)
class Paper:
    """A paper and the results that can be computed.

    Attributes
    ----------
    key
        Name on the command line: it stands for all its results.
    short
        Authors and year, as a heading.
    citation
        Authors, title and source.
    results
        Paper results, those of the paper first, then the further studies.
    """

    key: str
    short: str
    citation: str
    results: tuple[Reproduction, ...]


PAPERS: tuple[Paper, ...] = (
    Paper(
        "paul-nelson",
        "Paul and Nelson (2021)",
        "V. S. Paul and P. A. Nelson, “Matrix analysis for fast learning of neural networks with application to the "
        "classification of acoustic spectra”, J. Acoust. Soc. Am. 149 (2021)",
        (
            TABLE_I, TABLE_II, FIGURE_3, FIGURE_4, FIGURE_5, FIGURE_6, FIGURE_7, FIGURE_8, FIGURE_9,
            BAYES_LIMIT, VARIANTS, SMALLER_RANKS, PARETO, DISCRIMINABILITY,
        ),
    ),
    Paper(
        "kantack",
        "Kantack (2020)",
        "N. Kantack, “Linear algebra for deep learning: matrix factorization and a matrix perspective on gradient "
        "descent”, term paper, Old Dominion University (2020)",
        (KANTACK_FIGURE_3, KANTACK_FIGURE_4, KANTACK_FIGURE_5, KANTACK_UPDATE, KANTACK_FIGURE_7, KANTACK_RATE),
    ),
    Paper(
        "divya",
        "Divya",
        "R. Divya, “Linear algebraic methods in neural networks”",
        (DIVYA_CONVOLUTION, DIVYA_COMPRESSION, DIVYA_ROBUSTNESS, DIVYA_TRANSFER),
    ),
    Paper(
        "naumov",
        "Naumov (2017)",
        "M. Naumov, “Feedforward and recurrent neural networks backward propagation and Hessian in matrix form” (2017)",
        (NAUMOV_HESSIAN, NAUMOV_TIME, NAUMOV_RECURRENCE),
    ),
)  # fmt: skip
"""The papers, in the order of the window and of the report. A new entry needs nothing else."""

REPRODUCTIONS: Mapping[str, Reproduction] = MappingProxyType(
    {one.name: one for paper in PAPERS for one in paper.results}
)
"""Paper results by name, in the order of :data:`PAPERS`. A name is unique over all papers."""


def paper_of(reproduction: Reproduction) -> Paper:
    """Return the paper to which a result belongs."""
    return next(paper for paper in PAPERS if reproduction.name in {one.name for one in paper.results})


def chosen(names: Sequence[str]) -> list[Reproduction]:
    """Return the named paper results without duplicates, in the order of :data:`REPRODUCTIONS`.

    Names may be written as ``table-2``, ``Table 2`` or ``table_2``. The key of a paper stands for all its results.

    Raises
    ------
    SettingError
        If a name is unknown; the message lists the known names.
    """
    by_paper = {paper.key: [one.name for one in paper.results] for paper in PAPERS}
    wanted: set[str] = set()
    for name in names:
        plain = "-".join(name.lower().replace("_", " ").replace("-", " ").split())
        if plain not in REPRODUCTIONS and plain not in by_paper:
            raise SettingError("name", name, "one of " + ", ".join((*REPRODUCTIONS, *by_paper)))
        wanted.update(by_paper.get(plain, [plain]))
    return [one for one in REPRODUCTIONS.values() if one.name in wanted]
