"""The library of kept runs: search, notes, trash, index, and what a kill or a damaged file leaves."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from kept_runs import fill, small_run
from small_disk import small_disk

from mlpsvd.errors import DataError, FileFormatError, MlpSvdError, SettingError
from mlpsvd.experiments.runs import index, kept_run, places
from mlpsvd.experiments.runs.find import find_run, find_trashed
from mlpsvd.experiments.runs.library import RunLibrary
from mlpsvd.experiments.runs.move import move_library
from mlpsvd.experiments.runs.read_run import read_run
from mlpsvd.experiments.runs.run import Run
from mlpsvd.experiments.runs.run_folder import RunFolder
from mlpsvd.experiments.runs.trash import TRASH


@pytest.fixture(scope="module")
def run() -> Run:
    return small_run()


@pytest.fixture(scope="module")
def filled(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    library = RunLibrary(tmp_path_factory.mktemp("filled") / "runs")
    fill(library, run, 4)
    return library.folder


@pytest.fixture
def library(filled: Path, tmp_path: Path) -> RunLibrary:
    """A library of four runs."""
    shutil.copytree(filled, tmp_path / "runs")
    return RunLibrary(tmp_path / "runs")


def names(library: RunLibrary, query: str = "") -> list[str]:
    return [one.folder.name[:10] for one in library.search(query)]


def test_a_run_is_summarised_with_status_accuracies_and_settings(library: RunLibrary, run: Run) -> None:
    entry = library.search()[0]
    assert entry.folder.name == "2026-01-04_120000_Paper-5-classes-10-Hz"
    assert (entry.status, entry.n_epochs, entry.seed, entry.n_test) == ("complete", 3, 1, 200)
    assert entry.accuracies == pytest.approx(run.accuracy) and entry.epochs == {"mlp": 3, "mlp-svd": 3}
    assert entry.problem == "" and not entry.can_resume
    assert kept_run.read_kept_run(entry.folder).settings["training.epochs"] == "3"


def test_search_finds_names_notes_tags_and_settings(library: RunLibrary) -> None:
    first, second, third, fourth = reversed(library.folders())
    library.annotate(first, note="Zwölf Vögel\nam Morgen", add_tags=["birds", "paper"])
    library.annotate(second, title="  The  best one ", star=True)
    library.annotate(third, add_tags=["birdsong"])
    assert names(library, "vögel") == ["2026-01-01"] and names(library, '"best one"') == ["2026-01-02"]
    assert names(library, "tag=birds") == ["2026-01-01"] and names(library, "#birds") == ["2026-01-03", "2026-01-01"]
    assert names(library, "birds paper") == ["2026-01-03", "2026-01-01"]
    for query, n_found in (("seed=1", 4), ("epochs=3.0", 4), ("training.epochs=3", 4), ("epochs=30", 0)):
        assert len(library.search(query)) == n_found, query
    assert len(library.search("filters[0].centre_hz=710")) == 4 and library.search("pochs=3") == []
    assert [one.name for one in library.search(starred=True)] == ["The best one"]
    assert library.tags() == {"birds": 1, "paper": 1, "birdsong": 1}
    library.annotate(first, note="", remove_tags=["paper"])
    assert names(library, "vögel") == [] and library.tags() == {"birds": 1, "birdsong": 1}
    assert fourth in library.folders() and names(library, "' OR 1 % _") == []


def test_impossible_marks_are_refused_and_nothing_changes(library: RunLibrary) -> None:
    folder = library.folders()[0]
    library.annotate(folder, note="kept")
    for marks in ({"add_tags": ["two words"]}, {"add_tags": [""]}, {"title": "x" * 101}, {"note": "x" * 20_001}):
        with pytest.raises(SettingError):
            library.annotate(folder, **marks)
    assert library.search()[0].about.note == "kept"
    (folder / "about.json").write_text('{"program": "mlpsvd", "format_version": 2}')
    with pytest.raises(FileFormatError, match=r"format_version is 2; this program reads up to version 1"):
        library.annotate(folder, note="lost")
    assert "format_version is 2" in library.search()[0].problem


def test_two_writers_lose_no_tag(library: RunLibrary) -> None:
    folder = library.folders()[0]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: library.annotate(folder, add_tags=[f"t{number}"]), range(12)))
    assert len(library.search()[0].about.tags) == 12


def test_deleted_runs_wait_in_the_trash(library: RunLibrary) -> None:
    oldest, newest = library.folders()[-1], library.folders()[0]
    moved = library.delete(newest)
    library.delete(oldest)
    assert len(library.search()) == 2 and library.trashed()[0].folder == moved
    newest.mkdir()  # the name has been taken again meanwhile
    assert library.restore(moved).name == f"{newest.name}-2"
    assert read_run(library.folder / f"{newest.name}-2").is_finished
    (library.folder / TRASH / "mine.txt").write_text("stays")
    assert library.empty_trash() == 1 and library.trashed() == []
    assert (library.folder / TRASH / "mine.txt").exists() and len(library.search()) == 3


def test_only_own_idle_runs_are_deleted(library: RunLibrary, tmp_path: Path) -> None:
    folder = library.folders()[0]
    shutil.copytree(folder, tmp_path / folder.name)
    for other in (tmp_path / folder.name, library.folder / "no run", library.folder):
        with pytest.raises(FileFormatError, match="is not a run in"):
            library.delete(other)
    with RunFolder(folder), pytest.raises(DataError, match="is being trained; stop it before you delete it"):
        library.delete(folder)
    assert len(library.search()) == 4


def test_marked_runs_are_never_pruned_and_do_not_count(library: RunLibrary) -> None:
    folders = library.folders()
    library.annotate(folders[3], star=True)
    library.annotate(folders[2], note="why")
    (library.folder / "2026-01-01_000000_empty" / ".mlpsvd").mkdir(parents=True)
    deleted = RunLibrary(library.folder, most_runs=1).prune()
    assert deleted == [folders[1]] and library.folders() == [folders[0], folders[2], folders[3]]
    assert not (library.folder / "2026-01-01_000000_empty").exists()


def test_interrupted_and_stopped_runs_are_recognised_and_go_on(tmp_path: Path) -> None:
    library = RunLibrary(tmp_path / "runs")
    stopped = small_run(stop_after=4)
    folder = library.new_folder(stopped.experiment)
    with RunFolder(folder) as opened:
        opened.checkpoint(stopped)
        assert library.search()[0].status == "training" and library.entries() == []
    entry = library.search()[0]
    assert (entry.status, entry.epochs, entry.can_resume) == ("interrupted", {"mlp": 1, "mlp-svd": 1}, True)
    assert entry.accuracies == pytest.approx(stopped.accuracy) and entry.n_test == 200
    stopped.save(folder, with_figures=False)
    assert library.search()[0].status == "stopped"
    with RunFolder(folder) as opened:
        opened.checkpoint(small_run(stop_after=6).__class__(**{**vars(small_run(stop_after=6)), "id": stopped.id}))
    entry = library.search()[0]
    assert (entry.status, entry.epochs) == ("interrupted", {"mlp": 2, "mlp-svd": 2}), "the checkpoint is newer"


@pytest.mark.parametrize("damage", ["deleted", "empty", "text", "truncated", "one byte", "other table", "folder"])
def test_a_damaged_index_is_written_again(damage: str, library: RunLibrary) -> None:
    library.annotate(library.folders()[0], note="kept")
    before = [one.to_table() for one in library.search()]
    path = library.folder / index.INDEX
    content = path.read_bytes()
    path.unlink()
    if damage == "folder":
        path.mkdir()
    elif damage == "other table":
        with closing(sqlite3.connect(path)) as other:
            other.executescript("CREATE VIEW runs AS SELECT 1; PRAGMA user_version=1")
    elif damage != "deleted":
        broken = bytearray(content)
        broken[5000:5400] = b"\xff" * 400
        path.write_bytes({"empty": b"", "text": b"hello" * 999, "truncated": content[:5000]}.get(damage, bytes(broken)))
    assert [one.to_table() for one in library.search()] == before
    assert library.search("kept")[0].about.note == "kept"
    if damage != "folder":
        with closing(sqlite3.connect(path)) as sound:
            assert sound.execute("SELECT count(*) FROM runs").fetchone() == (4,)


def test_an_index_of_a_newer_version_is_left_alone(library: RunLibrary) -> None:
    library.search()
    path = library.folder / index.INDEX
    with closing(sqlite3.connect(path)) as newer:
        newer.execute("PRAGMA user_version=2")
    before = path.read_bytes()
    library.delete(library.folders()[0])
    assert len(library.search()) == 3 and path.read_bytes() == before
    assert library.rebuild_index() == 3 and path.read_bytes() != before


def test_a_locked_index_does_not_matter(library: RunLibrary) -> None:
    library.search()
    with closing(sqlite3.connect(library.folder / index.INDEX)) as other:
        other.execute("BEGIN EXCLUSIVE")
        library.delete(library.folders()[0])
        started = time.monotonic()
        assert len(library.search()) == 3 and time.monotonic() - started < 2


def test_unchanged_runs_are_not_read_again(library: RunLibrary, monkeypatch: pytest.MonkeyPatch) -> None:
    library.search()
    read: list[Path] = []

    def counted(folder: Path) -> kept_run.KeptRun:
        read.append(folder)
        return kept_run.read_kept_run(folder)

    monkeypatch.setattr(index, "read_kept_run", counted)
    library.search("seed=1")
    assert read == []
    library.annotate(library.folders()[2], note="changed")
    assert names(library, "changed") == ["2026-01-02"] and read == [library.folders()[2]]


def test_damaged_runs_are_listed_with_the_reason(library: RunLibrary) -> None:
    folders = library.folders()
    (folders[0] / "checkpoint.safetensors").write_bytes(b"nothing")
    (folders[1] / "results.json").write_text("{")
    entries = library.search()
    assert "cannot be read as a checkpoint" in entries[0].problem
    assert entries[1].status == "interrupted" and entries[1].epochs == {"mlp": 3, "mlp-svd": 3}


def test_a_run_is_found_by_path_name_date_identity_and_latest(library: RunLibrary, tmp_path: Path) -> None:
    folders = library.folders()
    library.annotate(folders[2], title="The best")
    for text, expected in (
        (str(folders[1]), folders[1]),
        ("latest", folders[0]),
        (folders[3].name, folders[3]),
        ("2026-01-03", folders[1]),
        ("The best", folders[2]),
        (read_run(folders[2]).id[:8], folders[2]),
    ):
        assert find_run(text, library) == expected, text
    with pytest.raises(FileFormatError, match="'2026' can be any of 4 runs: 2026-01-04"):
        find_run("2026", library)
    for text in ("", "nothing", str(tmp_path), "x\0y"):
        with pytest.raises(FileFormatError, match="mlpsvd runs list shows the runs"):
            find_run(text, library)
    moved = library.delete(folders[0])
    assert find_trashed("2026-01-04", library) == moved and find_run("latest", library) == folders[1]
    with pytest.raises(FileFormatError, match="there is no run in"):
        find_run("latest", RunLibrary(tmp_path / "none"))


def test_the_library_moves_with_its_runs(library: RunLibrary, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    new = tmp_path / "other" / "disk"
    library.delete(library.folders()[0])
    shutil.copytree(library.folders()[1], new / library.folders()[1].name)  # of a move that was killed
    for impossible in (Path("relative"), library.folder / "inside"):
        with pytest.raises(MlpSvdError):
            move_library(library.folder, impossible)
    assert move_library(library.folder, new) == 4
    moved = RunLibrary()
    assert moved.folder == new and len(moved.search()) == 3 and len(moved.trashed()) == 1
    assert library.search() == [] and library.trashed() == []
    monkeypatch.setenv("MLPSVD_RUNS", str(tmp_path / "named"))
    assert RunLibrary().folder == tmp_path / "named"
    monkeypatch.delenv("MLPSVD_RUNS")
    (places.data_folder() / "library.json").write_text("{")
    assert RunLibrary().folder == places.data_folder() / "runs"


KILLED = """
import os, random, signal, sys, time
from pathlib import Path
from mlpsvd.experiments.runs.library import RunLibrary
from mlpsvd.experiments.runs.read_run import read_run
from mlpsvd.experiments.runs.run_folder import write_run

