"""Labels from file names and natural order of classes."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpsvd.datasets.labels import label_from_name, natural_key
from mlpsvd.errors import SettingError


@pytest.mark.parametrize(
    ("stem", "pattern", "label"),
    [
        ("7_george_12", "{label}_*_*", "7"),
        ("7_george_12", "*_{label}_*", "george"),
        ("7_george_12", "{label}_*", "7"),
        ("7_george_12", "*_*_{label}", "12"),
        ("Robin (song) 3", "{label} (song)*", "Robin"),
        ("robin", "{label}", "robin"),
        ("a.b+c-1", "a.b+{label}-*", "c"),
        ("axb+c-1", "a.b+{label}-*", None),
        ("DOG_1", "dog_{label}", None),
        ("nothing", "{label}_*", None),
        ("_1", "{label}_1", None),
        ("e\u0301tude_1", "{label}_*", "\u00e9tude"),
    ],
)
def test_the_pattern_finds_the_label(stem: str, pattern: str, label: str | None) -> None:
    assert label_from_name(stem, pattern) == label


@given(label=st.text("abcXYZ019-.", min_size=1), rest=st.text("abc_.0*[]()", max_size=8))
def test_a_label_without_the_separator_is_always_found(label: str, rest: str) -> None:
    assert label_from_name(f"{label}_{rest}", "{label}_*") == label


@pytest.mark.parametrize("pattern", ["*", "{label}_{label}", ""])
def test_a_pattern_without_exactly_one_label_is_refused(pattern: str) -> None:
    with pytest.raises(SettingError, match=r"recordings\.pattern.*\{label\} in it once"):
        label_from_name("a", pattern)


def test_natural_order_counts() -> None:
    names = ["class 10", "class 2", "b", "A", "10", "9", "a"]
    assert sorted(names, key=natural_key) == ["9", "10", "A", "a", "b", "class 2", "class 10"]


@given(st.lists(st.text()))
def test_any_names_can_be_put_in_order(names: list[str]) -> None:
    assert sorted(names, key=natural_key) == sorted(sorted(names, reverse=True), key=natural_key)


@given(st.text("ab_", max_size=12), st.lists(st.sampled_from(["*", "a", "b", "_"]), max_size=6), st.data())
def test_stars_and_label_take_as_little_as_they_can(stem: str, pieces: list[str], data: st.DataObject) -> None:
    pieces.insert(data.draw(st.integers(0, len(pieces))), "{label}")
    lazy = "".join({"*": ".*?", "{label}": "(.+?)"}.get(piece, piece) for piece in pieces)
    match = re.fullmatch(lazy, stem)
    assert label_from_name(stem, "".join(pieces)) == (match and match.group(1))


def test_a_pattern_of_many_stars_is_fast_on_a_name_that_does_not_match() -> None:
    started = time.process_time()
    assert label_from_name("a" * 250, "*a" * 60 + "{label}b") is None
    assert time.process_time() - started < 1.0
