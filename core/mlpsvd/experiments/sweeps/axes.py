"""Axes of a sweep: a setting and its values, from text such as ``hidden=10,20`` or ``rate=1e-3:1e-1:log5``.

A search also has ranges without a number of values, such as ``rate=1e-3:1e-1:log``.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, get_args, get_origin

import numpy as np

from mlpsvd.errors import SettingError
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.setting_labels import every_setting, label, label_with_unit
from mlpsvd.settings import SettingInfo, describe, get, parse_text
from mlpsvd.text import format_number

__all__ = [
    "MOST_VALUES",
    "Axis",
    "Span",
    "axis_of",
    "parse_axis",
    "setting_info",
    "setting_key",
    "sweepable_keys",
    "value_text",
]

MOST_VALUES = 100
"""Largest number of values of one setting."""

_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_RANGE = re.compile(rf"({_NUMBER}):({_NUMBER}):(?:(log|lin)(\d+)|({_NUMBER}))")
_SPAN = re.compile(rf"({_NUMBER}):({_NUMBER}):(log|lin)")
_RANGE_FORM = "LOW:HIGH:STEP, LOW:HIGH:linN or LOW:HIGH:logN, e.g. 1e-3:1e-1:log5"
_FIXED = ("name", "seed")
_DIGITS = 6
_CHOSEN_DIGITS = 4
"""Significant digits of a number that a search chooses from a range."""


@dataclass(frozen=True)
class Span:
    """A range of numbers from which a search chooses, on a linear or logarithmic scale; both ends are included."""

    low: float
    high: float
    is_logarithmic: bool

    @property
    def text(self) -> str:
        """The range as :func:`parse_axis` reads it."""
        return f"{value_text(self.low)}:{value_text(self.high)}:{'log' if self.is_logarithmic else 'lin'}"


@dataclass(frozen=True)
class Axis:
    """A setting and the values it takes.

    Attributes
    ----------
    key
        Dotted key, e.g. ``training.learning_rate``.
    values
        Values of the setting's type, each once; empty for a range.
    span
        The range from which a search chooses; None for a list of values.
    """

    key: str
    values: tuple[Any, ...]
    span: Span | None = None

    @property
    def label(self) -> str:
        """Label of the setting."""
        return label(Experiment, self.key)

    @property
    def heading(self) -> str:
        """Label and unit, above values."""
        return label_with_unit(Experiment, self.key)

    @property
    def texts(self) -> tuple[str, ...]:
        """The values, or the range, as text."""
        return tuple(value_text(value) for value in self.values) if self.span is None else (self.span.text,)

    @property
    def is_numeric(self) -> bool:
        """Whether every value is a number, or a list of one number."""
        return all(_number(value) is not None for value in self.values)

    def number(self, value: Any) -> float:
        """Return a value as a number: itself, or its position in the list of values."""
        number = _number(value) if self.is_numeric else None
        return float(self.values.index(value)) if number is None else number

    @property
    def is_logarithmic(self) -> bool:
        """Whether a logarithmic scale suits the values: all are positive and the largest is over 20 times the least."""
        if self.span is not None:
            return self.span.is_logarithmic
        numbers = [self.number(value) for value in self.values]
        return self.is_numeric and min(numbers) > 0 and max(numbers) > 20 * min(numbers)

    @property
    def is_integer(self) -> bool:
        """Whether the setting is a whole number, or a list of them."""
        return _kind(setting_info(self.key)) is int

    def value_at(self, number: float) -> Any:
        """Return the value of the setting for a number of the range; a list setting gets one entry."""
        text = str(round(number)) if self.is_integer else f"{number:.{_CHOSEN_DIGITS}g}"
        return get(parse_text(Experiment(), self.key, text), self.key)


@functools.cache
def sweepable_keys() -> tuple[str, ...]:
    """Return the keys of all settings that a sweep can change: all but name, seed and lists of tables."""
    listed = every_setting(Experiment)
    return tuple(
        one.key for one in listed if one.key not in _FIXED and "[]" not in one.key and one.type != "list of tables"
    )


def setting_key(text: str) -> str:
    """Return the key that a person means: a key, its last part, or one word of it.

    Raises
    ------
    SettingError
        If no setting or several are meant.

    Examples
    --------
    >>> setting_key("hidden"), setting_key("training.rate"), setting_key("network.hidden")
    ('network.hidden', 'training.learning_rate', 'network.hidden')
    """
    if text in _FIXED:
        raise SettingError("--over", text, "another setting: --repeats changes the seed, and the name has no effect")
    keys = sweepable_keys()
    section, _, name = text.rpartition(".")
    inside = [key for key in keys if not section or key.startswith(f"{section}.")]
    last = {key: key.rpartition(".")[2] for key in inside}
    found = [key for key in keys if key == text]
    found = found or [key for key in inside if last[key] == name]
    found = found or [key for key in inside if name in last[key].split("_")]
    if len(found) == 1:
        return found[0]
    if found:
        raise SettingError("--over", text, f"one of {', '.join(found)}")
    raise SettingError("--over", text, "the key of a setting, or its last part; mlpsvd settings lists them")


def setting_info(key: str) -> SettingInfo:
    """Return what is known about a setting of an experiment."""
    parent, _, name = key.rpartition(".")
    settings: Any = get(Experiment(), parent) if parent else Experiment()
    cls: Any = type(settings)
    return next(info for info in describe(cls) if info.name == name)


def parse_axis(text: str) -> Axis:
    """Return the axis of ``KEY=VALUES``.

    Values are separated by commas. A range of numbers is ``LOW:HIGH:STEP``, or ``LOW:HIGH:linN`` or ``LOW:HIGH:logN``
    for N values at equal distances or ratios, both ends included. The entries of one value of a list setting are
    separated by ``/``. ``LOW:HIGH:lin`` or ``LOW:HIGH:log`` alone is a range from which a search chooses.

    Raises
    ------
    SettingError
        If the setting or a value is not possible.

    Examples
    --------
    >>> parse_axis("hidden=10,40/20").values
    ((10,), (40, 20))
    >>> parse_axis("training.rate=1e-3:1e-1:log3").values
    (0.001, 0.01, 0.1)
    >>> parse_axis("epochs=20:60:20").values
    (20, 40, 60)
    >>> parse_axis("training.rate=1e-3:1e-1:log").span
    Span(low=0.001, high=0.1, is_logarithmic=True)
    """
    name, equals, values = text.partition("=")
    if not equals:
        raise SettingError("--over", text, "of the form KEY=VALUES, e.g. hidden=10,20,50")
    return axis_of(setting_key(name.strip()), values)


def axis_of(key: str, values: str) -> Axis:
    """Return the axis of a setting, whose values are text as in :func:`parse_axis`.

    Raises
    ------
    SettingError
        If a value is not possible.
    """
    info = setting_info(key)
    span = _SPAN.fullmatch(values.strip())
    if span is not None and _kind(info) in (int, float):
        return Axis(key, (), _span(key, values.strip(), info, span))
    parts = [part for one in values.split(",") if one.strip() for part in _expanded(key, one.strip(), info)]
    found = tuple(dict.fromkeys(get(parse_text(Experiment(), key, _listed(part, info)), key) for part in parts))
    if not found:
        raise SettingError(key, values, f"one or more values with commas between them, or {_RANGE_FORM}")
    if len(found) > MOST_VALUES:
        raise SettingError(key, len(found), f"at most {MOST_VALUES} values")
    return Axis(key, found)


def value_text(value: Any) -> str:
    """Return a value as :func:`parse_axis` reads it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return format_number(float(value))
    if isinstance(value, tuple):
        return "/".join(value_text(entry) for entry in value) or "none"
    return str(value)


