"""Warnings about recordings before training, on real files."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from mlpsvd.audio.files import resample
from mlpsvd.cli.program import main
from mlpsvd.datasets.clips import LoadedClips
from mlpsvd.datasets.recordings import load_recordings
from mlpsvd.datasets.settings import RecordingsSettings
from mlpsvd.errors import DataError
from mlpsvd.text import frequency_text

RATE_HZ = 8000.0
Samples = NDArray[np.float32]


def word(seed: int, gain: float = 0.3, background: float = 1e-3) -> Samples:
    """Half a second: quiet, a burst, quiet."""
    rng = np.random.default_rng(seed)
    samples = background * rng.standard_normal(4000)
    samples[1000:3000] += gain * np.hanning(2000) * rng.standard_normal(2000)
    return np.clip(samples, -1.0, 1.0).astype(np.float32)


def write(path: Path, samples: Samples, rate_hz: float = RATE_HZ) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, samples, round(rate_hz), "FLOAT")


def load(folder: Path, seed: int = 1) -> LoadedClips:
    return load_recordings(RecordingsSettings(path=str(folder), test_fraction=0.3), seed)


def sides(loaded: LoadedClips) -> tuple[set[str], set[str]]:
    return set(loaded.train.origins), set(loaded.test.origins)


def fill(folder: Path, label: str, count: int, first_seed: int, **how: float) -> None:
    for index in range(count):
        write(folder / label / f"{index}.wav", word(first_seed + index, **how))


def test_recordings_made_alike_give_no_warning(tmp_path: Path) -> None:
    fill(tmp_path, "a", 8, 0)
    fill(tmp_path, "b", 8, 100, gain=0.2)
    fill(tmp_path, "c", 12, 200, background=2e-3)
    assert load(tmp_path).warnings == ()


def test_spoken_digits_give_no_warning(spoken_digits: Path) -> None:
    settings = RecordingsSettings(
        path=str(spoken_digits / "recordings"), labels_from="file names", pattern="{label}_*_*"
    )
    assert load_recordings(settings, 1).warnings == ()


@pytest.mark.parametrize(("first_hz", "second_hz"), [(44100.0, 48000.0), (16000.0, 48000.0), (8000.0, 44100.0)])
def test_the_same_words_at_another_rate_in_each_class(tmp_path: Path, first_hz: float, second_hz: float) -> None:
    for index in range(6):
        write(tmp_path / "a" / f"{index}.wav", resample(word(index), RATE_HZ, first_hz), first_hz)
        write(tmp_path / "b" / f"{index}.wav", resample(word(index), RATE_HZ, second_hz), second_hz)
    (warning,) = [one for one in load(tmp_path).warnings if "hold the same samples" not in one]
    assert warning.startswith("The classes differ in sample rate: ")
    assert f"a has {frequency_text(first_hz)}, b {frequency_text(second_hz)}" in warning


def test_rates_that_are_mixed_in_every_class_are_no_difference_of_classes(tmp_path: Path) -> None:
    for label, first in (("a", 0), ("b", 100)):
        for index in range(6):
            rate_hz = (8000.0, 16000.0)[index % 2]
            write(tmp_path / label / f"{index}.wav", resample(word(first + index), RATE_HZ, rate_hz), rate_hz)
    assert load(tmp_path).warnings == ()


def test_a_class_that_is_louder(tmp_path: Path) -> None:
    fill(tmp_path, "far", 6, 0, gain=0.03, background=1e-4)
    fill(tmp_path, "near", 6, 100, gain=0.3, background=1e-4)
    (warning,) = load(tmp_path).warnings
    assert warning.startswith("The class near is 20 dB louder than far (medians ")


@pytest.mark.parametrize(("quiet", "noisy"), [(1e-4, 1e-2), (0.0, 3e-3)])
def test_a_class_with_another_background(tmp_path: Path, quiet: float, noisy: float) -> None:
    fill(tmp_path, "kitchen", 6, 0, background=noisy)
    fill(tmp_path, "studio", 6, 100, background=quiet)
    (warning,) = load(tmp_path).warnings
    assert warning.startswith("The background of the class kitchen is ")
    assert "louder than that of studio" in warning


def test_imbalance(tmp_path: Path) -> None:
    fill(tmp_path, "few", 5, 0)
    fill(tmp_path, "many", 150, 100)
    (warning,) = load(tmp_path).warnings
    assert warning.startswith("The class many has 150 clips, 30 times as many as few (5)")


@pytest.mark.parametrize("suffix", [".wav", ".flac", ".aiff"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_copies_under_two_names_are_on_one_side_and_named(tmp_path: Path, suffix: str, seed: int) -> None:
    for label, first in (("a", 0), ("b", 100)):
        for index in range(10):
            path = tmp_path / label / f"{index}.wav"
            path.parent.mkdir(exist_ok=True)
            soundfile.write(path, word(first + index), 8000, "PCM_16")
    for index in range(10):
        samples, _ = soundfile.read(tmp_path / "a" / f"{index}.wav", dtype="int16")
        soundfile.write(tmp_path / "a" / f"copy of {index}{suffix}", samples, 8000, "PCM_16")
    loaded = load(tmp_path, seed)
    train, test = sides(loaded)
    for index in range(10):
        pair = {f"a/{index}.wav", f"a/copy of {index}{suffix}"}
        assert pair <= train or pair <= test
    (warning,) = loaded.warnings
    assert warning == (
        f"10 recordings are copies of another, sample for sample (a/0.wav, a/copy of 0{suffix}); copies are kept on "
        "one side of the split."
    )


def test_a_copy_in_another_class_is_a_wrong_label(tmp_path: Path) -> None:
    fill(tmp_path, "a", 6, 0)
    fill(tmp_path, "b", 6, 100)
    shutil.copy(tmp_path / "a" / "3.wav", tmp_path / "b" / "same.wav")
    warnings = load(tmp_path).warnings
    assert warnings[0].startswith("a/3.wav, b/same.wav hold the same samples but belong to the classes a, b")


def test_copies_that_a_manifest_puts_on_both_sides(tmp_path: Path) -> None:
    fill(tmp_path, "a", 4, 0)
    fill(tmp_path, "b", 4, 100)
    shutil.copy(tmp_path / "a" / "0.wav", tmp_path / "a" / "copy.wav")
    rows = ["path,label,split", "a/0.wav,a,train", "a/copy.wav,a,test"]
    rows += [f"{label}/{index}.wav,{label}," for label in "ab" for index in range(1, 4)]
    manifest = tmp_path / "manifest.csv"
    manifest.write_text("\n".join(rows))
    (warning,) = load_recordings(RecordingsSettings(path=str(manifest), labels_from="manifest"), 1).warnings
    assert "both sides of the split: the test accuracy is too high" in warning


def test_a_class_of_copies_alone_is_still_split(tmp_path: Path) -> None:
    fill(tmp_path, "a", 6, 0)
    for index in range(4):
        write(tmp_path / "b" / f"{index}.wav", word(100))
    loaded = load(tmp_path)
    assert set(loaded.train.labels) == set(loaded.test.labels) == {0, 1}
    assert any("both sides of the split" in warning for warning in loaded.warnings)


def test_a_class_with_one_clip_is_refused_before_training(tmp_path: Path) -> None:
    fill(tmp_path, "a", 6, 0)
    fill(tmp_path, "b", 1, 100)
    with pytest.raises(DataError, match="class 'b' has 1 recording and no test clip"):
        load(tmp_path)


def test_the_command_line_warns_before_training(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fill(tmp_path / "sounds", "near", 6, 0, gain=0.3)
    fill(tmp_path / "sounds", "far", 6, 100, gain=0.02, background=1e-4)
    options = ["data.source=recordings", f"data.recordings.path={tmp_path / 'sounds'}", "training.epochs=2"]
    changes = [part for option in options for part in ("--set", option)]
    assert main(["train", *changes, "--out", str(tmp_path / "run"), "--quiet"]) == 0
    assert "mlpsvd: warning: The class near is " in capsys.readouterr().err
