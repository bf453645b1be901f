"""Comparison of outcomes: confidence intervals and significance of the difference."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from mlpsvd.cli.outcome_table import outcome_table
from mlpsvd.experiments.compare_outcomes import compare_outcomes
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.prepare import Prepared, prepare
from mlpsvd.experiments.race import Outcome, Race
from mlpsvd.experiments.runs.results import results_table
from mlpsvd.experiments.runs.run import Run
from mlpsvd.metrics.uncertainty import accuracy_text, wilson_interval
from mlpsvd.settings import parse_text


@pytest.fixture(scope="module")
def prepared() -> Prepared:
    experiment = Experiment()
    for key, text in (("train_per_class", "40"), ("test_per_class", "30")):
        experiment = parse_text(experiment, f"data.synthetic.{key}", text)
    return prepare(parse_text(experiment, "training.epochs", "4"))


@pytest.fixture(scope="module")
def race(prepared: Prepared) -> Race:
    race = Race(prepared)
    for _ in race.run():
        pass
    return race


@pytest.fixture(scope="module")
def outcomes(race: Race) -> dict[str, Outcome]:
    return race.outcomes()


def test_an_outcome_knows_which_clips_it_got_right(outcomes: dict[str, Outcome]) -> None:
    for one in outcomes.values():
        assert one.correct is not None
        assert one.correct.sum() == np.trace(one.confusion) and len(one.correct) == 150


def test_the_table_of_the_command_line_has_intervals_and_the_difference(outcomes: dict[str, Outcome]) -> None:
    lines = outcome_table(outcomes).splitlines()
    accuracies = [np.trace(outcomes[name].confusion) / 150 for name in ("mlp", "mlp-svd")]
    for line, accuracy in zip(lines[1:3], accuracies, strict=True):
        assert accuracy_text(accuracy, 150, 2) in line
    points = f"{100 * (accuracies[1] - accuracies[0]):+.1f}".replace("-", "−")
    assert lines[-1].startswith(f"Difference: {points} points: ")
    assert lines[-1].endswith("150 test clips, assumed independent)") and "McNemar, exact" in lines[-1]
    assert "Difference" not in outcome_table({"mlp": outcomes["mlp"]})


def test_results_hold_interval_and_comparison(prepared: Prepared, race: Race, outcomes: dict[str, Outcome]) -> None:
    table = results_table(Run.of("abc", prepared, race))
    n_right = int(np.trace(outcomes["mlp"].confusion))
    assert table["contenders"]["mlp"]["test_accuracy_interval"] == list(wilson_interval(n_right, 150))
    assert table["comparison"] == table["comparisons"]["mlp-svd"]
    assert table["comparison"]["baseline"] == "mlp"
    assert table["comparison"]["method"] == "McNemar, exact"
    assert 0.0 < table["comparison"]["p_value"] <= 1.0


def test_without_the_single_answers_the_accuracies_are_compared(outcomes: dict[str, Outcome]) -> None:
    saved = {name: dataclasses.replace(one, correct=None) for name, one in outcomes.items()}
    comparison, paired = compare_outcomes(saved)["mlp-svd"], compare_outcomes(outcomes)["mlp-svd"]
    assert comparison.method == "two proportions"
    assert comparison.difference == pytest.approx(paired.difference)
    assert comparison.p_value >= paired.p_value
