"""Networks of scikit-learn and PyTorch as models: against scikit-learn itself, and against plain NumPy."""

from __future__ import annotations

import dataclasses
import itertools
import re
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

import mlpsvd
from mlpsvd.cli.program import main
from mlpsvd.errors import DataError, FileFormatError, MlpSvdError
from mlpsvd.experiments.experiment_file import save_experiment
from mlpsvd.experiments.model_import import prepared_frame, with_accuracy
from mlpsvd.experiments.papers.tasks import changed
from mlpsvd.experiments.prepare import Prepared
from mlpsvd.models.imports.import_model import import_model
from mlpsvd.models.model import Model
from mlpsvd.signals.bank import paper_bank

RNG = np.random.default_rng(1)
SIZES = (129, 7, 6, 5)


def experiment(n_classes: int = 5) -> mlpsvd.Experiment:
    changes = {
        "data.synthetic.filters": paper_bank(n_classes, 60.0, 40.0),
        "data.synthetic.train_per_class": 40,
        "data.synthetic.test_per_class": 20,
        "features.scaling": "standardised",
    }
    return changed(mlpsvd.Experiment(), changes)


@pytest.fixture(scope="module")
def prepared() -> tuple[Model, Prepared]:
    return prepared_frame(experiment())


@pytest.fixture
def frame(prepared: tuple[Model, Prepared]) -> Model:
    return prepared[0]


def state(sizes: tuple[int, ...] = SIZES, dtype: Any = np.float32) -> dict[str, np.ndarray]:
    """Linear layers as torch.nn.Sequential names them, with activations between."""
    tensors = {}
    for index, (n_in, n_out) in enumerate(itertools.pairwise(sizes)):
        tensors[f"{2 * index}.weight"] = RNG.normal(0.0, 0.5, (n_out, n_in)).astype(dtype)
        tensors[f"{2 * index}.bias"] = RNG.normal(0.0, 0.5, n_out).astype(dtype)
    return tensors


