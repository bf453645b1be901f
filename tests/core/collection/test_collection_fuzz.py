"""Thousands of damaged collections: each opens or is refused in one sentence, and nothing outside it changes."""

from __future__ import annotations

import json
import os
import random
import shutil
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from fuzzing import Limits, either, fuzz, mutate_bytes, mutate_json, mutate_json_lines, mutate_text
from hostile_collections import everything, make_collection, make_outside, tree
from recorded import noise

from mlpsvd.collection.collection import Collection
from mlpsvd.collection.encoding import encode
from mlpsvd.collection.spool import Spool, SpoolFacts
from mlpsvd.errors import DataError

_LIMITS = Limits(seconds=10.0)
_PATHS = (
    "../../outside/person/.bashrc", "../../outside/sounds/a.flac", "/etc/hostname", "linked/a.flac", "manifest.csv",
    "..\\..\\outside\\far.flac", "dog/../../../outside/far.flac", "C:\\x.flac", "linked/deep/b.flac", "Dog/X.FLAC",
    "do\u0301g/1.flac", ".mlpsvd/lock", ".mlpsvd/trash/../../x.flac", "dog", "", "dog/\n.flac", "x" * 300, "/" * 5000,
    "CON", "dog/aux.flac",
)  # fmt: skip


@pytest.fixture(autouse=True)
def quick_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test here cuts the power; waiting for the disk would be all its time."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


@pytest.fixture(scope="module")
def sound() -> bytes:
    return encode(noise(), 8000.0, "flac").data


@pytest.fixture
def pristine(tmp_path: Path, sound: bytes) -> Path:
    """A collection with a linked class folder and a take in its spool, and canaries beside it."""
    (tmp_path / "sound.flac").write_bytes(sound)
    make_outside(tmp_path / "outside", tmp_path / "sound.flac")
    make_collection(tmp_path / "pristine")
    facts = SpoolFacts("take1", "cow", 8000.0, datetime.now().astimezone().isoformat())
    spool = Spool(tmp_path / "pristine" / ".mlpsvd" / "spool", facts)
    spool.write(noise())
    spool.finish(False)
    if sys.platform != "win32":
        (tmp_path / "pristine" / "linked").symlink_to(tmp_path / "outside" / "sounds")
    return tmp_path / "pristine"


def opening(pristine: Path, name: str) -> Callable[[bytes], object]:
    """Return a reader that puts a mutant into a copy of the collection and does every step with it."""
    top = pristine.parent
    outside = tree(top / "outside")
    (top / "in").mkdir()

    def read(mutant: bytes) -> None:
        folder = top / "in" / "sent"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(pristine, folder, symlinks=True)
        (folder / name).write_bytes(mutant)
        sentences = everything(folder)
        assert tree(top / "outside") == outside
        assert sorted(path.name for path in (top / "in").iterdir()) == ["sent"]
        for sentence in sentences:
            assert sentence.isprintable() and 0 < len(sentence) < 700, sentence

    return read


def paths_into_json(generator: random.Random, data: bytes) -> bytes:
    """Replace some texts of some lines by paths that lead elsewhere."""
    lines = data.splitlines(keepends=True)
    for _ in range(generator.choice((1, 1, 2, 6))):
        at = generator.randrange(len(lines))
        lines[at] = json.dumps(_with_path(generator, json.loads(lines[at]))).encode() + b"\n"
    if generator.random() < 0.3:
        del lines[-1]  # the last step was not finished
    return b"".join(lines)


def _with_path(generator: random.Random, value: object) -> object:
    if isinstance(value, dict) and value:
        name = generator.choice(list(value))
        return value | {name: _with_path(generator, value[name])}
    if isinstance(value, list) and value:
        at = generator.randrange(len(value))
        return [*value[:at], _with_path(generator, value[at]), *value[at + 1 :]]
    return generator.choice(_PATHS) if isinstance(value, str) and value not in ("step", "undo", "done") else value


def paths_into_manifest(generator: random.Random, data: bytes) -> bytes:
    """Replace some cells by paths that lead elsewhere."""
    lines = data.decode().splitlines()
    for _ in range(generator.choice((1, 2, 4))):
        at = generator.randrange(1, len(lines))
        cells = lines[at].split(",")
        cells[generator.choice((0, 0, 1, generator.randrange(len(cells))))] = generator.choice(_PATHS).replace(
            "\n", " "
        )
        lines[at] = ",".join(cells)
    return "\n".join(lines).encode()


