"""Collections that somebody sent: planted links, pipes and journals, canaries around them, and every step on top."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

from recorded import take

from mlpsvd.collection.collection import Collection
from mlpsvd.errors import MlpSvdError

Tree = dict[str, tuple[object, ...]]


def tree(folder: Path) -> Tree:
    """Return all that lies below a folder: kind, mode, and content or target; links are not followed."""
    found: Tree = {}
    for root, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path = Path(root) / name
            status = path.lstat()
            content: object = None
            if stat.S_ISLNK(status.st_mode):
                content = path.readlink()
            elif stat.S_ISREG(status.st_mode):
                content = path.read_bytes(), status.st_mtime_ns
            found[str(path.relative_to(folder))] = (status.st_mode, content)
    return found


def make_outside(folder: Path, sound: Path) -> Path:
    """Create files that must never change: a start-up file, a key, a folder of recordings."""
    for name in ("person/.bashrc", "person/.ssh/id_ed25519", "person/.ssh/config"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"canary {name}\n")
    for name in ("sounds/a.flac", "sounds/deep/b.flac", "far.flac"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(sound, folder / name)
    return folder


def make_collection(folder: Path) -> None:
    """Make a collection with four clips, one in the trash, a step to redo, a finished undo and a take in the spool."""
    with Collection.create(folder) as collection:
        for label in ("dog", "cat", "dog", "cat", "dog"):
            collection.add(take(label))
        clips = collection.clips
        collection.relabel([clips[0].id], "ox")
        collection.trim(clips[1].id, 0.0, 0.1)
        collection.delete([clips[4].id])
        collection.relabel([clips[2].id], "cow")
        collection.undo()


def everything(folder: Path) -> list[str]:
    """Open a collection and do every step with every clip; return the refusals, one sentence each."""
    refusals: list[str] = []

    def attempt(step: Callable[[], object]) -> None:
        try:
            step()
        except MlpSvdError as error:
            refusals.append(str(error))

    def with_open() -> None:
        with Collection.open(folder) as collection:
            refusals.extend(collection.notes)
            _do_all(collection, attempt)
        with Collection.open(folder) as collection:
            refusals.extend(collection.notes)
            attempt(collection.undo)
            attempt(collection.empty_trash)

    attempt(with_open)
    return refusals


def _do_all(collection: Collection, attempt: Callable[[Callable[[], object]], None]) -> None:
    for _ in range(3):
        attempt(collection.undo)
    attempt(collection.redo)
    for label in ("dog", "linked", "new"):
        attempt(lambda label=label: collection.add(take(label)))
    for clip in collection.clips[:8]:
        attempt(lambda clip=clip: collection.trim(clip.id, 0.0, 0.01))
        attempt(lambda clip=clip: collection.relabel([clip.id], "linked"))
        attempt(lambda clip=clip: collection.relabel([clip.id], "cat"))
        attempt(lambda clip=clip: collection.delete([clip.id]))
    for _ in range(4):
        attempt(collection.undo)
    attempt(lambda: collection.rename_class("dog", "linked"))
    attempt(collection.refresh)
    attempt(collection.redo)
    attempt(lambda: (collection.clips, collection.counts, collection.trash, collection.warnings_for_training()))


def append_step(folder: Path, moves: list[list[str]], is_done: bool = False, **changed: Any) -> None:
    """Write a step behind a journal: the last one that was taken, with other moves, and as a rule not finished."""
    journal = folder / ".mlpsvd" / "journal.jsonl"
    steps = [one for one in map(json.loads, journal.read_text("utf-8").splitlines()) if one["kind"] == "step"]
    step = steps[-1] | {"moves": moves} | changed
    with journal.open("a", encoding="utf-8") as file:
        file.write(json.dumps(step) + "\n")
        if is_done:
            file.write('{"kind": "done"}\n')


def replace_by_link(path: Path, target: Path) -> None:
    """Put a link in the place of a file or folder."""
    with contextlib.suppress(FileNotFoundError):
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(target)
