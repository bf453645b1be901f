"""Model files: nothing is lost on the way, and every damage is named."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import save_file

from mlpsvd.classification.classifier import Classifier
from mlpsvd.errors import FileFormatError
from mlpsvd.models.model import Model
from mlpsvd.models.model_file import FORMAT_VERSION, load_model, save_model
from mlpsvd.network.spec import NetworkSpec

KEY = "mlpsvd_model"


def opened(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    with safe_open(path, "numpy") as file:
        names = list(file.keys())
        return {name: file.get_tensor(name) for name in names}, json.loads(file.metadata()[KEY])


def rewritten(path: Path, change: Callable[[dict[str, Any], dict[str, Any]], None]) -> Path:
    """Write the file again after ``change`` has worked on its tensors and its header."""
    tensors, header = opened(path)
    change(tensors, header)
    save_file(tensors, path, {KEY: json.dumps(header)})
    return path


@pytest.fixture
def path(model: Model, tmp_path: Path) -> Path:
    save_model(tmp_path / "model.safetensors", model)
    return tmp_path / "model.safetensors"


def test_a_model_of_version_2_computes_logarithms_as_it_did_then(model: Model, tmp_path: Path) -> None:
    logarithms = dataclasses.replace(model.features.settings, magnitude="log", floor_db=0.0)
    old = dataclasses.replace(model, features=dataclasses.replace(model.features, settings=logarithms))
    save_model(tmp_path / "old.safetensors", old)

    def as_version_2(tensors: dict[str, Any], header: dict[str, Any]) -> None:
        header["format_version"] = 2
        del header["features"]["floor_db"]

    loaded = load_model(rewritten(tmp_path / "old.safetensors", as_version_2))
    assert loaded.features.settings.floor_db == 0.0
    quiet = (1e-5 * np.random.default_rng(1).standard_normal((3, 4800))).astype(np.float32)
    quiet[:, ::2] = 0.0
    assert loaded.features.transform(quiet).tobytes() == old.features.transform(quiet).tobytes()


@pytest.mark.parametrize("contender", ["mlp", "mlp-svd"])
def test_a_loaded_model_is_the_saved_one_to_the_bit(contender: str, models: dict[str, Model], tmp_path: Path) -> None:
    saved = models[contender]
    save_model(tmp_path / "a.safetensors", saved)
    loaded = load_model(tmp_path / "a.safetensors")
    assert loaded.spec == saved.spec
    assert loaded.theta.dtype == saved.theta.dtype
    assert loaded.theta.tobytes() == saved.theta.tobytes()
    assert loaded.class_names == saved.class_names
    assert loaded.contract == saved.contract
    assert loaded.experiment_table == saved.experiment_table
    assert loaded.summary == saved.summary
    assert loaded.features.settings == saved.features.settings
    assert loaded.features.sample_rate_hz == saved.features.sample_rate_hz
    for name, array in saved.features.to_arrays().items():
        assert loaded.features.to_arrays()[name].tobytes() == array.tobytes()
    assert saved.reference is not None
    assert loaded.reference is not None
    for name, numbers in saved.reference.to_arrays().items():
        assert loaded.reference.to_arrays()[name].tobytes() == numbers.tobytes()


@pytest.mark.parametrize("contender", ["mlp", "mlp-svd"])
def test_a_loaded_model_classifies_exactly_as_before(contender: str, models: dict[str, Model], tmp_path: Path) -> None:
    save_model(tmp_path / "a.safetensors", models[contender])
    clips = np.random.default_rng(5).normal(size=(20, 4800)).astype(np.float32)
    before = Classifier(models[contender]).probabilities_many(clips)
    after = Classifier(load_model(tmp_path / "a.safetensors")).probabilities_many(clips)
    assert before.tobytes() == after.tobytes()


def test_float64_weights_two_factor_layers_and_odd_class_names_survive(model: Model, tmp_path: Path) -> None:
    layers = (dataclasses.replace(model.spec.layers[0], kind="two-factor"), *model.spec.layers[1:])
    spec = NetworkSpec(layers, "squared error")
    theta = np.random.default_rng(1).normal(size=spec.n_parameters)
    contract = dataclasses.replace(model.contract, bank=None)
    odd = dataclasses.replace(model, spec=spec, theta=theta, contract=contract, class_names=("σ \udce9", 'a"b\n$'))
    save_model(tmp_path / "a.safetensors", odd)
    loaded = load_model(tmp_path / "a.safetensors")
    assert loaded.spec == spec
    assert loaded.theta.dtype == np.float64
    assert loaded.theta.tobytes() == theta.tobytes()
    assert loaded.class_names == odd.class_names


def test_the_same_model_gives_the_same_bytes_and_tensors_have_names(model: Model, path: Path) -> None:
    before = path.read_bytes()
    save_model(path, model)
    assert path.read_bytes() == before
    tensors, header = opened(path)
    assert {"layer0.U", "layer0.sigma", "layer0.Vt", "layer0.b", "layer1.W", "layer1.b"} <= set(tensors)
    assert header["format_version"] == FORMAT_VERSION == 3
    assert header["summary"]["contender"] == "mlp-svd"


def test_the_loaded_parameters_are_read_only(path: Path) -> None:
    with pytest.raises(ValueError, match="read-only"):
        load_model(path).theta[0] = 0.0


def drop(name: str) -> Callable[[dict[str, Any], dict[str, Any]], None]:
    return lambda tensors, header: tensors.pop(name)


def put(name: str, array: np.ndarray) -> Callable[[dict[str, Any], dict[str, Any]], None]:
    return lambda tensors, header: tensors.update({name: array})


def say(**entries: Any) -> Callable[[dict[str, Any], dict[str, Any]], None]:
    return lambda tensors, header: header.update(entries)


def seal(**entries: Any) -> Callable[[dict[str, Any], dict[str, Any]], None]:
    return lambda tensors, header: header["input"].update(entries)


def spoil_layer(index: int, **entries: Any) -> Callable[[dict[str, Any], dict[str, Any]], None]:
    return lambda tensors, header: header["network"]["layers"][index].update(entries)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (say(format_version=4), "format_version is 4, from a newer MLP-SVD"),
        (say(format_version="1"), "format_version is '1'; it should be from 1 to 3"),
        (say(format_version=None), "format_version is None; it should be from 1 to 3"),
        (drop("layer0.U"), "the tensor layer0.U is missing; there are .*layer0.Vt"),
        (drop("features.scale"), "the tensor features.scale is missing"),
        (put("layer1.W", np.zeros((2, 3), np.float32)), r"layer1.W has the shape \(2, 3\); it should be \(2, 20\)"),
        (put("layer1.W", np.full((2, 20), np.nan, np.float32)), "layer1.W holds values that are not finite"),
        (put("layer1.W", np.zeros((2, 20))), "types float32 and float64; they should be of one"),
        (put("layer1.W", np.zeros((2, 20), np.int32)), "layer1.W has the type I32; it should be F32 or F64"),
        (put("features.offset", np.zeros(3)), r"features.offset has the shape \(3,\); it should be \(129,\)"),
        (say(network={"layers": [], "loss": "cross-entropy"}), "network.layers is empty"),
        (say(network=3), "network is 3; it should be a table"),
        (spoil_layer(0, kind="conv"), r"network.layers\[0\].kind is 'conv'; it should be one of dense, svd"),
        (spoil_layer(0, rank=-1), r"network.layers\[0\].rank is -1; it should be a whole number from 1 to"),
        (spoil_layer(0, n_in=130), "layer0 takes 130 inputs; it should take the 129 of the features"),
        (spoil_layer(1, n_in=21), "layer1 takes 21 inputs; it should take the 20 of layer0"),
        (spoil_layer(1, n_out=3, rank=3), "last layer has 3 outputs; it should have one for each of the 2 classes"),
        (spoil_layer(0, activation=[]), r"activation is \[\]; it should be one of"),
        (say(features={"fft_size": 4}), "features.fft_size is 4; it should be a whole number from 8"),
        (say(features={"fft": 4}), "features.fft is 4; it should be left out"),
        (say(sample_rate_hz=0), "sample_rate_hz is 0; it should be a number from 1 to 768000"),
        (say(clip_s="long"), "clip_s is 'long'; it should be a number from 1e-06 to 86400"),
        (say(input=3), "input is 3; it should be a table"),
        (seal(cut_s=-1.0), "input.cut_s is -1.0; it should be a number from 0 to 86400"),
        (seal(shortest_s=0), "input.shortest_s is 0; it should be a number from 1e-06"),
        (seal(channel=1.5), "input.channel is 1.5; it should be a whole number from 0 to 64"),
        (seal(label_pattern="*_*"), "input.label_pattern should contain {label} once"),
        (seal(bank={"noise": "brown"}), "input.bank.noise is 'brown'; it should be one of gaussian, uniform, pink"),
        (seal(bank={}), "input.bank.filters should have one filter for each class"),
        (say(class_names=["a", 3]), r"class_names\[1\] is 3; it should be a text"),
        (
            drop("reference.within_std"),
            r"reference.within_std is missing; it should have the shape \(129,\)",
        ),
        (drop("reference.class_means"), r"reference.class_means is missing; it should have the shape \(2, 129\)"),
        (put("reference.class_means", np.zeros((3, 129))), r"has the shape \(3, 129\); it should be \(2, 129\)"),
        (drop("reference.centres"), r"reference.centres is missing; it should have the shape \(1, 129\)"),
        (put("reference.centres", np.zeros((0, 129))), r"has the shape \(0, 129\); it should be \(1, 129\)"),
        (put("reference.centres", np.zeros((5, 128))), r"has the shape \(5, 128\); it should be \(5, 129\)"),
        (put("reference.centres", np.array(3.0)), r"reference.centres has the shape \(\); it should be \(1, 129\)"),
        (put("reference.class_means", np.full((2, 129), np.inf)), "reference.class_means holds values that are not f"),
        (put("reference.within_std", np.zeros(129)), "reference.within_std holds 0; all should be above 1e-30"),
        (put("reference.within_std", np.zeros(129, np.int32)), "reference.within_std has the type I32"),
        (put("reference.distances", np.arange(6.0)[::-1].copy()), "reference.distances does not ascend"),
        (put("reference.distances", np.zeros(6)), "reference.distances does not ascend"),
        (put("reference.level_dbfs", np.array([0.0, -9.0])), "reference.level_dbfs is 0 to -9; it should ascend"),
        (put("reference.clipped_share", np.array([2.0])), "reference.clipped_share is 2; it should be from 0 to 1"),
    ],
)
def test_every_damage_is_named(
    change: Callable[[dict[str, Any], dict[str, Any]], None], words: str, path: Path
) -> None:
    with pytest.raises(FileFormatError, match=words) as caught:
        load_model(rewritten(path, change))
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_model_without_a_reference_is_kept_without_one(model: Model, tmp_path: Path) -> None:
    save_model(tmp_path / "a.safetensors", dataclasses.replace(model, reference=None))
    assert load_model(tmp_path / "a.safetensors").reference is None


def test_a_file_of_the_first_version_still_classifies_as_it_did(tmp_path: Path) -> None:
    """Tensors and header word for word as version 1 wrote them."""
    tensors = {
        "features.offset": np.zeros(5),
        "features.scale": np.full(5, 4.0),
        "layer0.W": np.linspace(-1.0, 1.0, 15, dtype=np.float32).reshape(3, 5),
        "layer0.b": np.array([0.1, 0.0, -0.1], np.float32),
        "layer1.U": np.array([[1.0], [-1.0]], np.float32),
        "layer1.sigma": np.array([2.0], np.float32),
        "layer1.Vt": np.array([[0.6, 0.0, -0.8]], np.float32),
        "layer1.b": np.array([0.0, 0.2], np.float32),
    }
    header = {
        "format_version": 1,
        "program": "mlpsvd 0.1.0",
        "network": {
            "layers": [
                {"kind": "dense", "n_in": 5, "n_out": 3, "rank": 3, "activation": "relu"},
                {"kind": "svd", "n_in": 3, "n_out": 2, "rank": 1, "activation": "softmax"},
            ],
            "loss": "cross-entropy",
        },
        "features": {
            "fft_size": 8, "window": "rectangular", "hop": 128, "segments": "first", "n_parts": 3,
            "magnitude": "linear", "scaling": "training maximum",
        },
        "sample_rate_hz": 16000.0,
        "class_names": ["low", "high"],
        "clip_s": 0.3,
        "experiment": {},
        "summary": {"contender": "mlp-svd", "epoch": 3},
    }  # fmt: skip
    save_file(tensors, tmp_path / "old.safetensors", {KEY: json.dumps(header)})
    old = load_model(tmp_path / "old.safetensors")
    assert old.reference is None
    assert old.summary == {"contender": "mlp-svd", "epoch": 3}
    clip = np.array([0.5, -0.5, 0.25, 1.0, 0.0, -1.0, 0.5, 0.25], np.float32)
    x = np.abs(np.fft.rfft(clip)) / 4.0
    hidden = np.maximum(tensors["layer0.W"] @ x + tensors["layer0.b"], 0.0)
    outputs = tensors["layer1.U"] @ (tensors["layer1.sigma"] * (tensors["layer1.Vt"] @ hidden)) + tensors["layer1.b"]
    expected = np.exp(outputs) / np.exp(outputs).sum()
    np.testing.assert_allclose(Classifier(old).probabilities(clip), expected, rtol=1e-5)
    save_model(tmp_path / "new.safetensors", old)
    assert opened(tmp_path / "new.safetensors")[1]["format_version"] == FORMAT_VERSION
    assert Classifier(load_model(tmp_path / "new.safetensors")).probabilities(clip).tobytes() == (
        Classifier(old).probabilities(clip).tobytes()
    )


def test_files_of_another_kind_are_refused(tmp_path: Path, path: Path) -> None:
    save_file({"weight": np.zeros(3, np.float32)}, tmp_path / "other.safetensors")
    with pytest.raises(FileFormatError, match=r"other\.safetensors is a safetensors file, but not a model of this"):
        load_model(tmp_path / "other.safetensors")
    save_file({"weight": np.zeros(3, np.float32)}, tmp_path / "odd.safetensors", {KEY: "no JSON"})
    with pytest.raises(FileFormatError, match="header cannot be read: its JSON is damaged"):
        load_model(tmp_path / "odd.safetensors")
    for content in (b"", b"RIFF....WAVE", path.read_bytes()[:-9]):
        (tmp_path / "x.safetensors").write_bytes(content)
        with pytest.raises(FileFormatError, match=r"x\.safetensors is not a model file, or is damaged"):
            load_model(tmp_path / "x.safetensors")
    with pytest.raises(FileFormatError, match="cannot be read: No such file"):
        load_model(tmp_path / "missing.safetensors")
    with pytest.raises(FileFormatError, match="is a folder; it should be a plain file"):
        load_model(tmp_path)


def test_weights_that_are_not_finite_are_not_saved(model: Model, tmp_path: Path) -> None:
    theta = model.theta.copy()
    theta[3] = np.inf
    with pytest.raises(FileFormatError, match=r"layer0\.U holds values that are not finite"):
        save_model(tmp_path / "a.safetensors", dataclasses.replace(model, theta=theta))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("recordings", "received"),
    [([1], "recordings is"), ({"channel": -9}, "channel is -9"), ({"clip_s": -1.0}, "clip_s is -1.0")],
    ids=["no table", "channel", "clip length"],
)
def test_an_impossible_way_of_cutting_recordings_is_refused(path: Path, recordings: object, received: str) -> None:
    def change(tensors: dict[str, Any], header: dict[str, Any]) -> None:
        del header["input"]  # as files of before contracts were written
        header["experiment"]["data"] |= {"source": "recordings", "recordings": recordings}

    with pytest.raises(FileFormatError, match=received):
        load_model(rewritten(path, change))
