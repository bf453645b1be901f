"""Late is not lost: the account of samples against the clock."""

from __future__ import annotations

import numpy as np
import pytest

from mlpsvd.audio.devices.sample_clock import SampleClock

_BLOCK_S = 0.01


def deliver(clock: SampleClock, arrivals_s: np.ndarray) -> list[float]:
    """Take blocks of 10 ms that arrive at these times; return the gaps found."""
    gaps = [clock.add(_BLOCK_S, float(arrived_s)) for arrived_s in arrivals_s]
    return [gap for gap in gaps if gap is not None]


def on_time(n_blocks: int, start_s: float = 100.0, drift: float = 0.0) -> np.ndarray:
    return start_s + (1.0 + drift) * _BLOCK_S * np.arange(1, n_blocks + 1)


def test_blocks_on_time_have_no_gap() -> None:
    clock = SampleClock()
    jitter_s = np.random.default_rng(0).exponential(0.004, 3000)
    assert deliver(clock, np.maximum.accumulate(on_time(3000) + jitter_s)) == []
    health = clock.health(100.0 + 30.0)
    assert health.received_s == pytest.approx(30.0)
    assert health.expected_s == pytest.approx(30.0, abs=0.02)


@pytest.mark.parametrize("drift", [3e-4, -3e-4])
def test_the_devices_own_clock_may_be_another_one_for_an_hour(drift: float) -> None:
    clock = SampleClock()
    assert deliver(clock, on_time(360_000, drift=drift)) == []
    assert not clock.is_undecided


def test_late_samples_that_arrive_are_not_lost() -> None:
    clock, arrivals_s = SampleClock(), on_time(400)
    arrivals_s[200:260] = arrivals_s[260]  # a pause of 0.6 s, and then all at once
    assert deliver(clock, arrivals_s) == []
    assert clock.health(104.0).n_gaps == 0


def test_samples_that_arrive_slowly_are_not_lost() -> None:
    clock, arrivals_s = SampleClock(), on_time(800)
    late_s = np.linspace(0.5, 0.0, 300)  # catching up for three seconds, a little with each block
    arrivals_s[200:500] += late_s
    assert deliver(clock, arrivals_s) == []


def test_a_thread_held_up_twice_in_a_row_loses_nothing() -> None:
    """As measured with the interpreter held by another thread: late, later still, then all that was owed."""
    clock, arrivals_s = SampleClock(), on_time(400)
    arrivals_s[200:202] += 0.34
    arrivals_s[202:270] = arrivals_s[202] + 0.63 + 1e-4 * np.arange(68)
    assert deliver(clock, arrivals_s) == []


def test_a_steadily_late_device_gives_one_gap() -> None:
    clock, arrivals_s = SampleClock(), on_time(1000)
    arrivals_s[200:] += 0.3 + 0.06 * (np.arange(800) // 5 % 2)  # a device that stumbles on, always late
    gaps_s = deliver(clock, arrivals_s)
    assert len(gaps_s) == 1


def test_missing_samples_are_a_gap_of_the_length_of_the_clock() -> None:
    clock, arrivals_s = SampleClock(), on_time(400)
    arrivals_s[200:] += 0.3
    assert deliver(clock, arrivals_s[:201]) == []
    assert clock.is_undecided  # the blocks from here on are kept back: the break is before the first of them
    gaps_s = deliver(clock, arrivals_s[201:])
    assert gaps_s == [pytest.approx(0.3, abs=0.01)]
    assert not clock.is_undecided


def test_a_new_stream_is_always_a_break() -> None:
    clock = SampleClock()
    deliver(clock, on_time(100))
    assert clock.add(_BLOCK_S, 101.51, is_new_stream=True) == pytest.approx(0.5, abs=0.01)
    assert clock.add(_BLOCK_S, 101.52, is_new_stream=True) == pytest.approx(0.0, abs=0.01)
    assert clock.health(101.52).n_gaps == 2


def test_an_overflow_reported_by_the_device_is_a_break() -> None:
    clock = SampleClock()
    deliver(clock, on_time(100))
    assert clock.add(_BLOCK_S, 101.04, has_overflowed=True) == pytest.approx(0.03, abs=0.01)


def test_the_first_block_follows_nothing() -> None:
    assert SampleClock().add(_BLOCK_S, 5.0, is_new_stream=True) is None
