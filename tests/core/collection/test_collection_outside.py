"""Collections changed by other programs, and data sets that become collections."""

from __future__ import annotations

import csv
import time
from pathlib import Path

import soundfile
from recorded import RATE_HZ, noise, reopened, rows, take

from mlpsvd.collection.collection import Collection
from mlpsvd.collection.encoding import encode
from mlpsvd.datasets.recordings import scan


def write_rows(collection: Collection, header: list[str], table: list[list[str]]) -> None:
    time.sleep(0.002)  # the time of the file differs then
    with collection.manifest.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *table])


def test_an_externally_deleted_file_is_reported_and_keeps_its_row(collection: Collection) -> None:
    collection.clips[0].path.unlink()
    again = reopened(collection)
    assert len(again.clips) == 3
    assert len(rows(again)) == 4
    assert "1 file is in the manifest but missing: dog/dog_" in again.notes[0]


def test_a_clip_whose_file_was_deleted_meanwhile_can_be_deleted(collection: Collection) -> None:
    clip = collection.clips[0]
    clip.path.unlink()
    assert collection.delete([clip.id]) == "1 clip deleted."
    assert len(reopened(collection).clips) == 3


def test_a_file_that_was_dropped_into_a_folder_becomes_a_clip(collection: Collection) -> None:
    collection.add(take("a/b"))
    for folder in ("dog", "a_b", " new"):
        (collection.folder / folder).mkdir(exist_ok=True)
        soundfile.write(collection.folder / folder / "dropped.wav", noise(), 8000)
    again = reopened(collection)
    assert again.counts == {"a/b": 2, "cat": 2, "dog": 3, "new": 1}
    assert "3 files that were not in the manifest are now in it" in again.notes[0]
    assert scan(again.recordings_settings()).counts == again.counts
    assert reopened(again).notes == ()


def test_a_row_that_was_removed_comes_back_with_its_file(collection: Collection) -> None:
    table = rows(collection)
    write_rows(collection, list(table[0]), [list(row.values()) for row in table[1:]])
    again = reopened(collection)
    assert again.counts == {"cat": 2, "dog": 2}
    assert "1 file that was not in the manifest is now in it" in again.notes[-1]


def test_a_file_that_was_moved_to_another_folder_has_that_label(collection: Collection) -> None:
    id, path = collection.clips[0].id, collection.clips[0].path
    path.rename(collection.folder / "cat" / "moved.flac")
    (collection.folder / "cat" / "moved.flac").rename(collection.folder / "cat" / path.name)
    again = reopened(collection)
    assert again.counts == {"cat": 3, "dog": 1}
    assert again.clip(id).label == "cat"
    assert "moved by another program" in again.notes[0]


def test_a_class_folder_that_was_renamed_is_a_class_renamed(collection: Collection) -> None:
    ids = [one.id for one in collection.clips]
    (collection.folder / "dog").rename(collection.folder / "wolf")
    again = reopened(collection)
    assert again.counts == {"cat": 2, "wolf": 2}
    assert [one.id for one in again.clips] == ids
    assert again.notes[0].startswith("2 files were moved by another program")
    again.undo()
    assert again.counts == {"cat": 1, "wolf": 2}


def test_unknown_columns_semicolons_and_other_encodings_lose_nothing(tmp_path: Path) -> None:
    for name in ("a.wav", "b.wav"):
        soundfile.write(tmp_path / name, noise(), 8000)
    text = "Label;Path;Weather;Weather\r\nhälg;a.wav;sunny, dry;x\r\nki;b.wav;rain;y\r\n"
    (tmp_path / "manifest.csv").write_bytes(text.encode("latin-1"))
    collection = Collection.open(tmp_path)
    assert collection.counts == {"hälg": 1, "ki": 1}
    copies = list(tmp_path.glob("manifest as found *.csv"))
    assert [copy.read_bytes() for copy in copies] == [text.encode("latin-1")]
    assert "read as Latin-1" in collection.notes[0]
    collection.add(take("ki"))
    found = rows(collection)
    assert [row["Weather"] for row in found] == ["x", "y", ""]
    assert "sunny, dry" in collection.manifest.read_text("utf-8")
    assert [path.name for path in (tmp_path).glob("*.wav")] != []
    assert reopened(collection).notes == ()


