"""Run folders: read back, replaced atomically, and never with files of two runs."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from mlpsvd.errors import DataError, FileFormatError, MlpSvdError
from mlpsvd.experiments.runs.earlier_networks import write_networks
from mlpsvd.experiments.runs.read_run import read_run
from mlpsvd.experiments.runs.run import Run
from mlpsvd.experiments.runs.run_data import new_run_id
from mlpsvd.experiments.runs.run_folder import RunFolder, has_run, is_in_use, latest_checkpoint, write_run
from mlpsvd.models.model_file import load_model

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="signals and limits of POSIX")


def another(run: Run) -> Run:
    """The same results under another identity."""
    return dataclasses.replace(run, id=new_run_id())


def ids(folder: Path) -> set[str]:
    """The identities that the files of a folder carry once it has been opened."""
    opened = read_run(folder).id
    found = {json.loads((folder / "results.json").read_text())["run_id"]}
    found |= {str(load_model(path).summary["run_id"]) for path in folder.glob("model-*.safetensors")}
    return found | {opened}


def is_essential(path: Path) -> bool:
    return path.is_file() and not path.name.startswith("networks-")


def test_a_run_comes_back_as_it_was(run: Any, tmp_path: Path) -> None:
    saved: Run = dataclasses.replace(run.saved, engine="an engine", notes=("a note",))
    write_run(tmp_path, saved, with_figures=False)
    found = read_run(tmp_path)
    assert (found.id, found.experiment, found.engine, found.notes) == (
        saved.id,
        saved.experiment,
        "an engine",
        ("a note",),
    )
    assert found.data.class_names == ("710 Hz", "410 Hz")
    assert (found.data.n_train, found.data.n_test, found.data.identity) == (120, 60, saved.data.identity)
    np.testing.assert_array_equal(found.data.features.scale, saved.data.features.scale)
    assert found.data.reference is not None and saved.data.reference is not None
    np.testing.assert_array_equal(found.data.reference.centres, saved.data.reference.centres)
    for name, outcome in saved.outcomes.items():
        np.testing.assert_array_equal(found.outcomes[name].confusion, outcome.confusion)
        assert found.outcomes[name].snapshot.theta.tobytes() == outcome.snapshot.theta.tobytes()
        assert (found.outcomes[name].flops, found.outcomes[name].train_s) == (outcome.flops, outcome.train_s)
        for event, expected in zip(found.histories[name], saved.histories[name], strict=True):
            plain: dict[str, Any] = {"snapshot": None, "singular_values": ()}
            assert dataclasses.replace(event, **plain) == dataclasses.replace(expected, **plain)
            for left, right in zip(event.singular_values, expected.singular_values, strict=True):
                assert left.tobytes() == right.tobytes() and left.dtype == right.dtype


def test_all_parts_carry_the_identity_of_the_run(run: Any, tmp_path: Path) -> None:
    write_run(tmp_path, run.saved, with_figures=False)
    assert ids(tmp_path) == {run.saved.id}


@pytest.mark.parametrize("foreign", ["model-mlp.safetensors", "results.json", "checkpoint.safetensors"])
def test_files_of_two_runs_are_refused(run: Any, tmp_path: Path, foreign: str) -> None:
    write_run(tmp_path / "one", run.saved, with_figures=False)
    write_run(tmp_path / "two", another(run.saved), with_figures=False)
    shutil.copy(tmp_path / "two" / foreign, tmp_path / "one" / foreign)
    with pytest.raises(FileFormatError, match="holds files of two runs"):
        read_run(tmp_path / "one")


def test_a_second_run_into_the_same_folder_is_refused(run: Any, tmp_path: Path) -> None:
    with RunFolder(tmp_path):
        assert is_in_use(tmp_path)
        with pytest.raises(DataError, match="is open in this program"):
            write_run(tmp_path, run.saved)
    assert not is_in_use(tmp_path)
    write_run(tmp_path, run.saved, with_figures=False)
    assert has_run(tmp_path)


def test_a_checkpoint_leaves_an_earlier_run_whole(run: Any, tmp_path: Path) -> None:
    write_run(tmp_path, run.saved, with_figures=False)
    later = another(run.saved)
    with RunFolder(tmp_path) as folder:
        path = folder.checkpoint(later)
        assert path == latest_checkpoint(tmp_path) != tmp_path / "checkpoint.safetensors"
    assert read_run(tmp_path).id == later.id, "the run written last is the one that is opened"
    with RunFolder(tmp_path) as folder:
        folder.write(later, with_figures=False)
    assert ids(tmp_path) == {later.id}
    assert latest_checkpoint(tmp_path) == tmp_path / "checkpoint.safetensors"


def test_a_checkpoint_alone_is_a_run(run: Any, tmp_path: Path) -> None:
    with RunFolder(tmp_path) as folder:
        assert folder.checkpoint(run.saved) == tmp_path / "checkpoint.safetensors"
        assert folder.checkpoint(dataclasses.replace(run.saved, outcomes={})) is None
    assert read_run(tmp_path).id == run.saved.id
    write_run(tmp_path, another(run.saved), with_figures=False)  # and may be replaced like any other


@pytest.mark.parametrize("n_moved", [0, 1, 3, 5])
def test_a_replacement_that_was_killed_is_finished_at_the_next_opening(run: Any, tmp_path: Path, n_moved: int) -> None:
    first, second = run.saved, another(run.saved)
    write_run(tmp_path / "run", first, with_figures=False)
    write_run(tmp_path / "other", second, with_figures=False)
    (tmp_path / "run" / "notes.txt").write_text("mine")
    (tmp_path / "run" / "history-mlp.csv").write_text("of the first run")
    staged = tmp_path / "run" / ".mlpsvd" / "new"
    staged.mkdir()
    names = sorted(path.name for path in (tmp_path / "other").iterdir() if path.is_file())
    for index, name in enumerate(names):
        shutil.copy(tmp_path / "other" / name, (tmp_path / "run" if index < n_moved else staged) / name)
    (staged / "ready.json").write_text(json.dumps({"run_id": second.id, "files": names}))
    assert read_run(tmp_path / "run").id == second.id
    assert ids(tmp_path / "run") == {second.id}
    assert not staged.exists() and not (tmp_path / "run" / "history-mlp.csv").exists()
    assert (tmp_path / "run" / "notes.txt").read_text() == "mine"


def test_a_replacement_that_was_killed_before_it_was_complete_leaves_the_old_run(run: Any, tmp_path: Path) -> None:
    write_run(tmp_path, run.saved, with_figures=False)
    staged = tmp_path / ".mlpsvd" / "new"
    staged.mkdir()
    (staged / "results.json").write_text("{}")
    assert ids(tmp_path) == {run.saved.id}
    assert not staged.exists()


@pytest.mark.parametrize(
    "files", [["../outside"], ["/tmp/outside"], [".mlpsvd/lock"], ["notes.txt"], "results.json", [3], None]
)
def test_a_list_of_files_from_elsewhere_moves_nothing_else(run: Any, tmp_path: Path, files: object) -> None:
    folder = tmp_path / "run"
    write_run(folder, run.saved, with_figures=False)
    staged = folder / ".mlpsvd" / "new"
    staged.mkdir()
    (staged / "notes.txt").write_text("planted")
    (staged / "ready.json").write_text(json.dumps({"run_id": "x", "files": files}))
    assert read_run(folder).id == run.saved.id
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run"]
    assert not (folder / "notes.txt").exists()


def test_a_hidden_folder_that_is_a_link_is_not_followed(run: Any, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    (outside / "new").mkdir(parents=True)
    (outside / "new" / "precious").write_text("mine")
    folder = tmp_path / "run"
    write_run(folder, run.saved, with_figures=False)
    shutil.rmtree(folder / ".mlpsvd")
    (folder / ".mlpsvd").symlink_to(outside)
    with contextlib.suppress(MlpSvdError):
        read_run(folder)
    with pytest.raises(FileFormatError, match="is a link"):
        RunFolder(folder)
    assert (outside / "new" / "precious").read_text() == "mine"
    assert sorted(path.name for path in outside.iterdir()) == ["new"]


WRITES = """
import sys
from pathlib import Path
from mlpsvd.experiments.runs.read_run import read_run
from mlpsvd.experiments.runs.run_folder import write_run
import dataclasses, itertools
runs = [read_run(Path(path)) for path in sys.argv[2:]]
print("ready", flush=True)
for run in itertools.cycle(runs):
    write_run(Path(sys.argv[1]), run, with_figures=False)
