"""Exports, opened by the programs that they are for, give the probabilities of our own classifier."""

from __future__ import annotations

import dataclasses
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

import mlpsvd
from mlpsvd.cli.program import main
from mlpsvd.datasets.recordings import load_recordings
from mlpsvd.datasets.settings import RecordingsSettings
from mlpsvd.errors import DataError, FileFormatError, SettingError
from mlpsvd.models.exports.recipe import merged

TOLERANCE = 1e-6
RATE_HZ = 8000
VARIANTS: dict[str, dict[str, Any]] = {
    "paper": {},
    "words": {"features.segments": "several", "features.trim_db": 30.0, "features.magnitude": "log",
              "features.scaling": "standardised", "features.window": "hann"},
    "mean": {"features.segments": "mean", "features.fft_size": 100, "features.magnitude": "log",
             "features.floor_db": 0.0, "features.scaling": "per sample", "network.family": "two-factor",
             "network.output": "tanh", "network.loss": "squared error"},
    "spectral": {"network.family": "soft-threshold", "network.output": "sigmoid", "features.scaling": "centred",
                 "network.activation": "tanh"},
}  # fmt: skip


def trained(changes: dict[str, Any]) -> mlpsvd.Model:
    experiment = mlpsvd.Experiment()
    small = {"training.epochs": 3, "data.synthetic.train_per_class": 30, "data.synthetic.test_per_class": 10}
    for key, value in (small | changes).items():
        experiment = mlpsvd.with_value(experiment, key, value)
    return dataclasses.replace(mlpsvd.train(experiment).model("mlp-svd"), temperature=1.7)


@pytest.fixture(scope="module", params=VARIANTS)
def model(request: pytest.FixtureRequest) -> mlpsvd.Model:
    return trained(VARIANTS[request.param])


@pytest.fixture(scope="module")
def clips() -> list[np.ndarray]:
    """Clips of several lengths, some shorter than a transform, one silent; quiet at the start."""
    rng = np.random.default_rng(1)
    made = [rng.standard_normal(n) * np.linspace(0.001, 0.2, n) for n in (4800, 3001, 300, 60, 1)]
    return [one.astype(np.float32) for one in (*made, np.zeros(4800))]


def by_onnx(path: Path, clips: list[np.ndarray]) -> np.ndarray:
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return np.concatenate([session.run(None, {"samples": clip[np.newaxis]})[0] for clip in clips])


