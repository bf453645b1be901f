"""Everything reproduced in small: files, pictures, the report, and going on after a stop or a lost worker."""

from __future__ import annotations

import base64
import csv
import json
from collections.abc import Iterator
from concurrent.futures import Executor, Future
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from mlpsvd.errors import DataError, FileFormatError, TrainingError
from mlpsvd.executors import local_workers
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.experiment_file import load_experiment
from mlpsvd.experiments.papers import bayes_limit, tasks
from mlpsvd.experiments.papers.registry import REPRODUCTIONS, chosen
from mlpsvd.experiments.papers.reproduce import FindingWritten, ReportWritten, TrialDone, reproduce
from mlpsvd.experiments.presets import preset

SMALL = {
    "data.synthetic.train_per_class": 30,
    "data.synthetic.test_per_class": 20,
    "training.epochs": 12,
    "discarding.first": 2,
}


# Those of the other papers train networks of a fixed size, or draw thousands of letters: for minutes. test_naumov.py
# and test_other_papers.py run them in small; the exact ones are written here, too.
SMALL_RESULTS = [one for one in REPRODUCTIONS.values() if not one.name.startswith(("kantack", "naumov", "divya"))]
SMALL_RESULTS.append(REPRODUCTIONS["divya-convolution"])


def thread() -> Any:
    return local_workers(1)


@pytest.fixture
def small_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    """The paper's tasks with few clips and epochs."""
    monkeypatch.setattr(tasks, "preset", lambda name: tasks.changed(preset(name), SMALL))
    monkeypatch.setattr(tasks, "_BAYES_CLIPS", 100)
    monkeypatch.setattr(tasks, "_LETTERS_HIDDEN", 20)
    monkeypatch.setattr(tasks, "_LETTERS_PER_CLASS", 4)
    names = ("Paper: 2 classes, 10 Hz", "Paper: 5 classes, 100 Hz")
    presets = {name: tasks.changed(preset(name), SMALL) for name in names}
    monkeypatch.setattr(bayes_limit, "PRESETS", presets)


@pytest.mark.slow
@pytest.mark.usefixtures("small_tasks")
def test_everything_is_written_and_the_report_holds_it(tmp_path: Path) -> None:
    folder = tmp_path / "all"
    events = list(reproduce(SMALL_RESULTS, 2, folder, thread))
    done = [event for event in events if isinstance(event, TrialDone)]
    assert [event.done for event in done] == list(range(1, done[0].total + 1))
    written = [event for event in events if isinstance(event, FindingWritten)]
    assert {event.reproduction.name for event in written} == {one.name for one in SMALL_RESULTS}
    assert isinstance(events[-1], ReportWritten)
    for event in written:
        finding = event.finding
        place = folder / event.reproduction.name
        assert finding.summary
        assert finding.pictures
        assert bool(finding.comparisons) is not event.reproduction.beyond
        for picture in finding.pictures:
            for kind in ("png", "svg", "pdf"):
                assert (place / f"{picture.stem}.{kind}").stat().st_size > 1000
        for table in finding.tables:
            rows = list(csv.reader((place / f"{table.stem}.csv").read_text("utf-8").splitlines()))
            assert rows[0] == list(table.columns)
            assert len(rows) == len(table.rows) + 1 > 1
            assert {len(row) for row in rows} == {len(table.columns)}
        for number, experiment in enumerate(finding.experiments, start=1):
            assert load_experiment(place / f"experiment-{number}.toml") == experiment
    check_report(folder / "report.html", [one.name for one in SMALL_RESULTS])


class Page(HTMLParser):
    """Collects the references of a report."""

    def __init__(self) -> None:
        super().__init__()
        self.sections: list[str] = []
        self.links: list[str] = []
        self.images: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.tags.add(tag)
        if tag == "section" and values.get("id"):
            self.sections.append(str(values["id"]))
        if tag == "a":
            self.links.append(str(values["href"]))
        if tag == "img":
            self.images.append(str(values["src"]))


def check_report(path: Path, names: list[str]) -> None:
    page = Page()
    text = path.read_text("utf-8")
    page.feed(text)
    assert page.sections == names
    assert page.links == [f"#{name}" for name in names]
    assert not page.tags & {"script", "link", "iframe", "object"}
    assert "url(" not in text
    assert len(page.images) >= len(names)
    for source in page.images:
        kind, _, data = source.partition(";base64,")
        assert kind == "data:image/svg+xml"
        assert ElementTree.fromstring(base64.b64decode(data)).tag.endswith("svg")
    for part in ("Processor", "numpy", "seeds 1 to 2", "format_version = 1", "fused engine"):
        assert part in text


