"""The command line in this process: output, files and exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
from sound_server import SoundServer

from mlpsvd import __version__
from mlpsvd.cli import main
from mlpsvd.cli.train import chosen_experiment
from mlpsvd.contenders import CONTENDERS, FAIR_CONTENDERS
from mlpsvd.datasets.synthetic import one_class
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.experiment_file import load_experiment, save_experiment
from mlpsvd.experiments.presets import PRESETS, new_experiment, preset
from mlpsvd.models.model_file import load_model
from mlpsvd.settings import get, with_value

SMALL = [
    "--set", "data.synthetic.train_per_class=60", "--set", "data.synthetic.test_per_class=30",
    "--set", "training.epochs=4", "--set", "training.learning_rate=0.01", "--set", "training.batch_size=8",
    "--contenders", "paper",
]  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of the command line on two classes."""
    folder = tmp_path_factory.mktemp("cli") / "run"
    code = main(["train", "--preset", "Paper: 2 classes, 100 Hz", *SMALL, "--out", str(folder), "--quiet"])
    assert code == 0
    return folder


@pytest.fixture
def sounds(tmp_path: Path) -> Path:
    """A folder with two files of three clips each, one of them nested, and a file that is no sound."""
    settings = PRESETS["Paper: 2 classes, 100 Hz"].data.synthetic
    root = tmp_path / "sounds"
    (root / "nested").mkdir(parents=True)
    for index, name in enumerate(["a.wav", "nested/b.FLAC"]):
        samples = one_class(settings, 5, "test", index, n_clips=3).ravel()
        soundfile.write(root / name, samples / np.abs(samples).max(), 16000, format=name[-4:].strip("."))
    (root / "notes.txt").write_text("no sound")
    return root


def test_version_and_help_are_printed_with_the_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"mlpsvd {__version__}\n"
    for command in ([], ["train"], ["classify"], ["doctor"], ["presets"]):
        assert main([*command, "--help"]) == 0
        assert "exit codes:" in capsys.readouterr().out


def test_presets_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["presets"]) == 0
    lines = [line.split("  ", 1) for line in capsys.readouterr().out.splitlines()]
    assert [name.strip() for _, name in lines] == list(PRESETS)
    assert [preset(short).name for short, _ in lines] == list(PRESETS)


