"""Typed reading of untrusted JSON, with a clear error message for invalid values, and numbers as JSON has them."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, TypeVar, overload

from mlpsvd.errors import FileFormatError
from mlpsvd.text import quoted

__all__ = ["Fields", "finite_or_none", "parse_fields", "parse_json", "parse_line"]

T = TypeVar("T", bound=str)


def finite_or_none(value: float) -> float | None:
    """Return a number for JSON, which has neither NaN nor infinity: those become None.

    Examples
    --------
    >>> finite_or_none(0.5), finite_or_none(math.nan)
    (0.5, None)
    """
    return float(value) if math.isfinite(value) else None


def parse_json(data: str | bytes) -> Any:
    """Return the value of a JSON document.

    Raises
    ------
    FileFormatError
        If it is not JSON in UTF-8, is nested too deeply, or holds a number too long to be read.
    """
    try:
        return json.loads(data)
    except RecursionError:
        raise FileFormatError("its JSON is nested too deeply") from None
    except ValueError as error:
        raise FileFormatError(f"its JSON is damaged ({_reason(error)})") from None


def parse_line(line: bytes) -> dict[str, Any] | None:
    """Return the object in a line of JSON; None if it is damaged or something else, as a line that a crash cut off.

    Examples
    --------
    >>> parse_line(b'{"a": 1}'), parse_line(b'{"a": ')
    ({'a': 1}, None)
    """
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return entry if isinstance(entry, dict) else None


def parse_fields(data: str | bytes) -> Fields:
    """Return the fields of a JSON document whose value is an object.

    Raises
    ------
    FileFormatError
        As :func:`parse_json`, or if it holds another kind of value.
    """
    return Fields(parse_json(data))


class Fields:
    """The fields of one JSON object, read by name and type.

    Parameters
    ----------
    table
        A value that a JSON parser returned.
    where
        Prefix of the names in messages, e.g. ``network.``.

    Raises
    ------
    FileFormatError
        From the constructor if ``table`` is no object; from each method if the field is absent, has another type, or
        is outside the range. The message names the field, the value and what is expected.

    Examples
    --------
    >>> fields = Fields({"rank": 3, "sigma": [1.5, 0.5]})
    >>> fields.integer("rank", low=1)
    3
    >>> fields.numbers("sigma")
    (1.5, 0.5)
    """

    def __init__(self, table: object, where: str = "") -> None:
        self.where = where
        if not isinstance(table, Mapping) or not all(isinstance(name, str) for name in table):
            raise FileFormatError(f"{where.rstrip('.') or 'its content'} is {quoted(table)}; it should be a table")
        self._table: Mapping[str, Any] = table

    def __contains__(self, name: object) -> bool:
        return name in self._table

    def names(self) -> tuple[str, ...]:
        """Return the names of all fields."""
        return tuple(self._table)

    def raw(self) -> dict[str, Any]:
        """Return the object without checking its fields."""
        return dict(self._table)

    @overload
    def text(self, name: str) -> str: ...

    @overload
    def text(self, name: str, choices: tuple[T, ...]) -> T: ...

    def text(self, name: str, choices: tuple[str, ...] = ()) -> str:
        """Return a text, one of ``choices`` if given."""
        value = self._table.get(name)
        if not isinstance(value, str) or (choices and value not in choices):
            raise self._wrong(name, f"one of {', '.join(choices)}" if choices else "a text")
        return value

    def flag(self, name: str) -> bool:
        """Return true or false."""
        value = self._table.get(name)
        if not isinstance(value, bool):
            raise self._wrong(name, "true or false")
        return value

    def integer(self, name: str, low: int = 0, high: int = 2**31 - 1) -> int:
        """Return a whole number from ``low`` to ``high``."""
        value = self._table.get(name)
        if type(value) is not int or not low <= value <= high:
            raise self._wrong(name, f"a whole number from {low} to {high}")
        return value

    def number(self, name: str, low: float = -math.inf, high: float = math.inf, *, is_finite: bool = True) -> float:
        """Return a number from ``low`` to ``high``; with ``is_finite=False``, NaN and infinity are allowed as well."""
        value = self._table.get(name)
        number = _as_float(value)
        if number is None or not (low <= number <= high if math.isfinite(number) else not is_finite):
            raise self._wrong(name, _range(low, high))
        return number

    def numbers(self, name: str, low: float = -math.inf, high: float = math.inf) -> tuple[float, ...]:
        """Return a list of finite numbers."""
        entries = self._entries(name)
        return tuple(entries.number(index, low, high) for index in entries.names())

    def integers(self, name: str, low: int = 0, high: int = 2**31 - 1) -> tuple[int, ...]:
        """Return a list of whole numbers from ``low`` to ``high``."""
        entries = self._entries(name)
        return tuple(entries.integer(index, low, high) for index in entries.names())

    def texts(self, name: str, choices: tuple[str, ...] = ()) -> tuple[str, ...]:
        """Return a list of texts, each one of ``choices`` if given."""
        entries = self._entries(name)
        return tuple(entries.text(index, choices) for index in entries.names())

    def entries(self, name: str) -> list[Any]:
        """Return a list without checking its entries."""
        value = self._table.get(name)
        if not isinstance(value, list):
            raise self._wrong(name, "a list")
        return value

    def table(self, name: str) -> Fields:
        """Return the fields of an object inside this one."""
        return Fields(self._table.get(name), f"{self.where}{name}.")

    def tables(self, name: str) -> tuple[Fields, ...]:
        """Return a list of objects."""
        return tuple(Fields(one, f"{self.where}{name}[{index}].") for index, one in enumerate(self.entries(name)))

    def _entries(self, name: str) -> Fields:
        """Return the entries of a list as fields that are called ``name[0]``, ``name[1]`` …"""
        return Fields({f"{name}[{index}]": one for index, one in enumerate(self.entries(name))}, self.where)

    def _wrong(self, name: str, expected: str) -> FileFormatError:
        if name not in self._table:
            return FileFormatError(f"{self.where}{name} is missing; it should be {expected}")
        return FileFormatError(f"{self.where}{name} is {quoted(self._table[name])}; it should be {expected}")


def _as_float(value: object) -> float | None:
    """Return a JSON number as a float, beyond the largest one infinite; None for every other value."""
    if type(value) is float:
        return value
    if type(value) is not int:
        return None
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def _range(low: float, high: float) -> str:
    if math.isinf(low) and math.isinf(high):
        return "a finite number"
    if math.isinf(high):
        return f"a number of at least {low:.15g}"
    return f"a number from {low:.15g} to {high:.15g}" if not math.isinf(low) else f"a number of at most {high:.15g}"


def _reason(error: ValueError) -> str:
    if isinstance(error, UnicodeDecodeError):
        return "not UTF-8 text"
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} at character {error.pos}"
    return "a number that is too long"
