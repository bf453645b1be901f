"""Clips and features of an experiment for other programs: the same data, split and results when they are read."""

from __future__ import annotations

import csv
import io
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from scipy.io import loadmat
from small_sounds import write_tones

from mlpsvd.cli import main
from mlpsvd.datasets.load import load_clips
from mlpsvd.datasets.settings import DataSettings, RecordingsSettings, SyntheticSettings
from mlpsvd.errors import DataError
from mlpsvd.experiments.clip_export import MANIFEST_COLUMNS, export_clips
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.experiment_file import from_toml, load_experiment
from mlpsvd.experiments.feature_export import export_features
from mlpsvd.experiments.prepare import prepare
from mlpsvd.experiments.presets import LETTERS_PRESET, preset
from mlpsvd.experiments.runs.train import train
from mlpsvd.settings import with_value
from mlpsvd.signals.bank import bank


def synthetic(**changes: object) -> Experiment:
    """Two classes whose natural order is that of the bank."""
    settings = SyntheticSettings(filters=bank([400.0, 900.0], 50.0), train_per_class=12, test_per_class=8)
    start = with_value(Experiment(seed=5), "training.epochs", 4)
    return replace(start, data=DataSettings(synthetic=replace(settings, **changes)))


def of_recordings(folder: Path, clip_s: float = 0.0) -> Experiment:
    recordings = RecordingsSettings(path=str(write_tones(folder, n_clips=12)), clip_s=clip_s, test_fraction=0.3)
    return replace(
        with_value(Experiment(seed=5), "training.epochs", 4), data=DataSettings("recordings", recordings=recordings)
    )


def rows_of(folder: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO((folder / "manifest.csv").read_text("utf-8"))))


@pytest.mark.parametrize("source", ["synthetic", "whole recordings", "cut recordings"])
def test_exported_clips_train_the_same(source: str, tmp_path: Path) -> None:
    experiment = synthetic()
    if source != "synthetic":
        experiment = of_recordings(tmp_path / "sounds", 0.04 if source == "cut recordings" else 0.0)
    written = export_clips(tmp_path / "out", experiment)
    again = load_experiment(tmp_path / "out" / "experiment.toml")
    before, after = (load_clips(one.data, one.seed) for one in (experiment, again))
    assert (written.n_train, written.n_test, written.scale) == (len(before.train), len(before.test), 1.0)
    assert after.train.class_names == before.train.class_names and after.skipped == ()
    for side in ("train", "test"):
        first, second = getattr(before, side), getattr(after, side)
        np.testing.assert_array_equal(second.labels, first.labels)
        for one, other in zip(first.samples, second.samples, strict=True):
            np.testing.assert_array_equal(other, one)
    assert train(again).accuracy == train(experiment).accuracy


def test_the_manifest_says_where_each_clip_is_from(tmp_path: Path) -> None:
    experiment = of_recordings(tmp_path / "sounds", clip_s=0.04)
    export_clips(tmp_path / "out", experiment)
    rows = rows_of(tmp_path / "out")
    assert tuple(rows[0]) == MANIFEST_COLUMNS
    assert {(row["sample_rate_hz"], row["scale"]) for row in rows} == {("8000", "1.0")}
    assert {row["start_s"] for row in rows} == {"0", "0.04"}  # the rest of 0.02 s is too short
    for row in rows:
        exported, _ = soundfile.read(tmp_path / "out" / row["path"], dtype="float32")
        original, rate_hz = soundfile.read(tmp_path / "sounds" / row["source"], dtype="float32")
        first = round(float(row["start_s"]) * rate_hz)
        np.testing.assert_array_equal(exported, original[first : first + 320])
        assert row["source"].startswith(f"{row['label']}/") and row["path"].startswith(f"{row['split']}/")


def test_16_bits_are_scaled_and_never_clipped(tmp_path: Path) -> None:
    """White noise through wide filters exceeds full scale."""
    experiment = synthetic(filters=bank([2500.0, 5500.0], 3900.0))
    written = export_clips(tmp_path / "out", experiment, bits="16")
    clips = load_clips(experiment.data, experiment.seed).train
    peak = max(float(np.abs(one).max()) for one in clips.samples)
    assert peak > 1.0 and written.scale > 1.0
    rows = [row for row in rows_of(tmp_path / "out") if row["split"] == "train"]
    largest = 0
    for row, original in zip(rows, clips.samples, strict=True):
        steps, _ = soundfile.read(tmp_path / "out" / row["path"], dtype="int16")
        largest = max(largest, int(np.abs(steps.astype(int)).max()))
        restored = steps / 32768.0 * float(row["scale"])
        assert np.abs(restored - original).max() <= 0.5001 / 32768.0 * written.scale
    assert largest <= 32767
    again = load_experiment(tmp_path / "out" / "experiment.toml")
    vectors, rounded = prepare(experiment).dataset, prepare(again).dataset
    np.testing.assert_allclose(rounded.x_test, vectors.x_test, atol=2e-4)  # the scaling divides by the maximum
    np.testing.assert_array_equal(rounded.y_test, vectors.y_test)
    own, other = (next(iter(train(one).accuracy.values())) for one in (experiment, again))
    assert abs(own - other) <= 1 / 16  # one of 16 test clips


