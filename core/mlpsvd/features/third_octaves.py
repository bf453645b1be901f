"""One-third-octave bands: exact and nominal midband frequencies (IEC 61260-1)."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

__all__ = ["n_third_octaves", "nominal_hz", "third_octave_centres_hz"]

_NOMINAL = (1.0, 1.25, 1.6, 2.0, 2.5, 3.15, 4.0, 5.0, 6.3, 8.0)


def third_octave_centres_hz(low_hz: float, high_hz: float) -> NDArray[np.float64]:
    """Return the exact midband frequencies of the bands whose nominal ones lie from ``low_hz`` to ``high_hz``.

    Parameters
    ----------
    low_hz, high_hz
        Nominal midband frequencies, e.g. 31.5 and 8000; both are included.

    Returns
    -------
    np.ndarray [shape=(n_bands,)]
        f = 1000 G^(x/3) Hz with G = 10^(3/10), for whole numbers x.

    References
    ----------
    IEC 61260-1:2014, equations (1) and (2), and annex E for the nominal frequencies.

    Examples
    --------
    >>> third_octave_centres_hz(100.0, 200.0).round(2).tolist()
    [100.0, 125.89, 158.49, 199.53]
    """
    first, last = _range(low_hz, high_hz)
    return np.asarray(10.0 ** (np.arange(first, last + 1) / 10.0))


def n_third_octaves(low_hz: float, high_hz: float) -> int:
    """Return the number of these bands; 0 if there is none."""
    first, last = _range(low_hz, high_hz)
    return max(0, last - first + 1)


def nominal_hz(highest_hz: float) -> float:
    """Return the largest nominal midband frequency of a band with an exact one of at most ``highest_hz``.

    Examples
    --------
    >>> nominal_hz(3900.0)
    3150.0
    """
    return _nominal(math.floor(10.0 * math.log10(highest_hz) + 1e-9))


def _range(low_hz: float, high_hz: float) -> tuple[int, int]:
    """Return the numbers of the first and last band; band n has the midband frequency 10^(n/10) Hz."""
    first, last = (round(10.0 * math.log10(one)) for one in (low_hz, high_hz))
    first += _nominal(first) < low_hz * (1.0 - 1e-9)
    last -= _nominal(last) > high_hz * (1.0 + 1e-9)
    return first, last


def _nominal(number: int) -> float:
    return float(f"{_NOMINAL[number % 10]}e{number // 10}")