def test_an_invalid_manifest_is_kept_beside_the_new_one(collection: Collection) -> None:
    collection.manifest.write_text("name,weather\na,sunny\n")
    again = reopened(collection)
    assert again.counts == {"cat": 2, "dog": 2}
    (copy,) = again.folder.glob("manifest as found *.csv")
    assert copy.read_text() == "name,weather\na,sunny\n"
    assert "its first row should be path,label" in again.notes[0]


def test_what_another_program_writes_while_it_is_open_is_taken_over(collection: Collection) -> None:
    table = rows(collection)
    table[0]["label"] = "wolf"
    write_rows(collection, [*table[0], "mood"], [[*row.values(), "good"] for row in table])
    collection.add(take("dog"))
    assert collection.counts == {"cat": 2, "dog": 2, "wolf": 1}
    assert [row["mood"] for row in rows(collection)] == ["good"] * 4 + [""]
    assert collection.undo() == "Undone: clip of dog added."
    soundfile.write(collection.folder / "dog" / "dropped.wav", noise(), 8000)
    assert collection.refresh()
    assert collection.counts["dog"] == 2
    assert not collection.refresh()


def test_undoing_does_what_it_can_and_says_what_it_cannot(collection: Collection) -> None:
    collection.delete([one.id for one in collection.clips[:2]])
    next((collection.folder / ".mlpsvd" / "trash").iterdir()).unlink()
    assert collection.undo() == (
        "Undone: 2 clips deleted, except for 1 of 2, which another program has changed meanwhile."
    )
    assert len(collection.clips) == 3


def test_an_undone_clip_finds_its_place_taken_and_takes_another(collection: Collection) -> None:
    clip = collection.clips[0]
    collection.delete([clip.id])
    clip.path.write_bytes(encode(noise(seed=5), RATE_HZ, "flac").data)
    collection.undo()
    assert collection.clip(clip.id).path == clip.path.with_stem(f"{clip.path.stem}_2")


def test_a_data_set_without_a_manifest_gains_one_and_no_file_moves(tmp_path: Path) -> None:
    for name in ("dog/1.wav", "dog/deep/2.flac", "cat/3.WAV", "loose.wav", "dog/notes.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        if name.endswith("txt"):
            (tmp_path / name).write_text("no sound")
        else:
            soundfile.write(tmp_path / name, noise(), 8000, format=name[-4:].strip(".").upper())
    collection = Collection.open(tmp_path)
    assert [one.name for one in collection.clips] == ["cat/3.WAV", "dog/1.wav", "dog/deep/2.flac"]
    assert collection.counts == {"cat": 1, "dog": 2}
    assert collection.notes[0] == "There was no manifest; it was created from 3 files in their folders."
    assert "1 file left out (loose.wav)" in collection.notes[1]
    collection.relabel([collection.clips[2].id], "cat")
    assert (tmp_path / "cat" / "deep" / "2.flac").exists()


def test_files_that_lie_elsewhere_are_used_and_never_touched(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "far.wav", noise(), 8000)
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "manifest.csv").write_text("path,label\n../far.wav,dog\n")
    collection = Collection.open(tmp_path / "c" / "manifest.csv")
    (clip,) = collection.clips
    collection.relabel([clip.id], "cat")
    assert collection.clip(clip.id).path == tmp_path / "far.wav"
    trimmed = collection.trim(clip.id, 0.0, 0.1)
    assert trimmed.path.parent.name == "cat"
    collection.delete([clip.id])
    for _ in range(3):
        collection.undo()
    assert collection.clips[0].path == tmp_path / "far.wav"
    assert soundfile.info(tmp_path / "far.wav").frames == 1600
