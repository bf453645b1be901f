"""The public interface: every name is there, typed, documented and shown in an example that runs."""

from __future__ import annotations

import ast
import doctest
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

import mlpsvd
from mlpsvd.contenders import MLP_SVD, Contender

NAMES = [name for name in mlpsvd.__all__ if name not in ("__version__", "PRESETS")]
RECORDS = ("Decision", "Prepared", "RaceEvent")
"""Classes that are only returned; the examples of the functions that return them show them."""


@pytest.mark.parametrize("name", NAMES)
def test_every_public_name_is_documented_and_its_example_runs(name: str) -> None:
    found = getattr(mlpsvd, name)
    tests = doctest.DocTestFinder(recurse=False).find(found, name, globs={})
    assert [test.name for test in tests] == [name]
    if name not in RECORDS:
        assert tests[0].examples, f"{name} has no example"
    report: list[str] = []
    failed, _ = doctest.DocTestRunner().run(tests[0], out=report.append)
    assert failed == 0, "".join(report)


def test_the_example_of_the_package_runs() -> None:
    assert doctest.testmod(mlpsvd).failed == 0


def test_the_stub_says_the_same_as_the_package() -> None:
    tree = ast.parse(Path(mlpsvd.__file__).with_suffix(".pyi").read_text("utf-8"))
    imports = [node for node in tree.body if isinstance(node, ast.ImportFrom)]
    stub = {alias.asname: f"{node.module}.{alias.name}" for node in imports for alias in node.names}
    assert stub == {name: f"{module}.{name}" for name, module in mlpsvd._PUBLIC.items()}  # type: ignore[attr-defined]
    assert set(mlpsvd.__all__) == {"__version__", *stub} <= set(dir(mlpsvd))


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = "import sys, mlpsvd; print({'numpy', 'numba', 'scipy', 'mlpsvd.errors'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "set()\n"


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'mlpsvd' has no attribute 'Trainer'"):
        _ = mlpsvd.Trainer  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def run() -> mlpsvd.Run:
    experiment = mlpsvd.with_value(mlpsvd.Experiment(), "training.epochs", 4)
    return mlpsvd.train(mlpsvd.with_value(experiment, "data.synthetic.train_per_class", 40))


def test_a_run_is_trained_shown_saved_and_read_again(run: mlpsvd.Run, tmp_path: Path) -> None:
    values = run.singular_values("mlp-svd")
    assert values.shape[0] == run.epoch + 1 == 5
    for row, event in zip(values, run.history("mlp-svd"), strict=True):
        np.testing.assert_array_equal(row[np.isfinite(row)], event.singular_values[0])
    counts = run.confusion("mlp-svd")
    assert run.accuracy["mlp-svd"] == counts.trace() / counts.sum()
    run.save(str(tmp_path / "run"), with_figures=False)
    again = mlpsvd.load_run(str(tmp_path / "run"))
    assert again.accuracy == run.accuracy
    np.testing.assert_array_equal(again.singular_values("mlp-svd"), values)
    soundfile.write(tmp_path / "a.wav", np.random.default_rng(1).uniform(-0.1, 0.1, 9600), 16000)
    decisions = mlpsvd.Classifier(mlpsvd.load_model(tmp_path / "run" / "model-mlp-svd.safetensors")).classify_file(
        str(tmp_path / "a.wav")
    )
    assert [one.start_s for one in decisions] == [0.0, 0.3]


def test_unknown_contenders_and_layers_are_refused_in_words(run: mlpsvd.Run) -> None:
    from mlpsvd.errors import SettingError

    with pytest.raises(SettingError, match="contender is 'svd'; it should be one of mlp, mlp-svd"):
        run.model("svd")
    with pytest.raises(SettingError, match="layer is 2; it should be a whole number from 0 to 1"):
        run.singular_values("mlp", layer=2)


def test_other_contenders_are_trained_saved_and_read_again(tmp_path: Path) -> None:
    experiment = mlpsvd.with_value(mlpsvd.Experiment(), "data.synthetic.train_per_class", 20)
    experiment = mlpsvd.with_value(experiment, "training.epochs", 2)
    own = Contender("wide", "Wide MLP", is_factored=False, colour=3, settings=(("network.hidden", (30,)),))
    run = mlpsvd.train(experiment, contenders=(MLP_SVD, own))
    assert run.contenders == (MLP_SVD, own) and list(run.accuracy) == ["mlp-svd", "wide"]
    assert run.singular_values("wide").shape == (3, 30)
    run.save(str(tmp_path / "run"), with_figures=False)
    again = mlpsvd.load_run(str(tmp_path / "run"))
    assert again.contenders == run.contenders and again.accuracy == run.accuracy


def test_training_stops_when_it_is_asked_to() -> None:
    seen: list[mlpsvd.RaceEvent] = []
    experiment = mlpsvd.with_value(mlpsvd.Experiment(), "data.synthetic.train_per_class", 20)
    run = mlpsvd.train(experiment, progress=seen.append, stop=lambda: len(seen) == 6)
    assert run.epoch == 2 and not run.is_finished and len(seen) == 6
