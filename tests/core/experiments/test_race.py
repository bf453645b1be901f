"""The race: networks that do not learn are retrained, with a note."""

from __future__ import annotations

import functools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mlpsvd.contenders import MLP
from mlpsvd.datasets.dataset import DataSet
from mlpsvd.experiments.contender_tasks import attempt_seed, initial_network
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.prepare import Prepared
from mlpsvd.experiments.promotion import ranked_contenders
from mlpsvd.experiments.race import Race
from mlpsvd.experiments.runs.checkpoint import save_checkpoint
from mlpsvd.experiments.runs.read_checkpoint import load_checkpoint
from mlpsvd.experiments.runs.run import Run
from mlpsvd.features.settings import FeatureSettings
from mlpsvd.features.spectra import FittedFeatures
from mlpsvd.settings import with_value

N_BINS = 129


def prepared(retries: int, offset: float = 0.0, seed: int = 1, epochs: int = 30) -> Prepared:
    """Three classes of 8 vectors. With an offset, few hidden neurons: all may be dead from the start."""
    rng = np.random.default_rng(7)
    labels = np.repeat(np.arange(3), 8)
    x = rng.normal(0.0, 0.02, (24, N_BINS)) + offset
    x[np.arange(24), 10 * labels] += 0.5
    experiment = Experiment(seed=seed)
    values = {"batch_size": 4, "learning_rate": 0.003, "retries": retries, "epochs": epochs}
    for key, value in values.items():
        experiment = with_value(experiment, f"training.{key}", value)
    experiment = with_value(experiment, "network.hidden", (20,) if not offset else (4,))
    features = FittedFeatures(FeatureSettings(), 8000.0, np.zeros(N_BINS), np.ones(N_BINS))
    x32 = x.astype(np.float32)
    return Prepared(experiment, DataSet(x32, labels, x32, labels, ("a", "b", "c")), features, (), 0.1)


@functools.cache
def dead_seed() -> int:
    """Return a seed whose hidden neurons are all negative for every clip: no gradient, so the network cannot learn."""
    for seed in range(200):
        data = prepared(0, 0.2, seed)
        weights = initial_network(data, MLP).weight_matrix(0)
        if (data.dataset.x_train @ weights.T).max() < 0:
            return seed
    raise AssertionError("one of sixteen seeds is like that")


def test_a_network_that_does_not_learn_is_retrained_with_a_note() -> None:
    race = Race(prepared(8, 0.2, dead_seed()))
    events = [(one.contender.key, one.event.epoch) for one in race.run()]
    assert events.count(("mlp", 0)) > 1
    assert [event.epoch for event in race.histories["mlp"]] == list(range(31))
    assert not any(outcome.at_chance for outcome in race.outcomes().values())
    assert race.notes == tuple(
        f"{name} did not learn (33 % of its training clips correct, as by chance); it was trained again from other "
        "initial weights (retry 1 of 8)"
        for name in ("MLP", "MLP-SVD")
    )


def test_without_retries_it_is_only_said() -> None:
    race = Race(prepared(0, 0.2, dead_seed()))
    events = [(one.contender.key, one.event.epoch) for one in race.run()]
    assert events.count(("mlp", 0)) == 1
    assert race.outcomes()["mlp"].at_chance
    assert "another seed" in race.notes[0]


def test_a_race_that_learns_is_the_same_with_retries() -> None:
    plain, with_retries = Race(prepared(0)), Race(prepared(5))
    for race in (plain, with_retries):
        assert len(list(race.run())) == 62
    for name, outcome in plain.outcomes().items():
        np.testing.assert_array_equal(outcome.snapshot.theta, with_retries.outcomes()[name].snapshot.theta)
    assert with_retries.notes == plain.notes == ()


def test_a_retry_that_was_interrupted_goes_on_to_the_same_network(tmp_path: Path) -> None:
    data = prepared(8, 0.2, dead_seed())
    whole, broken = Race(data), Race(data)
    for _ in whole.run():
        pass
    for one in broken.run():
        if broken.states()["mlp"].attempt and one.contender is MLP and one.event.epoch == 3:
            break
    save_checkpoint(tmp_path / "c.safetensors", Run.of("abc123", data, broken))
    resumed = Race(data, load_checkpoint(tmp_path / "c.safetensors").states)
    for _ in resumed.run():
        pass
    for name, outcome in whole.outcomes().items():
        np.testing.assert_array_equal(outcome.snapshot.theta, resumed.outcomes()[name].snapshot.theta)


def test_the_first_attempt_has_the_seed_of_the_experiment() -> None:
    assert attempt_seed(17, 0) == 17
    assert len({attempt_seed(17, attempt) for attempt in range(5)}) == 5


@pytest.mark.parametrize("loser", ["mlp", "mlp-svd"])
def test_the_default_network_is_never_the_worse_one(loser: str) -> None:
    race = Race(prepared(0))
    for _ in race.run():
        pass
    outcomes = race.outcomes()
    assert ranked_contenders(outcomes) == ["mlp", "mlp-svd"], "both are right about every clip: fewer weights"
    worse = outcomes[loser].confusion.copy()
    worse[0, 0], worse[0, 1] = worse[0, 0] - 1, 1
    judged = {name: replace(one, confusion=worse) if name == loser else one for name, one in outcomes.items()}
    assert ranked_contenders(judged)[0] == loser
    # Not learned at all counts more than any test accuracy.
    dead = {name: replace(one, at_chance=name != loser) for name, one in judged.items()}
    assert ranked_contenders(dead)[-1] == loser
