"""Findings from trials: comparisons, counts, Pareto fronts, and the values of the paper."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpsvd.errors import SettingError
from mlpsvd.experiments.papers import printed as paper
from mlpsvd.experiments.papers.compare import allowed_points, compare_accuracy, compare_claim, compare_ranks
from mlpsvd.experiments.papers.discriminability import closest_spacing_hz
from mlpsvd.experiments.papers.figure_3 import first_saving
from mlpsvd.experiments.papers.finding import Comparison, Finding, Results, Table
from mlpsvd.experiments.papers.registry import PAPERS, REPRODUCTIONS, chosen, paper_of
from mlpsvd.experiments.papers.smaller_ranks import sufficient_rank
from mlpsvd.experiments.papers.tasks import bayes_trial, changed, race_trials, table_2_task
from mlpsvd.metrics.pareto import pareto_front
from mlpsvd.settings import check


def test_the_papers_tables_add_up() -> None:
    assert sum(map(sum, paper.TABLE_1)) == 270
    assert round(100 * sum(paper.TABLE_1[k][k] for k in range(3)) / 270) == 83
    assert len(paper.TABLE_2) == 6
    assert paper.TABLE_2[100.0, 2].mlp_percent * 2 * paper.TEST_CLIPS_PER_CLASS / 100 == 289
    ratios = [cell.mlp_svd_s / cell.mlp_s for cell in paper.TABLE_2.values()]
    assert (round(min(ratios), 2), round(max(ratios), 2)) == (0.62, 0.89)


def test_every_table_and_figure_of_the_paper_is_listed() -> None:
    names = ["table-1", "table-2", *(f"figure-{k}" for k in range(3, 10))]
    assert list(REPRODUCTIONS)[:9] == names
    assert not any(REPRODUCTIONS[name].beyond for name in names)
    assert PAPERS[0].key == "paul-nelson"
    assert [one.name for one in PAPERS[0].results if one.beyond] == [
        "bayes-limit", "table-2-variants", "smaller-ranks", "pareto", "discriminability"
    ]  # fmt: skip


def test_the_names_of_all_papers_are_unique_and_a_papers_key_stands_for_its_results() -> None:
    names = [one.name for group in PAPERS for one in group.results]
    assert len(set(names)) == len(names)
    assert not set(names) & {group.key for group in PAPERS}
    for group in PAPERS:
        assert tuple(chosen([group.key])) == group.results
        assert all(paper_of(one) is group for one in group.results)


def test_result_names_are_matched_in_any_spelling() -> None:
    assert [one.name for one in chosen(["Figure 7", "table_2", "TABLE-2"])] == ["table-2", "figure-7"]
    with pytest.raises(SettingError, match=r"name is 'figure-12'; it should be one of table-1, .*discriminability"):
        chosen(["figure-12"])


@pytest.mark.parametrize("name", REPRODUCTIONS)
def test_every_trial_is_possible(name: str) -> None:
    trials = REPRODUCTIONS[name].trials(2)
    for trial in trials:
        check(trial.experiment)
    assert len({trial.key for trial in trials}) == len(trials)


def test_what_is_shared_is_computed_once() -> None:
    """Figure 7 is drawn from the trials of Table II, and the limits follow from the data alone."""
    table = {trial.key for trial in REPRODUCTIONS["table-2"].trials(10)}
    assert len(table) == 60
    assert table < {trial.key for trial in REPRODUCTIONS["figure-7"].trials(10)}
    wide = changed(table_2_task(10.0, 5), {"network.hidden": (50,), "discarding.threshold": 0.3})
    assert bayes_trial(wide).key == bayes_trial(table_2_task(10.0, 5)).key


def test_the_summary_of_table_ii_counts_accuracies_and_ranks() -> None:
    table_2 = REPRODUCTIONS["table-2"]
    network = {"test_accuracy": [0.7], "train_s": 1.0, "rank": [3], "n_weights": [10]}
    result = {"engine": "fused engine on one core", "contenders": {"mlp": network, "mlp-svd": network}}
    finding = table_2.find(1, Results({trial.key: result for trial in table_2.trials(1)}))
    assert "of 12 of the accuracies" in finding.summary
    assert "Of the 6 ranges of remaining singular values, 5 lie within the paper's." in finding.summary
    assert [note.startswith("Training times are seconds on one core") for note in finding.notes] == [False, True]
    on_gpu = table_2.find(1, Results({trial.key: result | {"engine": "GPU"} for trial in table_2.trials(1)}))
    assert "share of one call" in on_gpu.notes[-1]


def test_ten_trials_are_table_ii() -> None:
    """Six tasks, each raced by both networks ten times: 120 trainings."""
    experiments = [trial.experiment for trial in REPRODUCTIONS["table-2"].trials(10)]
    assert sum(len(one.training.contenders) for one in experiments) == 120
    assert [one.seed for one in experiments[:10]] == list(range(1, 11))


@given(
    st.floats(5, 95),
    st.floats(0, 5),
    st.integers(1, 50),
    st.sampled_from([2, 5, 10]),
)
def test_more_trials_and_more_test_clips_allow_less(percent: float, std: float, n: int, n_classes: int) -> None:
    allowed = allowed_points(percent, std, n, n_classes)
    assert allowed > 0
    assert allowed_points(percent, std, n + 1, n_classes) <= allowed
    assert allowed_points(percent, std, n, 2 * n_classes) < allowed
    assert allowed_points(percent, std + 1, n, n_classes) > allowed


def test_the_allowance_is_two_standard_errors() -> None:
    """Without any spread of trials the test set's own error remains: 400 clips of 80 %."""
    assert allowed_points(80.0, 0.0, 10, 2) == pytest.approx(2 * 100 * math.sqrt(0.8 * 0.2 / 400))
    assert allowed_points(80.0, math.nan, 1, 2) == allowed_points(80.0, 0.0, 10, 2)


