"""Trials trained together: the results of one after another, from the kernels' text on the processor."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from mlpsvd.arrays import Backend
from mlpsvd.engines.gpu.engine import FusedGpuEngine
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.trials.gpu_trials import GpuTrials
from mlpsvd.experiments.trials.measurements import Measurement, measure
from mlpsvd.experiments.trials.trials import Trial, TrialStore, run_trials, seeded
from mlpsvd.settings import with_value
from mlpsvd.signals.bank import paper_bank

SMALL: dict[str, Any] = {
    "data.synthetic.train_per_class": 40,
    "data.synthetic.test_per_class": 30,
    "features.fft_size": 64,
    "training.epochs": 6,
    "training.learning_rate": 0.01,
    "training.precision": "float64",
    "discarding.points": 2,
    "discarding.first": 2,
    "discarding.last": 4,
    "discarding.threshold": 0.4,
}


def small(bandwidth_hz: float, changes: dict[str, Any]) -> Experiment:
    experiment = with_value(Experiment(), "data.synthetic.filters", paper_bank(3, 200.0, bandwidth_hz))
    for key, value in {**SMALL, **changes}.items():
        experiment = with_value(experiment, key, value)
    return experiment


@pytest.fixture
def together(strict_backend: Callable[..., Backend]) -> GpuTrials:
    return GpuTrials(lambda precision: FusedGpuEngine(strict_backend(), precision, 1))


def a_mixture() -> list[Trial]:
    """Two tasks, two seeds each; one ends sooner, one factors late; what is recorded differs."""
    first = seeded(small(20.0, {"training.epochs": 4}), 2)
    second = seeded(small(80.0, {"discarding.factor_from": "first point"}), 2)
    kinds = (Measurement.RACE, Measurement.SINGULAR_VALUES, Measurement.SMALLER_RANKS, Measurement.RACE)
    return [Trial(*pair) for pair in zip([*first, *second], kinds, strict=True)]


def assert_alike(found: dict[str, Any], expected: dict[str, Any]) -> None:
    assert found.keys() == expected.keys()
    for name, table in expected["contenders"].items():
        other = found["contenders"][name]
        assert other.keys() == table.keys()
        for key in ("rank", "n_weights", "confusion", "flops"):
            assert other[key] == table[key], (name, key)
        for key in ("test_accuracy", "train_accuracy", "test_loss"):
            assert other[key] == pytest.approx(table[key], rel=1e-5), (name, key)
        for key in ("singular_values", "accuracies_by_rank"):
            for row, right in zip(other.get(key, ()), table.get(key, ()), strict=True):
                assert row == pytest.approx(right, rel=1e-4)
        assert other["train_s"] > 0.0


def test_the_results_are_those_of_one_after_another(together: GpuTrials) -> None:
    trials = a_mixture()
    measured = dict(together.measure(trials))
    assert list(measured) == trials
    expected = {trial: measure(trial.experiment, trial.measurement) for trial in trials}
    assert any(min(one["contenders"]["mlp-svd"]["rank"]) < 20 for one in expected.values()), "nothing was discarded"
    for trial in trials:
        assert_alike(measured[trial], expected[trial])
        assert measured[trial]["engine"] == "fused engine on a stand-in for a GPU"


def test_trials_without_training_run_on_the_executor(together: GpuTrials, tmp_path: Path) -> None:
    bayes = Trial(small(20.0, {"training.precision": "float32"}), Measurement.BAYES)
    race = Trial(small(20.0, {}))
    store = TrialStore(tmp_path)
    with ThreadPoolExecutor(1) as executor:
        events = list(run_trials([bayes, race], store, executor, together))
    assert [event.trial for event in events] == [race, bayes]
    assert [event.left_s for event in events] == [None, 0.0]  # results of one call arrive together
    assert store.get(race) is not None
    assert 0.0 < events[1].result["accuracy"] <= 1.0
