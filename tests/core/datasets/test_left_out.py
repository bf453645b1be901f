"""Summary of skipped files; a class without any usable file is an error."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mlpsvd.classification.batch.classify import find_sound_files
from mlpsvd.datasets.clips import FileNote, Skipped
from mlpsvd.datasets.left_out import left_out_lines
from mlpsvd.datasets.recordings import load_recordings, scan
from mlpsvd.datasets.settings import RecordingsSettings
from mlpsvd.errors import DataError


def write(path: Path, rate_hz: int = 8000, kind: str = "WAV") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, np.random.default_rng(0).uniform(-0.5, 0.5, rate_hz // 5), rate_hz, format=kind)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for label in ("dog", "cat"):
        for number in range(4):
            write(tmp_path / label / f"{number}.wav")
    return tmp_path


def settings(folder: Path) -> RecordingsSettings:
    return RecordingsSettings(path=str(folder))


def test_one_line_a_class_and_reason() -> None:
    skipped = [Skipped(f"a/{n}.wav", f"it is too short: 0.0{n} s", "a") for n in (1, 2, 3)]
    skipped += [Skipped("b/1.m4a", ".m4a files are not supported; convert it to WAV or FLAC", "b")]
    notes = [
        FileNote("a/4.wav", "it is truncated after 1 of 2 s"),
        FileNote("a/5.wav", "it is truncated after 2 of 3 s"),
    ]
    assert left_out_lines(skipped, notes) == (
        "left out: 3 files of class 'a' (a/1.wav, a/2.wav, …): it is too short",
        "left out: 1 file of class 'b' (b/1.m4a): .m4a files are not supported; convert it to WAV or FLAC",
        "note: 2 files (a/4.wav, a/5.wav): it is truncated",
    )
    many = [Skipped("x.wav", "it is empty", str(number)) for number in range(50)]
    assert len(left_out_lines(many)) == 13
    assert left_out_lines(many)[-1] == "and 38 more such lines"


def test_a_class_of_files_that_cannot_be_read_is_an_error(folder: Path) -> None:
    for number in range(3):
        (folder / "fox").mkdir(exist_ok=True)
        (folder / "fox" / f"{number}.m4a").write_bytes(bytes(100))
    reason = "class 'fox' has no usable recording: all of its 3 files were left out, fox/0.m4a because .m4a files are"
    with pytest.raises(DataError, match=reason):
        load_recordings(settings(folder), seed=1)


def test_a_class_of_mp3_files_is_trained_on(folder: Path) -> None:
    for number in range(4):
        write(folder / "fox" / f"{number}.mp3", 16000, "MP3")
    loaded = load_recordings(settings(folder), seed=1)
    assert loaded.train.class_names == ("cat", "dog", "fox")
    assert loaded.skipped == ()


def test_folders_of_systems_are_no_classes_and_pipes_are_left_out(folder: Path) -> None:
    for name in ("@eaDir", "$RECYCLE.BIN", "__MACOSX", "System Volume Information", ".hidden", "#recycle"):
        write(folder / name / "0.wav")
        write(folder / "dog" / name / "0.wav")
    if hasattr(os, "mkfifo"):
        os.mkfifo(folder / "dog" / "pipe.wav")
    inventory = scan(settings(folder))
    assert inventory.counts == {"cat": 4, "dog": 4}
    pipes = [("dog/pipe.wav", "it is a named pipe; it should be a plain file")] if hasattr(os, "mkfifo") else []
    assert [(one.path, one.reason) for one in inventory.skipped] == pipes
    found = [one.path.relative_to(folder).as_posix() for one in find_sound_files([folder])]
    assert sorted(found) == sorted([one.name for one in inventory.files] + [one.path for one in inventory.skipped])


def test_linked_folders_are_looked_into_by_training_and_classifying_alike(folder: Path) -> None:
    write(folder.parent / "elsewhere" / "a.wav")
    (folder / "fox").symlink_to(folder.parent / "elsewhere")
    assert scan(settings(folder)).counts["fox"] == 1
    found = [one for one in find_sound_files([folder]) if one.path.name == "a.wav"]
    assert [one.folders for one in found] == [(folder.name, "fox")]


def test_what_is_odd_about_files_comes_with_the_clips(folder: Path) -> None:
    damaged = folder / "dog" / "0.wav"
    damaged.write_bytes(damaged.read_bytes()[:40] + bytes(4) + damaged.read_bytes()[44:])
    soundfile.write(folder / "cat" / "0.wav", np.zeros(1600), 8000)
    no_length = FileNote("dog/0.wav", "its header contains no length; it was read to the end of the file")
    assert scan(settings(folder)).notes == (no_length,)
    notes = load_recordings(settings(folder), seed=1).notes
    assert notes == (FileNote("cat/0.wav", "it is silent: every sample is 0"), no_length)


@pytest.mark.parametrize(
    ("rates", "usual"),
    [((8000, 8001, 8001, 7999), 8000.0), ((8001,) * 4, 8000.0), ((44099, 44100, 16000, 48000), 44100.0),
     ((47999, 44100, 44100, 48000), 48000.0), ((8363, 8363, 8363, 8000), 8363.0)],
)  # fmt: skip
def test_rates_that_differ_by_a_thousandth_count_as_one_and_nothing_is_resampled(
    tmp_path: Path, rates: tuple[int, ...], usual: float
) -> None:
    for label in ("dog", "cat"):
        for number, rate_hz in enumerate(rates):
            write(tmp_path / label / f"{number}.wav", rate_hz)
    loaded = load_recordings(settings(tmp_path), seed=1)
    assert loaded.train.sample_rate_hz == usual
    original, _ = soundfile.read(tmp_path / "dog" / f"{rates.index(rates[0])}.wav", dtype="float32")
    for clips in (loaded.train, loaded.test):
        for clip, origin in zip(clips.samples, clips.origins, strict=True):
            if origin == "dog/0.wav" and abs(rates[0] - usual) < 0.001 * usual:
                np.testing.assert_array_equal(clip, original)