def _kind(info: SettingInfo) -> Any:
    """Return the type of a setting, or of the entries of a list."""
    return get_args(info.type)[0] if get_origin(info.type) is tuple else info.type


def _span(key: str, text: str, info: SettingInfo, match: re.Match[str]) -> Span:
    span = Span(float(match[1]), float(match[2]), match[3] == "log")
    if span.high <= span.low:
        raise SettingError(key, text, "a range whose second number is the larger one")
    if span.is_logarithmic and span.low <= 0:
        raise SettingError(key, text, "a range of positive numbers, as their ratios are equal")
    if _kind(info) is int and not (span.low.is_integer() and span.high.is_integer()):
        raise SettingError(key, text, "a range between whole numbers")
    for end in (span.low, span.high):
        if (info.low is not None and end < info.low) or (info.high is not None and end > info.high):
            raise SettingError(key, text, f"a range whose ends are each {info.expected()}")
    return span


def _listed(part: str, info: SettingInfo) -> str:
    return part.replace("/", ",") if get_origin(info.type) is tuple else part


def _expanded(key: str, part: str, info: SettingInfo) -> Sequence[str]:
    """Return the values of a range as text, or the part itself."""
    kind = _kind(info)
    if ":" not in part or kind not in (int, float):
        return [part]
    match = _RANGE.fullmatch(part)
    if match is None:
        raise SettingError(key, part, f"a number, or {_RANGE_FORM}")
    low, high = float(match[1]), float(match[2])
    numbers = _spaced(part, key, low, high, match[3], match[4], match[5])
    rounded = [f"{number:.{_DIGITS}g}" for number in numbers]
    return [str(round(float(one))) for one in rounded] if kind is int else rounded


def _spaced(part: str, name: str, low: float, high: float, scale: str, count: str, step: str) -> Sequence[float]:
    if high <= low:
        raise SettingError(name, part, "a range whose second number is the larger one")
    if scale:
        n = int(count)
        if not 2 <= n <= MOST_VALUES:
            raise SettingError(name, part, f"a range of 2 to {MOST_VALUES} values")
        if scale == "log" and low <= 0:
            raise SettingError(name, part, "a range of positive numbers, as their ratios are equal")
        return [float(one) for one in (np.geomspace if scale == "log" else np.linspace)(low, high, n)]
    if float(step) <= 0 or (high - low) / float(step) > MOST_VALUES:
        raise SettingError(name, part, f"a range with a positive step and at most {MOST_VALUES} values")
    n_steps = int((high - low) / float(step) + 1e-9)
    return [low + index * float(step) for index in range(n_steps + 1)]


def _number(value: Any) -> float | None:
    if isinstance(value, tuple):
        return _number(value[0]) if len(value) == 1 else None
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
