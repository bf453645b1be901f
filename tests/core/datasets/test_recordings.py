"""Recordings from real files: found and skipped files, clips, resampling, split."""

from __future__ import annotations

import dataclasses
import os
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mlpsvd.datasets.clips import LoadedClips
from mlpsvd.datasets.load import load_clips
from mlpsvd.datasets.recordings import cut, load_recordings, scan
from mlpsvd.datasets.settings import DataSettings, RecordingsSettings
from mlpsvd.errors import DataError

RATE_HZ = 8000


def write(path: Path, duration_s: float = 0.2, rate_hz: int = RATE_HZ, value: float = 0.25, channels: int = 1) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    kind = {".aif": "AIFF"}.get(path.suffix.lower(), path.suffix[1:].upper())
    soundfile.write(path, np.full((round(duration_s * rate_hz), channels), value), rate_hz, format=kind)
    return path


def two_classes(folder: Path, n_each: int = 4) -> RecordingsSettings:
    for label in ("dog", "cat"):
        for number in range(n_each):
            write(folder / label / f"{number}.wav")
    return RecordingsSettings(path=str(folder))


def reasons(skipped: object) -> dict[str, str]:
    return {one.path: one.reason for one in skipped}  # type: ignore[attr-defined]


def held_out(loaded: LoadedClips) -> list[str]:
    return sorted(loaded.test.origins)


def test_the_class_is_the_first_folder_below_the_chosen_one(tmp_path: Path) -> None:
    for name in ("class 10/a.WAV", "class 10/deep/er/b.Flac", "class 2/c.ogg", "class 2/d.AIFF", "class 2/e.aif"):
        write(tmp_path / name)
    write(tmp_path / "loose.wav")
    (tmp_path / "class 2" / "notes.txt").write_text("not sound, not worth a word")
    inventory = scan(RecordingsSettings(path=str(tmp_path)))
    assert inventory.class_names == ("class 2", "class 10")
    assert inventory.counts == {"class 2": 3, "class 10": 2}
    assert [one.name for one in inventory.files] == [
        "class 10/a.WAV", "class 10/deep/er/b.Flac", "class 2/c.ogg", "class 2/d.AIFF", "class 2/e.aif",
    ]  # fmt: skip
    assert list(reasons(inventory.skipped)) == ["loose.wav"]
    assert inventory.usual_rate_hz == 8000.0
    assert inventory.duration_s == pytest.approx(1.0, abs=0.01)


def test_hidden_files_and_folders_are_passed_over_in_silence(tmp_path: Path) -> None:
    settings = two_classes(tmp_path)
    (tmp_path / "dog" / ".DS_Store").write_bytes(b"x")
    (tmp_path / "dog" / "._0.wav").write_bytes(b"x")
    write(tmp_path / ".trash" / "old.wav")
    inventory = scan(settings)
    assert len(inventory.files) == 8
    assert inventory.skipped == ()


def test_everything_that_cannot_be_used_is_listed_with_its_reason(tmp_path: Path) -> None:
    settings = dataclasses.replace(two_classes(tmp_path), channel=2)
    for label in ("dog", "cat"):
        for number in range(4):
            write(tmp_path / label / f"{number}.wav", channels=2)
    (tmp_path / "dog" / "text.wav").write_text("no sound")
    (tmp_path / "dog" / "empty.wav").touch()
    soundfile.write(tmp_path / "dog" / "none.wav", np.zeros((0, 2)), RATE_HZ)
    soundfile.write(tmp_path / "dog" / "nan.wav", np.full((4000, 2), np.nan), RATE_HZ, subtype="FLOAT")
    write(tmp_path / "dog" / "short.wav", duration_s=0.01, channels=2)
    write(tmp_path / "dog" / "mono.wav")
    for name in ("x.mp3", "x.m4a"):
        (tmp_path / "dog" / name).write_bytes(b"x")
    loaded = load_recordings(settings, seed=1)
    found = reasons(loaded.skipped)
    assert len(loaded.train) + len(loaded.test) == 8
    assert found["dog/text.wav"].startswith("it is not readable as audio")
    assert found["dog/empty.wav"] == "it is empty (0 bytes)"
    assert found["dog/none.wav"] == "it contains no samples"
    assert found["dog/nan.wav"] == "it contains samples that are not finite numbers"
    assert found["dog/short.wav"] == "it is too short: 0.01 s; at least 0.05 s are needed"
    assert found["dog/mono.wav"] == "it has 1 channel, and channel 2 was requested"
    assert found["dog/x.mp3"].startswith("it is not readable as audio")
    assert found["dog/x.m4a"] == ".m4a files are not supported; convert it to WAV or FLAC"
    assert len(found) == 8


