"""Collections that somebody sent: whatever they hold, nothing outside their folder is written, moved or deleted."""

from __future__ import annotations

import csv
import json
import os
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from hostile_collections import append_step, everything, make_collection, make_outside, replace_by_link, tree
from recorded import noise, take

from mlpsvd.audio.files import read
from mlpsvd.audio.ring_buffer import RingBuffer
from mlpsvd.collection.collection import Collection
from mlpsvd.collection.encoding import encode
from mlpsvd.collection.recording.recorder import Recorder
from mlpsvd.collection.recording.settings import RecordSettings
from mlpsvd.errors import DataError

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="links and pipes need rights there")


@dataclass
class Sent:
    """A collection that somebody sent, and what lies beside it on the disk of whoever opens it."""

    folder: Path
    outside: Path

    def rows(self) -> list[list[str]]:
        with (self.folder / "manifest.csv").open(encoding="utf-8", newline="") as file:
            return list(csv.reader(file))

    def write_rows(self, table: list[list[str]]) -> None:
        with (self.folder / "manifest.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(table)

    def change_row(self, **cells: str) -> None:
        """Change the first row of the manifest."""
        header, first, *rest = self.rows()
        self.write_rows([header, [cells.get(name, cell) for name, cell in zip(header, first, strict=True)], *rest])


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("originals")
    make_collection(folder / "sent")
    (folder / "sound.flac").write_bytes(encode(noise(), 8000.0, "flac").data)
    return folder


@pytest.fixture(autouse=True)
def quick_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """These tests cut no power; waiting for the disk would be all their time."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


@pytest.fixture
def sent(originals: Path, tmp_path: Path) -> Sent:
    shutil.copytree(originals / "sent", tmp_path / "in" / "sent")
    return Sent(tmp_path / "in" / "sent", make_outside(tmp_path / "outside", originals / "sound.flac"))


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def assert_harmless(sent: Sent) -> list[str]:
    """Open the collection and do every step: nothing outside changes, and every refusal is one sentence."""
    top = sent.folder.parent.parent
    before, beside = tree(sent.outside), names(sent.folder.parent)
    sentences = everything(sent.folder)
    assert tree(sent.outside) == before
    assert names(sent.folder.parent) == beside
    assert names(top) == ["in", "outside"]
    for sentence in sentences:
        assert sentence.isprintable() and len(sentence) < 700, sentence
    return sentences


PLACES = (
    "../../outside/person/.bashrc", "../../outside/new", "dog/../../../outside/person/.ssh/config",
    "/{outside}/person/.bashrc",
    "{outside}/person/.ssh/id_ed25519", "..\\..\\outside\\home\\.bashrc", "dog\\..\\..\\..\\outside\\far.flac",
    "C:\\Windows\\win.ini", "C:x.flac", "\\\\server\\share\\x.flac", "..", ".", "", "dog/\0.flac", "dog/\ud800.flac",
    "manifest.csv", "MANIFEST.CSV", "manife\u200cst.csv", ".mlpsvd/lock", ".MLPSVD/journal.jsonl", ".mlpsvd",
    ".mlpsvd/trash",
    ".mlpsvd/trash/../../../../outside/far.flac", ".mlpsvd/spool/x.wav", "ｍanifest.csv",
)  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("is_target", [True, False])
def test_a_step_that_moves_files_out_of_the_folder_or_in_is_not_finished(
    sent: Sent, place: str, is_target: bool
) -> None:
    place = place.replace("{outside}", str(sent.outside))
    (trash,) = (path.name for path in sorted((sent.folder / ".mlpsvd" / "trash").iterdir())[:1])
    good = f".mlpsvd/trash/{trash}" if is_target else "dog/stolen.flac"
    journal = (sent.folder / ".mlpsvd" / "journal.jsonl").read_bytes()
    manifest, outside = (sent.folder / "manifest.csv").read_bytes(), tree(sent.outside)
    append_step(sent.folder, [["dog/none.flac", "dog/none too.flac"], [good, place] if is_target else [place, good]])
    changed = (sent.folder / ".mlpsvd" / "journal.jsonl").read_bytes()
    with Collection.open(sent.folder) as collection:
        (note,) = collection.notes
        assert note.startswith("The undo history was renamed to journal-damaged-1.jsonl")
        assert len(collection.clips) == 4
        assert collection.next_undo == ""
    assert (sent.folder / "manifest.csv").read_bytes() == manifest
    assert (sent.folder / ".mlpsvd" / "journal-damaged-1.jsonl").read_bytes() == changed != journal
    assert (sent.folder / ".mlpsvd" / "trash" / trash).is_file()
    assert tree(sent.outside) == outside


@pytest.mark.parametrize("place", PLACES)
def test_undoing_and_redoing_move_nothing_out_of_the_folder(sent: Sent, place: str) -> None:
    place = place.replace("{outside}", str(sent.outside))
    journal = sent.folder / ".mlpsvd" / "journal.jsonl"
    steps = list(map(json.loads, journal.read_text("utf-8").splitlines()))
    for step in steps:
        for change in step.get("step", {}).get("changes", ()):
            for state in (change["before"], change["after"]):
                if state is not None:
                    state["cells"]["path"] = place
    journal.write_text("".join(json.dumps(step) + "\n" for step in steps), encoding="utf-8")
    assert_harmless(sent)


@pytest.mark.parametrize("trash", ["../../../../outside/person/.bashrc", "..", "../lock", "\0", "a/b", "C:\\x"])
def test_the_trash_of_a_step_is_one_file_in_the_trash(sent: Sent, trash: str) -> None:
    journal = sent.folder / ".mlpsvd" / "journal.jsonl"
    steps = list(map(json.loads, journal.read_text("utf-8").splitlines()))
    for step in steps:
        for change in step.get("step", {}).get("changes", ()):
            for state in (change["before"], change["after"]):
                if state is not None:
                    state["trash"] = trash
    journal.write_text("".join(json.dumps(step) + "\n" for step in steps), encoding="utf-8")
    assert_harmless(sent)


@pytest.mark.parametrize(
    "id", ["../../../../escaped", "/tmp/escaped", "..", "..\\..\\x", "a/b", "C:x", "x" * 300, "é", "a\nb"]
)
def test_an_id_names_no_file_outside_the_trash_and_stays_in_the_manifest(sent: Sent, id: str) -> None:
    sent.change_row(id=id)
    with Collection.open(sent.folder) as collection:
        assert collection.clips[0].id == id
        collection.trim(id, 0.0, 0.05)
        collection.delete([id])
        assert collection.undo() == "Undone: 1 clip deleted."
        assert collection.undo().startswith("Undone: clip of ox trimmed")
        assert collection.clip(id).duration_s == pytest.approx(0.2)
    with Collection.open(sent.folder) as collection:
        assert collection.notes == ()
        assert collection.redo().startswith("Redone: clip of ox trimmed")
    assert_harmless(sent)


@pytest.mark.parametrize("path", ["../../outside/far.flac", "{outside}/far.flac", "dog\\..\\..\\..\\outside\\far.flac"])
def test_a_row_that_points_outside_is_read_and_never_changed(sent: Sent, path: str) -> None:
    sent.change_row(path=path.replace("{outside}", str(sent.outside)))
    with Collection.open(sent.folder) as collection:
        clip = collection.clips[0]
        assert clip.path == sent.outside / "far.flac"
        assert len(read(clip.path)[0]) == 1600
        assert any("1 clip lies outside the folder" in note for note in collection.notes)
        for _ in range(3):
            collection.undo()
    sentences = assert_harmless(sent)
    assert sentences


LINKED = ("manifest.csv", ".mlpsvd/lock", ".mlpsvd/journal.jsonl", ".mlpsvd/collection.json")
LINKED_FOLDERS = (".mlpsvd", ".mlpsvd/spool", ".mlpsvd/trash")


@pytest.mark.parametrize("target", ["person/.bashrc", "nothing there", "person"])
@pytest.mark.parametrize("name", [*LINKED, *LINKED_FOLDERS])
def test_what_the_program_writes_is_never_a_link(sent: Sent, name: str, target: str) -> None:
    replace_by_link(sent.folder / name, sent.outside / target)
    sentences = assert_harmless(sent)
    assert any("is a link" in one or "cannot be read" in one or "is a folder" in one for one in sentences)
    assert (sent.folder / name).readlink() == (sent.outside / target)


@pytest.mark.parametrize("name", [*LINKED, *LINKED_FOLDERS])
def test_a_link_to_the_very_file_leaves_the_clips_to_be_used(sent: Sent, name: str, tmp_path: Path) -> None:
    (tmp_path / "moved").mkdir()
    (sent.folder / ".mlpsvd" / "spool").mkdir()
    (sent.folder / name).rename(moved := tmp_path / "moved" / Path(name).name)
    (sent.folder / name).symlink_to(moved)
    before = tree(tmp_path / "moved")
    with Collection.open(sent.folder) as collection:
        assert len(collection.clips) == 4
        assert not collection.writable
        assert f"{name} is a link" in collection.notes[0]
        with pytest.raises(DataError, match=f"cannot be changed: {name} is a link"):
            collection.add(take("dog"))
    assert tree(tmp_path / "moved") == before


@pytest.mark.parametrize("name", [*LINKED, *LINKED_FOLDERS])
def test_a_link_that_comes_while_the_collection_is_open_is_not_written_through(sent: Sent, name: str) -> None:
    before = tree(sent.outside)
    with Collection.open(sent.folder) as collection:
        replace_by_link(sent.folder / name, sent.outside / ("person" if name in LINKED_FOLDERS else "person/.bashrc"))
        for step in (lambda: collection.add(take("dog")), collection.undo, collection.empty_trash):
            with pytest.raises(DataError, match="is a link"):
                step()
        collection.refresh()
        assert collection.trash.n_files == 0 or name not in LINKED_FOLDERS
    assert tree(sent.outside) == before


def test_a_class_folder_that_is_a_link_is_read_and_never_written_through(sent: Sent) -> None:
    (sent.folder / "linked").symlink_to(sent.outside / "sounds")
    before = tree(sent.outside)
    with Collection.open(sent.folder) as collection:
        assert collection.counts == {"cat": 2, "dog": 1, "linked": 2, "ox": 1}
        assert any("2 clips are reached through a link (linked/a.flac and 1 more)" in one for one in collection.notes)
        linked = [one.id for one in collection.clips if one.label == "linked"]
        added = collection.add(take("linked"))
        assert added.path.parent == sent.folder / "linked 2"
        collection.rename_class("dog", "linked")
        assert (sent.folder / "linked 2").is_dir()
        with pytest.raises(DataError, match=r"linked/a\.flac is reached through a link"):
            collection.delete(linked[:1])
        with pytest.raises(DataError, match="reached through a link"):
            collection.trim(linked[1], 0.0, 0.1)
        collection.relabel(linked, "bird")
        assert collection.counts["bird"] == 2
    with Collection.open(sent.folder) as collection:
        assert collection.counts["bird"] == 2
        collection.undo()
        assert collection.counts["linked"] == 4
    assert tree(sent.outside) == before
    assert_harmless(sent)


def test_a_folder_inside_a_class_that_is_a_link_is_not_written_through(sent: Sent) -> None:
    (sent.folder / "dog" / "deep").mkdir()
    (sent.folder / "dog" / "deep" / "c.flac").write_bytes((sent.outside / "far.flac").read_bytes())
    (sent.folder / "linked").mkdir()
    (sent.folder / "linked" / "deep").symlink_to(sent.outside / "sounds")
    before = tree(sent.outside)
    with Collection.open(sent.folder) as collection:
        (deep,) = (one for one in collection.clips if one.name == "dog/deep/c.flac")
        collection.relabel([deep.id], "linked")
        assert collection.clip(deep.id).path == sent.folder / "linked" / "c.flac"
        collection.undo()
        assert collection.clip(deep.id).path == sent.folder / "dog" / "deep" / "c.flac"
    assert tree(sent.outside) == before
    assert_harmless(sent)


def test_a_clip_that_is_a_link_stays_where_it_is(sent: Sent) -> None:
    (sent.folder / "dog" / "link.flac").symlink_to("../../../outside/far.flac")
    with Collection.open(sent.folder) as collection:
        (clip,) = (one for one in collection.clips if one.name == "dog/link.flac")
        collection.relabel([clip.id], "cat")
        assert collection.clip(clip.id).name == "dog/link.flac"
        with pytest.raises(DataError, match="reached through a link"):
            collection.delete([clip.id])
        assert len(read(clip.path)[0]) == 1600
    assert_harmless(sent)


@pytest.mark.parametrize("target", ["person/.bashrc", "person", "far.flac", "nothing there"])
@pytest.mark.parametrize(
    "name", ["dog/x.wav", ".mlpsvd/spool/a.wav", ".mlpsvd/spool/a.json", ".mlpsvd/trash/x.flac", "x"]
)
def test_links_elsewhere_in_it_lead_to_no_change(sent: Sent, name: str, target: str) -> None:
    replace_by_link(sent.folder / name, sent.outside / target)
    assert_harmless(sent)


def test_an_unfinished_step_through_a_linked_class_folder_is_not_finished(sent: Sent) -> None:
    (trash,) = (path.name for path in sorted((sent.folder / ".mlpsvd" / "trash").iterdir())[:1])
    (sent.folder / "linked").symlink_to(sent.outside / "sounds")
    append_step(sent.folder, [[f".mlpsvd/trash/{trash}", "linked/new.flac"], ["linked/a.flac", "dog/stolen.flac"]])
    with Collection.open(sent.folder) as collection:
        assert "its last step cannot be finished (linked is a link" in collection.notes[0]
    assert (sent.folder / ".mlpsvd" / "trash" / trash).is_file()
    assert_harmless(sent)


@pytest.mark.parametrize("name", ["manifest.csv", ".mlpsvd/lock", ".mlpsvd/journal.jsonl"])
def test_a_file_with_a_second_name_elsewhere_is_not_written_in_place(sent: Sent, name: str) -> None:
    (sent.folder / name).unlink()
    os.link(sent.outside / "person" / ".bashrc", sent.folder / name)
    assert_harmless(sent)


PIPES = ("manifest.csv", ".mlpsvd/lock", ".mlpsvd/journal.jsonl", ".mlpsvd/collection.json", ".mlpsvd/spool/a.wav",
         ".mlpsvd/spool/a.json", ".mlpsvd/trash/x.flac", ".mlpsvd/spool", ".mlpsvd/trash", ".mlpsvd", "dog/x.txt",
         "dog/x.wav", "linked")  # fmt: skip


@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.symlink_to("/dev/zero")], ids=["pipe", "/dev/zero"])
@pytest.mark.parametrize("name", PIPES)
def test_nothing_waits_for_a_pipe_or_reads_a_device(sent: Sent, name: str, make: Callable[[Path], None]) -> None:
    path = sent.folder / name
    if path.is_dir():
        shutil.rmtree(path)
    path.unlink(missing_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    make(path)
    assert_harmless(sent)


@pytest.mark.parametrize("target", ["/", "..", "../..", "dog", "."])
def test_a_link_to_a_folder_that_holds_the_collection_is_not_followed(sent: Sent, target: str) -> None:
    shutil.copyfile(sent.outside / "far.flac", sent.folder.parent / "beside.flac")
    (sent.folder / "linked").symlink_to(target)
    began_s = time.process_time()
    with Collection.open(sent.folder) as collection:
        assert collection.counts == {"cat": 2, "dog": 1, "ox": 1}
    assert time.process_time() - began_s < 2.0


def test_a_clip_that_became_a_pipe_is_not_waited_for(sent: Sent) -> None:
    with Collection.open(sent.folder) as collection:
        clip = collection.clips[0]
        clip.path.unlink()
        os.mkfifo(clip.path)
        with pytest.raises(DataError, match="is a named pipe"):
            collection.trim(clip.id, 0.0, 0.05)
        assert collection.delete([clip.id]) == "1 clip deleted."


def test_a_recorder_writes_through_no_link_that_has_come_since(sent: Sent) -> None:
    before = tree(sent.outside)
    with Collection.open(sent.folder) as collection:
        replace_by_link(collection.spool_folder, sent.outside / "person")
        ring = RingBuffer(16_000)
        recorder = Recorder(ring, 8000.0, RecordSettings(pre_roll_s=0.0), collection.spool_folder)
        recorder.start("dog")
        ring.write(noise(4000))
        assert recorder.close() == []
        assert "cannot be written to (.mlpsvd/spool is a link)" in recorder.state.message
    assert tree(sent.outside) == before


def test_what_a_take_was_recorded_from_is_one_line_of_text(sent: Sent) -> None:
    with Collection.open(sent.folder) as collection:
        clip = collection.add(take("dog", device="USB\n\ud800 mic " + "x" * 5000))
        assert clip.device.startswith("USB \ufffd mic xxx") and len(clip.device) <= 200


def test_an_id_of_a_take_that_is_no_plain_name_is_refused(sent: Sent) -> None:
    with Collection.open(sent.folder) as collection, pytest.raises(DataError, match=r"the id of the take is '\.\./x'"):
        collection.add(take("dog", id="../x"))
