"""Experiment files: lossless round trip, and messages for invalid content."""

from __future__ import annotations

import dataclasses
import os
import time
import tomllib
from pathlib import Path
from typing import Any, get_args, get_origin

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlpsvd.errors import FileFormatError, SettingError
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.experiment_file import (
    FORMAT_VERSION,
    from_toml,
    load_experiment,
    save_experiment,
    to_toml,
)
from mlpsvd.settings import SettingInfo, describe, from_table, problems, to_table, with_value


def values(info: SettingInfo, kind: Any) -> st.SearchStrategy[Any]:
    """Any value that a setting may have by itself."""
    if dataclasses.is_dataclass(kind):
        return instances(kind)
    if get_origin(kind) is tuple:
        return st.lists(values(info, get_args(kind)[0]), max_size=4).map(tuple)
    if kind is int:
        return st.integers(int(info.low or 0), int(info.high or 2**60))
    if kind is float:
        return st.floats(info.low, info.high, allow_nan=False, allow_infinity=False)
    if info.choices:
        return st.sampled_from(info.choices)
    return st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


def instances(cls: Any) -> st.SearchStrategy[Any]:
    return st.builds(cls, **{info.name: values(info, info.type) for info in describe(cls)})


@given(instances(Experiment))
@settings(max_examples=150, deadline=None)
def test_any_experiment_survives_toml_without_loss(experiment: Experiment) -> None:
    text = to_toml(experiment)
    table = tomllib.loads(text)
    assert table.pop("format_version") == FORMAT_VERSION
    assert from_table(Experiment, table) == experiment
    assert to_table(from_table(Experiment, table)) == table


@given(instances(Experiment))
@settings(max_examples=100, deadline=None)
def test_a_file_is_refused_exactly_where_its_experiment_is_impossible(experiment: Experiment) -> None:
    found = list(problems(experiment))
    if not found:
        assert from_toml(to_toml(experiment)) == experiment
        return
    with pytest.raises(SettingError) as caught:
        from_toml(to_toml(experiment))
    assert str(caught.value) == str(found[0])


def test_the_file_names_its_program_and_begins_with_its_version() -> None:
    lines = to_toml(Experiment()).splitlines()
    assert lines[0].startswith("#")
    assert "MLP-SVD" in lines[0]
    assert lines[1] == "format_version = 1"


def test_a_saved_experiment_is_loaded_again(tmp_path: Path) -> None:
    experiment = with_value(Experiment(), "name", 'Größe "σ"\n\\ 🙂')
    save_experiment(tmp_path / "a.toml", experiment)
    assert load_experiment(tmp_path / "a.toml") == experiment


def test_left_out_keys_take_their_defaults() -> None:
    assert from_toml("format_version = 1\n") == Experiment()
    assert from_toml("format_version = 1\n[training]\nepochs = 3").training.epochs == 3


def test_a_windows_editor_may_have_saved_it(tmp_path: Path) -> None:
    path = tmp_path / "notepad.toml"
    path.write_bytes(b"\xef\xbb\xbf" + to_toml(Experiment()).replace("\n", "\r\n").encode())
    assert load_experiment(path) == Experiment()


def test_a_relative_path_is_relative_to_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "study"
    folder.mkdir()
    for written, meant in [
        ("recordings", folder / "recordings"),
        (str(tmp_path / "elsewhere"), tmp_path / "elsewhere"),
        ("~/recordings", Path("~/recordings").expanduser()),
        ("~nobody-of-that-name/x", folder / "~nobody-of-that-name/x"),
    ]:
        save_experiment(folder / "a.toml", with_value(Experiment(), "data.recordings.path", written))
        monkeypatch.chdir(folder)
        assert load_experiment(Path("a.toml")).data.recordings.path == str(meant)


def test_an_impossible_experiment_is_not_saved(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=r"training\.epochs is 0"):
        save_experiment(tmp_path / "a.toml", with_value(Experiment(), "training.epochs", 0))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("format_version = 1\nname = \n", "not valid TOML.*line 2"),
        ("name = 'a'\n", "format_version is missing; it should be 1"),
        ("format_version = 2\nfrom_the_future = 1", "is 2, from a newer MLP-SVD"),
        ("format_version = '1'", "is '1'; it should be 1"),
        ("format_version = 0", "is 0; it should be 1"),
        ("format_version = true", "is True; it should be 1"),
    ],
)
def test_a_file_of_another_kind_is_refused_in_words(text: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text(text)
    with pytest.raises(FileFormatError, match=words) as caught:
        load_experiment(path)
    assert str(path) in str(caught.value)


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileFormatError, match=r"missing\.toml cannot be read: No such file"):
        load_experiment(tmp_path / "missing.toml")
    with pytest.raises(FileFormatError, match="is a folder; it should be a plain file"):
        load_experiment(tmp_path)
    (tmp_path / "model.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(FileFormatError, match="not a text in UTF-8"):
        load_experiment(tmp_path / "model.toml")


def test_an_unknown_key_is_named_with_what_was_meant() -> None:
    with pytest.raises(SettingError, match=r"training\.epoch is 3; .*training\.epochs"):
        from_toml("format_version = 1\n[training]\nepoch = 3")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (".".join("a" * 400_000) + " = 1", "line 2 has a key of more than 20 parts"),
        (".".join(['"a b"'] * 100_000) + " = 1", "line 2 has a key of more than 20 parts"),
        ("[" + " . ".join("a" * 30) + "]", "line 2 has a key of more than 20 parts"),
        ("x" * 2_000_000, "it has 2000019 characters; it should have at most 1000000"),
        ("a" * 900_000 + " = 1", "left out: known here are"),
        ('"' * 900_000, "not valid TOML"),
        ("seed = " + "1" * 900_000, "a number is too long"),
    ],
)
def test_a_text_that_is_made_to_be_slow_is_refused_at_once(text: str, message: str) -> None:
    began = time.process_time()
    with pytest.raises((FileFormatError, SettingError), match=message) as caught:
        from_toml(f"format_version = 1\n{text}")
    assert time.process_time() - began < 2.0
    assert len(str(caught.value)) < 1000
    assert str(caught.value).isprintable()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
@pytest.mark.parametrize(
    ("make", "message"),
    [(os.mkfifo, "is a named pipe; it should be a plain file"),
     (lambda path: path.symlink_to("/dev/zero"), "is a device; it should be a plain file"),
     (Path.mkdir, "is a folder; it should be a plain file")],
)  # fmt: skip
def test_what_is_no_plain_file_is_refused_and_not_waited_for(tmp_path: Path, make: Any, message: str) -> None:
    make(tmp_path / "x.toml")
    with pytest.raises(FileFormatError, match=message):
        load_experiment(tmp_path / "x.toml")
