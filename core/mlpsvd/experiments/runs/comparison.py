"""Comparison of runs: differing settings, repeats over seeds, and tests of "is it better?"."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mlpsvd.errors import SettingError
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.runs.run import Run
from mlpsvd.experiments.runs.setting_values import setting_texts
from mlpsvd.metrics.differences import holm, independent_interval, paired_over_seeds, two_proportions_p
from mlpsvd.metrics.uncertainty import SIGNIFICANCE, compare_answers
from mlpsvd.setting_labels import label_with_unit

__all__ = ["Group", "RunTest", "compare_groups", "differing_settings", "group_runs"]

_IGNORED = ("name", "seed")


@dataclass(frozen=True, eq=False)
class Group:
    """Runs that differ in nothing but the seed.

    Attributes
    ----------
    runs
        The runs, in the order given.
    settings
        All settings as text by dotted key, except for name and seed.
    """

    runs: tuple[Run, ...]
    settings: dict[str, str]

    def accuracies(self, key: str) -> dict[int, float]:
        """Return the test accuracy of a contender (0 to 1) by seed; the mean where a seed occurs twice."""
        values: dict[int, list[float]] = {}
        for run in self.runs:
            if key in run.accuracy:
                values.setdefault(run.experiment.seed, []).append(run.accuracy[key])
        return {seed: float(np.mean(some)) for seed, some in values.items()}

    def confusion(self, key: str) -> NDArray[np.intp]:
        """Return the sum of the confusion matrices of a contender."""
        total: NDArray[np.intp] = np.sum([run.confusion(key) for run in self.runs if key in run.outcomes], axis=0)
        return total


@dataclass(frozen=True)
class RunTest:
    """Test of whether a contender of one group is more accurate than that of the first group.

    Attributes
    ----------
    first, second
        Indices of the groups.
    contender
        Key of the contender.
    difference, low, high
        Difference of the accuracies (second minus first) and its 95 % interval, NaN where the method gives none.
    p_value, adjusted_p
        Two-sided p-value, alone and after Holm's correction for all tests of the comparison.
    method
        ``McNemar, exact``, ``paired t over seeds`` or ``two proportions``.
    reason
        Why the clips could not be paired, in one sentence; empty where they were.
    """

    first: int
    second: int
    contender: str
    difference: float
    low: float
    high: float
    p_value: float
    method: str
    reason: str = ""
    adjusted_p: float = math.nan

    @property
    def within_chance(self) -> bool:
        """Whether the difference is not significant at the 5 % level after the correction."""
        return not self.adjusted_p < SIGNIFICANCE


def group_runs(runs: Sequence[Run]) -> list[Group]:
    """Group runs that differ in nothing but name and seed, in the order of their first run.

    Raises
    ------
    SettingError
        If there is no run.
    """
    if not runs:
        raise SettingError("runs", 0, "one or more runs")
    groups: dict[tuple[object, ...], list[Run]] = {}
    for run in runs:
        same = replace(run.experiment, name="", seed=0)
        groups.setdefault((same, run.contenders, run.data.class_names), []).append(run)
    return [Group(tuple(some), _settings(some[0])) for some in groups.values()]


def differing_settings(groups: Sequence[Group]) -> list[tuple[str, str, tuple[str, ...]]]:
    """Return key, label for people and one value per group of each setting that differs; "–" where there is none."""
    keys = dict.fromkeys(key for group in groups for key in group.settings)
    rows = [(key, tuple(group.settings.get(key, "–") for group in groups)) for key in keys]
    return [(key, label_with_unit(Experiment, key), values) for key, values in rows if len(set(values)) > 1]


def compare_groups(groups: Sequence[Group]) -> list[RunTest]:
    """Test each group against the first one, by contender; p-values are corrected for their number."""
    tests = [
        _test(groups, number, key)
        for number in range(1, len(groups))
        for key in groups[0].runs[0].outcomes
        if key in groups[number].runs[0].outcomes
    ]
    adjusted = holm([test.p_value for test in tests])
    return [replace(test, adjusted_p=p) for test, p in zip(tests, adjusted, strict=True)]


def _test(groups: Sequence[Group], number: int, key: str) -> RunTest:
    first, second = groups[0], groups[number]
    before, after = first.accuracies(key), second.accuracies(key)
    seeds = sorted(before.keys() & after.keys())
    if len(seeds) >= 2:
        found = paired_over_seeds([before[seed] for seed in seeds], [after[seed] for seed in seeds])
        return RunTest(0, number, key, found.difference, found.low, found.high, found.p_value, "paired t over seeds")
    one, two = (group.runs[0] for group in (first, second))
    if seeds:  # one seed that both have, though not necessarily the first of each
        one, two = (next(run for run in group.runs if run.experiment.seed == seeds[0]) for group in (first, second))
    reason = _why_not_paired(one, two, key)
    correct = one.outcomes[key].correct, two.outcomes[key].correct
    counts = [(int(run.confusion(key).trace()), int(run.confusion(key).sum())) for run in (one, two)]
    n_correct, n = (counts[0][0], counts[1][0]), (counts[0][1], counts[1][1])
    if not reason and correct[0] is not None and correct[1] is not None:
        paired = compare_answers(correct[0], correct[1])
        return RunTest(0, number, key, paired.difference, math.nan, math.nan, paired.p_value, paired.method)
    low, high = independent_interval(n_correct, n)
    difference = n_correct[1] / n[1] - n_correct[0] / n[0] if min(n) else math.nan
    p_value = two_proportions_p(n_correct, n)
    return RunTest(0, number, key, difference, low, high, p_value, "two proportions", reason)


def _why_not_paired(one: Run, two: Run, key: str) -> str:
    if not one.data.identity or not two.data.identity:
        return "The clips of a run of format version 1 are not known, so the accuracies are compared."
    if one.data.identity != two.data.identity:
        return "The two runs have different clips, so the accuracies are compared."
    if one.outcomes[key].correct is None or two.outcomes[key].correct is None:
        return "A run does not say which clips were classified correctly, so the accuracies are compared."
    return ""


def _settings(run: Run) -> dict[str, str]:
    return {key: value for key, value in setting_texts(run.experiment).items() if key not in _IGNORED}
