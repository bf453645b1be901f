"""The source of the labels is guessed from the files."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlpsvd.datasets.label_source import guessed_labels
from mlpsvd.datasets.settings import RecordingsSettings
from mlpsvd.errors import DataError


def make(folder: Path, *names: str) -> RecordingsSettings:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return RecordingsSettings(path=str(folder))


def found(recordings: RecordingsSettings) -> tuple[str, str]:
    guess = guessed_labels(recordings)
    return guess.labels_from, guess.pattern


def test_class_folders(tmp_path: Path) -> None:
    assert found(make(tmp_path, "yes/1.wav", "no/1.wav", "readme.txt"))[0] == "folders"


@pytest.mark.parametrize(("names", "pattern"), [
    (("0_george_1.wav", "1_george_2.wav"), "{label}_*"),
    (("yes-01.wav", "no-01.wav"), "{label}-*"),
    (("yes 01.wav", "no 01.wav"), "{label} *"),
    (("all/yes_1.wav", "all/no_1.wav"), "{label}_*"),  # one folder is no class
])  # fmt: skip
def test_file_names(tmp_path: Path, names: tuple[str, ...], pattern: str) -> None:
    assert found(make(tmp_path, *names)) == ("file names", pattern)


def test_a_custom_pattern_comes_first(tmp_path: Path) -> None:
    make(tmp_path, "1_yes.wav", "1_no.wav", "2_yes.wav")
    own = RecordingsSettings(path=str(tmp_path), pattern="*_{label}")
    assert found(own) == ("file names", "*_{label}")


def test_a_manifest_and_a_collection(tmp_path: Path) -> None:
    make(tmp_path, "yes/1.wav", "no/1.wav")
    manifest = tmp_path / "manifest.csv"
    manifest.write_text("path,label\nyes/1.wav,no\nno/1.wav,yes\n")
    assert guessed_labels(RecordingsSettings(path=str(manifest))).labels_from == "manifest"
    guess = guessed_labels(RecordingsSettings(path=str(tmp_path)))
    assert (guess.path, guess.labels_from) == (str(manifest), "manifest")
    make(tmp_path, "yes/2.wav")  # the manifest would leave it out
    assert found(RecordingsSettings(path=str(tmp_path)))[0] == "folders"
    manifest.write_text("no manifest")
    assert found(RecordingsSettings(path=str(tmp_path)))[0] == "folders"


def test_nothing_to_guess(tmp_path: Path) -> None:
    assert found(make(tmp_path, "a.wav", "b.wav")) == ("file names", "{label}_*")
    assert found(make(tmp_path / "one", "yes/1.wav"))[0] == "folders"
    with pytest.raises(DataError, match="there is no folder"):
        guessed_labels(RecordingsSettings(path=str(tmp_path / "absent")))