def by_script(script: Path, clips: list[np.ndarray], folder: Path) -> np.ndarray:
    np.savez(folder / "clips.npz", *clips)
    code = (
        f"import sys, runpy, numpy as np; f = runpy.run_path({str(script)!r})['probabilities']\n"
        f"c = np.load({str(folder / 'clips.npz')!r})\n"
        f"np.save({str(folder / 'p.npy')!r}, [f(c[f'arr_{{i}}']) for i in range(len(c))])\n"
        "assert not {'mlpsvd', 'scipy'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return np.load(folder / "p.npy")


@pytest.mark.parametrize("is_merged", [False, True])
def test_onnxruntime_gives_our_probabilities(
    model: mlpsvd.Model, clips: list[np.ndarray], is_merged: bool, tmp_path: Path
) -> None:
    assert mlpsvd.export_model(tmp_path / "a.onnx", model, merged=is_merged) == [tmp_path / "a.onnx"]
    expected = mlpsvd.Classifier(model).probabilities_many(clips)
    np.testing.assert_allclose(by_onnx(tmp_path / "a.onnx", clips), expected, rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("is_merged", [False, True])
def test_the_numpy_script_gives_our_probabilities(
    model: mlpsvd.Model, clips: list[np.ndarray], is_merged: bool, tmp_path: Path
) -> None:
    _, script = mlpsvd.export_model(tmp_path / "a.npz", model, merged=is_merged)
    expected = mlpsvd.Classifier(model).probabilities_many(clips)
    np.testing.assert_allclose(by_script(script, clips, tmp_path), expected, rtol=0, atol=TOLERANCE)


def test_octave_gives_our_probabilities(model: mlpsvd.Model, clips: list[np.ndarray], tmp_path: Path) -> None:
    from scipy.io import loadmat, savemat

    path, function = mlpsvd.export_model(tmp_path / "mlp-svd 2.mat", model)
    assert function.name == "mlp_svd_2_classify.m"
    stored = loadmat(path)
    assert [name[0] for name in stored["class_names"].ravel()] == list(model.class_names)
    if shutil.which("octave-cli") is None:
        pytest.skip("octave-cli is not installed")
    wave = tmp_path / "sound.wav"
    soundfile.write(wave, np.random.default_rng(2).uniform(-0.1, 0.1, (10_000, 2)), 16_000)
    values = np.empty(len(clips), dtype=object)
    values[:] = clips
    savemat(tmp_path / "clips.mat", {"clips": values})
    code = f"cd('{tmp_path}'); load clips.mat; p = []; for i = 1:numel(clips) "
    code += f"p = [p; {function.stem}(clips{{i}})]; end; [q, names] = {function.stem}('sound.wav'); "
    code += "save -v6 p.mat p q names"
    done = subprocess.run(["octave-cli", "-q", "--no-init-file", "--eval", code], capture_output=True)
    assert done.returncode == 0, done.stderr
    found, classifier = loadmat(tmp_path / "p.mat"), mlpsvd.Classifier(model)
    np.testing.assert_allclose(found["p"], classifier.probabilities_many(clips), rtol=0, atol=TOLERANCE)
    of_file = np.stack([one.probabilities for one in classifier.classify_file(wave)])
    np.testing.assert_allclose(found["q"], of_file, rtol=0, atol=TOLERANCE)
    assert [name[0] for name in found["names"].ravel()] == list(model.class_names)


def test_the_scripts_lines_for_a_file_are_our_decisions(model: mlpsvd.Model, tmp_path: Path) -> None:
    wave = tmp_path / "sound.wav"
    soundfile.write(wave, np.random.default_rng(2).uniform(-0.1, 0.1, (10_000, 2)), 16_000, "PCM_24")
    _, script = mlpsvd.export_model(tmp_path / "a.npz", model)
    done = subprocess.run([sys.executable, script, wave], capture_output=True, text=True)
    lines = [line.split("\t") for line in done.stdout.splitlines()]
    for (_, start, label, probability), one in zip(lines, mlpsvd.Classifier(model).classify_file(wave), strict=True):
        assert (float(start), label) == (pytest.approx(one.start_s, abs=1e-3), one.label)
        assert float(probability) == pytest.approx(one.probability, abs=2 * TOLERANCE)


def test_a_merged_model_file_gives_the_same_probabilities(
    model: mlpsvd.Model, clips: list[np.ndarray], tmp_path: Path
) -> None:
    mlpsvd.export_model(tmp_path / "a.safetensors", model, merged=True)
    again = mlpsvd.load_model(tmp_path / "a.safetensors")
    assert set(again.spec.kinds) == {"dense"}
    expected = mlpsvd.Classifier(model).probabilities_many(clips)
    np.testing.assert_allclose(mlpsvd.Classifier(again).probabilities_many(clips), expected, rtol=0, atol=TOLERANCE)
    np.testing.assert_array_equal(merged(again).theta, again.theta)


PREPROCESSING: dict[str, dict[str, Any]] = {
    "third octaves": {"features.bands": "third-octave", "features.frequency_weighting": "A", "features.trim_db": 30.0,
                      "features.segments": "several", "features.magnitude": "log"},
    "mel": {"features.bands": "mel", "features.segments": "mean", "features.window": "hann"},
    "A-weighting": {"features.frequency_weighting": "A", "features.segments": "several"},
    "components": {"features.n_components": 9, "features.magnitude": "log", "features.scaling": "standardised"},
    "one component": {"features.n_components": 1, "features.scaling": "per sample", "features.bands": "mel",
                      "features.segments": "several"},
}  # fmt: skip


@pytest.mark.parametrize("name", PREPROCESSING)
def test_bands_weighting_and_components_leave_with_the_model(
    name: str, clips: list[np.ndarray], tmp_path: Path
) -> None:
    from scipy.io import loadmat, savemat

    model = trained(PREPROCESSING[name])
    expected = mlpsvd.Classifier(model).probabilities_many(clips)
    mlpsvd.export_model(tmp_path / "a.onnx", model)
    np.testing.assert_allclose(by_onnx(tmp_path / "a.onnx", clips), expected, rtol=0, atol=TOLERANCE)
    _, script = mlpsvd.export_model(tmp_path / "a.npz", model)
    np.testing.assert_allclose(by_script(script, clips, tmp_path), expected, rtol=0, atol=TOLERANCE)
    _, function = mlpsvd.export_model(tmp_path / "b.mat", model)
    stored = loadmat(tmp_path / "b.mat")
    assert ("bands" in stored) == ("features.bands" in PREPROCESSING[name])
    n_components = PREPROCESSING[name].get("features.n_components", 0)
    assert stored.get("components", np.empty((0, 0))).shape[0] == n_components == model.features.settings.n_components
    if shutil.which("octave-cli") is None:
        pytest.skip("octave-cli is not installed")
    savemat(tmp_path / "clips.mat", {f"c{index}": clip for index, clip in enumerate(clips)})
    code = f"cd('{tmp_path}'); c = load('clips.mat'); p = []; for i = 0:{len(clips) - 1} "
    code += f"p = [p; {function.stem}(c.(sprintf('c%d', i)))]; end; save -v6 p.mat p"
    done = subprocess.run(["octave-cli", "-q", "--no-init-file", "--eval", code], capture_output=True)
    assert done.returncode == 0, done.stderr
    np.testing.assert_allclose(loadmat(tmp_path / "p.mat")["p"], expected, rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("n_components", [0, 20])
def test_spoken_digits_by_onnxruntime_and_the_script(spoken_digits: Path, n_components: int, tmp_path: Path) -> None:
    data = RecordingsSettings(path=str(spoken_digits), labels_from="file names", pattern="{label}_*_*")
    clips = [np.asarray(one) for one in load_recordings(data, seed=1).test.samples][:60]
    model = trained(VARIANTS["words"] | {"features.n_components": n_components})
    features = mlpsvd.fit(clips, RATE_HZ, model.features.settings)
    model = dataclasses.replace(model, features=features)
    mlpsvd.export_model(tmp_path / "a.onnx", model)
    expected = mlpsvd.Classifier(model).probabilities_many(clips)
    np.testing.assert_allclose(by_onnx(tmp_path / "a.onnx", clips), expected, rtol=0, atol=TOLERANCE)
    _, script = mlpsvd.export_model(tmp_path / "a.npz", model)
    np.testing.assert_allclose(by_script(script, clips, tmp_path), expected, rtol=0, atol=TOLERANCE)


def test_an_onnx_file_says_what_it_contains(tmp_path: Path) -> None:
    import onnx

    model = trained({})
    mlpsvd.export_model(tmp_path / "a.onnx", model)
    stored = onnx.load(tmp_path / "a.onnx")
    about = {one.key: one.value for one in stored.metadata_props}
    assert json.loads(about["class_names"]) == list(model.class_names)
    assert json.loads(about["sample_rate_hz"]) == 16000.0
    assert about["program"] == f"mlpsvd {mlpsvd.__version__}"
    assert [one.version for one in stored.opset_import] == [17]


def test_bad_exports_are_refused_in_words(tmp_path: Path) -> None:
    model = trained({})
    with pytest.raises(SettingError, match=r"the file is 'a\.h5'; it should be named with one of the suffixes \.onnx"):
        mlpsvd.export_model(tmp_path / "a.h5", model)
    (tmp_path / "a_classify.py").write_text("print('mine')\n")
    with pytest.raises(FileFormatError, match="exists and was not generated by this program"):
        mlpsvd.export_model(tmp_path / "a.npz", model)
    assert not (tmp_path / "a.npz").exists()
    pixels = dataclasses.replace(model.features, settings=mlpsvd.FeatureSettings(magnitude="pixels"))
    with pytest.raises(DataError, match="only models of sounds"):
        mlpsvd.export_model(tmp_path / "a.onnx", dataclasses.replace(model, features=pixels))


def test_the_command_exports_a_run_and_a_model(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    experiment = mlpsvd.with_value(mlpsvd.Experiment(), "training.epochs", 2)
    run = mlpsvd.train(mlpsvd.with_value(experiment, "data.synthetic.train_per_class", 20))
    run.save(tmp_path / "run", with_figures=False)
    monkeypatch.chdir(tmp_path)
    assert main(["export", "run", "--to", "npz", "--contender", "mlp", "--epoch", "1"]) == 0
    assert capsys.readouterr().out == "Written to: mlp.npz\nWritten to: mlp_classify.py\n"
    snapshot = run.history("mlp")[1].snapshot
    with np.load("mlp.npz") as arrays:
        assert snapshot is not None
        np.testing.assert_array_equal(arrays["layer1_W"].ravel(), snapshot.theta[: arrays["layer1_W"].size])
    assert main(["export", "run/model-mlp-svd.safetensors", "--to", "onnx", "--merged", "--out", "b.onnx"]) == 0
    assert Path("b.onnx").stat().st_size > 0
    for arguments, message in [
        (["run", "--to", "npz", "--contender", "x"], "--contender is 'x'; it should be one of mlp, mlp-svd"),
        (["run", "--to", "npz", "--epoch", "9"], "epoch is 9"),
        (["run", "--to", "npz", "--out", "a.mat"], "a file with the suffix .npz"),
        (["run/model-mlp.safetensors", "--to", "npz", "--epoch", "1"], "used with a run folder"),
    ]:
        assert main(["export", *arguments]) == 2
        assert message in capsys.readouterr().err


@pytest.mark.parametrize("is_merged", [False, True])
def test_the_reader_in_the_documents_reads_a_model_file(project_root: Path, is_merged: bool, tmp_path: Path) -> None:
    text = (project_root / "docs/exports.md").read_text("utf-8")
    code = text.split("<!-- a test runs this reader -->")[1].split("```python\n")[1].split("```")[0]
    reader: dict[str, Any] = {}
    exec(code, reader)
    model = dataclasses.replace(trained({}), temperature=1.0)
    mlpsvd.export_model(tmp_path / "a.safetensors", model, merged=is_merged)
    about, tensors = reader["read"](tmp_path / "a.safetensors")
    clip = np.random.default_rng(1).standard_normal(4800).astype(np.float32)
    classifier = mlpsvd.Classifier(model)
    found = reader["outputs"](about, tensors, classifier.features(clip))
    np.testing.assert_allclose(found, classifier.probabilities(clip), rtol=0, atol=TOLERANCE)
    assert about["class_names"] == list(model.class_names)