def softmax(z: np.ndarray) -> np.ndarray:
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("activation", ["relu", "sigmoid", "tanh"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_state_dict_gives_the_outputs_of_its_arithmetic(
    frame: Model, prepared: tuple[Model, Prepared], tmp_path: Path, activation: Any, dtype: Any
) -> None:
    tensors = state(dtype=dtype)
    save_file(tensors, tmp_path / "state.safetensors")
    model = import_model(tmp_path / "state.safetensors", frame, activation=activation)
    functions: dict[str, Any] = {
        "relu": lambda a: np.maximum(a, 0.0),
        "sigmoid": lambda a: 1.0 / (1.0 + np.exp(-a)),
        "tanh": np.tanh,
    }
    x = prepared[1].dataset.x_test.astype(np.float64)
    for name in ("0", "2"):
        x = functions[activation](x @ tensors[f"{name}.weight"].T.astype(np.float64) + tensors[f"{name}.bias"])
    expected = softmax(x @ tensors["4.weight"].T + tensors["4.bias"])
    found = model.network().predict(prepared[1].dataset.x_test.astype(dtype))
    np.testing.assert_allclose(found, expected, atol=2e-6 if dtype is np.float32 else 1e-12)
    assert model.theta.dtype == dtype and model.summary["contender"] == "PyTorch"
    mlpsvd.save_model(tmp_path / "model.safetensors", model)
    again = mlpsvd.load_model(tmp_path / "model.safetensors")
    clip = RNG.standard_normal(4800).astype(np.float32)
    one, other = (mlpsvd.Classifier(each).probabilities(clip) for each in (model, again))
    np.testing.assert_array_equal(one, other)


def test_layers_are_taken_in_the_order_of_numbers_or_in_the_given_one(frame: Model, tmp_path: Path) -> None:
    sizes = (129, *range(20, 9, -1), 5)  # twelve layers: 0, 2, 4 … 22; as texts 10 would follow 0
    save_file(state(sizes), tmp_path / "deep.safetensors")
    model = import_model(tmp_path / "deep.safetensors", frame, activation="relu")
    assert [layer.n_out for layer in model.spec.layers] == list(sizes[1:])
    named = dict(zip(("zz.weight", "zz.bias", "body.weight", "body.bias"), state((129, 8, 5)).values(), strict=True))
    save_file(named, tmp_path / "named.safetensors")
    with pytest.raises(FileFormatError, match=r"layer zz of .* takes 129 inputs and does not follow body, which gives"):
        import_model(tmp_path / "named.safetensors", frame, activation="relu")
    model = import_model(tmp_path / "named.safetensors", frame, activation="relu", layers=("zz", "body"))
    np.testing.assert_array_equal(model.network().weight_matrix(0), named["zz.weight"])
    with pytest.raises(DataError, match=r"the layers zz, x are given; .* has body, zz"):
        import_model(tmp_path / "named.safetensors", frame, activation="relu", layers=("zz", "x"))


def test_one_logistic_output_becomes_two_classes(tmp_path: Path) -> None:
    frame, data = prepared_frame(experiment(2))
    tensors = {**state((129, 4, 1))}
    del tensors["0.bias"]  # bias=False
    save_file(tensors, tmp_path / "two.safetensors")
    model = import_model(tmp_path / "two.safetensors", frame, activation="relu", output="sigmoid")
    assert model.theta.dtype == np.float32  # as the file
    x = np.maximum(data.dataset.x_test @ tensors["0.weight"].T, 0.0)
    z = (x @ tensors["2.weight"].T + tensors["2.bias"])[:, 0].astype(np.float64)
    expected = 1.0 / (1.0 + np.exp(-z))
    np.testing.assert_allclose(model.network().predict(data.dataset.x_test)[:, 1], expected, atol=1e-6)


def archive(path: Path, **changes: Any) -> Path:
    """Write what the recipe writes, without scikit-learn."""
    tensors = state(dtype=np.float64)
    content: dict[str, Any] = {
        **{f"coefs_{i}": tensors[f"{2 * i}.weight"].T for i in range(3)},
        **{f"intercepts_{i}": tensors[f"{2 * i}.bias"] for i in range(3)},
        "classes_": np.arange(5), "activation": "relu", "out_activation_": "softmax",
    }  # fmt: skip
    content = {name: one for name, one in {**content, **changes}.items() if one is not None}
    np.savez(path, **content)
    return path


def recipe(project_root: Path) -> str:
    text = (project_root / "docs/exports.md").read_text("utf-8")
    return text.split("<!-- a test runs this recipe -->")[1].split("```python\n")[1].split("```")[0]


@pytest.mark.parametrize(("labels", "n_classes", "activation"), [
    ("numbers", 5, "relu"), ("names", 5, "logistic"), ("numbers", 2, "tanh"), ("names", 2, "relu"),
])  # fmt: skip
def test_an_mlp_classifier_gives_its_own_probabilities(
    project_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, labels: str, n_classes: int, activation: str
) -> None:
    sklearn = pytest.importorskip("sklearn.neural_network")
    frame, data = prepared_frame(experiment(n_classes))
    x, y = data.dataset.x_train, data.dataset.y_train
    targets = y if labels == "numbers" else np.array(data.class_names)[y]
    classifier = sklearn.MLPClassifier((12, 9), activation=activation, max_iter=40, random_state=1, tol=0.0)
    with pytest.warns(Warning):  # not converged
        classifier.fit(x, targets)
    monkeypatch.chdir(tmp_path)
    exec(recipe(project_root), {"classifier": classifier})
    model = with_accuracy(import_model(Path("weights.npz"), frame), data)
    expected = classifier.predict_proba(data.dataset.x_test)
    columns = list(range(n_classes)) if labels == "numbers" else [
        list(classifier.classes_).index(name) for name in data.class_names
    ]  # fmt: skip
    found = model.network().predict(data.dataset.x_test.astype(model.theta.dtype))
    np.testing.assert_allclose(found, expected[:, columns], atol=1e-6)
    actual = data.dataset.y_test if labels == "numbers" else np.array(data.class_names)[data.dataset.y_test]
    assert model.summary["test_accuracy"] == pytest.approx(classifier.score(data.dataset.x_test, actual))


def test_classes_are_brought_into_the_order_of_the_features(frame: Model, tmp_path: Path) -> None:
    names = sorted(frame.class_names)
    assert names != list(frame.class_names)
    model = import_model(archive(tmp_path / "a.npz", classes_=np.array(names)), frame)
    with np.load(tmp_path / "a.npz") as stored:
        rows = [names.index(name) for name in frame.class_names]
        np.testing.assert_array_equal(model.network().weight_matrix(2), stored["coefs_2"].T[rows])
        np.testing.assert_array_equal(model.network().parameters(2)["b"], stored["intercepts_2"][rows])
    with pytest.raises(DataError, match=r"the classes of .* are a, b, c, d, e; those of the features are"):
        import_model(archive(tmp_path / "b.npz", classes_=np.array(list("abcde"))), frame)


@pytest.mark.parametrize(("changes", "message"), [
    ({"coefs_0": None}, "holds no array coefs_0; docs/exports.md"),
    ({"intercepts_1": None}, "holds no array intercepts_1"),
    ({"activation": None}, "holds no array activation"),
    ({"activation": "identity"}, "activation of .* is 'identity'; it should be one of relu, logistic, tanh"),
    ({"out_activation_": "logistic"}, "gives a clip several labels; a model here gives it one"),
    ({"classes_": np.array([object()] * 5)}, "the array classes_ of .* holds objects"),
    ({"coefs_0": np.full((129, 7), np.nan)}, "weights of coefs_0 in .* should be finite numbers in 2 dimensions"),
    ({"coefs_0": np.zeros((128, 7))}, "takes 128 inputs; the features have 129 entries"),
    ({"coefs_2": np.zeros((6, 4)), "intercepts_2": np.zeros(4)}, "has 4 outputs; there are 5 classes"),
    ({"coefs_1": np.zeros((8, 6))}, "the network in .* cannot be used: layer1 takes 8 inputs"),
    ({"intercepts_1": np.zeros(9)}, "biases of coefs_1 in .* have 9 entries; they should have 6"),
])  # fmt: skip
def test_a_bad_archive_is_one_sentence(frame: Model, tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    path = archive(tmp_path / "a.npz", **changes)
    with pytest.raises(MlpSvdError, match=message) as caught:
        import_model(path, frame)
    assert "\n" not in str(caught.value)


def test_hostile_archives_are_refused_before_memory_is_reserved(frame: Model, tmp_path: Path) -> None:
    good = archive(tmp_path / "a.npz").read_bytes()
    for cut in (0, 10, len(good) // 2, len(good) - 30):
        (tmp_path / "b.npz").write_bytes(good[:cut])
        with pytest.raises(FileFormatError, match="not a NumPy archive"):
            import_model(tmp_path / "b.npz", frame)
    with zipfile.ZipFile(tmp_path / "c.npz", "w") as bad:
        head = b"{'descr': '<f8', 'fortran_order': False, 'shape': (1099511627776, 7), }"
        head += b" " * (118 - len(head) - 1) + b"\n"
        bad.writestr("coefs_0.npy", b"\x93NUMPY\x01\x00" + len(head).to_bytes(2, "little") + head)
    with pytest.raises(FileFormatError, match="not a NumPy archive"):
        import_model(tmp_path / "c.npz", frame)


def test_other_tensors_and_missing_statements_are_refused(frame: Model, tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    for extra, message in (
        ({"norm.running_mean": np.zeros(3, np.float32)}, "the tensor norm.running_mean; it should hold NAME.weight"),
        ({"conv.weight": np.zeros((3, 1, 5), np.float32)}, "the tensor conv.weight; it should hold"),
    ):
        save_file({**state(), **extra}, path)
        with pytest.raises(FileFormatError, match=message):
            import_model(path, frame, activation="relu")
    save_file(state(), path)
    with pytest.raises(DataError, match="activation of the hidden layers is not stated in the file; give relu"):
        import_model(path, frame)
    with pytest.raises(DataError, match="is relu in the file, and tanh is given; leave it out"):
        import_model(archive(tmp_path / "b.npz"), frame, activation="tanh")
    with pytest.raises(DataError, match="the order of the layers is given"):
        import_model(archive(tmp_path / "b.npz"), frame, layers=("a",))


def test_the_command_imports_and_rewrites(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    save_experiment(Path("experiment.toml"), experiment())
    save_file(state(), "state.safetensors")
    command = ["import", "state.safetensors", "--activation", "relu", "--out", "model.safetensors", "--features"]
    assert main([*command, "experiment.toml"]) == 0
    out = capsys.readouterr().out
    assert re.fullmatch(r"Network: 129 → 7 → 6 → 5, 5 classes\nTest accuracy: .* %.*\nWritten to: model.*\n", out), out
    assert main([*command, "experiment.toml"]) == 2
    assert "--overwrite replaces" in capsys.readouterr().err
    assert main([*command, "model.safetensors", "--overwrite"]) == 0
    assert "accuracy" not in capsys.readouterr().out
    model = mlpsvd.load_model("model.safetensors")
    assert mlpsvd.load_experiment(Path("experiment.toml")).data == experiment().data and model.reference is not None
    assert main(["import", "model.safetensors", "--out", "again.safetensors"]) == 0
    np.testing.assert_array_equal(mlpsvd.load_model("again.safetensors").theta, model.theta)
    capsys.readouterr()
    for arguments, message in [
        (["state.safetensors", "--out", "b.safetensors"], "--features is 'left out'; it should be a model, experiment"),
        (["state.safetensors", "--out", "b.npz"], "a file with the suffix .safetensors"),
        (["model.safetensors", "--out", "b.safetensors", "--features", "x"], "left out: the model file states it"),
        (
            ["model.safetensors", "--out", "b.safetensors", "--layers", "a,b"],
            "--layers is 'a,b'; it should be left out",
        ),
        (["experiment.toml", "--out", "b.safetensors"], "named with one of the suffixes .npz, .safetensors"),
        (["nothing.npz", "--out", "b.safetensors", "--features", "model.safetensors"], "nothing.npz cannot be read"),
    ]:
        assert main(["import", *arguments]) == 2
        assert message in capsys.readouterr().err
    assert not Path("b.safetensors").exists()


def test_a_model_of_an_earlier_format_is_written_in_the_present_one(frame: Model, tmp_path: Path) -> None:
    import json

    from safetensors import safe_open
    from safetensors.numpy import load_file

    mlpsvd.save_model(tmp_path / "new.safetensors", dataclasses.replace(frame, reference=None))
    with safe_open(tmp_path / "new.safetensors", "numpy") as file:
        header = json.loads(file.metadata()["mlpsvd_model"])
    for name in ("bands", "bands_from_hz", "bands_to_hz", "n_mels", "frequency_weighting", "n_components", "floor_db"):
        del header["features"][name]
    header["format_version"] = 1
    del header["input"]
    save_file(
        load_file(tmp_path / "new.safetensors"), tmp_path / "old.safetensors", {"mlpsvd_model": json.dumps(header)}
    )
    assert main(["import", str(tmp_path / "old.safetensors"), "--out", str(tmp_path / "out.safetensors")]) == 0
    with safe_open(tmp_path / "out.safetensors", "numpy") as file:
        assert json.loads(file.metadata()["mlpsvd_model"])["format_version"] == 3
