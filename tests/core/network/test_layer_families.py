"""A new layer family needs its module and its registration, nothing else."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, get_args

import numpy as np
import pytest
from diagonal_layer import Diagonal

from mlpsvd.arrays import cpu
from mlpsvd.engines.capabilities import Capabilities, Support
from mlpsvd.engines.choice import choose, fused_engine
from mlpsvd.engines.cpu import capabilities
from mlpsvd.engines.gpu import layout
from mlpsvd.engines.reference import ReferenceEngine
from mlpsvd.errors import FileFormatError, NetworkError
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.prepare import Prepared, prepare
from mlpsvd.experiments.race import Race
from mlpsvd.models.input_contract import InputContract
from mlpsvd.models.model import Model
from mlpsvd.models.model_file import load_model, save_model
from mlpsvd.network.checks import check_spec
from mlpsvd.network.initialise import build, network_spec
from mlpsvd.network.layers import LayerSpec, family, family_names, register
from mlpsvd.network.network import Network
from mlpsvd.network.operations import epoch_flops, layer_weights
from mlpsvd.network.settings import LayerKind, NetworkSettings
from mlpsvd.network.spec import NetworkSpec
from mlpsvd.settings import describe, with_value
from mlpsvd.signals.bank import paper_bank

KINDS = ("svd", "diagonal", "dense")
SETTINGS = NetworkSettings(hidden=(8, 8), initial="he")
DIAGONAL = Diagonal()


@pytest.fixture
def _registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(family, "_FAMILIES", dict(family._FAMILIES))
    register(DIAGONAL)


def test_the_settings_offer_the_families_of_the_program() -> None:
    assert family_names() == get_args(LayerKind)


def test_two_families_of_one_name_are_refused(_registered: None) -> None:
    register(DIAGONAL)
    with pytest.raises(ValueError, match="diagonal"):
        register(Diagonal())


@pytest.fixture
def network(_registered: None) -> Network:
    return build(SETTINGS, 5, 3, KINDS, 1, np.float64)


def test_a_new_family_takes_part_in_everything_that_counts_and_checks(network: Network) -> None:
    check_spec(network.spec)
    assert layer_weights(network.spec.layers[1]) == 8
    plain = network_spec(SETTINGS, 5, 3, ("svd", "dense", "dense"))
    assert epoch_flops(network.spec, 10, 5, "sgd") < epoch_flops(plain, 10, 5, "sgd")
    assert network.singular_values(1).tolist() == sorted(np.abs(network.parameters(1)["d"]), reverse=True)
    oblong = NetworkSpec((LayerSpec("diagonal", 4, 3, 3, "softmax"),), "cross-entropy")
    with pytest.raises(NetworkError, match="layer0 has 4 inputs; it should have as many as outputs, 3"):
        check_spec(oblong)


@pytest.fixture
def _offered(_registered: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Settings that accept the family: its name is in the Literal."""
    monkeypatch.setattr("mlpsvd.network.settings.LayerKind", Literal["dense", "svd", "two-factor", "diagonal"])
    describe.cache_clear()
    yield
    monkeypatch.undo()
    describe.cache_clear()


@pytest.fixture
def prepared(_offered: None) -> Prepared:
    experiment = with_value(Experiment(), "data.synthetic.filters", paper_bank(2, 300.0, 50.0))
    for key, value in {
        "data.synthetic.train_per_class": 60,
        "data.synthetic.test_per_class": 30,
        "network.hidden": (8, 8),
        "network.kinds": KINDS,
        "network.initial": "he",
        "training.epochs": 10,
        "training.learning_rate": 0.01,
        "training.batch_size": 8,
        "discarding.points": 1,
        "discarding.threshold": 0.5,
    }.items():
        experiment = with_value(experiment, key, value)
    return prepare(experiment)


def test_a_race_with_a_new_family_runs_on_the_reference_engine_and_says_so(prepared: Prepared, tmp_path: Path) -> None:
    race = Race(prepared)
    events = [one.event for one in race.run() if one.contender.key == "mlp-svd"]
    note = "The fused engine does not support diagonal layers; the reference engine is used instead"
    assert race.notes == (note,)
    assert "reference" in race.engine_description
    assert events[-1].kinds == KINDS
    assert {discard.layer for event in events for discard in event.discarded} == {0}
    assert len(events[-1].singular_values[1]) == 8
    assert events[-1].train_loss < 0.5 * events[0].train_loss
    assert events[-1].test_accuracy > 0.9

    snapshot, path = race.outcomes()["mlp-svd"].snapshot, tmp_path / "model.safetensors"
    contract = InputContract.of_clips(
        prepared.features.sample_rate_hz, prepared.clip_s, prepared.features.settings.fft_size
    )
    model = Model(snapshot.spec, snapshot.theta, prepared.features, prepared.class_names, contract)
    save_model(path, model)
    loaded = load_model(path)
    assert loaded.spec == snapshot.spec
    assert loaded.theta.tobytes() == snapshot.theta.tobytes()
    family._FAMILIES.pop("diagonal")
    with pytest.raises(FileFormatError, match="kind is 'diagonal'; it should be one of dense, svd, two-factor"):
        load_model(path)


def test_compiled_engines_decline_a_family_that_they_do_not_know(network: Network) -> None:
    spec = network.spec
    assert ReferenceEngine(cpu()).supports(spec)
    fused = fused_engine()
    assert fused.supports(spec) == Support("The fused engine does not support diagonal layers")
    data = fused.vectors(np.zeros((4, 5)), np.zeros(4, int), 3)
    with pytest.raises(NetworkError, match="does not support diagonal layers"):
        fused.evaluate(Network(spec, fused.array(network.theta)), data)
    with pytest.raises(NetworkError, match="The fused GPU engine does not support diagonal layers"):
        layout.lay_out([layout.Rows(spec, 0, 0, 4, 2)], 1000)


def test_one_network_that_is_not_supported_decides_for_the_race(network: Network) -> None:
    dense = network_spec(SETTINGS, 5, 3, ("dense",) * 3)
    assert "fused" in choose("auto", "float32", [dense])[0].description
    engine, note = choose("fused", "float32", [dense, network.spec])
    assert "reference" in engine.description
    assert note == "The fused engine does not support diagonal layers; the reference engine is used instead"


def test_every_engine_declares_what_its_tables_hold() -> None:
    fused_engine()  # so that the module below is imported with compiled kernels
    from mlpsvd.engines.cpu import engine as cpu_engine

    declared = capabilities.CAPABILITIES
    assert tuple(cpu_engine._KINDS) == declared.families
    assert tuple(cpu_engine._ACTIVATIONS) == declared.activations
    assert tuple(cpu_engine._LOSSES) == declared.losses


def test_what_is_missing_is_named() -> None:
    spec = network_spec(SETTINGS, 5, 3, ("svd", "dense", "dense"))
    small = Capabilities("This engine", ("dense",), ("softmax",), ("squared error",), ("float32",), 50)
    assert small.supports(spec, "float32").reason == (
        "This engine does not support svd layers and the activation relu and the loss cross-entropy"
    )
    large = dataclasses.replace(capabilities.CAPABILITIES, most_parameters=50)
    assert large.supports(spec, "float32").reason == "The fused engine takes networks of up to 50 parameters, not 177"
    assert not large.supports(spec, "float64")
