"""Numbers as people write them: the right magnitude or a refusal, never another magnitude."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpsvd.errors import QuantityError
from mlpsvd.quantities import Quantity, format_number, parse_quantity
from mlpsvd.text import frequency_text

RIGHT = [
    ("50 ms", "s", 0.05),
    ("50ms", "s", 0.05),
    ("3 µs", "s", 3e-6),
    ("3 μs", "s", 3e-6),  # Greek mu
    ("2 min", "s", 120.0),
    ("1e3", "", 1000.0),
    ("1e3", "Hz", 1000.0),
    ("1E-3", "", 0.001),
    ("12 000", "Hz", 12000.0),
    ("12\u202f000,5", "Hz", 12000.5),
    ("12'000", "Hz", 12000.0),
    ("12_000", "Hz", 12000.0),
    ("250,5", "Hz", 250.5),
    ("250.5", "Hz", 250.5),
    ("250.5 Hz", "Hz", 250.5),
    ("0,125", "s", 0.125),
    ("0.500", "s", 0.5),
    ("1,234.5", "Hz", 1234.5),
    ("1.234,5", "Hz", 1234.5),
    ("1,234,567", "", 1234567.0),
    ("1.000.000", "", 1000000.0),
    ("1234,567", "", 1234.567),
    ("1.234", "", 1.234),
    (",5", "", 0.5),
    ("5.", "", 5.0),
    ("1 kHz", "Hz", 1000.0),
    ("1,5 KHZ", "Hz", 1500.0),
    ("2k", "Hz", 2000.0),
    ("1 MHz", "Hz", 1e6),
    ("1 mHz", "Hz", 1e-3),
    ("-20 dB", "dB", -20.0),
    ("\u221220 dB", "dB", -20.0),
    ("-20 dB", "dBFS", -20.0),
    ("94.5 dB SPL", "dB SPL", 94.5),
    ("94,5", "dB SPL", 94.5),
    ("20 %", "", 0.2),
    ("20 %", "%", 20.0),
    ("5 m", "", 0.005),
    ("2 M", "", 2e6),
    ("7 µ", "", 7e-6),
    ("1 clip", "clips", 1.0),
    ("12 Samples", "samples", 12.0),
    ("+3", "", 3.0),
]
WRONG = [
    ("12,000", "Hz"), ("12.000", "Hz"), ("1,200 Hz", "Hz"), ("250.500", "Hz"), ("", "Hz"), ("Hz", "Hz"), ("abc", ""),
    ("1 2", ""), ("12 00", ""), ("1,2,3", ""), ("1.2.3", ""), ("1,23.4", ""), ("1e", ""), ("1e2.5", ""), ("--1", ""),
    ("1 mhz", "Hz"), ("50 ms", "Hz"), ("1 kHz", "s"), ("5 m", "s"), ("nan", ""), ("inf", ""), ("1e999", ""),
    ("1e-999", ""), ("1e99999999999", ""), ("9" * 500, ""), ("1/3", ""), ("1_0", ""), ("0x10", ""), ("12\n000", ""),
    ("94 dB SPL", "dBFS"), ("\u0661", ""), ("\u00b2", ""), ("1.234.56,7", ""), ("0,000,123", ""), ("20 %", "dB"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "unit", "value"), RIGHT)
def test_common_spellings_of_numbers_are_parsed(text: str, unit: str, value: float) -> None:
    assert parse_quantity(text, unit) == value


@pytest.mark.parametrize(("text", "unit"), WRONG)
def test_everything_else_is_refused_in_one_short_sentence(text: str, unit: str) -> None:
    with pytest.raises(QuantityError) as refused:
        parse_quantity(text, unit)
    sentence = str(refused.value)
    assert len(sentence) < 160 and "\n" not in sentence and sentence.endswith(".")


def test_two_readings_are_both_named() -> None:
    for text in ("12,000", "12.000"):
        with pytest.raises(QuantityError, match=r"12 or 12000"):
            parse_quantity(text, "Hz")
    with pytest.raises(QuantityError, match=r"1\.25 or 1250"):
        parse_quantity("1,250")


def test_whole_numbers_may_be_written_with_an_exponent_but_have_no_fraction() -> None:
    assert parse_quantity("1e3", "epochs", is_integer=True) == 1000
    assert parse_quantity("16 kHz", "Hz", is_integer=True) == 16000
    with pytest.raises(QuantityError, match="whole number"):
        parse_quantity("2,5", "epochs", is_integer=True)
    with pytest.raises(QuantityError, match="whole number"):
        parse_quantity("many", "epochs", is_integer=True)


@given(st.floats(allow_nan=False, allow_infinity=False), st.sampled_from(["", "Hz", "s", "dB", "dBFS", "%", "clips"]))
def test_what_is_formatted_is_read_as_the_same_number(value: float, unit: str) -> None:
    for text in (format_number(value), f"{format_number(value)} {unit}", format_number(value).replace("-", "\u2212")):
        assert parse_quantity(text, unit) == value
    assert Quantity(unit).parse(Quantity(unit).format(value)) == value


@pytest.mark.parametrize(
    ("frequency_hz", "text"),
    [(710.0, "710 Hz"), (9999.5, "9999.5 Hz"), (16000.0, "16 kHz"), (44100.0, "44.1 kHz"), (11025.0, "11.025 kHz")],
)
def test_frequencies_from_10_khz_are_shown_in_khz(frequency_hz: float, text: str) -> None:
    assert Quantity("Hz").format(frequency_hz) == frequency_text(frequency_hz) == text
    assert Quantity("Hz").parse(text) == frequency_hz


def test_a_range_names_both_units() -> None:
    assert Quantity("Hz", low=100, high=8000).expected() == "a number from 100 to 8000 Hz"
    assert Quantity("Hz", is_integer=True, low=1000, high=768000).expected() == "a whole number from 1000 Hz to 768 kHz"


@given(st.integers(1, 999), st.text("0123456789", min_size=1, max_size=6), st.sampled_from(".,"))
def test_no_decimal_sign_is_dropped_or_taken_for_another(whole: int, fraction: str, sign: str) -> None:
    """One sign is a decimal sign, or the text is refused: it never groups thousands in silence."""
    try:
        value = parse_quantity(f"{whole}{sign}{fraction}")
    except QuantityError as error:
        assert len(fraction) == 3 and f"{whole}{fraction}" in str(error)
    else:
        assert value == float(f"{whole}.{fraction}")


@given(st.from_regex(re.compile(r"[+-]?[0-9 .,'_]{1,12}([eE][+-]?[0-9]{1,3})?"), fullmatch=True))
def test_no_text_changes_its_digits(text: str) -> None:
    """Whatever is accepted has exactly the significant digits that were typed."""
    try:
        value = parse_quantity(text)
    except QuantityError:
        return
    typed = re.sub("[^0-9]", "", re.split("[eE]", text)[0])
    assert value == float(Decimal(repr(value)))
    read = "".join(map(str, Decimal(repr(value)).as_tuple().digits))
    assert read.strip("0") == typed.strip("0") or (not typed.strip("0") and value == 0)


@given(st.text(max_size=30), st.sampled_from(["", "Hz", "s", "dB"]))
def test_any_text_is_a_number_or_refused(text: str, unit: str) -> None:
    try:
        value = parse_quantity(text, unit)
    except QuantityError:
        return
    assert value == value and abs(value) != float("inf")
