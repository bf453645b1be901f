"""Comparison of runs that have really been trained."""

from __future__ import annotations

import math

import pytest
from kept_runs import small_run

from mlpsvd.errors import SettingError
from mlpsvd.experiments.runs.comparison import compare_groups, differing_settings, group_runs
from mlpsvd.experiments.runs.run import Run
from mlpsvd.experiments.runs.setting_values import setting_texts, value_for_people
from mlpsvd.metrics.uncertainty import compare_answers


@pytest.fixture(scope="module")
def runs() -> dict[tuple[int, int], Run]:
    """Runs by seed and epochs."""
    pairs = [(1, 3), (2, 3), (1, 9), (2, 9)]
    return {pair: small_run({"seed": pair[0], "training.epochs": pair[1]}) for pair in pairs}


def test_runs_that_differ_in_the_seed_are_repeats(runs: dict[tuple[int, int], Run]) -> None:
    groups = group_runs(list(runs.values()))
    assert [len(group.runs) for group in groups] == [2, 2]
    assert differing_settings(groups) == [("training.epochs", "Epochs", ("3", "9"))]
    assert groups[0].accuracies("mlp") == {1: runs[1, 3].accuracy["mlp"], 2: runs[2, 3].accuracy["mlp"]}
    assert groups[0].confusion("mlp").sum() == 400
    with pytest.raises(SettingError):
        group_runs([])


def test_the_same_clips_are_paired(runs: dict[tuple[int, int], Run]) -> None:
    tests = compare_groups(group_runs([runs[1, 3], runs[1, 9]]))
    one, two = (runs[1, epochs].outcomes["mlp"].correct for epochs in (3, 9))
    assert one is not None and two is not None
    expected = compare_answers(one, two)
    assert [test.contender for test in tests] == ["mlp", "mlp-svd"]
    assert (tests[0].p_value, tests[0].method, tests[0].reason) == (expected.p_value, "McNemar, exact", "")
    assert all(test.adjusted_p >= test.p_value for test in tests)


def test_other_clips_are_not_paired_and_the_reason_is_given(runs: dict[tuple[int, int], Run]) -> None:
    test = compare_groups(group_runs([runs[1, 3], runs[2, 9]]))[0]
    assert test.method == "two proportions" and "different clips" in test.reason
    assert test.low < test.difference < test.high


def test_seeds_are_paired(runs: dict[tuple[int, int], Run]) -> None:
    test = compare_groups(group_runs(list(runs.values())))[0]
    differences = [runs[seed, 9].accuracy["mlp"] - runs[seed, 3].accuracy["mlp"] for seed in (1, 2)]
    assert test.method == "paired t over seeds" and test.difference == pytest.approx(sum(differences) / 2)
    assert test.within_chance == (math.isnan(test.adjusted_p) or test.adjusted_p >= 0.05)


def test_the_one_seed_that_both_have_is_compared(runs: dict[tuple[int, int], Run]) -> None:
    test = compare_groups(group_runs([runs[1, 3], runs[2, 3], runs[2, 9]]))[0]
    assert test.method == "McNemar, exact" and not test.reason
    assert test.difference == pytest.approx(runs[2, 9].accuracy["mlp"] - runs[2, 3].accuracy["mlp"])


def test_networks_have_their_titles_where_people_read_settings(runs: dict[tuple[int, int], Run]) -> None:
    texts = setting_texts(next(iter(runs.values())).experiment)
    assert texts["training.contenders"] == "mlp,mlp-svd"
    assert value_for_people("training.contenders", texts["training.contenders"]) == "MLP, MLP-SVD"
    assert value_for_people("data.recordings.path", "birds,2026") == "birds,2026"
