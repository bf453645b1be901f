"""Doubtful predictions for files: sample rate, level, distance, silence, cancelled channels, training."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from mlpsvd.classification.batch.classify import FileResult, SoundFile, Thresholds, classify_files
from mlpsvd.classification.batch.summary import totals_of
from mlpsvd.classification.batch.tables import files_csv, to_json, windows_csv
from mlpsvd.cli import main
from mlpsvd.datasets.synthetic import one_class
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.prepare import prepare
from mlpsvd.experiments.race import Race
from mlpsvd.experiments.runs.trained_model import model_of
from mlpsvd.models.model import Model
from mlpsvd.models.model_file import load_model, save_model
from mlpsvd.settings import with_value
from mlpsvd.signals.bank import paper_bank

RATE_HZ = 16000


def trained(**changes: object) -> Model:
    experiment = Experiment()
    for key, value in {"training.epochs": 6, "training.engine": "reference", **changes}.items():
        experiment = with_value(experiment, key, value)
    prepared = prepare(experiment)
    race = Race(prepared)
    for _ in race.run():
        pass
    return model_of(prepared, race.outcomes()["mlp-svd"])


BANK = {
    "data.synthetic.filters": paper_bank(2, 200.0, 50.0),
    "data.synthetic.duration_s": 0.1,
    "data.synthetic.train_per_class": 60,
    "data.synthetic.test_per_class": 20,
    "features.segments": "mean",
    "features.magnitude": "log",
    "features.scaling": "standardised",
}


@pytest.fixture(scope="module")
def noise_model() -> Model:
    """A model of filtered noise at 16 kHz."""
    return trained(**BANK)


def clip(model: Model, index: int = 0, n: int = 3) -> NDArray[np.float64]:
    settings = with_value(Experiment(), "data.synthetic.filters", BANK["data.synthetic.filters"])
    settings = with_value(settings, "data.synthetic.duration_s", 0.1)
    return np.asarray(one_class(settings.data.synthetic, 77, "test", index, n_clips=n).ravel(), np.float64)


def result_of(model: Model, path: Path, thresholds: Thresholds | None = None) -> FileResult:
    (found,) = [
        result
        for event in classify_files(model, [SoundFile(path)], 0, False, thresholds)
        for _, result in event.finished
    ]
    return found


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    def write_one(samples: NDArray[np.floating], rate_hz: int = RATE_HZ, name: str = "a.wav") -> Path:
        soundfile.write(tmp_path / name, samples, rate_hz, subtype="FLOAT")
        return tmp_path / name

    return write_one


def test_sound_like_the_training_set_has_no_notes(noise_model: Model, write: Callable[..., Path]) -> None:
    result = result_of(noise_model, write(clip(noise_model)))
    assert (result.notes, result.is_unknown, result.is_doubtful) == ((), False, False)
    assert result.verdict == result.label
    assert 0.0 < result.distance < 1.0
    low, high = noise_model.reference.level_dbfs
    assert low - 6.0 < result.level_dbfs < high + 6.0


@pytest.mark.parametrize(
    ("rate_hz", "rate"), [(8000, "8000 Hz"), (4000, "4000 Hz"), (11025, "11.025 kHz"), (15000, "15 kHz")]
)
def test_a_file_that_lacks_a_part_of_the_band_is_doubtful_and_speech_is_unknown(
    rate_hz: int, rate: str, noise_model: Model, write: Callable[..., Path]
) -> None:
    result = result_of(noise_model, write(0.1 * np.random.default_rng(0).standard_normal(rate_hz), rate_hz))
    assert result.is_unknown and result.verdict == "unknown"
    assert result.notes[0] == (
        f"it has a sample rate of {rate} and the model was trained at 16 kHz, so everything above "
        f"{rate_hz / 2:g} Hz is missing"
    )
    assert any("unlike every class" in note for note in result.notes)


@pytest.mark.parametrize("rate_hz", [15999, 16001, 48000])
def test_a_sufficient_rate_is_not_mentioned(rate_hz: int, noise_model: Model, write: Callable[..., Path]) -> None:
    result = result_of(noise_model, write(clip(noise_model), rate_hz))
    assert not any("sample rate" in note for note in result.notes)


@pytest.mark.parametrize(("gain_db", "words"), [(20.0, "dB above"), (-25.0, "dB below"), (0.0, "")])
def test_an_unusual_level_is_named(gain_db: float, words: str, noise_model: Model, write: Callable[..., Path]) -> None:
    samples = clip(noise_model) * 10.0 ** (gain_db / 20.0)
    found = [note for note in result_of(noise_model, write(samples)).notes if note.startswith("its level")]
    assert len(found) == bool(words)
    assert all(words in note and "training clips" in note for note in found)


def test_clipping_is_named(noise_model: Model, write: Callable[..., Path]) -> None:
    samples = np.clip(clip(noise_model) * 100.0, -1.0, 1.0)
    assert "3 of 3 windows reach full scale (clipped)" in result_of(noise_model, write(samples)).notes


@pytest.mark.parametrize("samples", [np.zeros(4800), np.full(4800, 1e-7), 1e-6 * np.random.default_rng(0).random(4800)])
@pytest.mark.parametrize("scaling", ["standardised", "per sample"])
def test_silence_is_unknown_whatever_the_network_says(
    samples: NDArray[np.float64], scaling: str, noise_model: Model, write: Callable[..., Path]
) -> None:
    model = noise_model
    if scaling == "per sample":
        model = trained(**{**BANK, "features.magnitude": "linear", "features.scaling": scaling, "training.epochs": 1})
    result = result_of(model, write(samples), Thresholds(beyond=0.0))
    assert result.verdict == "unknown" and result.label in model.class_names
    assert sum("silent" in note for note in result.notes) == 1


@pytest.mark.parametrize("share", [1.0, 0.999])
def test_channels_that_cancel_when_mixed_are_named(
    share: float, noise_model: Model, write: Callable[..., Path]
) -> None:
    one = clip(noise_model)
    result = result_of(noise_model, write(np.stack([one, -share * one], axis=1)))
    assert result.is_doubtful
    assert any("channels" in note and "mix" in note for note in result.notes)


@pytest.mark.parametrize("name", ["silence.wav", "stereo_antiphase.wav"])
def test_the_cases_with_nothing_to_classify_are_unknown_with_a_reason(
    name: str, project_root: Path, noise_model: Model
) -> None:
    path = project_root.parent / "shared" / "cases" / "wav" / name
    if not path.exists():
        pytest.skip("the shared cases are not here")
    result = result_of(noise_model, path)
    assert result.verdict == "unknown"
    assert "silent" in result.note or "cancel" in result.note


def test_thresholds_decide_on_the_verdict_and_never_on_the_label(
    noise_model: Model, write: Callable[..., Path]
) -> None:
    path = write(clip(noise_model))
    usual = result_of(noise_model, path)
    near, sure = (result_of(noise_model, path, one) for one in (Thresholds(beyond=1e-3), Thresholds(below=1.0)))
    off = result_of(noise_model, write(1e-2 * np.random.default_rng(1).random(4800)), Thresholds(beyond=0.0))
    assert (near.verdict, sure.verdict, off.is_unknown) == ("unknown", "unknown", False)
    assert near.label == sure.label == usual.label
    assert near.windows_unknown.all() and not usual.windows_unknown.any()


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> tuple[Model, Path]:
    """A model of recordings on disk, through its file, and their folder."""
    root = tmp_path_factory.mktemp("own")
    rng = np.random.default_rng(5)
    for label, gain in (("high", 1), ("low", 0)):
        (root / "sounds" / label).mkdir(parents=True)
        for number in range(12):
            noise = 0.1 * rng.standard_normal(4800)
            samples = np.diff(noise, prepend=0.0) if gain else np.convolve(noise, np.ones(8) / 8, "same")
            soundfile.write(root / "sounds" / label / f"{number}.wav", samples, RATE_HZ)
    changes = {"data.source": "recordings", "data.recordings.path": str(root / "sounds"),
               "data.recordings.test_fraction": 0.25}  # fmt: skip
    save_model(root / "model.safetensors", trained(**changes))
    return load_model(root / "model.safetensors"), root


def test_the_recordings_that_a_model_was_trained_on_are_marked_whatever_they_are_called(
    own: tuple[Model, Path], tmp_path: Path
) -> None:
    model, root = own
    files = [SoundFile(path, (path.parent.name,)) for path in sorted((root / "sounds").rglob("*.wav"))]
    results = dict(one for event in classify_files(model, files) for one in event.finished)
    assert model.reference is not None
    n_training = sum(one.is_training for one in results.values())
    assert n_training == len(model.reference.trained_on) and 12 <= n_training < 24
    totals = totals_of(results.values(), model.class_names)
    assert (totals.n_training, totals.n_known, totals.n_unseen) == (n_training, 24, 24 - n_training)
    assert totals.sentence.endswith(f" of the {24 - n_training} that the model was not trained on")
    seen = next(index for index, one in results.items() if one.is_training)
    samples, rate_hz = soundfile.read(files[seen].path, dtype="int16")
    soundfile.write(tmp_path / "other name.flac", samples, rate_hz, subtype="PCM_16")
    assert result_of(model, tmp_path / "other name.flac").is_training
    samples[100] += 1
    soundfile.write(tmp_path / "changed.flac", samples, rate_hz, subtype="PCM_16")
    assert not result_of(model, tmp_path / "changed.flac").is_training


def test_tables_carry_verdict_distance_level_training_and_notes(own: tuple[Model, Path], tmp_path: Path) -> None:
    model, root = own
    soundfile.write(tmp_path / "silent.wav", np.zeros(4800), RATE_HZ)
    paths = [*sorted((root / "sounds" / "low").glob("*.wav")), tmp_path / "silent.wav", tmp_path / "missing.wav"]
    events = classify_files(model, [SoundFile(path, (path.parent.name,)) for path in paths])
    results = [one for _, one in sorted(pair for event in events for pair in event.finished)]
    for table in (files_csv, windows_csv):
        rows = list(csv.DictReader(table(results, model.class_names).splitlines()))
        assert [row["verdict"] for row in rows[-2:]] == ["unknown", ""]
        assert "silent" in rows[-2]["notes"] and float(rows[-2]["level_dbfs"]) == -120.0
        assert {row["training"] for row in rows} == {"yes", ""}
        assert all(float(row["distance"]) > 0.0 for row in rows[:-1])
    entries = json.loads(to_json(results, model.class_names))
    assert entries["n_unknown"] >= 1 and entries["n_training"] == sum(one.is_training for one in results)
    assert entries["files"][12]["verdict"] == entries["files"][12]["windows"][0]["verdict"] == "unknown"
    assert entries["n_unseen"] + entries["n_training"] == 12
    assert 0.0 <= entries["accuracy_unseen"] <= 1.0


@pytest.mark.parametrize("name", ["=cmd.wav", "+1.wav", "@SUM(A1).wav", "-2+3.wav"])
def test_a_formula_in_the_name_of_a_file_is_text_in_both_tables(
    name: str, own: tuple[Model, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    soundfile.write(name, np.zeros(4800), RATE_HZ)
    for table in (files_csv, windows_csv):
        (row,) = csv.DictReader(table([result_of(own[0], Path(name))], own[0].class_names).splitlines())
        assert row["file"] == f"'{name}"
        assert row["level_dbfs"] == "-120.000000"  # a number stays one


def test_the_command_line_names_doubts_on_stderr_and_keeps_its_lines(
    noise_model: Model, write: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save_model(tmp_path / "model.safetensors", noise_model)
    speech = write(0.1 * np.random.default_rng(0).standard_normal(8000), 8000)
    assert main(["classify", str(tmp_path / "model.safetensors"), str(speech), "--per", "file"]) == 0
    out, err = capsys.readouterr()
    (line,) = out.splitlines()
    assert len(line.split("\t")) == 5
    first, last = err.splitlines()
    assert first.startswith(f"mlpsvd: {speech}: unknown; it has a sample rate of 8000 Hz and the model was trained at")
    assert last == "mlpsvd: 1 of 1 classified files are doubtful, 1 of them unknown"
    arguments = [str(tmp_path / "model.safetensors"), str(speech), "--json", "--per", "file"]
    assert main(["classify", *arguments, "--unknown-beyond", "0"]) == 0
    entry = json.loads(capsys.readouterr().out)
    assert entry["verdict"] == entry["label"] and entry["distance"] > 1.0 and len(entry["notes"]) >= 2
    for wrong in (["--unknown-beyond", "-1"], ["--unknown-below", "2"], ["--unknown-beyond", "nan"]):
        assert main(["classify", *arguments, *wrong]) == 2
