"""Labels of reviewed recordings: on disk, in tables, and as a manifest that training reads."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mlpsvd.classification.batch.results import FileResult
from mlpsvd.classification.batch.reviews import LabelsFile, checked_review_label, training_list
from mlpsvd.classification.batch.tables import files_csv, to_json, windows_csv
from mlpsvd.datasets.label_source import guessed_labels
from mlpsvd.datasets.labels import named_files
from mlpsvd.datasets.settings import RecordingsSettings
from mlpsvd.errors import DataError

NAMES = ("robin", "wren")


def result(path: Path, probability: float, truth: str | None = None, reviewed: str = "", digest: int = 1) -> FileResult:
    """One window, predicted as robin if its probability exceeds one half."""
    zeros = np.zeros(1)
    both = np.array([[probability, 1.0 - probability]])
    return FileResult(path, NAMES, 1.0, zeros, zeros + 1.0, both, truth, digest=digest, reviewed=reviewed)


def test_wrong_and_uncertain_recordings_need_a_review_until_they_have_one() -> None:
    right, wrong, uncertain = (result(Path("a.wav"), *one) for one in ((0.9, "robin"), (0.9, "wren"), (0.6, None)))
    unknown = replace(right, distances=np.array([1.1]))
    assert [one.needs_review(0.7) for one in (right, wrong, uncertain, unknown)] == [False, True, True, True]
    assert [one.needs_review(0.5) for one in (uncertain, unknown)] == [False, True]
    for one in (wrong, uncertain, unknown):
        assert not replace(one, reviewed="robin").needs_review(0.7)
    assert not replace(wrong, reviewed="robin").is_corrected
    assert replace(wrong, reviewed="wren").is_corrected


def test_labels_are_read_as_they_were_written_last(tmp_path: Path) -> None:
    file = LabelsFile(tmp_path / "new folder" / "labels.jsonl")
    assert file.load() == {}
    file.add({5: "robin", 2**52 - 1: "Zaunkönig"}, {5: Path("/a/b.wav")})
    file.add({5: "wren", 7: "robin"}, {})
    file.add({7: ""}, {})
    assert LabelsFile(file.path).load() == {5: "wren", 2**52 - 1: "Zaunkönig"}
    assert json.loads(file.path.read_text().splitlines()[1]) == {
        "sound": "0000000000005", "label": "robin", "file": "/a/b.wav",
    }  # fmt: skip


def test_a_line_cut_off_by_a_crash_costs_only_itself(tmp_path: Path) -> None:
    file = LabelsFile(tmp_path / "labels.jsonl")
    file.add({1: "robin"}, {})
    file.add({2: "wren"}, {})
    whole = file.path.read_bytes()
    for n_bytes in range(whole.rindex(b"{"), len(whole)):
        file.path.write_bytes(whole[:n_bytes])
        file.add({3: "robin"}, {})
        assert file.load() | {2: "wren"} == {1: "robin", 2: "wren", 3: "robin"}


def test_a_file_of_another_program_is_neither_read_nor_changed(tmp_path: Path) -> None:
    path = tmp_path / "labels.jsonl"
    path.write_text('{"my": "notes"}\n')
    with pytest.raises(DataError, match=r"labels.jsonl was not written by this version of MLP-SVD; move it elsewhere"):
        LabelsFile(path).load()
    path.write_bytes(b'{"format": "mlpsvd reviewed labels 1"}\n[]\nnull\n{"sound": 5, "label": "x"}\n\xff\n')
    assert LabelsFile(path).load() == {}


def test_a_label_is_one_line_of_text() -> None:
    assert checked_review_label("  Zaunko\u0308nig ") == "Zaunkönig"
    for text, why in (("  ", "is empty"), ("a\nb", "cannot be printed"), ("x" * 201, "has 201 characters")):
        with pytest.raises(DataError, match=why):
            checked_review_label(text)


def test_tables_have_the_reviewed_label_in_a_column_of_its_own() -> None:
    before = [result(Path("a.wav"), 0.9, "wren"), result(Path("b.wav"), 0.2)]
    after = [replace(before[0], reviewed="robin"), before[1]]
    for table in (files_csv, windows_csv):
        old, new = (list(csv.reader(io.StringIO(table(some, NAMES)))) for some in (before, after))
        assert "reviewed_label" not in old[0]
        assert new[0][-1] == "reviewed_label"
        assert [row[-1] for row in new[1:]] == ["robin", ""]
        assert [row[:-1] for row in new] == old
    entries = json.loads(to_json(after, NAMES))["files"]
    assert [one.get("reviewed_label") for one in entries] == ["robin", None]


def test_the_training_list_is_a_manifest_of_what_is_known(tmp_path: Path) -> None:
    folder = tmp_path / "all, of it"
    (folder / "wren").mkdir(parents=True)
    paths = [folder / "wren" / f"{number}.wav" for number in range(4)] + [tmp_path / "elsewhere.wav"]
    for path in paths:
        soundfile.write(path, np.zeros(100), 16000)
    some = [
        result(paths[0], 0.9, "wren", reviewed="robin"),
        result(paths[1], 0.1, "wren"),
        result(paths[2], 0.9),  # only a prediction
        replace(result(paths[3], 0.9, "wren"), problem="it is empty"),
        result(paths[4], 0.9, reviewed="something else"),
    ]
    manifest = folder / "reviewed.csv"
    written = training_list(some, manifest)
    assert (written.n_reviewed, written.n_named) == (2, 1)
    assert written.classes == ("robin", "something else", "wren")
    manifest.write_text(written.text, encoding="utf-8")
    settings = guessed_labels(RecordingsSettings(path=str(manifest)))
    found, skipped = named_files(settings)
    assert skipped == []
    assert {(one.path, one.label) for one in found} == {
        (paths[0], "robin"), (paths[1], "wren"), (paths[4], "something else"),
    }  # fmt: skip
    with pytest.raises(DataError, match="no recording has a label: accept or correct"):
        training_list([some[2]], manifest)
