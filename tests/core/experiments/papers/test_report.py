"""The report: texts are escaped, verdicts are counted, and the machine is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlpsvd.drawing import new_figure, save_figure, style
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.papers.compare import compare_accuracy, compare_claim
from mlpsvd.experiments.papers.finding import Finding, Picture, Reproduction, Results, Table
from mlpsvd.experiments.papers.report import Section, machine, write_report
from mlpsvd.experiments.trials.trials import Trial


def no_trials(n_trials: int) -> list[Trial]:
    return []


def section(folder: Path, finding: Finding) -> Section:
    def find(n_trials: int, results: Results) -> Finding:
        return finding

    return Section(
        Reproduction("pareto", "A <title> & more", "about", True, no_trials, find),
        finding,
        (1, 2, 3),
        ("an engine",),
        folder,
    )


@pytest.fixture
def finding(tmp_path: Path) -> Finding:
    with style():
        figure = new_figure(1.0)
        figure.subplots().plot([1, 2])
    save_figure(figure, tmp_path, "picture")
    return Finding(
        "It is <b>so</b>.",
        (
            compare_accuracy("one", 50.0, [50.5, 51.5], 5),
            compare_accuracy("two", 50.0, [70.0, 71.0], 5),
            compare_claim("three", "claim", "found", None),
        ),
        (Table("t", "Shown", ("a",), ((1.5,),), shown=True), Table("h", "Hidden", ("b",), ((2,),))),
        (Picture("picture", 'with "quotes"', lambda: figure),),
        ("a note",),
        (Experiment(name="<experiment>"),),
    )


def test_texts_are_escaped_and_rows_marked(tmp_path: Path, finding: Finding) -> None:
    text = write_report(tmp_path / "report.html", [section(tmp_path, finding)]).read_text("utf-8")
    assert "A &lt;title&gt; &amp; more" in text
    assert "<b>so" not in text
    assert 'alt="with &quot;quotes&quot;"' in text
    assert [text.count(f'<tr class="{mark}">') for mark in ("agrees", "differs", "open")] == [1, 1, 1]
    assert '<td class="number">1</td><td class="number">1</td>' in text  # one agrees, one differs
    assert "Shown" in text
    assert "Hidden" not in text
    assert "3 trials of each task, seeds 1 to 3" in text
    assert "Beyond Paul and Nelson (2021)" in text
    assert "&lt;experiment&gt;" in text


def test_an_empty_report_is_a_valid_page(tmp_path: Path) -> None:
    text = write_report(tmp_path / "report.html", []).read_text("utf-8")
    assert text.startswith("<!DOCTYPE html>")
    assert text.rstrip().endswith("</html>")


def test_a_picture_that_is_missing_is_an_error_and_leaves_the_old_report(tmp_path: Path, finding: Finding) -> None:
    report = tmp_path / "report.html"
    report.write_text("old")
    with pytest.raises(FileNotFoundError):
        write_report(report, [section(tmp_path / "elsewhere", finding)])
    assert report.read_text() == "old"


def test_the_machine_is_named() -> None:
    assert all(machine().values())
    assert int(machine()["Cores"]) >= 1
