"""Reads runs, compares them and writes comparisons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mlpsvd.experiments.runs.comparison import Group, RunTest, compare_groups, differing_settings, group_runs
from mlpsvd.experiments.runs.comparison_files import (
    CURVES,
    accuracy_cell,
    contenders_of,
    mean_and_spread,
    test_sentence,
    write_comparison,
)
from mlpsvd.experiments.runs.kept_run import KeptRun
from mlpsvd.experiments.runs.read_run import read_run
from mlpsvd.experiments.runs.report import reported, write_report

__all__ = ["RunsCompared", "compare_runs", "report_runs", "write_comparison"]

Curve = tuple[NDArray[np.intp], NDArray[np.float64], NDArray[np.float64]]
"""Epochs, mean and standard deviation over the runs of a group."""


@dataclass(frozen=True, eq=False)
class RunsCompared:
    """A comparison of groups of runs that differ in nothing but name and seed; the first group is the reference.

    Attributes
    ----------
    groups
        The groups.
    names
        Names of the runs of each group.
    titles
        Title of each network, by key.
    preferred
        Key of the network to show first.
    cells
        Test accuracy with its uncertainty, by group and network.
    curves
        By name of :data:`CURVES`, group and network.
    settings
        Key, label and one value per group of each setting that differs.
    tests
        Tests of each group against the reference, by network, with a sentence each.
    """

    groups: Sequence[Group] = field(repr=False)
    names: Sequence[tuple[str, ...]]
    titles: dict[str, str]
    preferred: str
    cells: dict[tuple[int, str], str]
    curves: dict[tuple[str, int, str], Curve]
    settings: Sequence[tuple[str, str, tuple[str, ...]]]
    tests: Sequence[tuple[RunTest, str]]


def compare_runs(kept: Sequence[KeptRun]) -> RunsCompared:
    """Read runs and compare them, the oldest first.

    Raises
    ------
    MlpSvdError, OSError
        If a run cannot be read.
    """
    in_order = _oldest_first(kept)
    runs = [read_run(one.folder, with_networks=False) for one in in_order]
    name_of = {id(run): one.name for run, one in zip(runs, in_order, strict=True)}
    groups = group_runs(runs)
    titles = contenders_of(groups)
    factored = [one.key for run in runs for one in run.contenders if one.is_factored and one.key in titles]
    cells, curves = {}, {}
    for index, group in enumerate(groups):
        for key in contenders_of([group]):
            cells[index, key] = accuracy_cell(group, key)
            for name, value in CURVES.items():
                curves[name, index, key] = mean_and_spread(group, key, value)
    return RunsCompared(
        groups=groups,
        names=[tuple(name_of[id(run)] for run in group.runs) for group in groups],
        titles=titles,
        preferred=(factored or list(titles))[0],
        cells=cells,
        curves=curves,
        settings=differing_settings(groups),
        tests=[(test, test_sentence(test, titles[test.contender])) for test in compare_groups(groups)],
    )


def report_runs(kept: Sequence[KeptRun], path: Path) -> Path:
    """Write a report of runs, the oldest first; return its path.

    Raises
    ------
    MlpSvdError, OSError
        If a run cannot be read, or the file cannot be written.
    """
    runs = [reported(read_run(one.folder, with_networks=False), one.folder) for one in _oldest_first(kept)]
    return write_report(path, runs)


def _oldest_first(kept: Sequence[KeptRun]) -> list[KeptRun]:
    return sorted(kept, key=lambda one: (one.started, one.folder.name))