def test_file_names_carry_labels_through_a_pattern(tmp_path: Path) -> None:
    for name in ("7_george_1", "7_lucas_1", "Seven_george_2", "seven_lucas_2", "readme"):
        write(tmp_path / "sub" / f"{name}.wav")
    settings = RecordingsSettings(path=str(tmp_path), labels_from="file names", pattern="{label}_*_*")
    inventory = scan(settings)
    assert inventory.counts == {"7": 2, "Seven": 1, "seven": 1}
    assert reasons(inventory.skipped) == {"sub/readme.wav": "its name does not match {label}_*_*"}
    speakers = dataclasses.replace(settings, pattern="*_{label}_*")
    assert scan(speakers).class_names == ("george", "lucas")


def write_manifest(folder: Path, text: str, encoding: str = "utf-8") -> RecordingsSettings:
    (folder / "list.csv").write_text(text, encoding=encoding)
    return RecordingsSettings(path=str(folder / "list.csv"), labels_from="manifest")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_manifest_says_labels_and_split(tmp_path: Path, encoding: str) -> None:
    for name in "abcdef":
        write(tmp_path / "in ner" / f"{name}.wav")
    settings = write_manifest(
        tmp_path,
        "Path, label ,split\nin ner/a.wav,Größe,test\nin ner/b.wav,Größe,Train\n\n"
        'in ner\\c.wav,dog,\n"in ner/d.wav",dog,\nin ner/gone.wav,dog,\nin ner/e.wav,,\nin ner/f.wav,dog,val\n'
        "in ner/a.wav,dog,\n",
        encoding,
    )
    loaded = load_recordings(settings, seed=1)
    assert loaded.train.class_names == ("dog", "Größe")
    assert "in ner/a.wav" in loaded.test.origins
    assert "in ner/b.wav" in loaded.train.origins
    assert (len(loaded.train), len(loaded.test)) == (2, 2)
    assert reasons(loaded.skipped) == {
        "in ner/gone.wav": "there is no such file",
        "in ner/e.wav": "row 8 of the manifest has no label for it",
        "in ner/f.wav": "row 9 of the manifest has the split 'val', not train or test",
        "in ner/a.wav": "row 10 of the manifest names it a second time",
    }


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"file,label\na.wav,dog\n", "begins with file, label; its first row should be path,label"),
        (b"", "begins with nothing"),
        (b"RIFF\0\0\0\1\0\0", "is no text; it should be a CSV file in UTF-8"),
        (b"path,label\na.wav,dog\n", "gives no usable recording: all 1 files were left out, a.wav because there is no"),
        (b"path,label\n", "gives no usable recording"),
    ],
)
def test_a_file_that_is_no_manifest_is_refused_in_words(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(content)
    with pytest.raises(DataError, match=message):
        load_recordings(RecordingsSettings(path=str(path), labels_from="manifest"), seed=1)


def test_semicolons_of_some_spreadsheets_are_understood(tmp_path: Path) -> None:
    write(tmp_path / "a.wav")
    inventory = scan(write_manifest(tmp_path, "path;label\na.wav;dog, brown\n"))
    assert inventory.class_names == ("dog, brown",)


def test_the_usual_rate_is_taken_and_others_are_resampled(tmp_path: Path) -> None:
    settings = two_classes(tmp_path)
    write(tmp_path / "dog" / "9.wav", rate_hz=44100)
    loaded = load_recordings(settings, seed=1)
    assert loaded.train.sample_rate_hz == 8000.0
    for clip in [*loaded.train.samples, *loaded.test.samples]:
        assert len(clip) == pytest.approx(1600, abs=2)
    asked = load_recordings(dataclasses.replace(settings, sample_rate_hz=16000.0), seed=1)
    assert asked.test.sample_rate_hz == 16000.0
    assert len(asked.test.samples[0]) == pytest.approx(3200, abs=2)


def test_long_recordings_are_cut_and_all_pieces_stay_on_one_side(tmp_path: Path) -> None:
    for label in ("dog", "cat"):
        for number in range(3):
            write(tmp_path / label / f"{number}.wav", duration_s=1.07)
    settings = RecordingsSettings(path=str(tmp_path), clip_s=0.25, shortest_s=0.05)
    loaded = load_recordings(settings, seed=1)
    assert (len(loaded.train), len(loaded.test)) == (20, 10)
    assert [len(clip) for clip in loaded.test.samples[:5]] == [2000, 2000, 2000, 2000, 560]
    assert loaded.test.origins[1].endswith(".wav at 0.25 s")
    sides = [{origin.split(" at ")[0] for origin in clips.origins} for clips in (loaded.train, loaded.test)]
    assert not sides[0] & sides[1]
    equal = load_recordings(dataclasses.replace(settings, shortest_s=0.1), seed=1)
    assert equal.train.samples.shape == (16, 2000)


def test_cut_keeps_a_whole_recording_where_no_length_is_asked_for() -> None:
    samples = np.arange(10, dtype=np.float32)
    assert [start for start, _ in cut(samples, 10.0, 0.4, 0.25)] == [0.0, 0.4]
    assert [start for start, _ in cut(samples, 10.0, 0.4, 0.2)] == [0.0, 0.4, 0.8]
    assert [len(piece) for _, piece in cut(samples, 10.0, 0.0, 0.2)] == [10]


def test_the_split_is_stratified_and_the_same_whatever_order_files_were_made_in(tmp_path: Path) -> None:
    names = [f"{label}/{number}.wav" for label in ("dog", "cat") for number in range(10)]
    for name in names:
        write(tmp_path / "one" / name)
    for name in reversed(names):
        write(tmp_path / "two" / name)
    first, second = (
        load_recordings(RecordingsSettings(path=str(tmp_path / folder), test_fraction=0.3), 1)
        for folder in ("one", "two")
    )
    assert held_out(first) == held_out(second)
    assert (np.bincount(first.test.labels, minlength=2) > 0).all()
    other = load_recordings(RecordingsSettings(path=str(tmp_path / "one"), test_fraction=0.3), 2)
    assert held_out(other) != held_out(first)


def test_another_class_does_not_change_what_is_held_out_of_the_first_ones(tmp_path: Path) -> None:
    settings = two_classes(tmp_path, 9)
    before = held_out(load_recordings(settings, 1))
    for number in range(5):
        write(tmp_path / "ant" / f"{number}.wav")
    assert set(before) < set(held_out(load_recordings(settings, 1)))


def test_linked_folders_are_followed_and_circles_end(tmp_path: Path) -> None:
    settings = two_classes(tmp_path / "data")
    write(tmp_path / "elsewhere" / "a.wav")
    (tmp_path / "data" / "fox").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "data" / "dog" / "circle").symlink_to(tmp_path / "data")
    assert scan(settings).counts == {"cat": 4, "dog": 4, "fox": 1}


