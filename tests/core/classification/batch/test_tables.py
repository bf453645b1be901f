"""Results of many files as tables."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
from pathlib import Path

import numpy as np
import pytest

from mlpsvd.classification.batch.results import FileResult
from mlpsvd.classification.batch.tables import files_csv, to_audacity_labels, to_json, to_raven_table, windows_csv
from mlpsvd.datasets.annotations import read_annotations

NAMES = ("yes, indeed", "no")


@pytest.fixture
def results() -> list[FileResult]:
    """One file of four windows, and one that cannot be used, in a folder whose name is no Unicode."""
    probabilities = np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7], [0.6, 0.4]])
    starts_s = np.array([0.0, 0.5, 1.0, 1.5])
    durations_s = np.array([0.5, 0.5, 0.5, 0.25])
    none = np.zeros(0)
    return [
        FileResult(Path("yes/a.wav"), NAMES, 1.75, starts_s, durations_s, probabilities, truth="yes, indeed"),
        FileResult(Path("\udcff/b.wav"), NAMES, float("nan"), none, none, np.zeros((0, 2)), problem="it is empty"),
    ]


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_a_line_a_window_and_one_for_each_file_that_cannot_be_used(results: list[FileResult]) -> None:
    table = rows(windows_csv(results, NAMES))
    assert [row["label"] for row in table] == ["yes, indeed", "yes, indeed", "no", "yes, indeed", ""]
    assert [row["end_s"] for row in table] == ["0.500000", "1.000000", "1.500000", "1.750000", ""]
    assert table[2]["p(no)"] == table[2]["probability"] == "0.700000"
    assert {row["true_class"] for row in table} == {"yes, indeed", ""}
    assert table[4]["problem"] == "it is empty"
    assert table[4]["file"].endswith("b.wav")


def test_a_line_a_file(results: list[FileResult]) -> None:
    good, bad = rows(files_csv(results, NAMES))
    assert good["label"] == good["majority"] == good["true_class"] == "yes, indeed"
    assert (good["probability"], good["agreement"], good["n_windows"]) == ("0.650000", "0.750000", "4")
    assert (good["duration_s"], good["p(no)"], good["problem"]) == ("1.750000", "0.350000", "")
    assert (bad["label"], bad["duration_s"], bad["problem"], bad["n_windows"]) == ("", "", "it is empty", "0")


def test_json_holds_it_all(results: list[FileResult]) -> None:
    table = json.loads(to_json(results, NAMES))
    assert (table["n_files"], table["n_unusable"], table["n_known"], table["accuracy"]) == (2, 1, 1, 1.0)
    assert table["counts"] == {"yes, indeed": 1, "no": 0}
    assert table["confusion"] == [[1, 0], [0, 0]]
    good, bad = table["files"]
    assert good["probabilities"]["no"] == pytest.approx(0.35)
    assert [one["label"] for one in good["windows"]] == ["yes, indeed", "yes, indeed", "no", "yes, indeed"]
    assert good["windows"][2]["start_s"] == 1.0
    assert bad["problem"] == "it is empty"
    assert "windows" not in json.loads(to_json(results, NAMES, with_windows=False))["files"][0]
    to_json(results, NAMES).encode()


def test_neighbours_of_one_label_are_one_stretch_in_audacity(results: list[FileResult]) -> None:
    assert to_audacity_labels(results[0]).splitlines() == [
        "0.000000\t1.000000\tyes, indeed",
        "1.000000\t1.500000\tno",
        "1.500000\t1.750000\tyes, indeed",
    ]
    assert to_audacity_labels(results[1]) == ""


def test_a_raven_table_holds_the_same_stretches(results: list[FileResult], tmp_path: Path) -> None:
    for name, text in (("a.txt", to_audacity_labels(results[0])), ("r.txt", to_raven_table(results[0], 4000.0))):
        (tmp_path / name).write_text(text)
    assert read_annotations(tmp_path / "r.txt") == read_annotations(tmp_path / "a.txt")
    assert to_raven_table(results[0], 4000.0).splitlines()[1].split("\t")[:7] == [
        "1", "Spectrogram 1", "1", "0.000000", "1.000000", "0.0", "4000.0",
    ]  # fmt: skip


def test_the_start_in_the_name_of_a_recording_is_a_column(results: list[FileResult]) -> None:
    named = [dataclasses.replace(one, path=Path("S1_20200131_235959.wav")) for one in results]
    for table in (files_csv, windows_csv):
        assert {row["recorded_at"] for row in rows(table(named, NAMES))} == {"2020-01-31T23:59:59"}
        assert {row["recorded_at"] for row in rows(table(results, NAMES))} == {""}
        assert table(results, NAMES).splitlines()[0].endswith("p(no),recorded_at")
    assert json.loads(to_json(named, NAMES))["files"][0]["recorded_at"] == "2020-01-31T23:59:59"
    assert json.loads(to_json(results, NAMES))["files"][1]["recorded_at"] is None
