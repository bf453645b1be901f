"""Edits of a bank of filters: functions that return the next bank."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from mlpsvd import settings
from mlpsvd.datasets.settings import SyntheticSettings
from mlpsvd.errors import DataError, QuantityError, SettingError
from mlpsvd.quantities import parse_quantity
from mlpsvd.signals.bank import BandPass
from mlpsvd.text import one_line

__all__ = [
    "Bank",
    "added",
    "duplicated",
    "edited",
    "moved",
    "refusal",
    "removed",
    "spaced",
]

Bank = tuple[BandPass, ...]

_FEWEST = 2
_MOST = 100
_WORDS = {"label": "name", "centre_hz": "centre frequency", "bandwidth_hz": "bandwidth", "q": "Q"}


def is_automatic(filter: BandPass) -> bool:
    """Whether the filter's name is its centre frequency ("710 Hz", or "710 Hz (2)" where two coincide)."""
    return re.fullmatch(re.escape(f"{filter.centre_hz:g} Hz") + r"( \(\d+\))?", filter.label) is not None


def _automatic_label(centre_hz: float, taken: Sequence[str]) -> str:
    label = plain = f"{centre_hz:g} Hz"
    number = 2
    while label in taken:
        label = f"{plain} ({number})"
        number += 1
    return label


def _placed(bank: Bank, index: int, filter: BandPass) -> Bank:
    """Replace a filter; an automatic name follows the centre frequency."""
    if is_automatic(bank[index]):
        taken = [one.label for number, one in enumerate(bank) if number != index]
        filter = replace(filter, label=_automatic_label(filter.centre_hz, taken))
    return (*bank[:index], filter, *bank[index + 1 :])


def rounded(value_hz: float) -> float:
    """Round a dragged frequency to 1 Hz, below 100 Hz to 0.1 Hz."""
    return round(value_hz, 0 if value_hz >= 100 else 1)


def moved(bank: Bank, index: int, centre_hz: float, bandwidth_hz: float, nyquist_hz: float) -> Bank:
    """Return the bank after a drag, limited to valid frequencies."""
    centre_hz = min(max(rounded(centre_hz), 1.0), np.ceil(nyquist_hz) - 1.0)
    bandwidth_hz = min(max(rounded(bandwidth_hz), 0.1), nyquist_hz / 2 * 0.99)
    return _placed(bank, index, replace(bank[index], centre_hz=float(centre_hz), bandwidth_hz=float(bandwidth_hz)))


def edited(bank: Bank, index: int, field: str, text: str) -> Bank:
    """Return the bank with one table entry replaced by the typed text.

    Parameters
    ----------
    field
        ``label``, ``centre_hz``, ``bandwidth_hz`` or ``q``; editing Q keeps the centre and sets the bandwidth.

    Raises
    ------
    DataError
        If the text is no number.
    """
    text = text.strip()
    if field == "label":
        return (*bank[:index], replace(bank[index], label=text), *bank[index + 1 :])
    value = _number(text, field, bank[index].label)
    if field == "q":
        return _placed(bank, index, replace(bank[index], bandwidth_hz=bank[index].centre_hz / value))
    return _placed(bank, index, settings.with_value(bank[index], field, value))


def _number(text: str, field: str, label: str) -> float:
    of = f"{_WORDS[field]} of {one_line(label, 40)}"
    try:
        value = parse_quantity(text, "" if field == "q" else "Hz")
    except QuantityError as error:
        raise DataError(f"The {of}: {error}") from None
    if value <= 0:
        raise DataError(f"The {of} cannot be {one_line(text, 40)}; it should be a number above 0")
    return value


