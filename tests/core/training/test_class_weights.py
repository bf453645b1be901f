"""Weights of classes in the loss."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from small_sounds import write_tones

from mlpsvd.contenders import named_contenders
from mlpsvd.datasets.dataset import DataSet
from mlpsvd.errors import SettingError, TrainingError
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.prepare import Prepared, prepare
from mlpsvd.experiments.race import Race
from mlpsvd.experiments.recordings_recipe import experiment_for_folder
from mlpsvd.network.initialise import build
from mlpsvd.network.settings import NetworkSettings
from mlpsvd.settings import check, with_value
from mlpsvd.training.settings import TrainingSettings
from mlpsvd.training.trainer import balanced_weights, optimiser_rule


def test_a_weight_counts_like_repeated_clips() -> None:
    network = build(NetworkSettings(hidden=(5,)), 4, 3, ("svd", "dense"), 1, "float64")
    rng = np.random.default_rng(2)
    x, targets = rng.standard_normal((3, 4)), np.eye(3)
    weighted = network.gradient(x, targets, np.array([2.0, 1.0, 3.0]))
    order = [0, 0, 1, 2, 2, 2]
    np.testing.assert_allclose(weighted * 3, network.gradient(x[order], targets[order]) * 6, rtol=1e-12)
    np.testing.assert_array_equal(network.gradient(x, targets, np.ones(3)), network.gradient(x, targets))


def test_balanced_weights_give_every_class_the_same_total() -> None:
    labels = np.repeat([0, 1, 2], [1, 3, 8])
    weights = np.array(balanced_weights(labels, 3))
    np.testing.assert_allclose(weights * np.bincount(labels), 4.0)
    assert balanced_weights(np.array([0, 0]), 2) == (0.5, 0.0)


def imbalanced(prepared: Prepared) -> Prepared:
    """Overlapping classes, one of them rare: without weights, nearly everything is assigned to the other."""
    rng = np.random.default_rng(3)

    def vectors(labels: NDArray[np.intp]) -> NDArray[np.float32]:
        shape = (len(labels), prepared.features.n_features)
        return (0.15 * labels[:, np.newaxis] + rng.standard_normal(shape)).astype(np.float32)

    y_train, y_test = np.repeat([0, 1], [380, 20]), np.repeat([0, 1], [200, 200])
    dataset = DataSet(vectors(y_train), y_train, vectors(y_test), y_test, prepared.class_names)
    return replace(prepared, dataset=dataset)


def test_a_rare_class_is_found_more_often_with_weights(tmp_path: Path) -> None:
    folder = write_tones(tmp_path / "tones")
    experiment: Experiment = with_value(experiment_for_folder(folder), "training.epochs", 15)
    recalls = {}
    for weights in ("none", "balanced"):
        prepared = imbalanced(prepare(with_value(experiment, "training.class_weights", weights)))
        race = Race(prepared, contenders=named_contenders(("mlp",)))
        list(race.run())
        recalls[weights] = race.outcomes()["mlp"].report.recall
        is_noted = any("class weights" in note for note in race.notes)
        assert is_noted == (weights == "balanced") == ("reference" in race.engine_description)
    assert recalls["balanced"][1] > recalls["none"][1] + 0.1
    assert recalls["balanced"].mean() > recalls["none"].mean()


def test_weights_need_labels() -> None:
    balanced = TrainingSettings(class_weights="balanced")
    with pytest.raises(TrainingError, match=r"has no class weights; set training\.class_weights to none"):
        optimiser_rule(balanced)
    dataset = DataSet(np.zeros((3, 1)), np.array([0, 0, 1]), np.zeros((1, 1)), np.array([0]), ("a", "b"))
    assert optimiser_rule(balanced, dataset).needs_reference == ("class weights",)
    penalised = replace(balanced, class_weights="none", nuclear_norm=0.1, frozen_layers=1)
    assert optimiser_rule(penalised).needs_reference == ("the nuclear-norm penalty", "frozen layers")
    assert not optimiser_rule(TrainingSettings()).needs_reference


def test_dynamical_training_has_no_weights() -> None:
    experiment = with_value(Experiment(), "discarding.criterion", "dynamical")
    with pytest.raises(SettingError, match="none with dynamical low-rank training"):
        check(with_value(experiment, "training.class_weights", "balanced"))
