"""Curves of a filter bank for plots: responses, group delay, impulse responses, poles and zeros."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlpsvd.errors import SettingError
from mlpsvd.signals import bandpass
from mlpsvd.signals.bank import BandPass
from mlpsvd.text import frequency_text

__all__ = ["QUANTITIES", "Quantity", "bandwidth_text", "curves", "frequency_grid", "poles_and_zeros"]

_GRID_POINTS = 500
_LOWEST_HZ = 20.0
_IMPULSE_TAIL = 4.0
_IMPULSE_POINTS = 4000
_LEAST_GAIN = 1e-6


@dataclass(frozen=True)
class Quantity:
    """A quantity to plot: name, axis label, unit, and whether it is plotted over frequency."""

    name: str
    label: str
    unit: str
    over_frequency: bool = True


QUANTITIES = (
    Quantity("Magnitude", "Response", "dB"),
    Quantity("Phase", "Phase", "°"),
    Quantity("Group delay", "Group delay", "ms"),
    Quantity("Impulse response", "Amplitude", "", over_frequency=False),
)

Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]


def frequency_grid(bank: tuple[BandPass, ...], sample_rate_hz: float) -> Floats:
    """Return frequencies from 20 Hz to just below Nyquist, dense enough around each centre to resolve its peak."""
    nyquist_hz = sample_rate_hz / 2
    lowest_hz = min(_LOWEST_HZ, nyquist_hz / 100)
    parts = [np.geomspace(lowest_hz, nyquist_hz * 0.999, _GRID_POINTS)]
    offsets = np.sinh(np.linspace(-4.0, 4.0, 81)) / 2  # dense at the centre, out to 14 bandwidths
    parts += [one.centre_hz + offsets * one.bandwidth_hz for one in bank]
    grid = np.unique(np.concatenate(parts))
    inside: Floats = grid[(grid >= lowest_hz) & (grid <= nyquist_hz * 0.999)]
    return inside


def curves(bank: tuple[BandPass, ...], sample_rate_hz: float, quantity: Quantity) -> tuple[Floats, list[Floats | None]]:
    """Return x [shape=(n,)] and one y per filter; y is None for a filter that is invalid at this sample rate."""
    x = _times_ms(bank, sample_rate_hz) if not quantity.over_frequency else frequency_grid(bank, sample_rate_hz)
    return x, [_curve(one, sample_rate_hz, quantity, x) for one in bank]


def poles_and_zeros(bank: tuple[BandPass, ...], sample_rate_hz: float) -> list[tuple[Complexes, Complexes] | None]:
    """Return poles and zeros [both shape=(2,)] of each filter; None for one that is invalid at this sample rate."""
    return [_poles_and_zeros(one, sample_rate_hz) for one in bank]


def _poles_and_zeros(one: BandPass, sample_rate_hz: float) -> tuple[Complexes, Complexes] | None:
    try:
        return bandpass.poles_and_zeros(bandpass.coefficients(one, sample_rate_hz))
    except SettingError:
        return None


def _times_ms(bank: tuple[BandPass, ...], sample_rate_hz: float) -> Floats:
    """Return sample times until the response of the narrowest filter has decayed."""
    narrowest_hz = min((one.bandwidth_hz for one in bank), default=10.0)
    n_samples = int(np.clip(_IMPULSE_TAIL / (np.pi * narrowest_hz) * sample_rate_hz, 64, _IMPULSE_POINTS))
    return np.arange(n_samples) / sample_rate_hz * 1000.0


def _curve(one: BandPass, sample_rate_hz: float, quantity: Quantity, x: Floats) -> Floats | None:
    try:
        c = bandpass.coefficients(one, sample_rate_hz)
    except SettingError:
        return None
    if quantity.name == "Impulse response":
        return bandpass.impulse_response(c, len(x))
    if quantity.name == "Group delay":
        return bandpass.group_delay_s(c, x, sample_rate_hz) * 1000.0
    response = bandpass.frequency_response(c, x, sample_rate_hz)
    if quantity.name == "Phase":
        degrees: Floats = np.degrees(np.angle(response))
        return degrees
    decibels: Floats = 20.0 * np.log10(np.maximum(np.abs(response), _LEAST_GAIN))
    return decibels


def bandwidth_text(one: BandPass, sample_rate_hz: float) -> str:
    """Describe the filter's −3 dB bandwidth, measured on its response, in one sentence."""
    try:
        c = bandpass.coefficients(one, sample_rate_hz)
    except SettingError:
        return f"{one.label} is not possible at a sample rate of {frequency_text(sample_rate_hz)}."
    low_hz, high_hz = bandpass.half_power_points_hz(c, sample_rate_hz)
    width_hz = bandpass.measured_bandwidth_hz(c, sample_rate_hz)
    return f"{one.label}: −3 dB at {low_hz:.1f} Hz and {high_hz:.1f} Hz, measured bandwidth {width_hz:.4g} Hz"