library, generator = RunLibrary(Path(sys.argv[1])), random.Random(5)
n_runs = len(library.search())
run = read_run(library.folders()[0])


def work(done):
    number = 0
    while True:
        number += 1
        folders = library.folders()
        library.annotate(folders[0], note=f"{number:09d} " + "x" * 5000)
        os.write(done, f"note {number}\\n".encode())
        write_run(folders[0], run, with_figures=False)
        library.restore(library.delete(folders[-1]))
        library.rebuild_index() if number % 3 else library.search()


for kill in range(25):
    read, write = os.pipe()
    child = os.fork()
    if not child:
        work(write)
    os.close(write)
    time.sleep(generator.uniform(0.02, 0.25))  # any moment
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    with os.fdopen(read) as pipe:
        noted = [int(line.split()[1]) for line in pipe if line.endswith("\\n")]
    for lost in library.trashed():
        library.restore(lost.folder)
    runs = library.search()
    assert len(runs) == n_runs and not any(one.problem for one in runs), (kill, runs)
    assert all(one.status == "complete" for one in runs), (kill, runs)
    assert not noted or int(runs[0].about.note.split()[0]) >= noted[-1], (kill, noted, runs[0].about)
    assert read_run(runs[0].folder).id == run.id
    assert library.annotate(runs[0].folder, star=True).is_starred
