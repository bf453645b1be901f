"""Manifests as other programs and other systems write them."""

from __future__ import annotations

import csv
import os
import shutil
import unicodedata
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
import soundfile

from mlpsvd.collection.manifest import parse_manifest, read_text
from mlpsvd.datasets.csv_text import rows_of
from mlpsvd.datasets.recordings import load_recordings, scan
from mlpsvd.datasets.settings import RecordingsSettings
from mlpsvd.errors import DataError

NAMES = ("a.wav", "b.wav", "é/ü1.wav", "é/ü2.wav")
LABELS = ("dog", "dog", "Käfer, groß", "Käfer, groß")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in NAMES:
        write(tmp_path / name)
    return tmp_path


def write(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, np.random.default_rng(0).uniform(-0.5, 0.5, 800), 8000)


def rows(separator: str) -> str:
    lines = [("path", "label"), *zip(NAMES, LABELS, strict=True)]
    return "\n".join(separator.join(f'"{cell}"' for cell in line) for line in lines) + "\n"


MANIFESTS = {
    "commas": rows(","),
    "semicolons": rows(";"),
    "tabs": rows("\t"),
    "sep=": "sep=;\n" + rows(";"),
    "sep= in quotes": '"sep=\t"\r\n' + rows("\t").replace("\n", "\r\n"),
    "sep=|": "SEP=|\n" + rows("|"),
    "blank first lines": "\n  \n" + rows(","),
    "blank lines and sep=": "\n\nsep=,\n\n" + rows(","),
    "NFD": unicodedata.normalize("NFD", rows(",")),
    "backslashes": rows(";").replace("/", "\\"),
    "backslashes and NFD": unicodedata.normalize("NFD", rows(",").replace("/", "\\")),
    "old Mac": rows(",").replace("\n", "\r"),
}


@pytest.mark.parametrize("kind", MANIFESTS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_a_manifest_is_read_however_it_was_written(folder: Path, kind: str, encoding: str) -> None:
    text = MANIFESTS[kind]
    if encoding == "cp1252" and "NFD" in kind:
        pytest.skip("this encoding has no separate accents")
    manifest = folder / "list.csv"
    manifest.write_bytes(text.encode(encoding))
    inventory = scan(RecordingsSettings(path=str(manifest), labels_from="manifest"))
    assert inventory.skipped == ()
    assert inventory.counts == {"dog": 2, "Käfer, groß": 2}
    assert sorted(one.path.relative_to(folder).as_posix() for one in inventory.files) == sorted(NAMES)
    table = parse_manifest(read_text(manifest)[0])  # the reader of collections reads the same
    assert table is not None
    assert [unicodedata.normalize("NFC", row["label"]) for row in table.rows] == list(LABELS)


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_names_are_found_whichever_way_the_disk_spells_them(tmp_path: Path, form: Literal["NFC", "NFD"]) -> None:
    names = [unicodedata.normalize(form, f"é/ü_見{number}.wav") for number in range(2)]
    for name in names:
        write(tmp_path / name)
    other: Literal["NFC", "NFD"] = "NFD" if form == "NFC" else "NFC"
    text = "path,label\n" + "".join(f"{unicodedata.normalize(other, name)},é\n" for name in names)
    (tmp_path / "list.csv").write_text(text + unicodedata.normalize(form, f"{names[0]},é\n"))
    inventory = scan(RecordingsSettings(path=str(tmp_path / "list.csv"), labels_from="manifest"))
    assert [one.path.relative_to(tmp_path).as_posix() for one in inventory.files] == names
    assert [one.reason for one in inventory.skipped] == ["row 4 of the manifest names it a second time"]


@pytest.mark.parametrize("name", ["tab.csv", "sep.csv"])
def test_the_manifests_from_the_field(cases: Path, spoken_digits: Path, tmp_path: Path, name: str) -> None:
    shutil.copy(cases / "manifests" / name, tmp_path / name)
    for _, (path, _label) in list(rows_of((tmp_path / name).read_text()))[1:]:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        source = spoken_digits / "recordings" / Path(path).name
        shutil.copy(source if source.exists() else next((spoken_digits / "recordings").glob("*.wav")), tmp_path / path)
    loaded = load_recordings(RecordingsSettings(path=str(tmp_path / name), labels_from="manifest"), seed=1)
    assert loaded.skipped == ()
    assert len(loaded.train.class_names) >= 4
    assert len(loaded.train) + len(loaded.test) == 8 * len(loaded.train.class_names)


def test_the_manifest_from_the_field_with_names_in_nfd(cases: Path, tmp_path: Path) -> None:
    manifest = tmp_path / "nfd.csv"
    shutil.copy(cases / "manifests" / "nfd.csv", manifest)
    for _, (path, _) in list(rows_of(manifest.read_text("utf-8")))[1:]:
        write(tmp_path / unicodedata.normalize("NFC", path))
    inventory = scan(RecordingsSettings(path=str(manifest), labels_from="manifest"))
    assert (len(inventory.files), inventory.skipped) == (8, ())
    assert inventory.class_names == ("b", unicodedata.normalize("NFC", "é_ü_観"))


def test_a_class_all_of_whose_rows_cannot_be_used_is_an_error(folder: Path) -> None:
    (folder / "list.csv").write_text(rows(",") + "gone.wav,cat\ngone too.wav,cat\n")
    settings = RecordingsSettings(path=str(folder / "list.csv"), labels_from="manifest")
    with pytest.raises(DataError, match=r"class 'cat' has no usable recording: all of its 2 files were left out, gone"):
        load_recordings(settings, seed=1)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
@pytest.mark.parametrize(
    ("make", "message"),
    [
        (os.mkfifo, "is a named pipe; it should be a plain file"),
        (lambda path: path.symlink_to("/dev/zero"), "is a device; it should be a plain file"),
        (lambda path: path.write_bytes(b"x" * 30_000), r"begins with x+…x+; its first row should be path,label"),
        (lambda path: path.write_bytes(b"path,label\n" + b"x" * 300_000), "is not a CSV file"),
        (lambda path: path.write_bytes(b"\x1b[31mred\x07\r,\t\xe2\x80\xae\n"), "its first row should be path,label"),
    ],
)
def test_what_is_no_manifest_is_one_short_sentence(tmp_path: Path, make: object, message: str) -> None:
    path = tmp_path / "list.csv"
    make(path)  # type: ignore[operator]
    with pytest.raises(DataError, match=message) as caught:
        scan(RecordingsSettings(path=str(path), labels_from="manifest"))
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 500


def test_the_line_of_each_row_is_the_one_in_the_file() -> None:
    assert list(rows_of("\nsep=;\n\npath;label\n\na;b\n")) == [(4, ["path", "label"]), (6, ["a", "b"])]
    with pytest.raises(csv.Error):
        list(rows_of("path,label\n" + "x" * 200_000))
