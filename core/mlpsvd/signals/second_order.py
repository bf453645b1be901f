"""Band-pass filters as second-order sections, the form in which other programs hold digital filters."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mlpsvd.errors import DataError
from mlpsvd.signals.bandpass import coefficients
from mlpsvd.signals.bank import BandPass
from mlpsvd.text import format_number, one_line, quoted

__all__ = ["band_pass_of", "second_order_sections"]

_SAME = 1e-6
"""Largest relative deviation of a section from a band-pass filter of an experiment: six digits suffice."""
_ROUNDING = 1e-15


def second_order_sections(bank: Sequence[BandPass], sample_rate_hz: float) -> NDArray[np.float64]:
    """Return each filter of a bank as one second-order section, as :func:`scipy.signal.sosfilt` takes it.

    Parameters
    ----------
    bank : sequence of BandPass
        The filters.
    sample_rate_hz : float
        Sample rate in hertz.

    Returns
    -------
    np.ndarray [shape=(n_filters, 6)]
        b₀, b₁, b₂, a₀, a₁, a₂ of H(z) = (b₀ + b₁z⁻¹ + b₂z⁻²) / (a₀ + a₁z⁻¹ + a₂z⁻²) in each row. From equation 66:
        b₀ = 2α, b₁ = 0, b₂ = −2α, a₀ = 1, a₁ = −2γ, a₂ = 2β.

    Raises
    ------
    SettingError
        If a filter is not possible at this sample rate.

    Examples
    --------
    >>> from mlpsvd.signals.bank import paper_bank
    >>> second_order_sections(paper_bank(2), 16000.0).round(4).tolist()
    [[0.002, 0.0, -0.002, 1.0, -1.9188, 0.9961], [0.002, 0.0, -0.002, 1.0, -1.9252, 0.9961]]
    """
    rows = np.empty((len(bank), 6))
    for row, one in zip(rows, bank, strict=True):
        c = coefficients(one, sample_rate_hz)
        row[:] = 2.0 * c.alpha, 0.0, -2.0 * c.alpha, 1.0, -2.0 * c.gamma, 2.0 * c.beta
    return rows


def band_pass_of(label: str, sections: ArrayLike, sample_rate_hz: float) -> BandPass:
    """Return the band-pass filter that has these second-order sections.

    Centre and bandwidth are the shortest decimal numbers that give the same coefficients, so that a bank that was
    written and read is the same bank.

    Parameters
    ----------
    label : str
        Name of the class.
    sections : array_like [shape=(n_sections, 6)]
        b₀, b₁, b₂, a₀, a₁, a₂ of each section.
    sample_rate_hz : float
        Sample rate in hertz.

    Raises
    ------
    DataError
        If no filter of an experiment has these sections; the message gives the reason.
    """
    rows = np.asarray(sections, dtype=np.float64).reshape(-1, 6)
    if len(rows) != 1:
        raise _refusal(label, f"it has {len(rows)} sections", "one section, a band-pass filter of second order")
    if not np.isfinite(rows).all():
        raise _refusal(label, "a coefficient is not a finite number", "finite numbers")
    if not rows[0, 3]:
        raise _refusal(label, "a0 is 0", "a number other than 0")
    with np.errstate(over="ignore", invalid="ignore"):
        b0, b1, b2, _, a1, a2 = (float(value) for value in rows[0] / rows[0, 3])
    _require_resonance(label, a1, a2)
    expected = (1.0 - a2) / 2.0
    if not np.allclose((b0, b1, b2), (expected, 0.0, -expected), rtol=0.0, atol=_SAME * expected):
        given = ", ".join(format_number(float(f"{value:.4g}")) for value in (b0, b1, b2))
        wanted = ", ".join(format_number(float(f"{value:.4g}")) for value in (expected, 0.0, -expected))
        raise _refusal(
            label, f"b0, b1, b2 are {given}", f"{wanted} for a band-pass filter with unit gain at its centre"
        )
    centre_hz = math.acos(-a1 / (1.0 + a2)) * sample_rate_hz / (2.0 * math.pi)
    bandwidth_hz = math.atan((1.0 - a2) / (1.0 + a2)) * sample_rate_hz / math.pi
    return _shortest(label, centre_hz, bandwidth_hz, sample_rate_hz, (a1, a2))


def _require_resonance(label: str, a1: float, a2: float) -> None:
    """Refuse poles that Lane's filter does not have: its a₂ lies between 0 and 1, and |a₁| below 1 + a₂."""
    if not 0.0 < a2 < 1.0:
        raise _refusal(label, f"a2 is {format_number(a2)}", "between 0 and 1 for a stable band-pass filter")
    if not abs(a1) < 1.0 + a2:
        limit = format_number(float(f"{1.0 + a2:.6g}"))
        raise _refusal(label, f"a1 is {format_number(a1)}", f"between -{limit} and {limit} for a stable filter")


def _refusal(label: str, found: str, expected: str) -> DataError:
    return DataError(f"class {quoted(one_line(label))} is no filter of an experiment: {found}; it should be {expected}")


def _shortest(
    label: str, centre_hz: float, bandwidth_hz: float, sample_rate_hz: float, poles: tuple[float, float]
) -> BandPass:
    """Return the filter with the fewest digits whose a₁ and a₂ are the given ones; all digits if there is none."""
    for digits in range(3, 17):
        one = BandPass(label, float(f"{centre_hz:.{digits}g}"), float(f"{bandwidth_hz:.{digits}g}"))
        if one.centre_hz >= sample_rate_hz / 2 or one.bandwidth_hz >= sample_rate_hz / 4:
            continue
        found = second_order_sections([one], sample_rate_hz)[0, 4:]
        if np.allclose(found, poles, rtol=0.0, atol=_ROUNDING):
            return one
    return BandPass(label, centre_hz, bandwidth_hz)
