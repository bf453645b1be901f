"""``mlpsvd runs`` on a small library."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from kept_runs import fill, small_run

from mlpsvd.cli.program import main
from mlpsvd.experiments.runs.library import RunLibrary
from mlpsvd.experiments.runs.places import RUNS_VARIABLE
from mlpsvd.experiments.runs.run import Run


@pytest.fixture(scope="module")
def run() -> Run:
    return small_run()


@pytest.fixture
def library(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunLibrary:
    """Three copies of a run; the command line uses this library."""
    monkeypatch.setenv(RUNS_VARIABLE, str(tmp_path / "library"))
    found = RunLibrary(tmp_path / "library")
    fill(found, run, 3)
    return found


def listed(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    """Return the folder names that ``mlpsvd runs list`` prints."""
    assert main(["runs", "list", "--json", *arguments]) == 0
    return [Path(one["folder"]).name for one in json.loads(capsys.readouterr().out)]


def test_runs_are_annotated_found_deleted_and_restored(library: RunLibrary, capsys: pytest.CaptureFixture[str]) -> None:
    newest, _, oldest = (path.name for path in library.folders())
    assert main(["runs", "note", "latest", "twice the rate"]) == 0
    assert main(["runs", "tag", oldest, "birds", "paper"]) == 0
    assert main(["runs", "star", oldest]) == 0
    capsys.readouterr()
    assert listed(capsys, "twice") == [newest]
    assert listed(capsys, "#birds") == listed(capsys, "--starred") == [oldest]
    assert main(["runs", "delete", newest]) == 0
    capsys.readouterr()
    assert newest not in listed(capsys) and listed(capsys, "--trash") == [newest]
    assert main(["runs", "restore", newest]) == 0
    capsys.readouterr()
    assert listed(capsys, "twice") == [newest]


def test_show_describes_a_run_anywhere_and_writes_nothing_beside_it(
    library: RunLibrary, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An index was written into the folder that contains the run."""
    folder = tmp_path / "elsewhere" / "mine"
    small_run({"seed": 3}).save(folder, with_figures=False)
    before = sorted(path.name for path in folder.parent.iterdir())
    assert main(["runs", "show", str(folder)]) == 0
    printed = capsys.readouterr().out
    assert "Status      complete." in printed and "Changed     seed=3" in printed
    assert sorted(path.name for path in folder.parent.iterdir()) == before


def test_a_run_that_is_not_there_is_one_sentence(library: RunLibrary, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runs", "show", "nightingale"]) == 2
    assert "nightingale is neither a run folder nor a run in the library" in capsys.readouterr().err


def test_filters_and_data_set_of_a_kept_run(
    library: RunLibrary,
    run: Run,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    filters = run.experiment.data.synthetic.filters
    assert main(["filters", "latest", "--out", "bank.csv"]) == 0
    assert capsys.readouterr().out == f"Written to: bank.csv ({len(filters)} filters)\n"
    assert main(["dataset", library.folders()[1].name, "--out", "features.npz", "--quiet"]) == 0
    assert Path("features.npz").is_file()
    capsys.readouterr()
    assert main(["filters", "another", "--out", "b.csv"]) == 2
    assert "another is neither a run folder nor a run in" in capsys.readouterr().err
