"""From the blocks of a device to the ring buffers: held-back blocks, and the end of a stream."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from mlpsvd.audio.devices.input_stream import Block
from mlpsvd.audio.devices.receiver import Receiver
from mlpsvd.audio.ring_buffer import RingBuffer

RATE_HZ = 16000.0
BLOCK = 160
BLOCK_S = BLOCK / RATE_HZ


@pytest.fixture
def ring() -> RingBuffer:
    return RingBuffer(10 * 16000)


@pytest.fixture
def reception(ring: RingBuffer) -> Receiver:
    return Receiver(ring, RATE_HZ, 0)


def deliver(reception: Receiver, start_s: float, n_blocks: int, value: float) -> None:
    """Take blocks of 10 ms on time, the first of which began to sound at ``start_s``."""
    for number in range(1, n_blocks + 1):
        samples = np.full((BLOCK, 1), value, np.float32)
        reception.take(Block(samples, start_s + number * BLOCK_S, False), RATE_HZ)


@pytest.mark.parametrize("ends", [Receiver.end_stream, Receiver.finish])
def test_held_back_samples_are_written_after_the_gap_when_the_stream_ends(
    ring: RingBuffer, reception: Receiver, ends: Callable[[Receiver], None]
) -> None:
    deliver(reception, 0.0, 200, 0.1)
    deliver(reception, 2.3, 10, 0.2)  # 0.3 s are late, and it is not known yet whether they come
    assert ring.n_written == 200 * BLOCK
    ends(reception)
    assert ring.n_written == 210 * BLOCK
    assert ring.read(200 * BLOCK, BLOCK) == pytest.approx(np.full(BLOCK, 0.2))
    assert ring.first_break(0, ring.n_written) == 200 * BLOCK
    assert ring.time_s(200 * BLOCK, RATE_HZ) == pytest.approx(2.3, abs=1e-6)


def test_a_stream_that_ends_while_it_is_late_leaves_the_time_right(ring: RingBuffer, reception: Receiver) -> None:
    deliver(reception, 0.0, 200, 0.1)
    deliver(reception, 2.3, 10, 0.2)
    reception.end_stream()
    deliver(reception, 3.4, 100, 0.3)
    assert ring.n_written == 310 * BLOCK
    assert ring.time_s(210 * BLOCK, RATE_HZ) == pytest.approx(3.4, abs=1e-6)
    health = reception.health
    assert health.received_s == pytest.approx(ring.n_written / RATE_HZ)
    assert (health.n_gaps, health.gaps_s) == (2, pytest.approx(ring.gaps_s))


def test_a_stream_that_ends_on_time_is_followed_by_one_gap(ring: RingBuffer, reception: Receiver) -> None:
    deliver(reception, 0.0, 100, 0.1)
    reception.end_stream()
    deliver(reception, 1.5, 100, 0.3)
    assert ring.n_written == 200 * BLOCK
    assert ring.gaps_s == pytest.approx(0.5, abs=1e-6)
    assert reception.health.n_gaps == 1
