"""Quotes in messages: short, on one line, printable, whatever the value is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpsvd.errors import SettingError
from mlpsvd.text import one_line, quoted, spreadsheet_cell, spreadsheet_row


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
