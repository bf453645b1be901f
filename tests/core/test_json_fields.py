"""Untrusted JSON is read by type; invalid values give one short sentence."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpsvd.errors import FileFormatError
from mlpsvd.json_fields import Fields, parse_fields, parse_json

ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**400), 10**400) | st.floats() | st.text(max_size=300),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
)
READERS: list[Callable[[Fields], object]] = [
    lambda fields: fields.text("x"),
    lambda fields: fields.text("x", ("a", "b")),
    lambda fields: fields.flag("x"),
    lambda fields: fields.integer("x", 1, 9),
    lambda fields: fields.number("x", 0.0),
    lambda fields: fields.number("x", is_finite=False),
    lambda fields: fields.numbers("x"),
    lambda fields: fields.integers("x"),
    lambda fields: fields.texts("x"),
    lambda fields: fields.table("x").text("y"),
    lambda fields: [one.integer("y") for one in fields.tables("x")],
]


@given(ANY_JSON, st.sampled_from(READERS))
def test_any_value_is_read_or_refused_in_one_short_line(value: object, read: Callable[[Fields], object]) -> None:
    try:
        read(Fields({"x": value}))
    except FileFormatError as error:
        assert str(error).isprintable()
        assert len(str(error)) < 250


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"[" * 100_000, "nested too deeply"),
        (b'{"a": ' * 100_000, "nested too deeply"),
        (b'{"a": "\xff"}', "UTF-8"),
        (b'{"a": 1', "at character 7"),
        (b"1" * 10_000, "too long"),
    ],
)
def test_invalid_json_is_reported(data: bytes, reason: str) -> None:
    with pytest.raises(FileFormatError, match=reason):
        parse_json(data)


def test_fields_are_read_with_their_place_in_messages() -> None:
    fields = parse_fields(
        json.dumps({"n": 3, "x": 0.5, "names": ["a"], "on": True, "layers": [{"kind": "svd", "rank": "3"}]})
    )
    assert (fields.integer("n"), fields.number("x"), fields.texts("names"), fields.flag("on")) == (3, 0.5, ("a",), True)
    (layer,) = fields.tables("layers")
    with pytest.raises(FileFormatError, match=r"layers\[0\]\.rank is '3'; it should be a whole number from 1 to 9"):
        layer.integer("rank", 1, 9)
    with pytest.raises(FileFormatError, match="epoch is missing"):
        fields.integer("epoch")
    with pytest.raises(FileFormatError, match=r"names\[0\] is 'a'; it should be a whole number"):
        fields.integers("names")


def test_true_is_no_number_and_1_is_no_flag() -> None:
    with pytest.raises(FileFormatError, match="x is True"):
        Fields({"x": True}).number("x")
    with pytest.raises(FileFormatError, match="x is 1;"):
        Fields({"x": 1}).flag("x")


def test_another_document_than_an_object_is_refused() -> None:
    with pytest.raises(FileFormatError, match=r"its content is \[1, 2\]; it should be a table"):
        parse_fields("[1, 2]")
