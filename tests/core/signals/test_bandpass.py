"""Lane's filter against its nominal values, scipy and finite differences."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.signal import lfilter

from mlpsvd.errors import SettingError
from mlpsvd.signals.bandpass import (
    Coefficients,
    coefficients,
    difference_equation,
    frequency_response,
    group_delay_s,
    half_power_points_hz,
    impulse_response,
    measured_bandwidth_hz,
    poles_and_zeros,
)
from mlpsvd.signals.bank import BandPass

RATE_HZ = 16000.0


@st.composite
def legal_filters(draw: st.DrawFn) -> tuple[Coefficients, BandPass, float]:
    rate_hz = draw(st.floats(1000.0, 192000.0))
    centre_hz = rate_hz * draw(st.floats(0.002, 0.498))
    bandwidth_hz = rate_hz * draw(st.floats(1e-5, 0.2499))
    one = BandPass("x", centre_hz, bandwidth_hz)
    return coefficients(one, rate_hz), one, rate_hz


def as_transfer_function(c: Coefficients) -> tuple[list[float], list[float]]:
    return [2 * c.alpha, 0.0, -2 * c.alpha], [1.0, -2 * c.gamma, 2 * c.beta]


@pytest.mark.parametrize("bandwidth_hz", [10.0, 100.0])
def test_the_papers_filters_have_their_nominal_bandwidth(bandwidth_hz: float) -> None:
    c = coefficients(BandPass("x", 710.0, bandwidth_hz), RATE_HZ)
    assert measured_bandwidth_hz(c, RATE_HZ) == pytest.approx(bandwidth_hz, rel=1e-6)
    low_hz, high_hz = half_power_points_hz(c, RATE_HZ)
    gains_db = 20 * np.log10(np.abs(frequency_response(c, [low_hz, 710.0, high_hz], RATE_HZ)))
    np.testing.assert_allclose(gains_db, [-3.0103, 0.0, -3.0103], atol=1e-4)


@given(legal_filters())
def test_every_legal_filter_is_stable_with_unit_gain_and_nominal_bandwidth(
    legal: tuple[Coefficients, BandPass, float],
) -> None:
    c, one, rate_hz = legal
    poles, zeros = poles_and_zeros(c)
    assert (np.abs(poles) < 1.0).all()
    np.testing.assert_array_equal(np.sort(zeros.real), [-1.0, 1.0])
    assert abs(frequency_response(c, one.centre_hz, rate_hz)) == pytest.approx(1.0, abs=1e-6)
    assert measured_bandwidth_hz(c, rate_hz) == pytest.approx(one.bandwidth_hz, rel=1e-4)


@given(legal_filters())
def test_phase_is_zero_at_the_centre_and_falls_through_it(legal: tuple[Coefficients, BandPass, float]) -> None:
    c, one, rate_hz = legal
    low_hz, high_hz = half_power_points_hz(c, rate_hz)
    phases = np.angle(frequency_response(c, [low_hz, one.centre_hz, high_hz], rate_hz))
    np.testing.assert_allclose(phases, [np.pi / 4, 0.0, -np.pi / 4], atol=1e-3)


def test_response_is_zero_at_both_ends() -> None:
    c = coefficients(BandPass("x", 710.0, 10.0), RATE_HZ)
    np.testing.assert_allclose(np.abs(frequency_response(c, [0.0, RATE_HZ / 2], RATE_HZ)), 0.0, atol=1e-12)


def test_impulse_response_is_scipys_lfilter_on_a_delta() -> None:
    c = coefficients(BandPass("x", 710.0, 100.0), RATE_HZ)
    delta = np.zeros(500)
    delta[0] = 1.0
    np.testing.assert_allclose(impulse_response(c, 500), lfilter(*as_transfer_function(c), delta), atol=1e-14)
    assert impulse_response(c, 0).shape == (0,)


def test_spectrum_of_the_impulse_response_is_the_frequency_response() -> None:
    c = coefficients(BandPass("x", 3000.0, 800.0), RATE_HZ)
    frequencies_hz = np.fft.rfftfreq(4096, 1 / RATE_HZ)
    spectrum = np.fft.rfft(impulse_response(c, 4096))
    np.testing.assert_allclose(spectrum, frequency_response(c, frequencies_hz, RATE_HZ), atol=1e-10)


def test_poles_are_the_roots_of_the_denominator() -> None:
    c = coefficients(BandPass("x", 710.0, 10.0), RATE_HZ)
    poles, _ = poles_and_zeros(c)
    np.testing.assert_allclose(poles**2 - 2 * c.gamma * poles + 2 * c.beta, 0.0, atol=1e-14)
    assert np.abs(np.angle(poles[0])) * RATE_HZ / (2 * np.pi) == pytest.approx(710.0, abs=0.1)


@pytest.mark.parametrize("axis", [0, 1])
def test_difference_equation_agrees_with_lfilter_along_either_axis(axis: int) -> None:
    c = coefficients(BandPass("x", 650.0, 30.0), RATE_HZ)
    x = np.random.default_rng(3).standard_normal((60, 70))
    before = x.copy()
    y = difference_equation(c, x, axis=axis)
    np.testing.assert_allclose(y, lfilter(*as_transfer_function(c), x, axis=axis), atol=1e-13)
    np.testing.assert_array_equal(x, before)


def test_a_signal_gives_the_same_bits_alone_and_in_a_batch() -> None:
    c = coefficients(BandPass("x", 650.0, 30.0), RATE_HZ)
    x = np.random.default_rng(4).standard_normal((200, 40))
    many = difference_equation(c, x)
    np.testing.assert_array_equal(difference_equation(c, x[:, :5]), many[:, :5])
    np.testing.assert_array_equal(difference_equation(c, x[:, 7]), many[:, 7])
    assert difference_equation(c, x[:, :0]).shape == (200, 0)


@pytest.mark.parametrize("frequency_hz", [0.0, 300.0, 705.0, 710.0, 2000.0, 8000.0])
def test_group_delay_is_the_slope_of_the_phase(frequency_hz: float) -> None:
    c = coefficients(BandPass("x", 710.0, 20.0), RATE_HZ)
    step_hz = 1e-2
    around = np.array([frequency_hz - step_hz, frequency_hz + step_hz])
    if frequency_hz in (0.0, 8000.0):  # the phase jumps by pi there: look beside it
        around += step_hz * (3 if frequency_hz == 0.0 else -3)
    phases = np.angle(frequency_response(c, around, RATE_HZ))
    slope_s = -(phases[1] - phases[0]) / (2 * np.pi * 2 * step_hz)
    assert group_delay_s(c, [frequency_hz], RATE_HZ)[0] == pytest.approx(slope_s, rel=1e-3)


def test_group_delay_at_the_centre_is_about_one_over_pi_bandwidths() -> None:
    c = coefficients(BandPass("x", 710.0, 10.0), RATE_HZ)
    assert float(group_delay_s(c, 710.0, RATE_HZ)) == pytest.approx(1 / (np.pi * 10.0), rel=1e-2)


@pytest.mark.parametrize(
    ("centre_hz", "bandwidth_hz", "key"),
    [
        (8000.0, 10.0, "centre_hz"),
        (0.0, 10.0, "centre_hz"),
        (700.0, 4000.0, "bandwidth_hz"),
        (700.0, 0.0, "bandwidth_hz"),
    ],
)
def test_an_impossible_filter_is_refused_with_its_key(centre_hz: float, bandwidth_hz: float, key: str) -> None:
    with pytest.raises(SettingError) as caught:
        coefficients(BandPass("x", centre_hz, bandwidth_hz), RATE_HZ)
    assert caught.value.key == key
