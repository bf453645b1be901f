"""Collections that cannot be opened or written: one sentence, and everything as before."""

from __future__ import annotations

import errno
import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from recorded import take

from mlpsvd.collection.collection import Collection
from mlpsvd.errors import DataError
from mlpsvd.files import write_atomically


def test_a_collection_is_open_once_and_says_where(collection: Collection) -> None:
    with pytest.raises(DataError, match="in this program already"):
        Collection.open(collection.folder)
    code = "import sys, pathlib, mlpsvd.collection.collection as c; c.Collection.open(pathlib.Path(sys.argv[1]))"
    done = subprocess.run([sys.executable, "-c", code, str(collection.folder)], capture_output=True, text=True)
    assert f"in another program (process {os.getpid()} on " in done.stderr
    collection.close()
    with pytest.raises(DataError, match="closed"):
        collection.add(take("dog"))
    assert subprocess.run([sys.executable, "-c", code, str(collection.folder)]).returncode == 0


def test_folders_that_cannot_be_collections_are_refused_in_words(tmp_path: Path, collection: Collection) -> None:
    with pytest.raises(DataError, match="is not empty"):
        Collection.create(collection.folder)
    with pytest.raises(DataError, match="there is no folder"):
        Collection.open(tmp_path / "nowhere")
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="cannot be created"):
        Collection.create(tmp_path / "file")
    with pytest.raises(DataError, match="should be flac or wav"):
        Collection.create(tmp_path / "mp3", "mp3")
    too_long = tmp_path / ("x" * 300)
    for begin in (Collection.create, Collection.open):
        with pytest.raises(DataError, match="too long"):
            begin(too_long)


def test_a_folder_in_place_of_the_journal_is_set_aside(collection: Collection) -> None:
    collection.close()
    journal = collection.folder / ".mlpsvd" / "journal.jsonl"
    journal.unlink()
    journal.mkdir()
    with Collection.open(collection.folder) as again:
        assert again.counts == {"cat": 2, "dog": 2}
        assert "is a folder; it should be a plain file" in again.notes[0]
        again.delete([again.clips[0].id])
        assert again.undo() == "Undone: 1 clip deleted."
    assert journal.with_name("journal-damaged-1.jsonl").is_dir()


def test_a_folder_in_place_of_the_manifest_is_refused_in_words(collection: Collection) -> None:
    collection.close()
    collection.manifest.unlink()
    collection.manifest.mkdir()
    with pytest.raises(DataError, match=r"manifest\.csv is a folder; it should be a plain file"):
        Collection.open(collection.folder)


def test_a_step_that_was_interrupted_waits_for_a_disk_that_is_not_full(
    collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails_with(error: BaseException) -> Callable[[Path, bytes | str], None]:
        def write(path: Path, data: bytes | str) -> None:
            if path.name == "manifest.csv":
                raise error
            write_atomically(path, data)

        return write

    monkeypatch.setattr("mlpsvd.collection.store.write_atomically", fails_with(SystemExit()))
    with pytest.raises(SystemExit):
        collection.add(take("dog", device="USB"))
    collection.close()
    full = OSError(errno.ENOSPC, "No space left on device")
    monkeypatch.setattr("mlpsvd.collection.store.write_atomically", fails_with(full))
    with Collection.open(collection.folder) as readable:
        assert not readable.writable
        assert readable.counts == {"cat": 2, "dog": 3}
    monkeypatch.undo()
    with Collection.open(collection.folder) as again:
        assert again.notes == ()
        assert again.clips[-1].device == "USB"
        assert again.undo() == "Undone: clip of dog added."
        assert again.counts == {"cat": 2, "dog": 2}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork there")
def test_a_forked_process_that_lives_on_does_not_keep_a_closed_collection_shut(collection: Collection) -> None:
    code = """
import os, sys, pathlib, mlpsvd.collection.collection as c
collection = c.Collection.open(pathlib.Path(sys.argv[1]))
read_end, write_end = os.pipe()
if os.fork() == 0:
    os.close(write_end)
    os.read(read_end, 1)
    os._exit(0)
collection.close()
c.Collection.open(pathlib.Path(sys.argv[1])).close()
os.close(write_end)
"""
    collection.close()
    done = subprocess.run([sys.executable, "-c", code, str(collection.folder)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


FULL_DISK = """
import resource, sys
from pathlib import Path
import numpy as np, soundfile
from mlpsvd.collection.collection import Collection
from mlpsvd.collection.take import Take
from mlpsvd.collection.spool import read_spool
from mlpsvd.errors import DataError

collection = Collection.open(Path(sys.argv[1]))
before = collection.manifest.read_bytes(), collection.clips
steps = [
    lambda: collection.add(Take(np.random.default_rng(0).normal(0, .1, 90000).astype("float32"), 8000.0, "dog")),
    lambda: collection.relabel([one.id for one in collection.clips], "horse"),
    lambda: collection.delete([one.id for one in collection.clips]),
]
for limit in (10, 300, 1500):
    for step in steps:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
        try:
            step()
            print("done")
        except DataError as error:
            print(error)
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        assert (collection.manifest.read_bytes(), collection.clips) == before
        assert all(one.path.exists() for one in collection.clips)
collection.delete([one.id for one in collection.clips])
collection.undo()
collection.close()
with Collection.open(Path(sys.argv[1])) as collection:
    assert collection.notes == ()
    assert collection.clips == before[1]
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no limits on the size of files there")
def test_a_full_disk_is_one_sentence_and_everything_is_as_before(collection: Collection) -> None:
    for _ in range(20):
        collection.add(take("dog"))
    collection.close()
    done = subprocess.run([sys.executable, "-c", FULL_DISK, str(collection.folder)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines == [f"{collection.folder} cannot be written to (File too large), so nothing was changed in it"] * 9


READ_ONLY = """
import codecs, os, sys
from pathlib import Path
from mlpsvd.collection.collection import Collection
from mlpsvd.errors import DataError
import soundfile

codecs.lookup("utf-8-sig")  # it may lie where nobody else may read
if os.getuid() == 0:
    os.setuid(65534)
collection = Collection.open(Path(sys.argv[1]))
print(collection.counts, collection.writable)
print(collection.notes[0])
try:
    collection.delete([collection.clips[0].id])
except DataError as error:
    print(error)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="folders cannot be write-protected like this there")
@pytest.mark.parametrize("was_open", [True, False])
def test_a_write_protected_folder_can_be_used_and_says_that_it_cannot_be_changed(was_open: bool) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        folder.chmod(0o755)
        with Collection.create(folder / "c") as collection:
            collection.add(take("dog"))
        if not was_open:
            shutil.rmtree(folder / "c" / ".mlpsvd")
        for path in (folder / "c").rglob("*"):
            path.chmod(0o555 if path.is_dir() else 0o444)
        (folder / "c").chmod(0o555)
        done = subprocess.run([sys.executable, "-c", READ_ONLY, str(folder / "c")], capture_output=True, text=True)
        for path in [folder / "c", *(folder / "c").rglob("*")]:
            path.chmod(path.stat().st_mode | stat.S_IWUSR)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "{'dog': 1} False"
    assert "is write-protected (Permission denied): its clips can be used but not changed." in lines[1]
    assert "cannot be changed: it is write-protected" in lines[2]
