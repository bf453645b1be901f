"""The page of many recordings with networks that have really been trained, and real recordings on disk."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import soundfile
from pytestqt.qtbot import QtBot

from mlpsvd.data.synthetic import one_class
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.prepare import Prepared, prepare
from mlpsvd.experiments.race import Outcome, Race
from mlpsvd.experiments.results import model_of
from mlpsvd.models.classifier import Classifier
from mlpsvd.settings import with_value
from mlpsvd.signals.bank import paper_bank
from mlpsvd_gui.controllers.classify_controller import ClassifyController
from mlpsvd_gui.controllers.live_model_list import LiveModels
from mlpsvd_gui.models.run_model import RunModel, RunState
from mlpsvd_gui.views.classify_panel import ClassifyPanel

SMALL = {
    "data.synthetic.filters": paper_bank(3, 200.0, 50.0),
    "data.synthetic.duration_s": 0.1,
    "data.synthetic.train_per_class": 100,
    "data.synthetic.test_per_class": 30,
    "training.epochs": 10,
    "training.learning_rate": 0.005,
}


@dataclass(frozen=True)
class Trained:
    """A run that has finished."""

    prepared: Prepared
    outcomes: dict[str, Outcome]

    @property
    def classifier(self) -> Classifier:
        """The MLP-SVD."""
        return Classifier(model_of(self.prepared, self.outcomes["mlp-svd"]))


@dataclass(frozen=True)
class Page:
    """The page, its controller, and the run whose networks it offers."""

    panel: ClassifyPanel
    controller: ClassifyController
    run_model: RunModel
    models: LiveModels

    def finish(self, trained: Trained) -> None:
        """Let the window believe that a run has just finished in it."""
        self.run_model.begin(trained.prepared.experiment)
        self.run_model.set_prepared(trained.prepared)
        self.run_model.set_outcomes(trained.outcomes)
        self.run_model.set_state(RunState.FINISHED)


@pytest.fixture(scope="session")
def trained() -> Trained:
    return train(seed=1)


@pytest.fixture(scope="session")
def trained_anew() -> Trained:
    return train(seed=2)


def train(seed: int) -> Trained:
    experiment = with_value(Experiment(), "seed", seed)
    for key, value in SMALL.items():
        experiment = with_value(experiment, key, value)
    prepared = prepare(experiment)
    race = Race(prepared)
    for _ in race.run():
        pass
    return Trained(prepared, dict(race.outcomes()))


@pytest.fixture(scope="session")
def recordings(trained: Trained, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four recordings of each class in a folder of its name, and one file that is no sound."""
    root = tmp_path_factory.mktemp("page") / "recordings"
    synthetic = trained.prepared.experiment.data.synthetic
    for index, name in enumerate(trained.prepared.dataset.class_names):
        (root / name).mkdir(parents=True)
        for number in range(4):
            samples = one_class(synthetic, 70 + number, "test", index, n_clips=2 + number).ravel()
            path = root / name / f"take {number}{'.WAV' if number else '.flac'}"
            soundfile.write(path, 0.9 * samples / np.abs(samples).max(), 16000, format=path.suffix[1:].upper())
    (root / "notes.wav").write_text("no sound")
    return root


@pytest.fixture
def long_file(tmp_path: Path) -> Path:
    """Ten minutes of noise."""
    path = tmp_path / "long.wav"
    noise = 0.1 * np.random.default_rng(1).standard_normal(16000 * 60)
    with soundfile.SoundFile(path, "w", 16000, 1) as file:
        for _ in range(10):
            file.write(noise)
    return path


@pytest.fixture
def page(qtbot: QtBot) -> Iterator[Page]:
    run_model = RunModel()
    panel, models = ClassifyPanel(), LiveModels(run_model)
    qtbot.addWidget(panel)
    controller = ClassifyController(panel, models)
    panel.resize(1240, 560)
    panel.show()
    qtbot.waitExposed(panel)
    yield Page(panel, controller, run_model, models)
    controller.close()
    models.close()


@pytest.fixture
def ready_page(page: Page, trained: Trained) -> Page:
    page.finish(trained)
    return page