"""


@POSIX
def test_a_run_that_is_replaced_and_killed_again_and_again_is_always_one_run(run: Any, tmp_path: Path) -> None:
    """Two runs replace each other without end; the program is killed at random moments (SIGKILL)."""
    first, second = run.saved, another(run.saved)
    for number, one in enumerate((first, second)):
        write_run(tmp_path / str(number), one, with_figures=False)
    folder, generator = tmp_path / "run", random.Random(8)
    write_run(folder, first, with_figures=False)
    (folder / "notes.txt").write_text("mine")
    for _ in range(5):
        command = [sys.executable, "-c", WRITES, str(folder), str(tmp_path / "0"), str(tmp_path / "1")]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None and process.stdout.readline() == b"ready\n"
            time.sleep(generator.uniform(0.0, 0.15))  # any moment
            process.kill()
        (one,) = ids(folder)
        assert one in (first.id, second.id)
        assert (folder / "notes.txt").read_text() == "mine"


@contextlib.contextmanager
def largest_file(n_bytes: int) -> Iterator[None]:
    """Let every file that grows beyond a size fail to be written, as on a full disk."""
    import resource

    before, handler = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


@POSIX
def test_a_full_disk_leaves_the_earlier_run_and_the_error_names_the_file(run: Any, tmp_path: Path) -> None:
    write_run(tmp_path, run.saved, with_figures=False)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
    for name in ("model-mlp.safetensors", "checkpoint.safetensors"):
        limit = len(before[name]) - 1
        with largest_file(limit), pytest.raises(OSError, match=name) as caught:
            write_run(tmp_path, another(run.saved))
        assert caught.value.filename == str(tmp_path / name)
        assert {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()} == before


@POSIX
def test_a_full_disk_loses_pictures_but_not_models(run: Any, tmp_path: Path) -> None:
    """Only pictures and tables are larger than the limit."""
    write_run(tmp_path / "small", run.saved, with_figures=False)
    largest = max(path.stat().st_size for path in (tmp_path / "small").iterdir() if is_essential(path))
    with largest_file(largest + 50), pytest.raises(OSError, match="models, results and checkpoint are written"):
        write_run(tmp_path / "run", run.saved)
    assert ids(tmp_path / "run") == {run.saved.id}


def test_other_files_than_plain_ones_are_refused_at_once(run: Any, tmp_path: Path) -> None:
    write_run(tmp_path, run.saved, with_figures=False)
    (tmp_path / "checkpoint.safetensors").unlink()
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "checkpoint.safetensors")
        with pytest.raises(FileFormatError, match="named pipe"):
            read_run(tmp_path)
        (tmp_path / "checkpoint.safetensors").unlink()
    save_file({"x": np.zeros(2)}, tmp_path / "checkpoint.safetensors")
    with pytest.raises(FileFormatError, match="not a checkpoint of this program"):
        read_run(tmp_path)


def test_the_networks_of_all_epochs_are_read_back(run: Any, tmp_path: Path) -> None:
    saved: Run = run.saved
    write_run(tmp_path, saved, with_figures=False)
    found = read_run(tmp_path)
    for name, history in saved.histories.items():
        for before, after in zip(history, found.histories[name], strict=True):
            assert before.snapshot is not None and after.snapshot is not None
            assert after.snapshot.spec == before.snapshot.spec
            np.testing.assert_array_equal(after.snapshot.theta, before.snapshot.theta)


@pytest.mark.parametrize("damage", ["cut", "other run", "other epochs"])
def test_a_run_opens_with_a_note_if_the_networks_of_earlier_epochs_cannot_be_read(
    run: Any, tmp_path: Path, damage: str
) -> None:
    saved: Run = run.saved
    write_run(tmp_path, saved, with_figures=False)
    path = tmp_path / "networks-mlp.safetensors"
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:-10])
    elif damage == "other run":
        write_networks(path, new_run_id(), saved.histories["mlp"])
    else:
        write_networks(path, saved.id, [dataclasses.replace(one, epoch=99) for one in saved.histories["mlp"]])
    found = read_run(tmp_path)
    assert found.accuracy == saved.accuracy
    assert any("networks of earlier epochs cannot be read" in note and path.name in note for note in found.notes)


def test_a_run_opens_without_the_networks_of_earlier_epochs(run: Any, tmp_path: Path) -> None:
    saved: Run = run.saved
    write_run(tmp_path, saved, with_figures=False)
    (tmp_path / "networks-mlp.safetensors").unlink()
    found = read_run(tmp_path)
    assert found.accuracy == saved.accuracy and not found.notes
