"""The Analysis page, Listen and Files with networks that were trained on images of letters."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from mlpsvd.analysis.direction_report import direction_report
from mlpsvd.analysis.direction_sound import direction_noise
from mlpsvd.analysis.result import AnalysisResult
from mlpsvd.errors import DataError
from mlpsvd.experiments.analyse import subject_of
from mlpsvd.experiments.clip_sounds import ClipSounds
from mlpsvd.experiments.prepare import prepare
from mlpsvd.experiments.presets import LETTERS_PRESET, preset
from mlpsvd.experiments.runs.run import Run
from mlpsvd.experiments.runs.train import train
from mlpsvd.models.model_file import save_model
from mlpsvd.settings import with_value
from mlpsvd_gui.pages.analysis.controllers.analysis import AnalysisController
from mlpsvd_gui.pages.analysis.controllers.registry_runs import offered
from mlpsvd_gui.pages.analysis.views.panel import AnalysisPanel
from mlpsvd_gui.pages.files.views.controls import FilesControls
from mlpsvd_gui.pages.listen.views.welcome import ListenWelcome
from mlpsvd_gui.plots.theme import DARK, LIGHT
from mlpsvd_gui.state.model_library import ModelLibrary
from mlpsvd_gui.state.run_state import RunState
from mlpsvd_gui.state.selection_state import SelectionState


@pytest.fixture(scope="module")
def letters() -> Run:
    """Few images, a small hidden layer, two epochs."""
    experiment = preset(LETTERS_PRESET)
    for key, value in {
        "data.letters.train_per_class": 8,
        "data.letters.test_per_class": 3,
        "network.hidden": (6,),
        "training.epochs": 2,
        "discarding.points": 0,
    }.items():
        experiment = with_value(experiment, key, value)
    return train(experiment)


def test_a_direction_is_an_image_and_cannot_be_heard(qtbot: QtBot, letters: Run) -> None:
    run, panel = RunState(), AnalysisPanel(offered())
    controller = AnalysisController(panel, run, SelectionState())
    qtbot.addWidget(panel)
    panel.resize(1280, 620)
    panel.show()
    run.show(letters)
    qtbot.waitUntil(panel.section.bar.isHidden, timeout=20_000)
    row = panel.directions.rows.rows[0]
    vt = np.linalg.svd(letters.model("mlp-svd").network().weight_matrix(0), full_matrices=False)[2]
    place = row._image_place(row._places()[1])
    value = float(row.text_at(place.center()).partition(": ")[2].replace("−", "-"))
    assert abs(value) == pytest.approx(abs(vt[0].reshape(30, 30)[15, 15]), rel=1e-2)
    assert place.width() == place.height()
    assert row.hear_button.isVisible() and not row.hear_button.isEnabled()
    panel.directions.show_sound("")  # an audio output was found
    assert not row.hear_button.isEnabled() and "no sound" in row.hear_button.toolTip()
    for theme in (LIGHT, DARK):
        panel.set_theme(theme)
        colours = {row.grab().toImage().pixelColor(int(place.left()) + 1 + 3 * k, 20).name() for k in range(25)}
        assert len(colours) > 5
    panel.list.setCurrentRow(list(panel.sections).index("rank"))
    qtbot.waitUntil(panel.section.bar.isHidden, timeout=20_000)
    assert panel.rank.images.isVisible() and not panel.rank.spectrum.isVisible()
    assert len(panel.rank.images.images) == 3 and not panel.rank.play_button.isEnabled()
    controller.close()


def test_the_core_refuses_sounds_of_images_and_draws_the_directions(letters: Run) -> None:
    vt = np.ones(900)
    with pytest.raises(DataError, match="image"):
        direction_noise(vt, letters.data.features)
    with pytest.raises(DataError, match="images"):
        ClipSounds(letters.experiment).clip(0)
    *_, result = direction_report(subject_of(letters, "mlp-svd", prepare(letters.experiment)))
    assert isinstance(result, AnalysisResult)
    figure = result.pictures[0].draw()
    assert all(axes.images for axes in figure.axes)
    assert figure.axes[-1].get_xlabel() == "Pixels"


def test_listen_and_files_say_why_they_have_no_model(qtbot: QtBot, letters: Run, tmp_path: Path) -> None:
    run = RunState()
    library = ModelLibrary(run)
    assert library.refusal == ""
    run.show(letters)
    assert library.entries() == [] and "trained on sounds" in library.refusal
    welcome, controls = ListenWelcome(), FilesControls()
    qtbot.addWidget(welcome)
    qtbot.addWidget(controls)
    welcome.show_reason(library.refusal)
    assert welcome.text.text().startswith(library.refusal)
    controls.model_box.show_models((), "", library.refusal)
    assert controls.model_box.currentText() == library.refusal
    save_model(tmp_path / "letters.safetensors", letters.model("mlp"))
    with qtbot.waitSignal(library.failed) as blocker:
        library.open_model(tmp_path / "letters.safetensors")
    assert "classifies images of letters" in blocker.args[0]
    library.close()
