"""Models in, filters in and out, clips and features out: by the File menu of a real window."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from dialogs import choose_path
from main_window import open_main_window
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot
from safetensors.numpy import save_file

from mlpsvd.datasets.filter_files import read_filters
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.models.model_file import load_model
from mlpsvd.settings import with_value
from mlpsvd_gui.main_window import MainWindow
from mlpsvd_gui.window.import_dialog import ImportDialog


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path) -> Iterator[MainWindow]:
    small = with_value(Experiment(), "data.synthetic.train_per_class", 30)
    small = with_value(small, "data.synthetic.test_per_class", 20)
    window = open_main_window(qtbot, tmp_path, small)
    yield window
    window.close()


def choose(qtbot: QtBot, window: MainWindow, path: Path, action: QAction | None = None) -> None:
    """Choose an action of the File menu, and a path in its dialog."""
    if action is not None:
        menu = next(one for one in window.menuBar().findChildren(QMenu) if one.title() == "&File")
        listed = [one for each in (menu, *menu.findChildren(QMenu)) for one in each.actions()]
        assert action in listed and action.isEnabled()
        action.trigger()
    choose_path(qtbot, window, path)


def wait(qtbot: QtBot, window: MainWindow, begin: str) -> None:
    qtbot.waitUntil(lambda: window.messages.text.startswith(begin), timeout=30_000)


def test_a_state_dict_becomes_a_model_for_listen_and_files(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    tensors = {"b.weight": rng.normal(size=(7, 129)), "a.weight": rng.normal(size=(5, 7)), "a.bias": np.zeros(5)}
    save_file({name: one.astype(np.float32) for name, one in tensors.items()}, tmp_path / "state.safetensors")
    choose(qtbot, window, tmp_path / "state.safetensors", window.actions_.import_model)
    qtbot.waitUntil(lambda: window.findChild(ImportDialog) is not None)
    dialog = window.findChild(ImportDialog)
    dialog.activation.setCurrentText("tanh")
    qtbot.keyClicks(dialog.layers, "b, a")
    dialog.import_button.click()
    choose(qtbot, window, tmp_path / "model.safetensors")
    wait(qtbot, window, f"Saved {tmp_path / 'model.safetensors'}: test accuracy ")
    model = load_model(tmp_path / "model.safetensors")
    assert [layer.activation for layer in model.spec.layers] == ["tanh", "softmax"]
    assert model.class_names == tuple(one.label for one in window.experiments.experiment.data.synthetic.filters)
    qtbot.waitUntil(lambda: any(one.text == "model.safetensors" for one in window.models.entries()))
    (tmp_path / "bad.npz").write_bytes(b"no archive")
    choose(qtbot, window, tmp_path / "bad.npz", window.actions_.import_model)
    choose(qtbot, window, tmp_path / "bad-model.safetensors")
    qtbot.waitUntil(lambda: "is not a NumPy archive" in window.messages.text)
    assert not (tmp_path / "bad-model.safetensors").exists()


def test_filters_clips_and_features_leave_and_filters_return(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    actions, before = window.actions_, window.experiments.experiment
    choose(qtbot, window, tmp_path / "bank.csv", actions.export_filters)
    wait(qtbot, window, "Saved 5 filters to ")
    assert len(read_filters(tmp_path / "bank.csv", before.data.synthetic).filters) == 5
    window.experiments.set_value("data.synthetic.filters", before.data.synthetic.filters[:3])
    choose(qtbot, window, tmp_path / "bank.csv", actions.import_filters)
    wait(qtbot, window, "Imported 5 filters from bank.csv.")
    assert len(window.experiments.experiment.data.synthetic.filters) == 5
    window.messages._button.click()
    assert len(window.experiments.experiment.data.synthetic.filters) == 3
    choose(qtbot, window, tmp_path / "clips", actions.export_clips)
    wait(qtbot, window, "Saved the clips to ")
    assert len(list((tmp_path / "clips" / "train").glob("*.wav"))) == 90
    choose(qtbot, window, tmp_path / "features.npz", actions.export_features)
    wait(qtbot, window, "Saved the features to ")
    with np.load(tmp_path / "features.npz") as arrays:
        assert arrays["x_train"].shape == (90, 129)
    window.experiments.set_value("data.source", "recordings")
    actions.export_filters.trigger()
    choose(qtbot, window, tmp_path / "none.csv")
    wait(qtbot, window, "The experiment trains on recordings; only one of filtered noise has filters.")