@pytest.mark.usefixtures("small_tasks")
def test_a_stopped_run_goes_on_and_a_second_call_adds_to_the_report(tmp_path: Path) -> None:
    events = reproduce(chosen(["table-1"]), 3, tmp_path / "out", thread)
    first = next(events)
    events.close()
    assert isinstance(first, TrialDone)
    assert (first.done, first.total, first.kept) == (1, 3, False)
    assert len(list((tmp_path / "out" / "trials").iterdir())) >= 1
    assert not (tmp_path / "out" / "report.html").exists()
    again = list(reproduce(chosen(["table-1"]), 3, tmp_path / "out", thread))
    assert next(event.kept for event in again if isinstance(event, TrialDone))
    list(reproduce(chosen(["figure-3"]), 1, tmp_path / "out", thread))
    page = Page()
    page.feed((tmp_path / "out" / "report.html").read_text("utf-8"))
    assert page.sections == ["table-1", "figure-3"]
    manifest = json.loads((tmp_path / "out" / "reproduction.json").read_bytes())
    assert manifest["reproductions"] == {"table-1": 3, "figure-3": 1}


class Breaking(Executor):
    """An executor all of whose workers have just been killed."""

    def submit(self, function: Any, /, *arguments: Any, **named: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_exception(BrokenProcessPool("killed"))
        return future


@pytest.mark.usefixtures("small_tasks")
def test_the_tasks_of_a_lost_worker_are_repeated(tmp_path: Path) -> None:
    opened = []

    @contextmanager
    def first_breaks() -> Iterator[Executor]:
        opened.append(1)
        if len(opened) == 1:
            yield Breaking()
            return
        with local_workers(1) as executor:
            yield executor

    events = list(reproduce(chosen(["table-1"]), 2, tmp_path / "out", first_breaks))
    assert len(opened) == 2
    assert sum(isinstance(event, TrialDone) for event in events) == 2


@pytest.mark.usefixtures("small_tasks")
def test_workers_that_die_again_and_again_are_one_sentence(tmp_path: Path) -> None:
    @contextmanager
    def always_breaks() -> Iterator[Executor]:
        yield Breaking()

    with pytest.raises(TrainingError, match="again and again"):
        list(reproduce(chosen(["table-1"]), 2, tmp_path / "out", always_breaks))


def test_foreign_folders_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(FileFormatError, match="contains other files"):
        list(reproduce(chosen(["figure-3"]), 1, tmp_path, thread))
    with pytest.raises(FileFormatError, match="is a file"):
        list(reproduce(chosen(["figure-3"]), 1, tmp_path / "thesis.tex", thread))
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


@pytest.mark.parametrize("damage", ["", "[]", '{"format_version": 1}', '{"format_version": 2, "reproductions": {}}'])
def test_a_damaged_list_is_one_sentence(tmp_path: Path, damage: str) -> None:
    (tmp_path / "reproduction.json").write_text(damage)
    with pytest.raises(FileFormatError, match=r"reproduction\.json"):
        list(reproduce(chosen(["figure-3"]), 1, tmp_path, thread))


def test_the_small_tasks_are_tasks(small_tasks: None) -> None:
    experiment: Experiment = tasks.table_2_task(10.0, 2)
    assert experiment.training.epochs == 12


def test_a_second_reproduction_into_the_same_folder_is_refused(tmp_path: Path) -> None:
    first = reproduce([], 1, tmp_path, thread)
    assert isinstance(next(first), ReportWritten)
    with pytest.raises(DataError, match="is open in this program"):
        next(reproduce([], 1, tmp_path, thread))
    first.close()
    assert isinstance(next(reproduce([], 1, tmp_path, thread)), ReportWritten)


def test_a_file_that_is_a_link_is_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("mine")
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "reproduction.json").write_text('{"format_version": 1, "reproductions": {}}')
    (folder / "report.html").symlink_to(tmp_path / "precious")
    with pytest.raises(FileFormatError, match="is a symbolic link"):
        next(reproduce([], 1, folder, thread))
    assert (tmp_path / "precious").read_text() == "mine"
