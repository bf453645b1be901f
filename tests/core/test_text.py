"""Quotes in messages: short, on one line, printable, whatever the value is."""

from __future__ import annotations

import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpsvd.errors import SettingError
from mlpsvd.text import (
    counted,
    csv_text,
    duration_text,
    length_text,
    one_line,
    quoted,
    rounded_number,
    sentence,
    spreadsheet_cell,
    spreadsheet_row,
    with_minus,
)


@given(st.text())
def test_a_quote_is_short_printable_and_on_one_line(text: str) -> None:
    for shown in (one_line(text), quoted(text), quoted([text]), quoted({"a": text})):
        assert len(shown) <= 80
        assert "\n" not in shown
        assert shown.isprintable()


def test_short_plain_values_are_quoted_as_python_writes_them() -> None:
    assert [quoted(value) for value in ("abc", 3, 0.5, [1, "a"], None, {"a": 1})] == [
        "'abc'", "3", "0.5", "[1, 'a']", "None", "{'a': 1}",
    ]  # fmt: skip


def test_huge_and_nested_values_are_described() -> None:
    nested: list[object] = []
    for _ in range(100_000):
        nested = [nested]
    assert quoted(nested) == "a list of 1 entries"
    assert quoted(dict.fromkeys(range(10**6))) == "a table of 1000000 entries"
    assert quoted(10**100_000) == "a value of the type int"


def test_control_and_direction_characters_are_replaced() -> None:
    assert one_line("a\x1b[31m\u202eb") == "a�[31m�b"


def test_a_setting_error_quotes_little_of_a_hostile_value() -> None:
    assert len(str(SettingError("name", "x\n" * 10_000, "a text"))) < 150


@pytest.mark.parametrize("text", ["=1+1", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "-"])
def test_a_formula_becomes_text_in_a_spreadsheet(text: str) -> None:
    assert spreadsheet_cell(text) == f"'{text}"


@pytest.mark.parametrize("text", ["-3.5", "+1e-3", "-inf", "a=b", "", "5", "−3 dB"])
def test_numbers_and_plain_texts_stay_as_they_are_in_a_spreadsheet(text: str) -> None:
    assert spreadsheet_cell(text) == text
    assert spreadsheet_row([text, -2.5, None]) == [text, -2.5, None]


def test_nouns_are_counted_in_singular_and_plural() -> None:
    assert [counted(n, "clip") for n in (0, 1, 2, 1200)] == ["0 clips", "1 clip", "2 clips", "1,200 clips"]
    assert [counted(n, "class") for n in (1, 2)] == ["1 class", "2 classes"]


@given(st.text())
def test_a_sentence_ends_once(text: str) -> None:
    assert sentence(sentence(text)) == sentence(text)
    assert sentence(text).startswith(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("-3.5 dB", "−3.5 dB"),
        ("peak -12.0, mean -.5", "peak −12.0, mean −.5"),
        ("1e-05", "1e−05"),
        ("-inf", "−inf"),
        ("MLP-SVD, class-2, 20-30 Hz", "MLP-SVD, class-2, 20-30 Hz"),
    ],
)
def test_only_hyphens_before_numbers_become_minus_signs(text: str, shown: str) -> None:
    assert with_minus(text) == shown


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.2, "1 s"), (59.6, "60 s"), (150, "2 min"), (3570, "1 h 0 min"), (7300, "2 h 2 min")],
)
def test_durations_are_rough(seconds: float, text: str) -> None:
    assert duration_text(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.48, "0.48 s"), (9.999, "10.0 s"), (59.96, "1:00"), (187.0, "3:07"), (3723.0, "1:02:03"), (float("nan"), "")],
)
def test_lengths_of_recordings(seconds: float, text: str) -> None:
    assert length_text(seconds) == text
    assert length_text(3.44, decimals=1) == "3.4 s"


def test_a_csv_text_is_read_back_and_holds_no_formula() -> None:
    text = csv_text([("a, b", 'say "hi"'), ("=1+1", -3.5)])
    assert list(csv.reader(text.splitlines())) == [["a, b", 'say "hi"'], ["'=1+1", "-3.5"]]


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.12345, "0.1235"), (8000.0, "8000"), (16000.0, "16,000"), (-123456.0, "−123,500"), (1e-8, "1e−8"), (3e9, "3e9")],
)
def test_numbers_beside_plots_have_four_digits_and_no_long_exponent(value: float, text: str) -> None:
    assert rounded_number(value) == text
