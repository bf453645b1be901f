"""Transfer of a trained first layer: the same function for other features, frozen exactly, refused for other inputs."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mlpsvd
from mlpsvd.arrays import cpu
from mlpsvd.cli.program import main
from mlpsvd.contenders import CONTENDERS
from mlpsvd.engines.optimiser import fresh_state
from mlpsvd.engines.reference import ReferenceEngine
from mlpsvd.errors import DataError, SettingError
from mlpsvd.experiments import transfer_study
from mlpsvd.experiments.contender_tasks import initial_network
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.papers.divya_transfer import DIVYA_TRANSFER
from mlpsvd.experiments.papers.finding import Results
from mlpsvd.experiments.prepare import prepare
from mlpsvd.experiments.race import Race
from mlpsvd.experiments.runs.run import Run
from mlpsvd.experiments.transfer import FirstLayer, first_layer_of_model
from mlpsvd.experiments.transfer_study import WAYS, compare_transfer, of_classes, some_clips
from mlpsvd.experiments.trials.measurements import Measurement, transfer_table
from mlpsvd.experiments.trials.trials import TrialStore
from mlpsvd.network.network import Network
from mlpsvd.settings import check, with_value
from mlpsvd.signals.bank import paper_bank
from mlpsvd.training.trainer import optimiser_rule


def small(**changes: Any) -> Experiment:
    experiment = Experiment()
    for key, value in {
        "data.synthetic.train_per_class": 20,
        "data.synthetic.test_per_class": 20,
        "data.synthetic.duration_s": 0.05,
        "training.epochs": 6,
        "training.batch_size": 16,
        "training.learning_rate": 0.01,
        "discarding.last": 5,
        "features.scaling": "standardised",
        "training.engine": "reference",
        **{key.replace("__", "."): value for key, value in changes.items()},
    }.items():
        experiment = with_value(experiment, key, value)
    return experiment


@pytest.fixture(scope="module")
def trained() -> Run:
    return mlpsvd.train(small())


@pytest.fixture(scope="module")
def models(trained: Run, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("models")
    paths = {name: folder / f"{name}.safetensors" for name in ("mlp", "mlp-svd")}
    for name, path in paths.items():
        mlpsvd.save_model(path, trained.model(name))
    return paths


@pytest.mark.parametrize("source", ["mlp", "mlp-svd"])
@pytest.mark.parametrize("contender", [0, 1])
def test_the_layer_computes_the_same_of_other_clips(models: dict[str, Path], source: str, contender: int) -> None:
    experiment = small(network__first_layer=str(models[source]), seed=5, training__precision="float64")
    prepared, race = prepare(experiment), experiment.training.contenders
    network = initial_network(prepared, CONTENDERS[race[contender]])
    model = mlpsvd.load_model(models[source])
    rng = np.random.default_rng(2)
    magnitudes = rng.uniform(0.1, 5.0, (7, model.features.n_magnitudes))
    first = FirstLayer.of(model.network())
    ours = FirstLayer.of(network)
    before = ((magnitudes - model.features.offset) / model.features.scale) @ first.weights.T + first.biases
    after = ((magnitudes - prepared.features.offset) / prepared.features.scale) @ ours.weights.T + ours.biases
    assert not np.array_equal(model.features.scale, prepared.features.scale)
    np.testing.assert_allclose(after, before, rtol=1e-9, atol=1e-9)
    if contender == 1:
        assert network.spec.layers[0].rank == model.spec.layers[0].rank


@pytest.mark.parametrize("optimiser", ["adam", "momentum", "sgd"])
def test_a_frozen_layer_stays_and_the_others_are_trained(models: dict[str, Path], optimiser: str) -> None:
    changes = {"training__frozen_layers": 1, "training__optimiser": optimiser, "discarding__threshold": 0.9}
    race = Race(prepare(small(network__first_layer=str(models["mlp-svd"]), training__nuclear_norm=0.01, **changes)))
    for _ in race.run():
        pass
    for name, outcome in race.outcomes().items():
        start = outcome.snapshot.spec.offsets[1]
        begun = initial_network(prepare(small(network__first_layer=str(models["mlp-svd"]), **changes)),
                                outcome.contender)  # fmt: skip
        np.testing.assert_array_equal(outcome.snapshot.theta[:start], begun.theta[:start], err_msg=name)
        assert (outcome.snapshot.theta[start:] != begun.theta[start:]).any()


def test_other_inputs_are_refused_in_one_sentence(models: dict[str, Path]) -> None:
    features = mlpsvd.load_model(models["mlp"]).features
    other = replace(features, sample_rate_hz=8000.0, settings=replace(features.settings, window="hann"))
    with pytest.raises(SettingError) as caught:
        first_layer_of_model(models["mlp"], other)
    assert "Sample rate 16000 Hz instead of 8000 Hz; Window" in str(caught.value)
    path = str(models["mlp"])
    with pytest.raises(SettingError, match="129 inputs and 12 neurons with relu; it has 129 inputs and 20 neurons"):
        Race(prepare(small(network__first_layer=path, network__hidden=(12,))))
    with pytest.raises(SettingError, match="principal components"):
        projected = mlpsvd.train(small(features__n_components=4)).model("mlp")
        mlpsvd.save_model(models["mlp"].parent / "pca.safetensors", projected)
        first_layer_of_model(models["mlp"].parent / "pca.safetensors", projected.features)
    with pytest.raises(SettingError, match="frozen_layers is 2; it should be at most 1"):
        check(small(training__frozen_layers=2))


def test_the_command(
    models: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "task.toml"
    mlpsvd.save_experiment(file, small(seed=3))
    library = tmp_path / "library"
    monkeypatch.setenv("MLPSVD_RUNS", str(library))
    assert main(["train", str(file), "--quiet"]) == 0
    (source,) = library.glob("*/model-mlp-svd.safetensors")
    frozen = ["train", str(file), "--first-layer", "latest", "--freeze", "--quiet"]
    assert main(frozen) == 0
    (model,) = set(library.glob("*/model-mlp.safetensors")) - {source.with_name("model-mlp.safetensors")}
    run = mlpsvd.load_run(model.parent)
    assert run.experiment.network.first_layer == str(source)
    ours, theirs = (FirstLayer.of(mlpsvd.load_model(one).network()).weights for one in (model, source))
    np.testing.assert_allclose(ours, theirs, atol=1e-6)
    capsys.readouterr()
    assert main([*frozen, "--set", "features.fft_size=128"]) == 2
    assert "FFT size 256 instead of 128" in capsys.readouterr().err
    assert main(["train", str(file), "--first-layer", str(tmp_path / "none")]) == 2


@pytest.fixture(scope="module")
def task() -> Experiment:
    return small(data__synthetic__filters=paper_bank(4, 200.0, 100.0), training__epochs=20)


def test_classes_and_clips(task: Experiment) -> None:
    dataset = prepare(task).dataset
    new = of_classes(dataset, (2, 3))
    assert new.class_names == dataset.class_names[2:] and np.bincount(new.y_train).tolist() == [20, 20]
    few, more = some_clips(new, 2, 1), some_clips(new, 5, 1)
    assert np.bincount(few.y_train).tolist() == [2, 2] and len(more.x_test) == len(new.x_test)
    assert {one.tobytes() for one in few.x_train} < {one.tobytes() for one in more.x_train}


def test_the_new_classes_are_weighted(task: Experiment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer_study, "FEWEST_UPDATES", 60)
    new = of_classes(prepare(task).dataset, (2, 3))
    kept = np.flatnonzero((new.y_train == 0) | (np.cumsum(new.y_train) <= 2))
    rare = replace(new, x_train=new.x_train[kept], y_train=new.y_train[kept])
    network = transfer_study._initial(task, rare, WAYS[0], {})
    accuracies = {
        weights: transfer_study._accuracy_after_training(
            network, rare, with_value(task, "training.class_weights", weights), is_frozen=False
        )
        for weights in ("none", "balanced")
    }
    assert accuracies["balanced"] != accuracies["none"]


def test_the_study(task: Experiment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer_study, "FEWEST_UPDATES", 60)
    found = compare_transfer(task, (1, 10, 500))
    assert found.counts == (1, 10), "no class has 500 clips"
    assert found.known_accuracies["mlp"] > 0.75 and found.accuracies["from scratch"][1] > 0.6
    table = json.loads(json.dumps(transfer_table(found)))
    assert transfer_table(compare_transfer(task, (1, 10))) == table, "the result depends on the experiment only"
    (trial,) = DIVYA_TRANSFER.trials(1)
    assert trial.measurement is Measurement.TRANSFER
    store = TrialStore(tmp_path)
    store.put(trial, table)
    assert store.get(trial) == table
    finding = DIVYA_TRANSFER.find(1, Results({trial.key: table}))
    assert len(finding.tables[0].rows) == 2 * len(WAYS) and "MLPSVD_DIGITS" in finding.notes[0]
    assert finding.pictures[0].draw().axes
    table["ways"]["W, frozen"].pop()
    store.put(trial, table)
    assert store.get(trial) is None
    with pytest.raises(DataError, match="3 classes; transfer needs at least four"):
        compare_transfer(with_value(task, "data.synthetic.filters", paper_bank(3, 200.0, 100.0)))


def test_training_the_rest_is_training_with_a_mask(task: Experiment) -> None:
    """The short cut of the study against frozen layers of the engine."""
    dataset = of_classes(prepare(task).dataset, (2, 3))
    way = WAYS[-1]
    network = transfer_study._initial(task, dataset, way, {})
    rest, after = transfer_study._after_first_layer(network, dataset)
    rule = optimiser_rule(with_value(task, "training.frozen_layers", 1).training)
    engine = ReferenceEngine(cpu(), "float32")
    whole = Network(network.spec, network.theta.copy())
    for one, data, how in ((whole, dataset, rule), (rest, after, replace(rule, frozen_layers=0))):
        vectors = engine.vectors(data.x_train, data.y_train, 2)
        state = fresh_state(one.spec, one.theta)
        for _ in range(5):
            engine.run_epoch(one, how, state, vectors, np.arange(len(vectors)), 8)
    start = network.spec.offsets[1]
    np.testing.assert_array_equal(whole.theta[:start], network.theta[:start])
    np.testing.assert_allclose(whole.theta[start:], rest.theta, rtol=1e-5, atol=1e-6)
