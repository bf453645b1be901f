"""The page of many recordings with networks that have really been trained, and real recordings on disk."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QFileDialog, QWidget
from pytestqt.qtbot import QtBot
from trained import Trained, train

from mlpsvd.classification.batch.results import FileResult
from mlpsvd.datasets.synthetic import one_class
from mlpsvd.signals.bank import paper_bank
from mlpsvd_gui.pages.files.controllers.files import FilesController
from mlpsvd_gui.pages.files.views.panel import FilesPanel
from mlpsvd_gui.state.model_library import ModelLibrary
from mlpsvd_gui.state.run_state import RunState

WAIT_MS = 30_000
SMALL = {
    "data.synthetic.filters": paper_bank(3, 200.0, 50.0),
    "data.synthetic.duration_s": 0.1,
    "data.synthetic.train_per_class": 100,
    "data.synthetic.test_per_class": 30,
    "training.epochs": 10,
    "training.learning_rate": 0.005,
}


@dataclass(frozen=True)
class Page:
    """The page, its controller, and the run whose networks it offers."""

    panel: FilesPanel
    controller: FilesController
    run_model: RunState
    models: ModelLibrary
    qtbot: QtBot

    def drop(self, *paths: Path, on: QWidget | None = None) -> None:
        """Drop files on the page, or a part of it, as the desktop does: whatever holds it takes them."""
        target = on or self.panel
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
        action, button, no_keys = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        enter = QDragEnterEvent(QPoint(5, 5), action, data, button, no_keys)
        QApplication.sendEvent(target, enter)
        assert enter.isAccepted()
        QApplication.sendEvent(target, QDropEvent(QPointF(5, 5), action, data, button, no_keys))

    def press_start(self) -> None:
        """Click Start, or Stop."""
        self.qtbot.mouseClick(self.panel.controls.start_button, Qt.MouseButton.LeftButton)

    def wait_for_files(self, n_files: int) -> None:
        """Wait until so many files are on the page."""
        self.qtbot.waitUntil(lambda: len(self.panel.table.rows.entries) == n_files, timeout=WAIT_MS)

    def wait_for_end(self) -> None:
        """Wait until nothing runs."""
        self.qtbot.waitUntil(lambda: self.panel.controls.start_button.text() == "Start", timeout=WAIT_MS)

    def classify(self, *paths: Path, n_files: int = 13) -> None:
        """Drop files, click Start, and wait for the end."""
        self.drop(*paths)
        self.wait_for_files(n_files)
        self.press_start()
        assert self.panel.controls.start_button.text() == "Stop"
        self.wait_for_end()

    def cells(self) -> list[list[str]]:
        """What the table shows, row by row, without hidden columns."""
        table, model = self.panel.table, self.panel.table.model()
        columns = [one for one in range(model.columnCount()) if not table.isColumnHidden(one)]
        return [[model.index(row, one).data() for one in columns] for row in range(model.rowCount())]

    def results(self) -> list[FileResult]:
        """The results there are, in the order of the files."""
        return [entry.result for entry in self.panel.table.rows.entries if entry.result is not None]

    def save_in_dialog(self, path: Path) -> None:
        """Type a name into the dialog that is open, and accept it."""
        (dialog,) = [one for one in self.panel.findChildren(QFileDialog) if one.isVisible()]
        dialog.selectFile(str(path))
        dialog.accept()
        self.qtbot.waitUntil(lambda: str(path) in self.panel.messages.text, timeout=WAIT_MS)

    def finish(self, trained: Trained) -> None:
        """Let the window believe that a run has just finished in it."""
        trained.finish_in(self.run_model)


@pytest.fixture(scope="session")
def trained() -> Trained:
    return train(SMALL, seed=1)


@pytest.fixture(scope="session")
def trained_anew() -> Trained:
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
    """Ten minutes of noise."""
    path = tmp_path / "long.wav"
    noise = 0.1 * np.random.default_rng(1).standard_normal(16000 * 60)
    with soundfile.SoundFile(path, "w", 16000, 1) as file:
        for _ in range(10):
            file.write(noise)
    return path


@pytest.fixture
def page(qtbot: QtBot) -> Iterator[Page]:
    run_model = RunState()
    panel, models = FilesPanel(), ModelLibrary(run_model)
    qtbot.addWidget(panel)
    controller = FilesController(panel, models)
    panel.resize(1240, 560)
    panel.show()
    qtbot.waitExposed(panel)
    yield Page(panel, controller, run_model, models, qtbot)
    controller.close()
    models.close()


@pytest.fixture
def ready_page(page: Page, trained: Trained) -> Page:
    page.finish(trained)
    return page
