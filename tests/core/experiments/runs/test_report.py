"""The report: numbers equal to those of the run, every text escaped, nothing from elsewhere, printable."""

from __future__ import annotations

import base64
import dataclasses
import html
import re
import shlex
import shutil
import subprocess
from collections.abc import Mapping
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from kept_runs import small_run

import mlpsvd
from mlpsvd.cli.program import main
from mlpsvd.cli.train import chosen_experiment
from mlpsvd.contenders import CONTENDERS, FAIR_CONTENDERS
from mlpsvd.errors import FileFormatError
from mlpsvd.experiments.experiment_file import from_toml
from mlpsvd.experiments.runs.charts import run_charts
from mlpsvd.experiments.runs.comparison import group_runs
from mlpsvd.experiments.runs.methods import bibtex, methods_text
from mlpsvd.experiments.runs.report import reported, write_report
from mlpsvd.experiments.runs.report_tables import data_table
from mlpsvd.experiments.runs.run import Run
from mlpsvd.experiments.runs.run_data import new_run_id
from mlpsvd.experiments.runs.train_command import train_command
from mlpsvd.metrics.uncertainty import accuracy_text

EVIL = "<script>alert('$x')</script> & \"birds\""
VOID = {"meta", "img", "br"}


class Page(HTMLParser):
    """Tags, attributes, table rows, texts and exact numbers of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open_tags: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.rows: list[list[str]] = []
        self.texts: dict[str, list[str]] = {}
        self.numbers: list[float] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open_tags.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
        if tag in ("pre", "p", "h1", "h2"):
            self.texts.setdefault(tag, []).append("")
        if tag == "data":
            self.numbers.append(float(dict(attrs)["value"] or "nan"))

    def handle_endtag(self, tag: str) -> None:
        assert self.open_tags.pop() == tag

    def handle_data(self, data: str) -> None:
        if {"td", "th"} & set(self.open_tags):
            self.rows[-1][-1] += data
        for tag in ("pre", "p", "h1", "h2"):
            if tag in self.open_tags:
                self.texts[tag][-1] += data


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, Path]:
    run = small_run({"name": EVIL, "network.hidden": (8,)})
    folder = tmp_path_factory.mktemp("report") / "run"
    run.save(folder, with_figures=False)
    return run, folder


@pytest.fixture(scope="module")
def page(saved: tuple[Run, Path]) -> Page:
    path = saved[1].parent / "one.html"
    assert main(["report", str(saved[1]), "--out", str(path)]) == 0
    found = Page(path.read_text("utf-8"))
    assert not found.open_tags  # every element is closed
    return found


def test_the_numbers_are_those_of_the_run(saved: tuple[Run, Path], page: Page) -> None:
    run = saved[0]
    for key, outcome in run.outcomes.items():
        last, n = outcome.last, int(outcome.confusion.sum())
        for value in (run.accuracy[key], last.train_accuracy, last.test_loss, last.n_weights, outcome.train_s,
                      outcome.flops / 1e9):  # fmt: skip
            assert float(value) in page.numbers
        row = next(row for row in page.rows if row[1:2] == [outcome.contender.title])
        assert row[2] == accuracy_text(run.accuracy[key], n)
        assert row[3] == f"{outcome.confusion.trace():,} of {n:,}"
        counts = [[str(count) for count in line] for line in run.confusion(key)]
        rows = [row[4:] for row in page.rows if row[0] in run.data.class_names]
        assert all(line in rows for line in counts)
    assert float(run.data.n_train) in page.numbers and float(run.data.n_test) in page.numbers


def test_it_needs_nothing_else_and_runs_nothing(saved: tuple[Run, Path], page: Page) -> None:
    assert not any(tag in ("script", "link", "iframe", "object") for tag, _ in page.tags)
    attributes = [(name, value or "") for _, some in page.tags for name, value in some.items()]
    assert not any(name.startswith("on") or name == "href" for name, _ in attributes)
    sources = [value for name, value in attributes if name == "src"]
    assert len(sources) == len(run_charts(saved[0]))
    for source in sources:
        kind, content = source.split(",")
        assert kind == "data:image/svg+xml;base64"
        assert ElementTree.fromstring(base64.b64decode(content)).tag.endswith("svg")
    assert page.texts["h1"] == [EVIL]


def test_the_settings_and_the_command_give_the_same_experiment(
    saved: tuple[Run, Path], page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    experiment = saved[0].experiment
    command = next(text for text in page.texts["pre"] if text.startswith("mlpsvd train"))
    program, _, option, preset, *words = shlex.split(command)
    assert (program, option) == ("mlpsvd", "--preset")
    changes = [word for word in words if word != "--set"]
    assert chosen_experiment(None, preset, changes) == experiment
    files = [text for text in page.texts["pre"] if "[training]" in text]
    assert [from_toml(text) for text in files] == [experiment]
    assert "seed was 1." in next(text for text in page.texts["p"] if "seed was" in text)


def test_a_setting_that_the_command_line_cannot_write_leads_to_the_file() -> None:
    experiment = mlpsvd.with_value(mlpsvd.preset("Paper: 2 classes, 10 Hz"), "name", "own")
    assert train_command(experiment, "a b.toml") == "mlpsvd train 'a b.toml'"
    same = mlpsvd.preset("Paper: 2 classes, 10 Hz")
    assert train_command(same, "") == "mlpsvd train --preset 'Paper: 2 classes, 10 Hz'"


def test_the_methods_paragraph_follows_the_settings(saved: tuple[Run, Path]) -> None:
    run = saved[0]
    text = methods_text([run], {"mlpsvd": "0.1.0", "numpy": "2.0"}, ["McNemar, exact"])
    for part in ("5 classes", "10 Hz", "0.3 s", "8 relu neurons", "3 epochs", "Adam (Kingma and Ba, 2015",
                 "rate of 0.0005", "batches of 64 clips", "20 discarding points between epochs 5 and 67", "below 10 %",
                 "100 clips and tested on 200", "McNemar's exact test", "NumPy 2.0"):  # fmt: skip
        assert part in text
    other = mlpsvd.with_value(run.experiment, "training.optimiser", "momentum")
    other = mlpsvd.with_value(other, "discarding.criterion", "gavish-donoho")
    changed = dataclasses.replace(run, data=dataclasses.replace(run.data, experiment=other))
    text = methods_text([changed], {})
    assert "momentum 0.9" in text and "Gavish and Donoho" in text and "Adam" not in text
    assert "gavish2014" in bibtex([changed]) and "kingma2015" not in bibtex([changed])
    keys = re.findall(r"@\w+\{(\w+),", bibtex([run], ["McNemar, exact"]))
    assert keys == ["paul2021", "kingma2015", "wilson1927", "mcnemar1947"]
    assert bibtex([run]).count("{") == bibtex([run]).count("}")


def with_settings(run: Run, changes: Mapping[str, Any], n_train: int | None = None) -> Run:
    """Return the run as if it had been made with other settings."""
    experiment = run.experiment
    for key, value in changes.items():
        experiment = mlpsvd.with_value(experiment, key, value)
    data = dataclasses.replace(run.data, experiment=experiment, n_train=n_train or run.data.n_train)
    return dataclasses.replace(run, id=new_run_id(), data=data)


def test_the_default_networks_are_described(tmp_path: Path) -> None:
    run = small_run({"network.hidden": (8,), "training.contenders": FAIR_CONTENDERS})
    page = Page(write_report(tmp_path / "fair.html", [reported(run)]).read_text("utf-8"))
    text = next(text for text in page.texts["p"] if text.startswith("The data set"))
    assert "Softmax, no hidden layer has softmax outputs and no hidden layer (" in text
    assert text.count("one hidden layer of 8 relu neurons") == 4
    assert "Unless stated otherwise, all were trained for 3 epochs" in text
    for key in ("mlp-matched-step", "softmax"):
        rate = dict(run.outcomes[key].contender.settings)["training.learning_rate"]
        assert f"Learning rate {rate:g}: W moves as far in an epoch as that of MLP-SVD" in text


def test_settings_of_one_network_weights_and_copies_are_described(saved: tuple[Run, Path]) -> None:
    run = saved[0]
    assert "Unless stated otherwise" not in methods_text([run], {})
    outcomes = {**run.outcomes}
    outcomes["mlp-svd"] = dataclasses.replace(outcomes["mlp-svd"], contender=CONTENDERS["nuclear-norm"])
    text = methods_text([dataclasses.replace(run, outcomes=outcomes)], {})
    assert "The sum of its singular values was added to its loss with the factor 0.001." in text
    assert "Unless stated otherwise, all were trained" in text

    weighted = with_settings(run, {"training.class_weights": "balanced"})
    assert "in inverse proportion to the number of training clips of its class" in methods_text([weighted], {})
    changes = {"data.source": "recordings", "data.augmentation.copies": 2, "data.augmentation.shift_s": 0.0}
    augmented = with_settings(run, changes, n_train=300)
    text = methods_text([augmented], {})
    assert "trained on 100 clips and tested on 200 others. The training set also has 2 augmented copies" in text
    assert "with a gain within ±6 dB and white noise at a signal-to-noise ratio of 20 dB." in text
    rows = Page("\n".join(data_table(group_runs([augmented])))).rows
    assert ["Training clips", "100"] in rows and ["Augmented copies of each", "2"] in rows


def test_the_commands_name_the_files_of_their_runs(saved: tuple[Run, Path], tmp_path: Path) -> None:
    first, *others = saved[0].experiment.data.synthetic.filters
    filters = (dataclasses.replace(first, centre_hz=first.centre_hz + 1.0), *others)  # not possible with --set
    changes = {"data.synthetic.filters": filters}
    runs = [
        with_settings(saved[0], {**changes, **more})
        for more in ({"seed": 1}, {"training.learning_rate": 0.01}, {"seed": 2})
    ]
    text = write_report(tmp_path / "three.html", [reported(run) for run in runs]).read_text("utf-8")
    names = ["experiment-1.toml", "experiment-2.toml", "experiment-3.toml"]
    assert "\n".join(f"mlpsvd train {name}" for name in names) in text
    files = re.findall(r"<h3>(experiment-\d.toml)</h3><pre>(.*?)</pre>", text, re.DOTALL)
    found = {name: from_toml(html.unescape(content)) for name, content in files}
    assert found == {name: run.experiment for name, run in zip(names, runs, strict=True)}


def test_a_comparison_has_groups_settings_and_tests(saved: tuple[Run, Path], tmp_path: Path) -> None:
    folders = [saved[1]]
    for number, changes in enumerate(({"training.learning_rate": 0.01}, {"training.learning_rate": 0.01, "seed": 2})):
        folders.append(tmp_path / f"run{number}")
        small_run({"network.hidden": (8,), **changes}).save(folders[-1], with_figures=False)
    path = tmp_path / "compared.html"
    assert main(["report", *map(str, folders), "--out", str(path)]) == 0
    page = Page(path.read_text("utf-8"))
    assert page.texts["h1"] == ["Comparison of 3 runs"]
    assert ["Learning rate", "0.0005", "0.01"] in page.rows
    accuracies = [run.accuracy["mlp-svd"] for run in (mlpsvd.load_run(folder) for folder in folders)]
    assert all(value in page.numbers for value in accuracies)
    mean = 100 * (accuracies[1] + accuracies[2]) / 2
    assert any(f"{mean:.1f} ± " in cell for row in page.rows for cell in row)
    heads = [row[2] for row in page.rows if row[0] == "Class"]
    assert heads == 2 * ["Recall (95 % interval)"] + 2 * ["Recall"]  # repeats may share their clips
    assert any("beyond chance" in text or "within chance" in text for text in page.texts["p"])


def test_only_reports_are_replaced(saved: tuple[Run, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mine = tmp_path / "mine.html"
    mine.write_text("<p>my own page</p>", "utf-8")
    with pytest.raises(FileFormatError, match="is not a report of this program"):
        write_report(mine, [reported(saved[0], saved[1])])
    assert mine.read_text("utf-8") == "<p>my own page</p>"
    assert main(["report", str(saved[1]), "--out", str(tmp_path / "report.txt")]) == 2
    assert "a file with the suffix .html" in capsys.readouterr().err


CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None or shutil.which("pdftotext") is None, reason="no Chromium or poppler")
def test_a_browser_prints_it(saved: tuple[Run, Path], page: Page, tmp_path: Path) -> None:
    pdf = tmp_path / "report.pdf"
    source = (saved[1].parent / "one.html").as_uri()
    options = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}"]
    subprocess.run(
        [str(CHROMIUM), *options, f"--print-to-pdf={pdf}", source], check=True, timeout=120, capture_output=True
    )
    text = subprocess.run(["pdftotext", "-layout", str(pdf), "-"], capture_output=True, text=True, check=True).stdout
    assert accuracy_text(saved[0].accuracy["mlp"], saved[0].data.n_test) in text
    assert "Methods" in text and "@article{paul2021" in text
