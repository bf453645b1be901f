"""Concurrent use of a stream by PortAudio's thread and the reader's."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from mlpsvd.audio.devices.input_stream import InputStream


@pytest.fixture
def stream() -> InputStream:
    """A stream that no device feeds: the test plays PortAudio's thread."""
    device = SimpleNamespace(samplerate=48000.0, latency=0.02, start=lambda: None)
    sd = SimpleNamespace(InputStream=lambda **_: device, CallbackAbort=RuntimeError, PortAudioError=OSError)
    library: Any = SimpleNamespace(sd=sd, register=lambda _: None, close_stream=lambda _: True)
    return InputStream(library, {}, threading.Event())


def a_block_comes(stream: InputStream, age_s: float) -> None:
    time = SimpleNamespace(currentTime=age_s, inputBufferAdcTime=type(age_s)(0.0))
    stream._on_block(np.zeros((16, 1), np.float32), 16, time, SimpleNamespace(input_overflow=False))


def test_the_latency_is_the_age_of_the_blocks(stream: InputStream) -> None:
    assert stream.latency_s == pytest.approx(0.02)
    for age_s in (0.03, 0.05, 0.03, -1.0, 99.0):
        a_block_comes(stream, age_s)
    assert stream.latency_s == pytest.approx(0.03)


def test_the_latency_can_be_asked_while_a_block_comes_in(stream: InputStream) -> None:
    """Between two ages that are looked at, the other thread may have its turn: here it has, every time."""

    class Age(float):
        def __sub__(self, other: float) -> Age:
            return Age(float(self) - float(other))

        def __gt__(self, other: float) -> bool:
            a_block_comes(stream, 0.03)
            return float(self) > other

    for _ in range(5):
        a_block_comes(stream, Age(0.03))
    assert stream.latency_s == pytest.approx(0.03)
    assert len(stream.take()) > 5
