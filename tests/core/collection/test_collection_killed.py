"""A collection whose program is killed: before every call that changes the disk, and at random moments of recording."""

from __future__ import annotations

import dataclasses
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from mlpsvd.audio.files import read
from mlpsvd.collection.collection import Collection
from mlpsvd.datasets.recordings import scan

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a process cannot be forked or killed like this")

SCENARIO = """
import json, os, signal, sys, warnings
from datetime import datetime
from pathlib import Path

import numpy as np
import soundfile  # before the fork, so that each child is quick

from mlpsvd.audio.files import read
from mlpsvd.collection.collection import Collection
from mlpsvd.collection.spool import Spool, SpoolFacts, read_spool

os.fsync = lambda descriptor: None  # a killed program, unlike a machine without power, does not need it; it takes time
warnings.simplefilter("ignore", DeprecationWarning)  # forking beside the threads of a BLAS that is not used


def kill_at(number):
    '''Let this process be killed right before its n-th call that changes the disk.'''
    left = [number]

    def counting(function):
        def counted(*arguments, **named):
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return function(*arguments, **named)
        return counted

    for name in ("write", "fsync", "rename", "replace", "unlink", "mkdir", "rmdir", "chmod", "truncate", "open"):
        setattr(os, name, counting(getattr(os, name)))
    return left


def spooled(collection, label, value):
    facts = SpoolFacts(f"take{value}", label, 8000.0, datetime.now().astimezone().isoformat())
    spool = Spool(collection.spool_folder, facts)
    spool.write(np.full(800, value / 64, dtype=np.float32))
    spool.finish(False)
    return read_spool(spool.path)


def steps(folder, tell):
    '''Yield what the collection should hold after each step.'''
    collection = Collection.open(folder)
    ids = [one.id for one in collection.clips]
    takes = [spooled(collection, "cat", 10), spooled(collection, "cow", 11)]
    for step in (
        lambda: collection.add(takes[0]),
        lambda: collection.relabel(ids[:2], "ox"),
        lambda: collection.trim(ids[1], 0.01, 0.05),
        lambda: collection.delete(ids[1:]),
        collection.undo,
        lambda: collection.rename_class("ox", "dog"),
        collection.undo,
        collection.undo,
        collection.redo,
        lambda: collection.add(takes[1]),
    ):
        step()
        tell(state(collection))


def state(collection):
    return sorted([one.label, float(read(one.path)[0][0]), len(read(one.path)[0])] for one in collection.clips)

"""

EVERY_CALL = (
    SCENARIO
    + """
import shutil, tempfile
from mlpsvd.collection.take import Take

base = Path(sys.argv[1])
pristine = base / "pristine"
with Collection.create(pristine) as collection:
    for value in range(3):
        collection.add(Take(np.full(800, value / 64, dtype=np.float32), 8000.0, "dog"))
wanted = [None]
shutil.copytree(pristine, base / "whole")
with Collection.open(base / "whole") as collection:
    wanted = [state(collection)]
steps(base / "whole", wanted.append)

failures, number = [], 0
while True:
    number += 1
    folder = base / "killed"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(pristine, folder)
    read_end, write_end = os.pipe()
    raw_write = os.write
    pid = os.fork()
    if pid == 0:
        kill_at(number)
        steps(folder, lambda state: raw_write(write_end, b"."))
        os._exit(0)
    os.close(write_end)
    _, status = os.waitpid(pid, 0)
    n_done = len(os.read(read_end, 1000))
    os.close(read_end)
    if status == 0:
        break
    if not os.WIFSIGNALED(status):
        failures.append(f"call {number}: ended with {status}")
        continue
    with Collection.open(folder) as collection:
        found = state(collection)
        recovered = [one for one in found if one[1] in (10 / 64, 11 / 64)]
        others = [one for one in found if one not in recovered]
        expected = [[one for one in state if one[1] < 10 / 64] for state in wanted[n_done:n_done + 2]]
        if others not in expected:
            failures.append(f"call {number}, {n_done} steps done: {others} is none of {expected}")
        spooled_before = [one for one in wanted[n_done] if one[1] >= 10 / 64]
        if any(one not in recovered for one in spooled_before):
            failures.append(f"call {number}: {spooled_before} was added, {recovered} is there")
        if len({one[1] for one in found}) != len(found):
            failures.append(f"call {number}: a clip is there twice: {found}")
        if n_done and {one[1] for one in recovered} != {10 / 64, 11 / 64}:
            failures.append(f"call {number}: of two takes in the spool there are {recovered}")
        notes = [note for note in collection.notes if "recovered" not in note]
        if notes:
            failures.append(f"call {number}: {notes}")
        while collection.next_undo:
            words = collection.undo()
            if "not for" in words:
                failures.append(f"call {number}: {words}")
    with Collection.open(folder) as collection:
        if collection.notes:
            failures.append(f"call {number}: at the second opening {collection.notes}")
print(json.dumps([number, failures]))
"""
)


