"""The page of many recordings with networks that have really been trained, and real recordings on disk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from files_page import Page
from pytestqt.qtbot import QtBot
from trained import Trained, train

from mlpsvd.datasets.synthetic import one_class
from mlpsvd.signals.bank import paper_bank
from mlpsvd_gui.pages.files.controllers.files import FilesController
from mlpsvd_gui.pages.files.views.panel import FilesPanel
from mlpsvd_gui.state.model_library import ModelLibrary
from mlpsvd_gui.state.run_state import RunState

SMALL = {
    "data.synthetic.filters": paper_bank(3, 200.0, 50.0),
    "data.synthetic.duration_s": 0.1,
    "data.synthetic.train_per_class": 100,
    "data.synthetic.test_per_class": 30,
    "training.epochs": 10,
    "training.learning_rate": 0.005,
}


@pytest.fixture(scope="session")
def trained() -> Trained:
    return train(SMALL, seed=1)


@pytest.fixture(scope="session")
def retrained() -> Trained:
    return train(SMALL, seed=2)


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
    """Four minutes of noise."""
    path = tmp_path / "long.wav"
    noise = 0.1 * np.random.default_rng(1).standard_normal(16000 * 60)
    with soundfile.SoundFile(path, "w", 16000, 1) as file:
        for _ in range(4):
            file.write(noise)
    return path


@pytest.fixture
def page(qtbot: QtBot) -> Iterator[Page]:
    run_model = RunState()
    panel, models = FilesPanel(), ModelLibrary(run_model)
    qtbot.addWidget(panel)
    controller = FilesController(panel, models)
    panel.resize(1240, 560)
    with qtbot.waitExposed(panel):
        panel.show()
    yield Page(panel, controller, run_model, models, qtbot)
    controller.close()
    models.close()


@pytest.fixture
def ready_page(page: Page, trained: Trained) -> Page:
    page.finish(trained)
    return page
