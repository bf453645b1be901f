"""The ring buffer against a plain list of everything ever written, and between two real threads."""

from __future__ import annotations

import threading
import time
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlpsvd.audio.ring_buffer import RingBuffer


def _numbered(start: int, n: int) -> np.ndarray:
    return np.arange(start, start + n, dtype=np.float32)


@given(
    capacity=st.integers(1, 40),
    blocks=st.lists(st.integers(0, 60), max_size=30),
    start_back=st.integers(0, 80),
    n_samples=st.integers(0, 50),
)
def test_reads_what_a_list_of_everything_written_would_give(
    capacity: int, blocks: Any, start_back: int, n_samples: int
) -> None:
    ring = RingBuffer(capacity)
    for n in blocks:
        ring.write(_numbered(ring.n_written, n))
    total = sum(blocks)
    start = total - start_back
    found = ring.read(start, n_samples)
    there = max(0, total - capacity) <= start and start + n_samples <= total and n_samples <= capacity
    if there:
        assert found is not None
        assert found.tolist() == list(range(start, start + n_samples))
    else:
        assert found is None


@given(
    capacity=st.integers(1, 30),
    steps=st.lists(st.tuples(st.sampled_from(["write", "take"]), st.integers(0, 40)), max_size=40),
)
@settings(max_examples=200)
def test_every_sample_is_read_waiting_or_lost(capacity: int, steps: Any) -> None:
    ring = RingBuffer(capacity)
    taken: list[float] = []
    for what, n in steps:
        if what == "write":
            ring.write(_numbered(ring.n_written, n))
            continue
        ring.catch_up()
        block = ring.read(ring.n_read, n)
        if block is not None:
            taken.extend(block.tolist())
            ring.advance(ring.n_read + n)
    ring.catch_up()
    assert len(taken) + ring.n_lost + ring.n_waiting == ring.n_written
    assert taken == sorted(set(taken))
    assert ring.n_free == capacity - ring.n_waiting


def test_a_copy_is_handed_out() -> None:
    ring = RingBuffer(4)
    ring.write(_numbered(0, 4))
    first = ring.read(0, 4)
    ring.write(_numbered(100, 4))
    assert first is not None
    assert first.tolist() == [0, 1, 2, 3]


def test_the_arrival_time_of_a_sample_is_known() -> None:
    ring = RingBuffer(100)
    before = time.monotonic()
    ring.write(_numbered(0, 10))
    between = time.monotonic()
    time.sleep(0.01)  # the time that is measured
    ring.write(_numbered(10, 10))
    first, second = ring.arrived_s(10), ring.arrived_s(11)
    assert first is not None
    assert second is not None
    assert before <= first <= between < second <= time.monotonic()
    assert ring.arrived_s(21) is None


def test_zero_capacity_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        RingBuffer(0)


def test_a_reader_beside_a_fast_writer_never_sees_a_torn_stretch() -> None:
    ring = RingBuffer(257)
    n_total = 120_000

    def write_all() -> None:
        while ring.n_written < n_total:
            ring.write(_numbered(ring.n_written, 31))

    writer = threading.Thread(target=write_all)
    writer.start()
    n_good = 0
    while writer.is_alive() or ring.n_waiting >= 100:
        ring.catch_up()
        block = ring.read(ring.n_read, 100)
        if block is None:
            continue
        assert np.array_equal(block, _numbered(ring.n_read, 100))
        ring.advance(ring.n_read + 100)
        n_good += 100
    writer.join()
    ring.catch_up()
    assert n_good > 0
    assert n_good + ring.n_lost + ring.n_waiting == ring.n_written


@given(
    blocks=st.lists(st.tuples(st.integers(0, 30), st.one_of(st.none(), st.floats(0.0, 5.0))), max_size=20),
    start=st.integers(0, 300),
    n_samples=st.integers(0, 100),
)
def test_breaks_are_where_the_writer_marked_gaps(blocks: Any, start: int, n_samples: int) -> None:
    ring = RingBuffer(1000)
    breaks: dict[int, float] = {}
    for n, gap_s in blocks:
        if gap_s is not None:
            ring.mark_gap(gap_s)
            breaks[ring.n_written] = breaks.get(ring.n_written, 0.0) + gap_s
        ring.write(_numbered(0, n))
    inside = [first for first in sorted(breaks) if start < first < start + n_samples]
    assert ring.first_break(start, start + n_samples) == (inside[0] if inside else None)
    missing_s = sum(gap_s for first, gap_s in breaks.items() if first <= start)
    assert ring.time_s(start, 100.0) == pytest.approx(start / 100.0 + missing_s)
    assert ring.gaps_s == pytest.approx(sum(breaks.values()))


def test_a_break_belongs_to_neither_section() -> None:
    ring = RingBuffer(100)
    ring.write(_numbered(0, 10))
    ring.mark_gap(0.5)
    ring.write(_numbered(10, 10))
    assert ring.first_break(0, 10) is None
    assert ring.first_break(10, 20) is None
    assert ring.first_break(9, 11) == 10
    assert ring.time_s(9, 10.0) == 0.9
    assert ring.time_s(10, 10.0) == 1.5
    with pytest.raises(ValueError, match="gap_s"):
        ring.mark_gap(-1.0)


def test_a_device_that_reconnects_repeatedly_does_not_leak_memory() -> None:
    ring = RingBuffer(10)
    for _ in range(5000):
        ring.mark_gap(0.25)
        ring.write(_numbered(0, 1))
    assert ring.gaps_s == 1250.0
    assert ring.time_s(4999, 1.0) == 4999 + 1250.0
    assert len(ring._breaks.firsts) == 4096


def test_a_second_reader_sees_the_same_and_changes_nothing() -> None:
    ring, heard, stop = RingBuffer(4096), [], threading.Event()

    def second() -> None:
        place = 0
        while not stop.is_set() or place < ring.n_written:
            block = ring.read(place, min(64, ring.n_written - place))
            assert block is not None
            heard.extend(block.tolist())
            place += len(block)

    thread = threading.Thread(target=second)
    thread.start()
    for index in range(200):
        ring.write(_numbered(10 * index, 10))
        ring.advance(10 * index)
    stop.set()
    thread.join()
    assert heard == list(range(2000))
    assert ring.n_read == 1990
