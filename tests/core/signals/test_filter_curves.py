"""Curves of a filter bank to be drawn."""

from __future__ import annotations

import numpy as np
import pytest

from mlpsvd.signals.bank import BandPass
from mlpsvd.signals.filter_curves import QUANTITIES, Quantity, bandwidth_text, curves, frequency_grid, poles_and_zeros

RATE_HZ = 16000.0
BANK = (BandPass("650 Hz", 650.0, 10.0), BandPass("too high", 9000.0, 10.0))


def test_the_grid_is_dense_at_a_centre_and_stays_below_nyquist() -> None:
    grid = frequency_grid(BANK, RATE_HZ)
    assert np.all(np.diff(grid) > 0) and grid[0] >= 20.0 and grid[-1] < RATE_HZ / 2
    assert np.abs(grid - 650.0).min() == pytest.approx(0.0, abs=1e-9)
    assert np.diff(grid)[np.searchsorted(grid, 650.0)] < 1.0


@pytest.mark.parametrize("quantity", QUANTITIES, ids=lambda one: one.name)
def test_every_quantity_has_a_curve_for_each_possible_filter(quantity: Quantity) -> None:
    x, (possible, impossible) = curves(BANK, RATE_HZ, quantity)
    assert impossible is None
    assert possible is not None and possible.shape == x.shape and np.all(np.isfinite(possible))


def test_magnitude_is_0_db_at_the_centre_and_3_db_less_half_a_bandwidth_off() -> None:
    x, (decibels, _) = curves(BANK, RATE_HZ, QUANTITIES[0])
    assert decibels is not None
    assert decibels[np.argmin(np.abs(x - 650.0))] == pytest.approx(0.0, abs=1e-6)
    assert np.interp(655.0, x, decibels) == pytest.approx(-3.0, abs=0.1)


def test_group_delay_at_the_centre_is_that_of_the_bandwidth() -> None:
    x, (delay_ms, _) = curves(BANK, RATE_HZ, QUANTITIES[2])
    assert delay_ms is not None
    assert np.interp(650.0, x, delay_ms) == pytest.approx(1000.0 / (np.pi * 10.0), rel=0.02)


def test_poles_lie_at_the_angle_of_the_centre() -> None:
    found, none = poles_and_zeros(BANK, RATE_HZ)
    assert none is None and found is not None
    poles, zeros = found
    np.testing.assert_allclose(np.abs(np.angle(poles)), 2 * np.pi * 650.0 / RATE_HZ, rtol=1e-3)
    np.testing.assert_allclose(sorted(zeros.real), [-1.0, 1.0])


def test_the_measured_bandwidth_is_written_out() -> None:
    assert "measured bandwidth 10 Hz" in bandwidth_text(BANK[0], RATE_HZ)
    assert bandwidth_text(BANK[1], RATE_HZ) == "too high is not possible at a sample rate of 16 kHz."