@pytest.mark.parametrize("suffix", [".npz", ".mat"])
def test_features_are_those_of_the_networks(suffix: str, tmp_path: Path) -> None:
    path, experiment = tmp_path / f"features{suffix}", synthetic()
    export_features(path, experiment)
    data, features = prepare(experiment).dataset, prepare(experiment).features
    first = 0 if suffix == ".npz" else 1
    if suffix == ".npz":
        with np.load(path, allow_pickle=False) as file:
            found = dict(file)
    else:
        found = loadmat(path, squeeze_me=True)
    for name in ("x_train", "x_test"):
        np.testing.assert_array_equal(found[name], getattr(data, name))
    for name in ("y_train", "y_test"):
        np.testing.assert_array_equal(found[name], getattr(data, name) + first)
    np.testing.assert_array_equal(found["frequencies_hz"], features.frequencies_hz)
    assert list(found["class_names"]) == ["400 Hz", "900 Hz"]
    assert float(found["sample_rate_hz"]) == 16000.0
    assert from_toml(str(found["settings_toml"])) == experiment


def test_letters_leave_as_features_only(tmp_path: Path) -> None:
    letters = preset(LETTERS_PRESET)
    for key in ("train_per_class", "test_per_class"):
        letters = with_value(letters, f"data.letters.{key}", 1)
    with pytest.raises(DataError, match="has images, which are no sounds"):
        export_clips(tmp_path / "out", letters)
    export_features(tmp_path / "letters.npz", letters)
    with np.load(tmp_path / "letters.npz", allow_pickle=False) as file:
        assert list(file["image_shape"]) == [30, 30] and "frequencies_hz" not in file


def test_what_wav_files_cannot_keep_is_refused(tmp_path: Path) -> None:
    low, high = bank([400.0, 900.0], 50.0)
    same = (replace(low, label="a"), replace(high, label="a "))
    for experiment, reason in (
        (synthetic(sample_rate_hz=16000.5), "in WAV files it should be whole hertz"),
        (synthetic(filters=same), "two classes are both named a"),
    ):
        with pytest.raises(DataError, match=reason):
            export_clips(tmp_path / "out", experiment)
        assert list(tmp_path.iterdir()) == []


def test_a_cancelled_or_failed_export_leaves_the_earlier_one(tmp_path: Path) -> None:
    export_clips(tmp_path / "out", synthetic())
    before = rows_of(tmp_path / "out")

    def cancel(share: float) -> None:
        if share > 0.8:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export_clips(tmp_path / "out", synthetic(test_per_class=20), progress=cancel)
    assert rows_of(tmp_path / "out") == before and [one.name for one in tmp_path.iterdir()] == ["out"]
    export_clips(tmp_path / "out", synthetic(test_per_class=20))
    assert len(rows_of(tmp_path / "out")) == len(before) + 24 and [one.name for one in tmp_path.iterdir()] == ["out"]


SMALL = ["--set", "data.synthetic.train_per_class=4", "--set", "data.synthetic.test_per_class=2", "--quiet"]


def test_the_command_does_not_replace_what_it_should_not(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "clips"
    assert main(["dataset", *SMALL, "--out", str(out)]) == 0
    assert capsys.readouterr().out == f"Written to: {out} (20 training clips, 10 test clips)\n"
    assert main(["dataset", *SMALL, "--out", str(out)]) == 2
    assert "a new folder; --overwrite replaces this one" in capsys.readouterr().err
    assert main(["dataset", *SMALL, "--out", str(out), "--overwrite"]) == 0
    (out / "mine.txt").write_text("a note")
    assert main(["dataset", *SMALL, "--out", str(out), "--overwrite"]) == 2
    assert "it should be a new folder" in capsys.readouterr().err
    assert (out / "mine.txt").read_text() == "a note"
    features = tmp_path / "features.npz"
    assert main(["dataset", *SMALL, "--out", str(features)]) == 0
    assert main(["dataset", *SMALL, "--out", str(features)]) == 2
    assert main(["dataset", *SMALL, "--out", str(features), "--bits", "16"]) == 2
    assert "features are no sounds" in capsys.readouterr().err


def test_ctrl_c_leaves_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mlpsvd", "dataset", "--out", str(tmp_path / "clips")]
    command += ["--set", "data.synthetic.test_per_class=1000", "--set", "data.synthetic.duration_s=0.05"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        while process.poll() is None and not any(tmp_path.glob(".clips.*")):
            pass
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "stopping; nothing is written" in err and out == ""
    assert list(tmp_path.iterdir()) == []
