"""Parsing of numbers as people write them: units, prefixes, exponents, decimal point or comma.

The rules do not depend on the language of the system:

- The decimal sign is a point or a comma: ``250.5`` and ``250,5`` are the same number.
- Thousands may be grouped by spaces, apostrophes or underscores: ``12 000``. They may be grouped by points or commas
  where only one reading is possible: ``1,234.5``, ``1.000.000``.
- ``12,000`` and ``12.000`` have two readings and are refused. A single point before digits that do not end in zero is
  a decimal sign (``1.234``), as this program itself writes it.
- A unit may follow, with a prefix: ``50 ms``, ``1 kHz``, ``20 %``. Milli and mega differ in case only, so
  ``mHz`` and ``MHz`` have to be written exactly.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from mlpsvd.errors import QuantityError
from mlpsvd.settings import SettingInfo
from mlpsvd.text import format_number, frequency_text, quoted

__all__ = ["Quantity", "format_number", "parse_quantity"]

_LONGEST = 100
_GREATEST_EXPONENT = 400
_BLANKS = dict.fromkeys("\u00a0\u2007\u2009\u202f\t", " ")
_SAME = str.maketrans({**_BLANKS, "\u2212": "-", "\u03bc": "\u00b5", "\u2019": "'", "\uff0b": "+"})
_NUMBER = re.compile(r"([+-]?)\s*([0-9][0-9.,' _]*|[.,][0-9]+)(?:[eE]([+-]?[0-9]+)(?![0-9.,]))?\s*(.*)", re.DOTALL)
_GROUPED = re.compile(r"[0-9]{1,3}(?:([' _])[0-9]{3})(?:\1[0-9]{3})*")
_MICRO = ("\u00b5", "u")
_EXACT_PREFIXES = {"m": "0.001", "M": "1e6", "G": "1e9", **dict.fromkeys(_MICRO, "1e-6")}
_ANY_CASE: Mapping[str, Mapping[str, str]] = {
    "Hz": {"hz": "1", "hertz": "1", "khz": "1000", "k": "1000", "kilohertz": "1000", "ghz": "1e9"},
    "s": {
        **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), "1"),
        **dict.fromkeys(("ms", "msec", "millisecond", "milliseconds"), "0.001"),
        **dict.fromkeys(("\u00b5s", "us", "microsecond", "microseconds"), "1e-6"),
        **dict.fromkeys(("min", "minute", "minutes"), "60"),
        **dict.fromkeys(("h", "hour", "hours"), "3600"),
    },
    "%": {"%": "1", "percent": "1", "per cent": "1"},
    "mm": {"mm": "1", "cm": "10", "in": "25.4", "inch": "25.4", "inches": "25.4"},
    "dpi": {"dpi": "1"},
    "dB": {"db": "1"},
    "dBFS": {"dbfs": "1", "db": "1", "db fs": "1"},
    "dB SPL": {"db spl": "1", "dbspl": "1", "db": "1"},
    "": {"%": "0.01", "percent": "0.01", "k": "1000"},
}
"""Factors of the units that can be written for a setting's unit, in any case."""
_EXACT: Mapping[str, Mapping[str, str]] = {
    "Hz": {"mHz": "0.001", "MHz": "1e6", "M": "1e6"},
    "": _EXACT_PREFIXES,
}
_EXAMPLES = {
    "Hz": "250 Hz or 1.5 kHz",
    "s": "0.5 s or 50 ms",
    "%": "20 %",
    "mm": "85 mm or 8.5 cm",
    "dpi": "300 dpi",
    "dB": "-20 dB",
    "dBFS": "-50 dBFS",
    "dB SPL": "94 dB SPL",
    "": "0.001 or 1e-3",
}


@dataclass(frozen=True)
class Quantity:
    """Specification of a number field: unit, whole numbers or not, inclusive range.

    Attributes
    ----------
    unit : str
        See :func:`parse_quantity`.
    is_integer : bool
        Whether only whole numbers are allowed.
    low, high : float or None
        Inclusive limits; None for no limit.
    zero : str
        Text that means 0, e.g. "whole recording"; empty if there is none.
    """

    unit: str = ""
    is_integer: bool = False
    low: float | None = None
    high: float | None = None
    zero: str = ""

    @classmethod
    def of(cls, info: SettingInfo) -> Quantity:
        """Return the quantity of a setting."""
        return cls(info.unit, info.type is int, info.low, info.high, info.zero)

    def parse(self, text: str) -> float:
        """Return the number written in a text.

        Raises
        ------
        QuantityError
            As :func:`parse_quantity`, or if the number is outside the range.
        """
        if self.zero and text.strip().lower() == self.zero.lower():
            return 0.0
        value = parse_quantity(text, self.unit, self.is_integer)
        if (self.low is not None and value < self.low) or (self.high is not None and value > self.high):
            raise QuantityError(f"Enter {self.expected()}, not {self.format(value)}.")
        return value

    def format(self, value: float) -> str:
        """Return a number with its unit, as :meth:`parse` reads it."""
        if self.zero and value == 0:
            return self.zero
        if self.unit == "Hz":
            return frequency_text(value)
        gap = "" if self.unit == "" else " "
        return f"{format_number(value)}{gap}{self.unit}"

    def expected(self) -> str:
        """Return a description of valid input, for example "a number from 1 to 8000 Hz"."""
        noun = "a whole number" if self.is_integer else "a number"
        low, high = (None if limit is None else self.format(limit) for limit in (self.low, self.high))
        if self.low is not None and high is not None:
            is_zero = bool(self.zero) and self.low == 0
            is_one_unit = str(low).split(" ")[1:] == high.split(" ")[1:]
            return f"{noun} from {format_number(self.low) if is_one_unit and not is_zero else low} to {high}"
        if low is not None:
            return f"{noun} of at least {low}"
        return noun if high is None else f"{noun} of at most {high}"