def test_fuzzed_journals(pristine: Path) -> None:
    name = ".mlpsvd/journal.jsonl"
    mutate = either(mutate_json_lines, paths_into_json)
    fuzz([(pristine / name).read_bytes()], mutate, opening(pristine, name), n_cases=25, limits=_LIMITS)


def test_fuzzed_manifests(pristine: Path) -> None:
    mutate = either(mutate_text, mutate_bytes, paths_into_manifest)
    seeds = [(pristine / "manifest.csv").read_bytes()]
    fuzz(seeds, mutate, opening(pristine, "manifest.csv"), n_cases=25, limits=_LIMITS)


@pytest.mark.parametrize("suffix", [".json", ".wav"])
def test_fuzzed_spools(pristine: Path, suffix: str) -> None:
    name = f".mlpsvd/spool/take1{suffix}"
    mutate = mutate_json if suffix == ".json" else mutate_bytes
    fuzz([(pristine / name).read_bytes()], mutate, opening(pristine, name), n_cases=10, limits=_LIMITS)


@pytest.mark.parametrize("name", [".mlpsvd/collection.json", ".mlpsvd/lock"])
def test_fuzzed_small_files(pristine: Path, name: str) -> None:
    holder = b'{"pid": 17, "host": "elsewhere", "since": "2026-11-26 10:00"}'
    seeds = [holder if name.endswith("lock") else (pristine / name).read_bytes()]
    fuzz(seeds, mutate_json, opening(pristine, name), n_cases=4, limits=_LIMITS)


def test_fuzzed_locks_that_another_program_holds(pristine: Path) -> None:
    with Collection.open(pristine):
        lock = pristine / ".mlpsvd" / "lock"

        def read(mutant: bytes) -> None:
            lock.write_bytes(mutant)
            Collection.open(pristine)

        outcome = fuzz([lock.read_bytes()], mutate_json, read, n_cases=60, refusals=(DataError,))
    assert outcome.n_accepted == 0


def shared_case(project_root: Path, name: str) -> bytes:
    path = project_root.parent / "shared" / "cases" / "hostile" / name
    if not path.is_file():
        pytest.skip("the shared cases are not on this machine")
    return path.read_bytes()


def test_the_journal_with_wrong_types_is_set_aside(project_root: Path, tmp_path: Path) -> None:
    journal = shared_case(project_root, "journal_wrong_types.jsonl")
    *good, last = journal.splitlines(keepends=True)
    step = json.loads(last)
    neighbours = [step | {"moves": {"a": 1}}, step | {"rows": [[{}, None, 0]]}, step | {"step": step | {"words": 5}}]
    for number, line in enumerate((last, *(json.dumps(one).encode() + b"\n" for one in neighbours))):
        folder = tmp_path / str(number)
        make_collection(folder)
        (folder / ".mlpsvd" / "journal.jsonl").write_bytes(b"".join(good) + line)
        with Collection.open(folder) as collection:
            assert collection.notes[0].startswith("The undo history was renamed to journal-damaged-1.jsonl")
            assert len(collection.clips) == 4
            assert collection.next_undo == ""
            collection.delete([collection.clips[0].id])
            assert collection.undo() == "Undone: 1 clip deleted."
        assert (folder / ".mlpsvd" / "journal-damaged-1.jsonl").read_bytes() == b"".join(good) + line


def test_the_spool_with_wrong_types_is_recovered(project_root: Path, tmp_path: Path) -> None:
    spool = shared_case(project_root, "spool_overflow.json")
    facts = json.loads(spool)
    neighbours = [
        facts | {"rate_hz": -1, "id": "a"}, facts | {"rate_hz": 8000, "started_at": "0001-01-01T00:00:00+14:00"},
        [facts] * 2, facts | {"rate_hz": 8000, "label": "a\nb"},
    ]  # fmt: skip
    for number, text in enumerate((spool, *(json.dumps(one).encode() for one in neighbours))):
        folder = tmp_path / str(number)
        make_collection(folder)
        running = Spool(folder / ".mlpsvd" / "spool", SpoolFacts("take1", "cow", 8000.0, "2026-11-26T10:00:00+00:00"))
        running.write(np.full(800, 0.25, dtype=np.float32))
        running.finish(False)
        (folder / ".mlpsvd" / "spool" / "take1.json").write_bytes(text)
        with Collection.open(folder) as collection:
            assert collection.clips[-1].label == "recovered"
            assert collection.clips[-1].duration_s == pytest.approx(0.1)
            assert collection.notes[0].startswith("A clip of recovered (0.1 s) that was not in the collection yet")
        assert not list((folder / ".mlpsvd" / "spool").iterdir())