def test_a_difference_from_the_paper_is_compared_with_the_sampling_error() -> None:
    near = compare_accuracy("here", 82.5, [83.0, 84.0, 85.0], 2)
    assert (
        near.verdict
        == "1.5 points above the paper, within the sampling error (±4.0 if the paper tested on 200 clips a class)"
    )
    assert (near.agrees, near.mean, near.std, near.n) == (True, 84.0, 1.0, 3)
    far = compare_accuracy("here", 67.6, [60.0, 60.2], 10)
    assert far.verdict.startswith("7.5 points below the paper, more than the sampling error (±")
    assert far.agrees is False
    assert compare_accuracy("one", 50.0, [51.0], 5).ours == "51.0 %"


def test_ranks_agree_inside_the_papers_range() -> None:
    assert compare_ranks("r", (2, 4), [2, 3, 3]).agrees
    outside = compare_ranks("r", (4, 4), [3, 4, 4])
    assert (outside.agrees, outside.paper, outside.ours) == (False, "4", "3–4")
    assert outside.verdict == "1 of 3 trials outside it"


def test_a_claim_that_cannot_be_judged_counts_for_neither_side() -> None:
    assert compare_claim("w", "p", "o", None).verdict == "inconclusive"


@pytest.mark.parametrize(("n_in", "whole", "diagonal"), [(512, 2, 1), (256, 3, 2), (128, 5, 3)])
def test_the_first_saving_agrees_with_figure_3(n_in: int, whole: int, diagonal: int) -> None:
    def with_whole_sigma(n: int, rank: int) -> int:
        return rank * (20 + rank + n)

    assert first_saving(with_whole_sigma, n_in) == whole
    assert first_saving(lambda n, rank: rank * (21 + n), n_in) == diagonal
    assert whole + whole % 2 == paper.FIGURE_3_FIRST_SAVING[n_in]


def test_the_closest_spacing_lies_between_failing_and_passing() -> None:
    spacings = (2.0, 8.0, 32.0)
    assert closest_spacing_hz(spacings, (60.0, 70.0, 80.0)) == pytest.approx(16.0)  # half way by the logarithm
    assert closest_spacing_hz(spacings, (80.0, 90.0, 99.0)) == 2.0
    assert math.isinf(closest_spacing_hz(spacings, (50.0, 51.0, 52.0)))


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 100)), min_size=1, max_size=30))
def test_nothing_on_the_front_is_beaten_in_both(points: list[tuple[float, float]]) -> None:
    front = pareto_front(points)
    assert front
    for index in front:
        time, accuracy = points[index]
        assert not any(t <= time and a > accuracy for t, a in points)
    off = set(range(len(points))) - set(front)
    for index in off:
        time, accuracy = points[index]
        assert any(points[one][0] <= time and points[one][1] >= accuracy for one in front)


def test_enough_is_the_smallest_rank_within_a_point() -> None:
    assert sufficient_rank(np.array([0.3, 0.695, 0.69, 0.70])) == 2
    assert sufficient_rank(np.array([0.3, 0.5, 0.6, 0.7])) == 4


def test_tables_are_csv_that_keeps_commas() -> None:
    table = Table("t", "T", ("a", "b"), (("x, y", 1.5), ('"q"', None)))
    assert table.csv() == 'a,b\n"x, y",1.5\n"""q""",\n'


def test_the_comparison_table_has_every_column_for_every_row() -> None:
    finding = Finding("s", (compare_accuracy("a", 50, [51, 52], 5), Comparison("b", "p", "o", "v", None)))
    columns, rows = finding.comparison_table().columns, finding.comparison_table().rows
    assert all(len(row) == len(columns) for row in rows)
    assert dict(zip(columns, rows[0], strict=True))["difference"] == 1.5
    assert dict(zip(columns, rows[1], strict=True))["mean"] == ""


def test_trials_of_a_task_differ_in_their_seed_only() -> None:
    experiments = [trial.experiment for trial in race_trials(table_2_task(10.0, 2), 3)]
    assert len({changed(one, {"seed": 0}) for one in experiments}) == 1