@pytest.mark.slow
def test_killed_before_any_call_that_changes_the_disk_every_step_is_done_or_not(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", EVERY_CALL, str(tmp_path)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    n_calls, failures = json.loads(done.stdout)
    assert failures == []
    assert n_calls > 60


RECORDING = """
import os, sys, threading, time
from pathlib import Path

import numpy as np

from mlpsvd.audio.ring_buffer import RingBuffer
from mlpsvd.collection.collection import Collection
from mlpsvd.collection.recording.settings import RecordSettings
from mlpsvd.collection.recording.recorder import Recorder

RATE_HZ = 48000
collection = Collection.open(Path(sys.argv[1]))
ring = RingBuffer(2 * RATE_HZ)


def play():
    begun = time.monotonic()
    while True:
        due = int((time.monotonic() - begun) * RATE_HZ)
        ring.write(np.arange(ring.n_written, due, dtype=np.float32) * 2.0**-24)
        time.sleep(0.005)


settings = RecordSettings(pre_roll_s=0.0, shortest_s=0.001, longest_s=0.1, file_format="wav")
recorder = Recorder(ring, RATE_HZ, settings, collection.spool_folder)
recorder.start("dog")
threading.Thread(target=play, daemon=True).start()
random = np.random.default_rng(int(sys.argv[2]))
while True:
    for take in recorder.poll():
        collection.add(take)
        if random.random() < 0.4:
            collection.relabel([take.id], "cat")
        if random.random() < 0.4:
            os.write(1, b"undoing\\n")
            collection.undo()
            collection.redo()
            os.write(1, b"done again\\n")
    os.write(1, b"%d\\n" % recorder.reached)
    time.sleep(0.01)
"""


@pytest.mark.parametrize("seed", range(4))
def test_killed_while_recording_nothing_that_reached_the_disk_is_lost_and_nothing_is_there_twice(
    tmp_path: Path, seed: int
) -> None:
    Collection.create(tmp_path / "c").close()
    program = subprocess.Popen(
        [sys.executable, "-c", RECORDING, str(tmp_path / "c"), str(seed)], stdout=subprocess.PIPE, text=True
    )
    assert program.stdout is not None
    program.stdout.readline()
    time.sleep(random.Random(seed).uniform(0.2, 0.8))  # any moment
    os.kill(program.pid, signal.SIGKILL)
    lines = program.stdout.read().splitlines()
    program.wait()
    program.stdout.close()
    with Collection.open(tmp_path / "c") as collection:
        if collection.next_redo:  # killed between undoing and doing again
            collection.redo()
        pieces = sorted((read(one.path)[0] * 2.0**24).round().astype(int).tolist() for one in collection.clips)
        inventory = scan(dataclasses.replace(collection.recordings_settings(), shortest_s=0.001))
        assert len(inventory.files) + len(inventory.skipped) == len(collection.clips)
        assert all("too short" in one.reason for one in inventory.skipped)
    everything = np.concatenate([np.array(piece) for piece in pieces])
    missing = np.setdiff1d(np.arange(everything[-1] + 1), everything).tolist()
    # The take that was being undone stays undone where another one was recovered: that is a step of its own.
    may_miss_one = [line for line in lines if line in ("undoing", "done again")][-1:] == ["undoing"]
    undone = list(range(missing[0], missing[0] + 4800)) if missing and may_miss_one else []
    assert missing == undone
    assert sorted([*everything.tolist(), *undone]) == list(range(len(everything) + len(undone)))
    whole = [line for line in lines if line.isdigit()]
    assert len(everything) + len(undone) >= int(whole[-2 if len(whole) > 1 else -1])
    with Collection.open(tmp_path / "c") as collection:
        assert collection.notes == ()
        assert len(collection.clips) == len(pieces)