@pytest.mark.parametrize(
    ("make", "message"),
    [
        ({}, "there is no audio file"),
        ({"dog/a.wav": 0.001, "cat/a.wav": 0.001}, "all 2 files were left out, .* it is too short"),
        ({"dog/a.wav": 0.2, "dog/b.wav": 0.2}, r"only 'dog' \(2 recordings\); at least two classes"),
        (
            {"dog/a.wav": 0.2, "dog/b.wav": 0.2, "cat/a.wav": 0.2},
            "class 'cat' has 1 recording and no test clip; add recordings",
        ),
    ],
)
def test_a_folder_that_is_no_data_set_gives_one_sentence(tmp_path: Path, make: dict[str, float], message: str) -> None:
    for name, duration_s in make.items():
        write(tmp_path / name, duration_s)
    with pytest.raises(DataError, match=message):
        load_recordings(RecordingsSettings(path=str(tmp_path)), seed=1)


def test_a_class_without_training_clips_in_the_manifest_is_explained(tmp_path: Path) -> None:
    for name in "abcd":
        write(tmp_path / f"{name}.wav")
    text = "path,label,split\na.wav,dog,test\nb.wav,dog,test\nc.wav,cat,\nd.wav,cat,\n"
    with pytest.raises(DataError, match="class 'dog' has 2 recordings and no training clip; give some of its rows"):
        load_recordings(write_manifest(tmp_path, text), seed=1)