def test_training_reports_both_networks_and_their_ratio(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", *SMALL]) == 0
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert lines[0].split() == ["Accuracy", "Rank", "Weights", "Operations", "Time"]
    assert [line.split("  ")[0] for line in lines[1:3]] == ["MLP", "MLP-SVD"]
    assert "  2,705  " in lines[1] and "  3,125 ×1.16  " in lines[2]
    assert "epoch 4/4" in err
    assert "MLP-SVD" in err


def test_a_comparison_is_chosen_by_name_and_five_networks_are_the_default(capsys: pytest.CaptureFixture[str]) -> None:
    for more in ([], ["--contenders", "fair"]):
        assert main(["train", *SMALL[:-2], *more, "--set", "training.epochs=1", "--quiet"]) == 0
        names = [line.split("  ")[0].strip() for line in capsys.readouterr().out.splitlines()[1:6]]
        assert names == [CONTENDERS[key].title for key in FAIR_CONTENDERS]


def test_quiet_training_of_one_network(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", *SMALL[:-2], "--set", "training.contenders=mlp", "--quiet"]) == 0
    out, err = capsys.readouterr()
    heading, row = out.splitlines()[:2]
    assert heading.split()[0] == "Accuracy" and row.split()[0] == "MLP"
    assert err == ""


def test_a_run_is_written_and_trains_the_same_again(folder: Path, tmp_path: Path) -> None:
    experiment = load_experiment(folder / "experiment.toml")
    assert experiment.training.epochs == 4
    assert experiment.name == "Paper: 2 classes, 100 Hz"
    assert main(["train", str(folder / "experiment.toml"), "--out", str(tmp_path / "again"), "--quiet"]) == 0
    results = [json.loads((one / "results.json").read_text()) for one in (folder, tmp_path / "again")]
    for name in ("mlp", "mlp-svd"):
        first, again = (one["contenders"][name] for one in results)
        assert first["confusion"] == again["confusion"]
        assert first["train_loss"] == again["train_loss"]


def test_classify_prints_a_line_for_each_clip(folder: Path, sounds: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = folder / "model-mlp-svd.safetensors"
    assert main(["classify", str(model), str(sounds)]) == 0
    out, err = capsys.readouterr()
    lines = [line.split("\t") for line in out.splitlines()]
    assert [line[0] for line in lines] == [str(sounds / "a.wav")] * 3 + [str(sounds / "nested/b.FLAC")] * 3
    assert [line[1] for line in lines] == ["0.000", "0.300", "0.600"] * 2
    assert {line[2] for line in lines} <= {"710 Hz", "680 Hz"}
    assert all(0.5 <= float(line[3]) <= 1 for line in lines)
    *doubts, total = err.splitlines()
    assert all(line.startswith(f"mlpsvd: {sounds}") and "unlike every class" in line for line in doubts)
    assert total == "mlpsvd: 2 of 2 classified files are doubtful, 2 of them unknown"


def test_classify_prints_json_with_all_probabilities(
    folder: Path, sounds: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["classify", str(folder / "model-mlp.safetensors"), str(sounds / "a.wav"), "--json"]) == 0
    entries = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(entries) == 3
    for entry in entries:
        assert set(entry["probabilities"]) == {"710 Hz", "680 Hz"}
        assert entry["probability"] == entry["probabilities"][entry["label"]] == max(entry["probabilities"].values())
        assert entry["duration_s"] == pytest.approx(0.3)


def test_bad_files_are_reported_and_the_others_classified(
    folder: Path, sounds: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()
    model = str(folder / "model-mlp.safetensors")
    bad = [sounds / "notes.txt", sounds / "missing.wav", tmp_path / "empty"]
    assert main(["classify", model, *map(str, bad), str(sounds / "a.wav")]) == 1
    out, err = capsys.readouterr()
    assert len(out.splitlines()) == 3
    assert "2 of" not in err
    for path, line in zip(bad, err.splitlines()[:3], strict=True):
        assert line.startswith(f"mlpsvd: {path} ")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["train", "missing.toml"], "missing.toml cannot be read"),
        (["train", "--set", "training.epochs=0"], "training.epochs is 0; it should be a whole number from 1"),
        (["train", "--set", "training.epoch=3"], "left out, or written training.epochs"),
        (["train", "--set", "training.epochs"], "of the form key=value"),
        (["train", "--preset", "nothing"], "Paper: 2 classes, 10 Hz"),
        (["train", "--preset", "Recordings: spoken digits"], "data.recordings.path is ''; it should be the path"),
        (["train", "a.toml", "--preset", "b"], "--preset is not allowed with the experiment file a.toml"),
        (["train", "--ou", "x"], "unrecognized arguments"),
        (["classify", "missing.safetensors", "a.wav"], "missing.safetensors cannot be read"),
        (["classify", "model"], "FILE"),
        (["fly"], "invalid choice: 'fly'"),
        ([], "COMMAND"),
    ],
)
def test_an_error_is_one_line_and_exit_code_two(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("mlpsvd: ")
    assert err.count("\n") == 1
    assert words in err


def test_an_experiment_file_with_a_wrong_value_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.toml"
    path.write_text("format_version = 1\n[training]\nepochs = 0\n")
    assert main(["train", str(path)]) == 2
    assert capsys.readouterr().err.startswith(f"mlpsvd: {path}: training.epochs is 0; it should be")


def test_a_folder_that_is_not_a_runs_is_refused_before_training(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "experiment.toml").write_text("mine")
    assert main(["train", "--out", str(tmp_path)]) == 2
    assert "which no run of this program wrote" in capsys.readouterr().err
    assert main(["train", "--out", str(tmp_path / "experiment.toml" / "x")]) == 2
    assert "Not a directory" in capsys.readouterr().err


def test_changes_are_applied_in_turn_and_paths_are_from_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    save_experiment(tmp_path / "a.toml", with_value(Experiment(), "seed", 5))
    changes = ["network.hidden=40,20", "data.recordings.path=sounds", "name=a=b", "seed=6", "seed=7"]
    experiment = chosen_experiment(Path("a.toml"), None, changes)
    assert get(experiment, "network.hidden") == (40, 20)
    assert get(experiment, "data.recordings.path") == str(tmp_path / "sounds")
    assert (experiment.name, experiment.seed) == ("a=b", 7)
    assert chosen_experiment(None, None, []) == new_experiment()


def test_a_path_that_will_not_be_used_is_pointed_out(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", *SMALL, "--quiet", "--set", "data.recordings.path=somewhere"]) == 0
    assert "add --set data.source=recordings" in capsys.readouterr().err


def test_settings_of_recordings_are_pointed_out_without_recordings(capsys: pytest.CaptureFixture[str]) -> None:
    small = [*SMALL, "--contenders", "mlp", "--set", "training.epochs=1", "--quiet"]
    assert main(["train", *small, "--groups", "*_{group}_*", "--set", "data.augmentation.copies=2"]) == 0
    notes = [line for line in capsys.readouterr().err.splitlines() if "recordings only" in line]
    assert notes == [
        "mlpsvd: note: groups and cross-validation apply to recordings only",
        "mlpsvd: note: changed copies (data.augmentation.copies) are made of recordings only",
    ]


def test_recordings_are_trained_on_and_classified(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(1)
    time_s = np.arange(3200) / 8000
    for label, frequency_hz in (("low", 300), ("high", 1500)):
        for index in range(12):
            samples = np.sin(2 * np.pi * frequency_hz * time_s) + 0.3 * rng.normal(size=3200)
            (tmp_path / "words").mkdir(exist_ok=True)
            soundfile.write(tmp_path / "words" / f"{label}_x_{index}.wav", samples / 4, 8000)
    (tmp_path / "words" / "low_x_99.wav").write_text("no sound")
    code = main([
        "train", "--preset", "Recordings: spoken digits", "--set", f"data.recordings.path={tmp_path / 'words'}",
        "--set", "training.epochs=30", "--set", "training.learning_rate=0.01", "--quiet",
        "--out", str(tmp_path / "run"),
    ])  # fmt: skip
    assert code == 0
    results = json.loads((tmp_path / "run" / "results.json").read_text())
    assert results["contenders"]["mlp-svd"]["test_accuracy"] == 1.0
    assert results["n_skipped"] == 1
    assert "low_x_99.wav" in (tmp_path / "run" / "skipped.csv").read_text()
    capsys.readouterr()
    words = tmp_path / "words"
    arguments = [str(words / "low_x_3.wav"), str(words / "high_x_4.wav")]
    assert main(["classify", str(tmp_path / "run" / "model-mlp-svd.safetensors"), *arguments]) == 0
    assert [line.split("\t")[1:3] for line in capsys.readouterr().out.splitlines()] == [
        ["0.000", "low"],
        ["0.000", "high"],
    ]


def test_doctor_reports_versions_gpu_and_sound(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor"]) == 0
    out, err = capfd.readouterr()
    assert err == ""
    found = {line.split()[0]: line for line in out.splitlines()}
    assert __version__ in found["mlpsvd"]
    assert np.__version__ in found["numpy"]
    assert "GPU" in found
    assert any(name in found for name in ("PortAudio", "Devices"))
    assert "MLP-SVD" in found["Window's"]


def test_doctor_lists_every_input_with_its_rate_and_host_api(
    sound_server: SoundServer, capfd: pytest.CaptureFixture[str]
) -> None:
    sound_server.add_sink("other", rate_hz=44100, channels=2)
    assert main(["doctor"]) == 0
    out, err = capfd.readouterr()
    assert err == ""
    assert "System sound, default Monitor of Other, PulseAudio, 44100 Hz, 2 channels\n" in out
    assert "System sound          Monitor of Speaker, PulseAudio, 48000 Hz, 1 channel\n" in out


def test_doctor_reports_a_hanging_sound_server(sound_server: SoundServer, capfd: pytest.CaptureFixture[str]) -> None:
    sound_server.hang()
    assert main(["doctor"]) == 0
    assert "The sound server does not respond" in capfd.readouterr().out


@pytest.mark.parametrize(
    ("text", "received"),
    [("seed = " + "9" * 5000, "a number is too long"), ("seed = " + "[" * 3000, "nested too deep")],
    ids=["long number", "deep nesting"],
)
def test_a_file_beyond_the_limits_of_the_reader_is_refused_in_words(
    text: str, received: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "odd.toml").write_text(f"format_version = 1\n{text}\n")
    assert main(["train", str(tmp_path / "odd.toml")]) == 2
    assert received in capsys.readouterr().err


def test_a_home_folder_that_nobody_has_is_a_missing_folder(capsys: pytest.CaptureFixture[str]) -> None:
    path = "data.recordings.path=~nobody-of-this-name/sounds"
    assert main(["train", "--set", "data.source=recordings", "--set", path]) == 2
    assert "there is no folder or manifest" in capsys.readouterr().err


def test_a_data_set_larger_than_memory_gives_a_clear_error(capsys: pytest.CaptureFixture[str]) -> None:
    huge = ["data.synthetic.train_per_class=1000000", "data.synthetic.duration_s=60",
            "data.synthetic.sample_rate_hz=768000", "features.segments=mean"]  # fmt: skip
    assert main(["train", *(part for one in huge for part in ("--set", one))]) == 2
    assert "does not fit into memory" in capsys.readouterr().err


def test_training_that_diverges_keeps_what_was_good(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wild = ["--set", "training.optimiser=sgd", "--set", "training.learning_rate=100", "--set", "training.epochs=50"]
    small = ["--set", "data.synthetic.train_per_class=40", "--set", "data.synthetic.test_per_class=10"]
    open_ended = ["--set", "network.output=relu", "--set", "network.loss=squared error"]
    hidden = ["--set", "network.hidden=20,20,20", "--set", "network.initial_std=5"]
    out = tmp_path / "run"
    code = main(["train", *wild, *small, *open_ended, *hidden, "--quiet", "--out", str(out)])
    said = capsys.readouterr().err
    assert code == 2, said
    assert "no longer a finite number" in said
    assert str(out) in said
    assert load_model(out / "model-mlp-svd.safetensors").theta.size


def test_train_says_what_it_leaves_out_and_refuses_to_lose_a_class(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for label in ("dog", "cat"):
        (tmp_path / "sounds" / label).mkdir(parents=True)
        for number in range(4):
            samples = np.random.default_rng(number).uniform(-0.5, 0.5, 4000)
            soundfile.write(tmp_path / "sounds" / label / f"{number}.wav", samples, 8000)
    for name in ("dog/a.m4a", "dog/b.m4a"):
        (tmp_path / "sounds" / name).write_bytes(bytes(100))
    command = ["train", *SMALL[4:], "--set", "data.source=recordings", "--out", str(tmp_path / "run"), "--quiet"]
    command += ["--set", f"data.recordings.path={tmp_path / 'sounds'}"]
    assert main(command) == 0
    left_out = (
        "left out: 2 files of class 'dog' (dog/a.m4a, dog/b.m4a): .m4a files are not supported; convert it to WAV"
    )
    assert left_out in capsys.readouterr().err
    (tmp_path / "sounds" / "fox").mkdir()
    (tmp_path / "sounds" / "fox" / "1.m4a").write_bytes(bytes(100))
    assert main(command) == 2
    assert "class 'fox' has no usable recording: its only file was left out, fox/1.m4a" in capsys.readouterr().err
