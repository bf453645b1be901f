"""Filter banks: one band-pass filter per class of the synthetic task (Paul and Nelson, figure 5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mlpsvd.settings import setting

__all__ = [
    "PAPER_BANDWIDTHS_HZ",
    "PAPER_CLASS_COUNTS",
    "PAPER_SPACINGS_HZ",
    "PAPER_TOP_HZ",
    "BandPass",
    "bank",
    "paper_bank",
]

PAPER_TOP_HZ = 710.0
PAPER_SPACINGS_HZ = (5.0, 30.0, 60.0)
PAPER_BANDWIDTHS_HZ = (10.0, 100.0)
PAPER_CLASS_COUNTS = (2, 5, 10)


@dataclass(frozen=True)
class BandPass:
    """One class of the synthetic task: noise through this band-pass filter.

    Parameters
    ----------
    label : str
        Name of the class.
    centre_hz : float
        Centre frequency, where the gain is 1, in hertz.
    bandwidth_hz : float
        Bandwidth between the two −3 dB frequencies in hertz.

    Examples
    --------
    >>> import mlpsvd
    >>> mlpsvd.BandPass("hum", centre_hz=710.0, bandwidth_hz=10.0).q
    71.0
    """

    label: str = setting("", label="Class", help="Name of the class of this filter.")
    centre_hz: float = setting(710.0, label="Centre", unit="Hz", symbol="f_c", low=1.0,
                               help="Frequency of unit gain.")  # fmt: skip
    bandwidth_hz: float = setting(10.0, label="Bandwidth", unit="Hz", symbol="B", low=0.1,
                                  help="Distance between the two frequencies where the gain is 3 dB "
                                  "lower.")  # fmt: skip

    @property
    def q(self) -> float:
        """Quality factor: centre frequency divided by bandwidth, without a unit."""
        return self.centre_hz / self.bandwidth_hz


def bank(centres_hz: Sequence[float], bandwidth_hz: float) -> tuple[BandPass, ...]:
    """Return one filter for each centre frequency, which is also its label ("710 Hz").

    Parameters
    ----------
    centres_hz : sequence of float
        Centre frequencies in hertz.
    bandwidth_hz : float
        Bandwidth of every filter in hertz.

    Returns
    -------
    tuple of BandPass
        The filters, in the given order.

    Examples
    --------
    >>> import mlpsvd
    >>> [one.label for one in mlpsvd.bank([500.0, 710.0], bandwidth_hz=10.0)]
    ['500 Hz', '710 Hz']
    """
    return tuple(BandPass(f"{centre:g} Hz", float(centre), float(bandwidth_hz)) for centre in centres_hz)


def paper_bank(n_classes: int = 5, spacing_hz: float = 30.0, bandwidth_hz: float = 10.0) -> tuple[BandPass, ...]:
    """Return the paper's filters, with centre frequencies in descending order from 710 Hz.

    Parameters
    ----------
    n_classes : int
        Number of filters.
    spacing_hz : float
        Distance between neighbouring centre frequencies in hertz.
    bandwidth_hz : float
        Bandwidth of every filter in hertz.

    Returns
    -------
    tuple of BandPass
        The filters, highest centre frequency first.

    Examples
    --------
    >>> import mlpsvd
    >>> [one.centre_hz for one in mlpsvd.paper_bank(3)]
    [710.0, 680.0, 650.0]
    """
    return bank([PAPER_TOP_HZ - spacing_hz * k for k in range(n_classes)], bandwidth_hz)