def added(bank: Bank, nyquist_hz: float) -> Bank:
    """Return the bank with one more filter, continuing the spacing of the last two where there is room.

    Raises
    ------
    DataError
        If there are 100 already.
    """
    if len(bank) >= _MOST:
        raise DataError(f"There are {len(bank)} classes already; {_MOST} are the most that can be drawn")
    last = bank[-1] if bank else BandPass()
    step = bank[-1].centre_hz - bank[-2].centre_hz if len(bank) > 1 else -30.0
    centre_hz = last.centre_hz + (step or -30.0)
    if not 1.0 <= centre_hz < nyquist_hz:
        centre_hz = _widest_gap(bank, nyquist_hz)
    return (*bank, _named(bank, replace(last, centre_hz=centre_hz)))


def _widest_gap(bank: Bank, nyquist_hz: float) -> float:
    edges = sorted([20.0, *(one.centre_hz for one in bank), nyquist_hz * 0.9])
    gaps = [high - low for low, high in pairwise(edges)]
    widest = int(np.argmax(gaps))
    return rounded((edges[widest] + edges[widest + 1]) / 2)


def duplicated(bank: Bank, index: int, nyquist_hz: float) -> Bank:
    """Return the bank with a copy of a filter, one bandwidth lower (or higher)."""
    one = bank[index]
    lower = rounded(one.centre_hz - one.bandwidth_hz)
    centre_hz = lower if lower >= 1.0 else min(rounded(one.centre_hz + one.bandwidth_hz), nyquist_hz * 0.9)
    copy = _named(bank, replace(one, centre_hz=centre_hz), "" if is_automatic(one) else f"{one.label} copy")
    return (*bank[: index + 1], copy, *bank[index + 1 :])


def _named(bank: Bank, filter: BandPass, wanted: str = "") -> BandPass:
    taken = [one.label for one in bank]
    label = wanted if wanted and wanted not in taken else _automatic_label(filter.centre_hz, taken)
    return replace(filter, label=label)


def removed(bank: Bank, index: int) -> Bank:
    """Return the bank without a filter.

    Raises
    ------
    DataError
        If only two are left.
    """
    if len(bank) <= _FEWEST:
        raise DataError("A task needs at least 2 classes: add a filter before removing this one")
    return bank[:index] + bank[index + 1 :]


def spaced(low_hz: float, high_hz: float, n_classes: int, bandwidth_hz: float, logarithmic: bool) -> Bank:
    """Return filters with equal spacing from high to low, in hertz or in octaves."""
    spread = np.geomspace if logarithmic else np.linspace
    bank: Bank = ()
    for centre_hz in spread(high_hz, low_hz, n_classes):
        centre = float(np.round(centre_hz, 1))
        bank = (*bank, _named(bank, BandPass("", centre, bandwidth_hz)))
    return bank


def refusal(before: SyntheticSettings, bank: Bank) -> str | None:
    """Return in one sentence why ``bank`` is invalid; None if it can replace the present one."""
    known = {(problem.key, problem.found) for problem in settings.problems(before)}
    for problem in settings.problems(replace(before, filters=bank)):
        if (problem.key, problem.found) not in known:
            return _sentence(problem, before.filters, bank)
    return None


def _sentence(problem: SettingError, before: Bank, after: Bank) -> str:
    match = re.fullmatch(r"filters\[(\d+)\]\.(\w+)", problem.key)
    if match is None:
        return f"{problem}."
    index, field = int(match[1]), match[2]
    if field == "label":
        index = _renamed(before, after, index)
    of = f" of {one_line(before[index].label, 40)}" if index < len(before) else ""
    if field == "label":
        found = f"“{one_line(str(problem.found), 40)}”" if str(problem.found).strip() else "empty"
    else:
        found = f"{problem.found:g} Hz"
    return f"The {_WORDS[field]}{of} cannot be {found}; it should be {problem.expected}."


def _renamed(before: Bank, after: Bank, index: int) -> int:
    """Return which of two filters with the same name was renamed."""
    same = [number for number, one in enumerate(after) if one.label == after[index].label]
    return next((number for number in same if number < len(before) and before[number] != after[number]), index)
