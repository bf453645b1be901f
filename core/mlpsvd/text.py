"""Text for messages and tables: quotes of untrusted values, counted nouns, durations, minus signs, CSV cells."""

from __future__ import annotations

import csv
import io
import math
import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal

__all__ = [
    "capitalised",
    "counted",
    "csv_text",
    "duration_text",
    "first_line",
    "format_number",
    "frequency_text",
    "is_unicode",
    "length_text",
    "one_line",
    "operations_text",
    "percent",
    "quoted",
    "rounded_number",
    "sentence",
    "spreadsheet_cell",
    "spreadsheet_row",
    "with_minus",
]

_LONGEST = 80


_HYPHEN_BEFORE_A_NUMBER = re.compile(r"(?<!\w)-(?=[\d.]|inf)|(?<=\de)-(?=\d)")


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, in the plural if it is not 1.

    Examples
    --------
    >>> counted(1, "clip"), counted(2, "class"), counted(1200, "clip")
    ('1 clip', '2 classes', '1,200 clips')
    """
    plural = f"{noun}es" if noun.endswith("s") else f"{noun}s"
    return f"{number:,} {noun if number == 1 else plural}"


def sentence(text: str) -> str:
    """Return ``text`` with a full stop, unless it already ends a sentence; an empty text stays empty.

    Examples
    --------
    >>> sentence("The file is empty"), sentence("Stop!"), sentence("")
    ('The file is empty.', 'Stop!', '')
    """
    return text if not text or text.endswith((".", "!", "?", "…")) else f"{text}."


def capitalised(text: str) -> str:
    """Return ``text`` with a capital first letter, the rest unchanged.

    Examples
    --------
    >>> capitalised("layer 1 is MLP"), capitalised("")
    ('Layer 1 is MLP', '')
    """
    return text[:1].upper() + text[1:]


def with_minus(text: str) -> str:
    """Return ``text`` with minus signs instead of hyphens before numbers; hyphens in words stay.

    Examples
    --------
    >>> with_minus("-3.5 dB"), with_minus("1e-05"), with_minus("MLP-SVD, class-2")
    ('−3.5 dB', '1e−05', 'MLP-SVD, class-2')
    """
    return _HYPHEN_BEFORE_A_NUMBER.sub("−", text)


def format_number(value: float) -> str:
    """Return the shortest text that :func:`mlpsvd.quantities.parse_quantity` reads as the same number.

    Parameters
    ----------
    value : float
        Finite.

    Returns
    -------
    str

    Examples
    --------
    >>> format_number(16000.0), format_number(1e-8), format_number(0.1)
    ('16000', '1e-8', '0.1')
    """
    number = float(value)
    if not math.isfinite(number):
        return repr(number)
    if number == int(number) and abs(number) < 1e15:
        return str(int(number))
    mantissa, e, exponent = repr(number).partition("e")
    return f"{mantissa}e{int(exponent)}" if e else mantissa


def frequency_text(frequency_hz: float) -> str:
    """Return a frequency without loss, in kHz from 10 kHz.

    Examples
    --------
    >>> frequency_text(710.0), frequency_text(8000), frequency_text(16000), frequency_text(44100)
    ('710 Hz', '8000 Hz', '16 kHz', '44.1 kHz')
    """
    if not 1e4 <= abs(frequency_hz) < 1e9:
        return f"{format_number(frequency_hz)} Hz"
    exact = Decimal(repr(float(frequency_hz))).scaleb(-3)  # a division would round
    return f"{exact.normalize():f} kHz"


def rounded_number(value: float, digits: int = 4) -> str:
    """Return a number with at most so many significant digits, as it is shown beside a plot or in a table.

    Examples
    --------
    >>> rounded_number(0.12345), rounded_number(16000), rounded_number(-1e-8), rounded_number(2.5e9)
    ('0.1235', '16,000', '−1e−8', '2.5e9')
    """
    text = f"{value:.{digits}g}"
    mantissa, e, exponent = text.partition("e")
    if not e:
        return with_minus(text)
    if 0 < int(exponent) < 6:
        return with_minus(f"{round(float(text)):,}")
    return with_minus(f"{mantissa}e{int(exponent)}")


def percent(share: float, decimals: int = 1) -> str:
    """Return a share as a percentage with a space before the sign, as every message, table and label shows it.

    Examples
    --------
    >>> percent(0.729), percent(1.0), percent(0.9876, decimals=0), percent(-0.05)
    ('72.9 %', '100.0 %', '99 %', '−5.0 %')
    """
    return with_minus(f"{100.0 * share:.{decimals}f} %")


def operations_text(flops: int, unit: str = "") -> str:
    """Return a number of operations with three digits and a prefix from a million on.

    Examples
    --------
    >>> operations_text(12_345_678), operations_text(1_234, "FLOP")
    ('12.3 M', '1,234 FLOP')
    """
    for factor, prefix in ((1e12, "T"), (1e9, "G"), (1e6, "M")):
        if flops >= factor:
            value = flops / factor
            return f"{value:.{2 if value < 10 else 1 if value < 100 else 0}f} {prefix}{unit}"
    return f"{flops:,} {unit}".rstrip()


def duration_text(seconds: float) -> str:
    """Return a duration roughly, as an estimate is shown.

    Examples
    --------
    >>> duration_text(0.2), duration_text(59.6), duration_text(150), duration_text(7300)
    ('1 s', '60 s', '2 min', '2 h 2 min')
    """
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def length_text(seconds: float, decimals: int = 2) -> str:
    """Return the length of a recording in seconds, minutes and hours; empty where it is NaN.

    Parameters
    ----------
    seconds
        The length.
    decimals
        Decimal places of lengths below ten seconds.

    Examples
    --------
    >>> length_text(0.48), length_text(12.34), length_text(187), length_text(3723), length_text(3.4, decimals=1)
    ('0.48 s', '12.3 s', '3:07', '1:02:03', '3.4 s')
    """
    if math.isnan(seconds):
        return ""
    if seconds < 59.95:
        return f"{seconds:.{decimals if seconds < 9.995 else 1}f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def one_line(text: str, longest: int = _LONGEST) -> str:
    """Return ``text`` on one line, without control characters and elided in the middle if it is long.

    Parameters
    ----------
    text
        Any text, e.g. a name that was read from a file.
    longest
        Maximum number of characters.

    Examples
    --------
    >>> one_line("two\\nlines")
    'two lines'
    >>> one_line("abcdefghij", longest=7)
    'abc…hij'
    """
    head = text if len(text) <= longest else f"{text[: (longest - 1) // 2]}…{text[len(text) - longest // 2 :]}"
    return "".join(_visible(character) for character in head)


def first_line(error: BaseException) -> str:
    """Return the first line of an error's message without its full stop, or the name of the error if it has no message.

    Examples
    --------
    >>> first_line(ValueError("no device.\\nDetails follow")), first_line(KeyboardInterrupt())
    ('no device', 'KeyboardInterrupt')
    """
    lines = str(error).strip().splitlines()
    return one_line(lines[0].rstrip("."), 200) if lines else type(error).__name__


def quoted(value: object, longest: int = _LONGEST) -> str:
    """Return the repr of ``value``, shortened for an error message.

    Parameters
    ----------
    value
        Any unexpected value, including containers of any size and depth.
    longest
        Maximum number of characters.

    Examples
    --------
    >>> quoted("5\\n")
    "'5\\\\n'"
    >>> quoted([1, 2, 3])
    '[1, 2, 3]'
    """
    return one_line(_representation(value, longest), longest)


def _representation(value: object, longest: int) -> str:
    """Return the repr of a value, limited to the part that can be shown."""
    if isinstance(value, str | bytes):
        return repr(value[: longest + 1])
    if isinstance(value, dict | list | tuple | set | frozenset) and not _is_small_and_flat(value, longest):
        return f"a {'table' if isinstance(value, dict) else 'list'} of {len(value)} entries"
    try:
        return repr(value)
    except (ValueError, RecursionError):  # an integer with thousands of digits
        return f"a value of the type {type(value).__name__}"


def _is_small_and_flat(value: Collection[object], longest: int) -> bool:
    entries = value.values() if isinstance(value, Mapping) else value
    return len(value) <= longest // 2 and all(
        one is None or isinstance(one, int | float) or (isinstance(one, str) and len(one) <= longest) for one in entries
    )


def _visible(character: str) -> str:
    if character.isspace():
        return " "
    # Cc control, Cf format (e.g. right-to-left override), Cs lone surrogates, Co private use, Cn unassigned.
    return "\ufffd" if unicodedata.category(character).startswith("C") else character


def spreadsheet_cell(text: str) -> str:
    """Return a text as a cell of a CSV table that spreadsheets do not interpret as a formula.

    A text that begins with ``=``, ``+``, ``-``, ``@``, a tab or a carriage return gets an apostrophe before it, as a
    spreadsheet might execute it. Numbers are unchanged.

    Examples
    --------
    >>> spreadsheet_cell("=cmd"), spreadsheet_cell("-3.5"), spreadsheet_cell("-3 dB")
    ("'=cmd", '-3.5', "'-3 dB")
    """
    if not text.startswith(("=", "+", "-", "@", "\t", "\r")) or _is_number(text):
        return text
    return f"'{text}"


def spreadsheet_row(cells: Iterable[object]) -> list[object]:
    """Return a row for a CSV writer whose texts are :func:`spreadsheet_cell`; other values are unchanged."""
    return [spreadsheet_cell(cell) if isinstance(cell, str) else cell for cell in cells]


def csv_text(rows: Iterable[Iterable[object]]) -> str:
    """Return rows as CSV whose texts are :func:`spreadsheet_cell`.

    Examples
    --------
    >>> csv_text([("name", "value"), ("a, b", 0.5), ("=cmd", 1)])
    'name,value\\n"a, b",0.5\\n\'=cmd,1\\n'
    """
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(spreadsheet_row(row) for row in rows)
    return text.getvalue()


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def is_unicode(text: str) -> bool:
    """Whether a text can be encoded: undecodable file names contain lone surrogates."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
