"""A trained run, and the Analysis page that shows it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from analysis_page import Page
from pytestqt.qtbot import QtBot

from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.runs.run import Run
from mlpsvd.experiments.runs.train import train
from mlpsvd.settings import with_value
from mlpsvd.signals.bank import paper_bank


@pytest.fixture(scope="package")
def trained() -> Run:
    """Three classes, ten epochs, singular values discarded."""
    experiment = with_value(Experiment(), "data.synthetic.filters", paper_bank(3, 60.0, 40.0))
    for key, value in {
        "data.synthetic.train_per_class": 60, "data.synthetic.test_per_class": 40, "training.epochs": 10,
        "training.learning_rate": 0.01, "training.batch_size": 8,
        "discarding.first": 4, "discarding.last": 8, "discarding.points": 2,
    }.items():  # fmt: skip
        experiment = with_value(experiment, key, value)
    return train(experiment)


@pytest.fixture
def page(qtbot: QtBot, tmp_path: Path) -> Iterator[Page]:
    made = Page(qtbot, tmp_path / "runs")
    yield made
    made.controller.close()


@pytest.fixture
def shown(page: Page, trained: Run) -> Page:
    page.run.show(trained)
    page.wait()
    return page
