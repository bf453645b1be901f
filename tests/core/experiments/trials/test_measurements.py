"""The measurements of a trial."""

from __future__ import annotations

import json

import numpy as np
import pytest

from mlpsvd.analysis.truncation import accuracies_by_rank
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.papers.tasks import changed
from mlpsvd.experiments.prepare import prepare
from mlpsvd.experiments.race import Race
from mlpsvd.experiments.trials.measurements import Measurement, measure
from mlpsvd.network.network import Network
from mlpsvd.signals.bank import paper_bank


@pytest.fixture(scope="module")
def task() -> Experiment:
    changes = {
        "data.synthetic.filters": paper_bank(3, 60.0, 10.0),
        "data.synthetic.train_per_class": 150,
        "data.synthetic.test_per_class": 200,
        "training.epochs": 12,
        "training.learning_rate": 0.005,
    }
    return changed(Experiment(), changes)


def test_a_measured_race_has_the_outcomes_of_the_race(task: Experiment) -> None:
    race = Race(prepare(task))
    for _ in race.run():
        pass
    table = measure(task, Measurement.RACE)
    assert table == json.loads(json.dumps(table))
    for name, outcome in race.outcomes().items():
        received = table["contenders"][name]
        assert received["test_accuracy"][-1] == pytest.approx(outcome.last.test_accuracy, rel=1e-6)
        assert received["rank"] == [event.ranks[0] for event in race.histories[name]]
        assert received["confusion"] == outcome.confusion.tolist()
        assert len(received["test_accuracy"]) == task.training.epochs + 1


def test_singular_values_come_one_list_an_epoch(task: Experiment) -> None:
    table = measure(task, Measurement.SINGULAR_VALUES)["contenders"]["mlp"]["singular_values"]
    assert [len(values) for values in table] == [20] * 13
    assert all(values == sorted(values, reverse=True) for values in table)


def test_no_classifier_passes_the_bayes_limit(task: Experiment) -> None:
    limit = measure(task, Measurement.BAYES)["accuracy"]
    reached = measure(task, Measurement.RACE)["contenders"]["mlp"]["test_accuracy"][-1]
    assert 1 / 3 < reached < limit < 1


def test_full_rank_is_the_network_itself(task: Experiment) -> None:
    table = measure(task, Measurement.SMALLER_RANKS)["contenders"]["mlp"]
    by_rank = np.array(table["accuracies_by_rank"])
    assert by_rank.shape == (13, 20)
    np.testing.assert_allclose(by_rank[:, -1], table["test_accuracy"], atol=0.01)


def test_a_cut_network_answers_as_the_product_of_its_factors(task: Experiment) -> None:
    prepared = prepare(changed(task, {"training.contenders": ("mlp",), "training.epochs": 3}))
    race = Race(prepared)
    for _ in race.run():
        pass
    snapshot = race.outcomes()["mlp"].snapshot
    network = Network(snapshot.spec, snapshot.theta)
    U, sigma, Vt = np.linalg.svd(network.weight_matrix(0), full_matrices=False)
    theta = np.array(snapshot.theta)
    cut = Network(snapshot.spec, theta)
    cut.parameters(0)["W"][...] = (U[:, :2] * sigma[:2]) @ Vt[:2]
    expected = (cut.predict(prepared.dataset.x_test).argmax(axis=1) == prepared.dataset.y_test).mean()
    assert accuracies_by_rank(network, prepared.dataset)[1] == pytest.approx(expected, abs=0.005)