@pytest.mark.parametrize("labels_from", ["folders", "file names", "manifest"])
def test_a_path_of_the_wrong_kind_is_one_sentence(tmp_path: Path, labels_from: str) -> None:
    settings = RecordingsSettings(path=str(tmp_path / "absent"), labels_from=labels_from)
    with pytest.raises(DataError, match="there is no folder or manifest"):
        scan(settings)
    wrong = tmp_path if labels_from == "manifest" else write(tmp_path / "a.wav")
    with pytest.raises(DataError, match=f"is a {'folder' if labels_from == 'manifest' else 'file'}"):
        scan(dataclasses.replace(settings, path=str(wrong)))


def test_progress_rises_to_one_and_may_raise_to_cancel(tmp_path: Path) -> None:
    settings = DataSettings(source="recordings", recordings=two_classes(tmp_path))
    shares: list[float] = []
    load_clips(settings, seed=1, progress=shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0

    def cancel(share: float) -> None:
        if share > 0.5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        load_clips(settings, seed=1, progress=cancel)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere file names are Unicode")
def test_names_that_are_no_unicode_text_are_read_or_skipped_with_the_reason(tmp_path: Path) -> None:
    settings = two_classes(tmp_path)
    sound = (tmp_path / "dog" / "0.wav").read_bytes()
    (tmp_path / os.fsdecode(b"\xff")).mkdir()
    for name in (b"/dog/\xff.wav", b"/\xff/0.wav"):
        Path(os.fsdecode(os.fsencode(tmp_path) + name)).write_bytes(sound)
    loaded = load_recordings(settings, seed=1)
    assert loaded.train.class_names == ("cat", "dog")
    assert len(loaded.train) + len(loaded.test) == 9
    assert reasons(loaded.skipped) == {"\udcff/0.wav": "the name of its class is not Unicode text"}


def test_a_manifest_that_spells_a_file_in_two_ways_has_it_once(tmp_path: Path) -> None:
    two_classes(tmp_path)
    rows = ["dog/0.wav,dog,train", "cat/../dog/0.wav,dog,test", "cat/0.wav,cat,train"]
    (tmp_path / "list.csv").write_text("\n".join(["path,label,split", *rows]))
    inventory = scan(RecordingsSettings(path=str(tmp_path / "list.csv"), labels_from="manifest"))
    assert [one.name for one in inventory.files] == ["cat/0.wav", "dog/0.wav"]
    assert reasons(inventory.skipped) == {"cat/../dog/0.wav": "row 3 of the manifest names it a second time"}


def test_a_recording_of_the_shortest_length_survives_another_sample_rate() -> None:
    """0.05002 s at 16 kHz are 800.32 samples: what the resampler rounds to 800 must not vanish."""
    assert len(cut(np.zeros(800, np.float32), 16000.0, 1.0, 0.05002)) == 1
    assert cut(np.zeros(799, np.float32), 16000.0, 1.0, 0.05002) == []


def test_long_recordings_are_read_in_blocks(tmp_path: Path) -> None:
    """Four files of 40 s, two channels at 48 kHz, 15 MB each as numbers: only their clips at 8 kHz are kept."""
    import tracemalloc

    for name in ("dog/1.wav", "dog/2.wav", "cat/1.wav", "cat/2.wav"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        soundfile.write(tmp_path / name, np.tile([[0.1, 0.2], [-0.1, -0.2]], (20 * 48000, 1)), 48000)
    settings = RecordingsSettings(path=str(tmp_path), clip_s=1.0, sample_rate_hz=8000.0)
    tracemalloc.start()
    loaded = load_recordings(settings, seed=1)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(loaded.train) + len(loaded.test) == 4 * 40
    assert most < 16e6  # the clips take 5 MB, once more while they are joined, and a block 3 MB
