"""Settings fitted to a folder of recordings, the same for window and command line."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from small_sounds import write_tones, write_words

from mlpsvd.cli import main
from mlpsvd.cli.train import chosen_experiment
from mlpsvd.datasets.settings import RecordingsSettings
from mlpsvd.errors import DataError, MlpSvdError
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.presets import PRESETS, RECORDINGS_PRESET, new_experiment, preset
from mlpsvd.experiments.recordings_recipe import (
    FEW_CLIPS,
    adapted_to,
    adapted_to_bank,
    experiment_for_folder,
    fitted_to,
    has_own_settings,
    name_of,
    with_recordings,
)
from mlpsvd.experiments.unknown_speakers import UNKNOWN_SPEAKERS
from mlpsvd.settings import check, with_value

WHERE = RecordingsSettings(path="/sounds/birds")


@pytest.mark.parametrize(("rate_hz", "fft_size"), [
    (0.0, 256), (8000.0, 256), (16000.0, 512), (22050.0, 512), (44100.0, 1024), (48000.0, 1024), (96000.0, 2048),
])  # fmt: skip
def test_transforms_are_as_long_in_seconds_at_any_rate(rate_hz: float, fft_size: int) -> None:
    features = fitted_to(Experiment(), WHERE, 24, rate_hz).features
    assert (features.fft_size, features.hop) == (fft_size, fft_size // 2)


@pytest.mark.parametrize(("n_clips", "batch_size"), [(2, 4), (24, 4), (100, 10), (499, 49), (500, 64), (10**6, 64)])
def test_few_clips_get_small_batches_a_guard_and_retries(n_clips: int, batch_size: int) -> None:
    experiment = fitted_to(Experiment(seed=9), WHERE, n_clips, 8000.0)
    check(experiment)
    assert experiment.training.batch_size == batch_size
    assert experiment.seed == 9
    assert experiment.discarding.guard > 0 and experiment.training.retries > 0
    assert (experiment.features.scaling == "centred") == (n_clips < FEW_CLIPS)
    assert not has_own_settings(experiment)


def test_the_papers_experiments_are_not_guarded() -> None:
    for one in PRESETS.values():
        if one.data.source == "synthetic":
            assert (one.discarding.guard, one.training.retries) == (0.0, 0), one.name


def test_settings_of_ones_own_are_recognised() -> None:
    assert not has_own_settings(Experiment())
    assert not has_own_settings(preset(RECORDINGS_PRESET))
    assert not has_own_settings(with_value(Experiment(), "data.synthetic.train_per_class", 5)), "data is not a setting"
    for key, value in (("network.hidden", (40,)), ("training.epochs", 99), ("features.window", "hamming")):
        assert has_own_settings(with_value(fitted_to(Experiment(), WHERE, 24, 8000.0), key, value))


@pytest.mark.parametrize(("path", "labels_from", "name"), [
    ("/sounds/birds", "folders", "Recordings: birds"),
    ("/sounds/birds/", "file names", "Recordings: birds"),
    ("/sounds/birds/manifest.csv", "manifest", "Recordings: birds"),
    ("/sounds/birds/spring.csv", "manifest", "Recordings: spring"),
    ("", "folders", "Recordings"),
])  # fmt: skip
def test_the_name_is_that_of_the_folder(path: str, labels_from: str, name: str) -> None:
    assert name_of(RecordingsSettings(path=path, labels_from=labels_from)) == name


def test_other_recordings_get_fitted_settings_unless_they_were_changed_by_hand() -> None:
    first, fitted = adapted_to(with_value(Experiment(seed=3), "network.hidden", (7,)), WHERE, 24, 48000.0)
    assert fitted and first == fitted_to(Experiment(seed=3), WHERE, 24, 48000.0)
    elsewhere = RecordingsSettings(path="/sounds/frogs")
    assert adapted_to(first, elsewhere, 900, 8000.0) == (fitted_to(first, elsewhere, 900, 8000.0), True)
    own = with_value(first, "training.epochs", 77)
    kept, fitted = adapted_to(own, elsewhere, 900, 8000.0)
    assert not fitted
    assert (kept.training, kept.features, kept.name) == (own.training, own.features, "Recordings: frogs")
    assert adapted_to(with_value(own, "name", "Mine"), elsewhere, 900, 8000.0)[0].name == "Mine"


def test_back_to_the_filter_bank() -> None:
    recordings = fitted_to(Experiment(seed=3), WHERE, 24, 48000.0)
    bank, restored = adapted_to_bank(recordings)
    assert restored
    paper = with_value(new_experiment(), "seed", 3)
    assert bank == with_value(paper, "data.recordings", WHERE), "the folder is kept for the next time"
    own, restored = adapted_to_bank(with_value(recordings, "network.hidden", (7,)))
    assert not restored
    assert (own.network.hidden, own.name, own.data.source) == ((7,), "Paper: 5 classes, 10 Hz", "synthetic")
    fewer = with_value(recordings, "data.synthetic.filters", recordings.data.synthetic.filters[:3])
    assert adapted_to_bank(fewer)[0].name == "Synthetic: 3 classes"


def test_a_preset_keeps_the_chosen_folder() -> None:
    kept = with_recordings(preset(RECORDINGS_PRESET), WHERE)
    assert (kept.data.recordings, kept.name) == (WHERE, "Recordings: birds")
    assert kept.features == preset(RECORDINGS_PRESET).features
    assert with_recordings(preset(RECORDINGS_PRESET), RecordingsSettings()) == preset(RECORDINGS_PRESET)
    assert with_recordings(Experiment(), WHERE) == Experiment()


def test_a_folder_and_its_presets_on_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_tones(tmp_path / "tones")
    monkeypatch.chdir(tmp_path)
    experiment = chosen_experiment(Path("tones"), None, [])
    assert experiment == experiment_for_folder(folder)
    assert experiment.name == "Recordings: tones"
    assert chosen_experiment(Path("tones"), None, ["training.epochs=7"]).training.epochs == 7
    preset_on_it = chosen_experiment(Path("tones"), RECORDINGS_PRESET, [])
    assert preset_on_it.data == experiment.data
    assert preset_on_it.training == preset(RECORDINGS_PRESET).training
    with pytest.raises(MlpSvdError, match="a preset for recordings"):
        chosen_experiment(Path("tones"), "Paper: 2 classes, 10 Hz", [])
    with pytest.raises(DataError, match="there is no folder or manifest"):
        experiment_for_folder(tmp_path / "absent")


def test_train_folder_says_how_good_few_clips_are(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder, out = write_tones(tmp_path / "tones"), tmp_path / "run"
    small = ["--set", "training.epochs=20", "--set", "training.learning_rate=0.01"]
    assert main(["train", str(folder), *small, "--quiet", "--out", str(out)]) == 0
    received = capsys.readouterr().out
    assert "Cross-validation (12 clips, 5 folds): MLP 100.0 %, MLP-SVD 100.0 %" in received
    assert "Better network: MLP-SVD" in received
    results = json.loads((out / "results.json").read_text())
    assert results["experiment"] == "Recordings: tones"
    validation = results["contenders"]["mlp"]["cross_validation"]
    assert (validation["n_folds"], validation["accuracy"]) == (5, 1.0)
    assert results["contenders"]["mlp"]["at_chance"] is False
    assert main(["train", str(out), "--quiet"]) == 2
    assert "is the folder of a run, not of recordings" in capsys.readouterr().err


@pytest.mark.slow
def test_spoken_digits_by_the_obvious_way(
    tmp_path: Path, spoken_digits: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "digits"
    for path in sorted((spoken_digits / "recordings").iterdir()):
        (folder / path.name[0]).mkdir(parents=True, exist_ok=True)
        shutil.copy(path, folder / path.name[0])
    assert main(["train", str(folder), "--quiet", "--out", str(tmp_path / "run")]) == 0
    results = json.loads((tmp_path / "run" / "results.json").read_text())
    assert results["class_names"] == [str(digit) for digit in range(10)]
    for name in ("mlp", "mlp-svd"):
        assert results["contenders"][name]["test_accuracy"] > 0.95
    assert UNKNOWN_SPEAKERS in capsys.readouterr().out.splitlines()


@pytest.mark.slow
def test_three_soft_words_over_ten_seeds_on_the_command_line(
    tmp_path: Path, spoken_digits: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_words(tmp_path / "words", spoken_digits, gain=0.01, noise_db=-100.0)
    files = sorted(folder.rglob("*.wav"))
    rows = [
        f"{one.relative_to(folder)},{one.parent.name},{'test' if one.stem[-1] in '67' else 'train'}" for one in files
    ]
    (folder / "manifest.csv").write_text("\n".join(["path,label,split", *rows]))  # a fixed split: not validated too
    for seed in range(1, 11):
        assert main(["train", str(folder), "--quiet", "--set", f"seed={seed}"]) == 0
        received = capsys.readouterr()
        assert "did not learn" not in received.err
        assert "Cross-validation" not in received.out