def parse_quantity(text: str, unit: str = "", is_integer: bool = False) -> float:
    """Return the number that a text means, in a unit.

    Parameters
    ----------
    text : str
        The text, for example ``"50 ms"``.
    unit : str
        The unit of the result, which the text may leave out: ``"s"``, ``"Hz"``, ``"%"``, ``"dB"``, ``"dBFS"``,
        ``"dB SPL"``, any noun such as ``"samples"``, or ``""`` for none.
    is_integer : bool
        Whether only whole numbers are allowed.

    Returns
    -------
    float
        Finite; the nearest number to what is written.

    Raises
    ------
    QuantityError
        If the text is no number, has two readings, an unknown unit, or a number too large or too small.

    Examples
    --------
    >>> parse_quantity("50 ms", "s")
    0.05
    >>> parse_quantity("250,5", "Hz")
    250.5
    >>> parse_quantity("1 kHz", "Hz")
    1000.0
    >>> parse_quantity("12,000", "Hz")
    Traceback (most recent call last):
        ...
    mlpsvd.errors.QuantityError: “12,000” can mean 12 or 12000: write one of these.
    """
    plain = text.translate(_SAME).strip()
    match = _NUMBER.fullmatch(plain) if len(plain) <= _LONGEST else None
    if match is None:
        raise QuantityError(_no_number(text, unit, is_integer))
    sign, digits, exponent, written = match[1], match[2].rstrip(" "), int(match[3] or 0), match[4].strip()
    factor = _factor(written, unit, text)
    mantissa = _mantissa(digits, text, unit, is_integer)
    if abs(exponent) > _GREATEST_EXPONENT:
        raise QuantityError(f"{_quote(text)} is too large or too small for a number.")
    exact = Decimal(f"{sign}{mantissa}").scaleb(exponent) * factor
    value = float(exact)
    if value in (float("inf"), float("-inf")) or (value == 0.0 and exact != 0):
        raise QuantityError(f"{_quote(text)} is too large or too small for a number.")
    if is_integer and exact != exact.to_integral_value():
        raise QuantityError(f"{_quote(text)} is not a whole number: enter one such as {round(value)}.")
    return value


def _mantissa(digits: str, text: str, unit: str, is_integer: bool) -> str:
    """Return digits with a decimal point and without groups."""
    grouped = _GROUPED.match(digits)
    if grouped is not None:
        head, tail = re.sub("[' _]", "", grouped[0]), digits[grouped.end() :]
        if re.fullmatch(r"(?:[.,][0-9]*)?", tail):
            return head + tail.replace(",", ".")
    if re.search("[' _]", digits):
        raise QuantityError(_no_number(text, unit, is_integer))
    signs = re.findall("[.,]", digits)
    if len(signs) <= 1:
        return _with_one_sign(digits, text)
    *groups, last = signs
    thousands, decimals = (digits, "") if len(set(signs)) == 1 else digits.rsplit(last, 1)
    is_consistent = len(set(groups)) == 1 and (last == groups[0] or last not in groups)
    if not is_consistent or not re.fullmatch(rf"[1-9][0-9]{{0,2}}(?:{re.escape(groups[0])}[0-9]{{3}})+", thousands):
        raise QuantityError(_no_number(text, unit, is_integer))
    return f"{thousands.replace(groups[0], '')}.{decimals}"


def _with_one_sign(digits: str, text: str) -> str:
    match = re.fullmatch(r"([1-9][0-9]{0,2})([.,])([0-9]{3})", digits)
    if match is not None and (match[2] == "," or match[3].endswith("0")):
        decimal = f"{match[1]}.{match[3]}".rstrip("0").rstrip(".")
        raise QuantityError(f"{_quote(text)} can mean {decimal} or {match[1]}{match[3]}: write one of these.")
    return digits.replace(",", ".")


def _factor(written: str, unit: str, text: str) -> Decimal:
    if written in ("", unit):
        return Decimal(1)
    exact = _EXACT.get(unit, {})
    if written in exact:
        return Decimal(exact[written])
    spelled = " ".join(written.lower().split())
    known = _ANY_CASE.get(unit, {unit.lower(): "1", unit.lower().removesuffix("s"): "1"})
    if spelled in known:
        return Decimal(known[spelled])
    if spelled in ("mhz",) and unit == "Hz":
        raise QuantityError(f"{_quote(text)} can mean millihertz or megahertz: write mHz or MHz.")
    raise QuantityError(f"{_quote(text)} has an unknown unit here: enter a number{_examples(unit)}.")


def _no_number(text: str, unit: str, is_integer: bool) -> str:
    noun = "a whole number" if is_integer else "a number"
    example = "" if is_integer and unit not in _EXAMPLES else _examples(unit if not is_integer else unit or "whole")
    found = f"{_quote(text)} is not {noun}: enter" if text.strip() else "Enter"
    return f"{found} {noun}{example}."


def _examples(unit: str) -> str:
    if unit == "whole":
        return " such as 20"
    return f" such as {_EXAMPLES[unit]}" if unit in _EXAMPLES else (f" of {unit}" if unit else "")


def _quote(text: str) -> str:
    return f"“{quoted(text, 42)[1:-1]}”"
