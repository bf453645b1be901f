"""What PortAudio's thread and the reader's do to one stream at once."""

from __future__ import annotations

import sys
import threading
from types import SimpleNamespace

import numpy as np
import pytest

from mlpsvd.audio.input_stream import InputStream


@pytest.fixture
def stream() -> InputStream:
    """A stream that no device feeds: the test plays PortAudio's thread."""
    device = SimpleNamespace(samplerate=48000.0, latency=0.02, start=lambda: None)
    sd = SimpleNamespace(InputStream=lambda **_: device, CallbackAbort=RuntimeError, PortAudioError=OSError)
    library = SimpleNamespace(sd=sd, hold=lambda _: None, let_go=lambda _: True)
    return InputStream(library, {}, threading.Event())


def test_the_latency_can_be_asked_while_blocks_come_in(stream: InputStream) -> None:
    block = np.zeros((16, 1), dtype=np.float32)
    time = SimpleNamespace(currentTime=1.03, inputBufferAdcTime=1.0)
    status = SimpleNamespace(input_overflow=False)
    is_over = threading.Event()

    def play() -> None:
        while not is_over.is_set():
            stream._on_block(block, 16, time, status)

    thread = threading.Thread(target=play)
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)  # as if the two met for an hour
    thread.start()
    try:
        for _ in range(3000):
            assert stream.latency_s in (pytest.approx(0.02), pytest.approx(0.03))
            stream.take()
    finally:
        sys.setswitchinterval(before)
        is_over.set()
        thread.join()