print("intact")
"""


def test_nothing_is_lost_by_25_kills(library: RunLibrary) -> None:
    if not hasattr(os, "fork"):
        pytest.skip("the worker is forked")
    command = [sys.executable, "-c", KILLED, str(library.folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("intact\n", "")


def test_a_full_disk_is_named_and_what_was_saved_is_intact(run: Run, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk"):
        library = RunLibrary(tmp_path / "disk" / "runs")
        (folder,) = fill(library, run, 1)
        library.annotate(folder, note="before")
        library.search()
        with pytest.raises(OSError, match="No space left on device"):
            (tmp_path / "disk" / "rest").write_bytes(b"x" * 10**6)
        with pytest.raises(OSError, match="No space left on device") as caught:
            library.annotate(folder, note="after" * 3000)
        assert Path(caught.value.filename) == folder / "about.json"
        (entry,) = library.search()
        assert (entry.about.note, entry.status, entry.problem) == ("before", "complete", "")
        assert read_run(folder).is_finished and library.search("before") == [entry]
        assert library.restore(library.delete(folder)) == folder


def test_a_library_that_cannot_be_written_is_listed(run: Run, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk"):
        library = RunLibrary(tmp_path / "disk" / "runs")
        (folder,) = fill(library, run, 1)
        subprocess.run(["mount", "-o", "remount,ro", str(tmp_path / "disk")], check=True)
        assert len(library.search()) == 1 and not (library.folder / index.INDEX).exists()
        assert library.prune() == [] and library.latest() is not None
        for refused in (library.delete, lambda one: library.annotate(one, note="x")):
            with pytest.raises(OSError, match="Read-only file system"):
                refused(folder)


def test_a_thousand_runs_are_listed_quickly(library: RunLibrary) -> None:
    """Folders of links to the files of one run; the second listing reads the index only."""
    sample = library.folders()[0]
    for number in range(1000):
        folder = library.folder / f"2025-01-01_{number:06d}_many"
        folder.mkdir()
        for name in ("checkpoint.safetensors", "results.json", "experiment.toml"):
            os.link(sample / name, folder / name)
    assert len(library.search()) == 1004
    started = time.monotonic()
    assert len(library.search("seed=1")) == 1004
    assert time.monotonic() - started < 2
