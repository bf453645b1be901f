"""Paths as people type, paste and drop them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpsvd.typed_paths import typed_path


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/data/digits", "/data/digits"),
        ("  /data/my digits \n", "/data/my digits"),
        ('"/data/my digits"', "/data/my digits"),
        ("'/data/digits'", "/data/digits"),
        ("\u201c/data/digits\u201d", "/data/digits"),
        ('"C:\\My Music\\x.wav"', "C:\\My Music\\x.wav"),
        ("\u202aC:\\x.wav", "C:\\x.wav"),
        ("file:///data/my%20digits", "/data/my digits"),
        ("file:///data/h%C3%A4lg%23.wav", "/data/hälg#.wav"),
        ("FILE://localhost/data/x.wav", "/data/x.wav"),
        ("file:///data/my digits", "/data/my digits"),
        ("file:///data/a%20b\nfile:///data/c", "/data/a b"),
        ("'file:///data/my%20digits'", "/data/my digits"),
        ("file:///C:/x.wav", "C:/x.wav"),
        ("file:/data/x.wav", "/data/x.wav"),
        ("100%25", "100%25"),
        ("it's", "it's"),
        ('"', '"'),
        ("", ""),
        ("~nobody-of-that-name/x", "~nobody-of-that-name/x"),
    ],
)
def test_a_text_is_parsed_to_its_value(text: str, expected: str) -> None:
    assert typed_path(text) == expected


@pytest.mark.parametrize("text", ["~/digits", '"~/digits"', " ~/digits"])
def test_the_home_folder(text: str) -> None:
    assert typed_path(text) == str(Path.home() / "digits")


@given(st.text())
def test_any_text_has_a_meaning(text: str) -> None:
    assert isinstance(typed_path(text), str)
