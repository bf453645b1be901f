"""A disk that becomes full during a take."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

FULL_DISK = """
import resource, sys
from pathlib import Path
import numpy as np
from mlpsvd.audio.ring_buffer import RingBuffer
from mlpsvd.collection.collection import Collection
from mlpsvd.collection.recording.settings import RecordSettings
from mlpsvd.collection.recording.recorder import Recorder

collection = Collection.create(Path(sys.argv[1]))
ring = RingBuffer(8000)
recorder = Recorder(ring, 8000.0, RecordSettings(pre_roll_s=0.0), collection.spool_folder)
recorder.start("dog")
resource.setrlimit(resource.RLIMIT_FSIZE, (10000, resource.RLIM_INFINITY))
takes = []
for block in range(20):
    ring.write(np.full(400, 0.1, dtype=np.float32))
    takes += recorder.poll()
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
print(len(takes), len(takes[0].samples), takes[0].spool.exists(), recorder.state.armed)
print(recorder.state.message)
recorder.start("dog")
ring.write(np.full(800, 0.1, dtype=np.float32))
recorder.stop()
takes += recorder.poll()
print(len(takes), recorder.state.message == "")
print([collection.add(take).duration_s for take in takes], list(collection.spool_folder.iterdir()))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no limits on the size of files there")
def test_a_full_disk_ends_the_take_and_keeps_what_was_heard(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", FULL_DISK, str(tmp_path / "c")], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    spool = tmp_path / "c" / ".mlpsvd" / "spool"
    assert done.stdout.splitlines() == [
        "1 2800 True False",
        f"Recording stopped because {spool} cannot be written to (File too large).",
        "2 True",
        "[0.35, 0.1] []",
    ]
