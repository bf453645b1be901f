"""Collections on a real disk: names, formats, both ways of the loader, trash, spool."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st
from recorded import RATE_HZ, noise, reopened, rows, take

from mlpsvd.audio.files import read
from mlpsvd.collection.collection import Collection
from mlpsvd.collection.encoding import encode
from mlpsvd.collection.file_names import checked_label, safe_name
from mlpsvd.collection.journal import Journal
from mlpsvd.collection.spool import Spool, SpoolFacts
from mlpsvd.collection.take import Take
from mlpsvd.datasets.load import load_clips
from mlpsvd.datasets.recordings import load_recordings, scan
from mlpsvd.datasets.settings import DataSettings, RecordingsSettings
from mlpsvd.errors import DataError

MOMENT = datetime(2026, 11, 21, 14, 3, 5, 250000, tzinfo=timezone(timedelta(hours=1)))


def test_a_clip_is_a_plain_file_with_a_sane_name_and_a_row(tmp_path: Path) -> None:
    collection = Collection.create(tmp_path / "new" / "c")
    clip = collection.add(take("dog", started_at=MOMENT, device="USB  microphone\n2", has_gap=True), "big dog")
    local = MOMENT.astimezone()
    assert clip.name == f"big dog/big dog_{local:%Y-%m-%d_%H-%M-%S}_01.flac"
    assert soundfile.info(clip.path).subtype == "PCM_24"
    (row,) = rows(collection)
    assert row["path"] == clip.name
    assert (row["label"], row["device"], row["has_gap"]) == ("big dog", "USB microphone 2", "true")
    assert datetime.fromisoformat(row["recorded_at"]) == MOMENT == clip.recorded_at
    assert (clip.sample_rate_hz, clip.duration_s, clip.clipped, clip.has_gap) == (8000.0, 0.2, False, True)
    assert clip.level_dbfs == pytest.approx(-17.0, abs=0.3)
    assert collection.add(take("big dog", started_at=MOMENT)).name.endswith("_02.flac")


@pytest.mark.parametrize("file_format", ["flac", "wav"])
def test_samples_that_are_no_numbers_spoil_no_clip(tmp_path: Path, file_format: str) -> None:
    samples = noise()
    samples[[3, 5, 7]] = np.nan, np.inf, -np.inf
    clip = Collection.create(tmp_path / "c", file_format).add(Take(samples, RATE_HZ, "dog"))
    samples[[3, 5, 7]] = 0.0
    np.testing.assert_allclose(read(clip.path)[0], samples, atol=2.0**-24)


def test_a_rate_that_flac_does_not_have_is_kept_in_wav(tmp_path: Path) -> None:
    clip = Collection.create(tmp_path / "c", "flac").add(Take(noise(), 768_000.0, "dog"))
    assert clip.path.suffix == ".wav"
    assert read(clip.path)[1] == 768_000.0


def test_flac_keeps_24_bits_and_wav_every_bit(tmp_path: Path) -> None:
    collection = Collection.create(tmp_path / "c", "wav")
    loud = noise() * 10
    wav = collection.add(Take(loud, RATE_HZ, "dog"))
    flac = collection.add(Take(noise(), RATE_HZ, "dog", file_format="flac"))
    np.testing.assert_array_equal(read(wav.path)[0], loud)
    np.testing.assert_allclose(read(flac.path)[0], noise(), atol=2.0**-24)
    assert wav.clipped
    assert not flac.clipped
    assert reopened(collection).file_format == "wav"


@pytest.mark.parametrize(
    ("kind", "subtype", "channels"),
    [("WAV", "PCM_16", 2), ("FLAC", "PCM_24", 1), ("WAV", "FLOAT", 1), ("AIFF", "PCM_24", 2), ("WAV", "PCM_U8", 1)],
)
def test_trimming_changes_no_bit_of_what_is_kept(tmp_path: Path, kind: str, subtype: str, channels: int) -> None:
    path = tmp_path / "dog" / f"a.{kind.lower()}"
    path.parent.mkdir()
    soundfile.write(path, np.tile(noise()[:, None], channels), 8000, format=kind, subtype=subtype)
    whole, _ = soundfile.read(path, dtype="float64")
    collection = Collection.open(tmp_path)
    clip = collection.trim(collection.clips[0].id, 0.05, 0.15)
    np.testing.assert_array_equal(soundfile.read(clip.path, dtype="float64")[0], whole[400:1200])
    about = soundfile.info(clip.path)
    assert (about.format, about.subtype, about.channels) == (kind, subtype, channels)
    assert clip.duration_s == 0.1
    collection.undo()
    np.testing.assert_array_equal(soundfile.read(collection.clips[0].path, dtype="float64")[0], whole)


def test_trimming_what_loses_with_every_writing_makes_a_file_that_does_not(tmp_path: Path) -> None:
    path = tmp_path / "dog" / "a.ogg"
    path.parent.mkdir()
    soundfile.write(path, noise(), 8000)
    collection = Collection.open(tmp_path)
    clip = collection.trim(collection.clips[0].id, 0.05, 0.15)
    assert clip.name == "dog/a.flac"
    assert not path.exists()
    collection.undo()
    assert path.exists()
    assert not clip.path.exists()


def test_trimming_moves_the_time_of_recording_and_refuses_to_leave_nothing(tmp_path: Path) -> None:
    collection = Collection.create(tmp_path / "c")
    clip = collection.add(take("dog", started_at=MOMENT))
    assert collection.trim(clip.id, 0.0, 9.0) == clip
    assert collection.trim(clip.id, 0.05, 9.0).recorded_at == MOMENT + timedelta(seconds=0.05)
    with pytest.raises(DataError, match="it has no samples from 3 to 4 s"):
        collection.trim(clip.id, 3.0, 4.0)


NASTY = [
    "a/b", "a:b", "a\\b", "..", ". hidden", "  lead", "trail. ", "CON", "nul", "com1.wav", "Dog", "dog", "鳥",
    "Ko\u0308ln", "<>", "x" * 400, "a\u202eb", "100 %", "=1+1", "semi;colon", 'quo"te', "comma,",
]  # fmt: skip


def test_labels_that_no_system_can_hold_get_folders_that_every_system_can(tmp_path: Path) -> None:
    collection = Collection.create(tmp_path / "c")
    for label in NASTY:
        collection.add(take(label))
        collection.add(take(label))
    wanted = sorted(checked_label(label) for label in NASTY)
    assert sorted(collection.counts) == sorted(scan(collection.recordings_settings()).counts) == wanted
    by_folder = scan(RecordingsSettings(path=str(collection.folder)))
    assert sorted(by_folder.counts.values()) == [2] * len(NASTY)
    folders = [name.casefold() for name in by_folder.counts]
    assert len(set(folders)) == len(folders)
    assert load_recordings(collection.recordings_settings(), seed=1).train.class_names
    assert reopened(collection).notes == ()


@given(st.text(max_size=50))
def test_a_safe_name_is_safe(label: str) -> None:
    name = safe_name(label)
    assert name
    assert not set(name) & set('<>:"/\\|?*\0')
    assert name == name.strip(" .")
    assert len(name.encode()) <= 81
    assert name.partition(".")[0].casefold() not in ("con", "nul", "aux", "prn", "com1", "lpt9")
    assert safe_name(name) == name


@pytest.mark.parametrize("label", ["", "  ", "two\nlines", "nul\0", "half \udc80"])
def test_an_invalid_label_is_refused_and_the_take_is_kept(collection: Collection, label: str) -> None:
    one = spooled(collection, "")
    with pytest.raises(DataError, match="label"):
        collection.add(one, label)
    assert one.spool is not None
    assert one.spool.exists()
    assert len(collection.clips) == 4


def spooled(collection: Collection, label: str, id: str = "abc") -> Take:
    spool = Spool(collection.spool_folder, SpoolFacts(id, label, RATE_HZ, MOMENT.isoformat()))
    spool.write(noise())
    spool.finish(False)
    return Take(noise(), RATE_HZ, label, id=id, spool=spool.path)


def test_both_ways_of_the_loader_give_the_same_clips(collection: Collection) -> None:
    manifest = load_clips(DataSettings(source="recordings", recordings=collection.recordings_settings()), seed=1)
    folders = load_clips(
        DataSettings(source="recordings", recordings=RecordingsSettings(path=str(collection.folder))), seed=1
    )
    assert manifest.train.class_names == folders.train.class_names == ("cat", "dog")
    np.testing.assert_array_equal(manifest.train.samples, folders.train.samples)
    assert manifest.skipped == folders.skipped == ()


def test_a_take_is_a_clip_only_once_and_leaves_the_spool(collection: Collection) -> None:
    one = spooled(collection, "cow")
    collection.add(one)
    assert list(collection.spool_folder.iterdir()) == []
    with pytest.raises(DataError, match="already"):
        collection.add(one)
    with pytest.raises(DataError, match="without samples"):
        collection.add(take("cow", 0))


def test_takes_left_in_the_spool_are_recovered_once_with_a_message(collection: Collection) -> None:
    spooled(collection, "cow")
    (collection.spool_folder / "empty.wav").write_bytes(b"RIFF")
    again = reopened(collection)
    assert again.counts == {"cat": 2, "cow": 1, "dog": 2}
    assert len(again.notes) == 1
    assert "A clip of cow (0.2 s)" in again.notes[0]
    assert again.next_undo == "clip of cow added"
    assert reopened(again).notes == ()


def test_a_class_without_clips_leaves_no_folder_behind(collection: Collection) -> None:
    collection.rename_class("dog", "wolf")
    assert sorted(path.name for path in collection.folder.iterdir()) == [".mlpsvd", "cat", "manifest.csv", "wolf"]
    assert all(one.path.name.startswith(one.label) for one in collection.clips)
    collection.undo()
    assert (collection.folder / "dog").is_dir()


def test_the_trash_is_counted_and_emptied_only_when_asked(collection: Collection) -> None:
    sizes = [one.path.stat().st_size for one in collection.clips[:2]]
    assert collection.delete([one.id for one in collection.clips[:2]]) == "2 clips deleted."
    assert (collection.trash.n_files, collection.trash.n_bytes) == (2, sum(sizes))
    again = reopened(collection)
    assert again.trash.n_files == 2
    assert again.empty_trash() == "2 files (0.0 MB) deleted permanently."
    assert again.trash.n_files == 0
    assert again.next_undo == ""


def test_a_damaged_journal_loses_only_the_undo_history(collection: Collection) -> None:
    journal = collection.folder / ".mlpsvd" / "journal.jsonl"
    journal.write_bytes(b"{}\n" + journal.read_bytes())
    again = reopened(collection)
    assert len(again.clips) == 4
    (note,) = again.notes
    assert note.startswith("The undo history was renamed to journal-damaged-1.jsonl, and earlier steps cannot be")
    assert "kind is missing" in note
    again.add(take("dog"))
    assert reopened(again).next_undo == "clip of dog added"


def test_adding_to_five_thousand_clips_takes_less_than_fifty_milliseconds(tmp_path: Path) -> None:
    data = encode(noise(800), RATE_HZ, "flac").data
    table = ["path,label,sample_rate_hz,duration_s,id"]
    for number in range(5000):
        name = f"class {number % 10}/{number}.flac"
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(data)
        table.append(f"{name},class {number % 10},8000,0.1,id{number}")
    (tmp_path / "manifest.csv").write_text("\n".join(table) + "\n")
    collection = Collection.open(tmp_path)
    times_s = []
    for _ in range(15):
        one = take("class 3", 8000)
        begun_s = time.process_time()  # what it takes of a processor: the disk belongs to others as well
        collection.add(one)
        times_s.append(time.process_time() - begun_s)
    assert sorted(times_s)[7] < 0.05


def test_a_long_list_of_steps_is_shortened_and_the_latest_can_be_undone_and_done_again(collection: Collection) -> None:
    for number in range(12):
        collection.rename_class("dog" if number % 2 == 0 else "wolf", "wolf" if number % 2 == 0 else "dog")
    collection.undo()
    collection.undo()
    before = collection.clips
    collection.close()
    journal = Journal(collection.folder / ".mlpsvd" / "journal.jsonl")
    size = journal.path.stat().st_size
    journal.shorten(most=8)
    assert journal.path.stat().st_size < size
    again = Collection.open(collection.folder)
    assert again.clips == before
    assert (again.next_undo, again.next_redo) == ("class wolf renamed to dog", "class dog renamed to wolf")
    again.redo()
    again.redo()
    assert again.next_redo == ""
    for _ in range(6):
        again.undo()
    assert again.next_undo == ""
    assert again.counts == {"cat": 2, "dog": 2}


def test_a_split_that_somebody_wrote_into_the_manifest_is_noticed(collection: Collection) -> None:
    assert not collection.has_fixed_split
    header, first, *others = collection.manifest.read_text().splitlines()
    path, label, _, *rest = first.split(",")
    collection.manifest.write_text("\n".join([header, ",".join([path, label, "test", *rest]), *others]) + "\n")
    collection.refresh()
    assert collection.has_fixed_split
