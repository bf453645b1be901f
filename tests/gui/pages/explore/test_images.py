"""Images of letters in the data panel and the filters panel, by clicks."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot

from mlpsvd.datasets.letters import letter_clips
from mlpsvd.settings import with_value
from mlpsvd_gui.pages.explore.controllers.data import DataController
from mlpsvd_gui.pages.explore.controllers.filters import FiltersController
from mlpsvd_gui.pages.explore.views.data_panel import DataPanel
from mlpsvd_gui.pages.explore.views.filters_panel import FiltersPanel
from mlpsvd_gui.plots.theme import DARK, LIGHT
from mlpsvd_gui.state.experiment_state import ExperimentState
from mlpsvd_gui.state.selection_state import SelectionState
from mlpsvd_gui.widgets.segments import Segments

LEFT = Qt.MouseButton.LeftButton
G = 6


def _button(segments: Segments, index: int) -> QToolButton:
    return segments.findChildren(QToolButton)[index]


@pytest.fixture
def panel(qtbot: QtBot) -> Iterator[DataPanel]:
    """A panel that shows 20 images of each letter."""
    panel, model = DataPanel(), ExperimentState()
    qtbot.addWidget(panel)
    controller = DataController(panel, model, SelectionState())
    panel.resize(800, 450)
    panel.show()
    qtbot.mouseClick(_button(panel.source, 2), LEFT)
    assert model.experiment.data.image_shape == (30, 30)
    model.replace(with_value(model.experiment, "data.letters.train_per_class", 20), "fewer images")
    model_letters = model.experiment.data.letters
    means = np.asarray(letter_clips(model_letters, 1, "train").samples).reshape(26, 20, 30, 30).mean(axis=1)
    qtbot.waitUntil(lambda: len(panel.images.grid.images) == 26 and np.allclose(panel.images.grid.images[G], means[G]))
    yield panel
    controller.close()


def test_letters_are_shown_as_images_and_have_no_sound(qtbot: QtBot, panel: DataPanel) -> None:
    assert panel.images.isVisible() and panel.pixels.isVisible()
    assert not panel.spectra.isVisible() and not panel.waveform.isVisible()
    assert panel.tabs.tabText(0) == "Image" and panel.summary.text().endswith("images of 30 × 30 pixels")
    assert panel.pixels.pixels.shape == (30, 30)
    qtbot.wait(300)  # an audio output found meanwhile must not enable Play
    assert not panel.browser.play_button.isEnabled()
    assert "no sound" in panel.browser.play_button.toolTip()


def test_a_click_on_a_letter_shows_its_image_and_the_examples_follow_the_number(qtbot: QtBot, panel: DataPanel) -> None:
    grid = panel.images.grid
    qtbot.mouseClick(grid, LEFT, pos=grid.place_of(G).center().toPoint())
    qtbot.waitUntil(lambda: panel.browser.origin.text().startswith("G"))
    qtbot.mouseClick(_button(panel.images.which, 1), LEFT)
    assert np.array_equal(grid.images[G], panel.pixels.pixels)
    first = grid.images[0].copy()
    qtbot.mouseClick(panel.browser.next_button, LEFT)
    qtbot.waitUntil(lambda: not np.array_equal(grid.images[0], first))
    assert np.array_equal(grid.images[G], panel.pixels.pixels)
    middle = panel.pixels.place().topLeft() + QPointF(1.0, 1.0)
    assert panel.pixels.text_at(middle).startswith("Row 1, column 1: ")


def test_the_paper_is_dark_in_the_dark_theme(panel: DataPanel) -> None:
    for theme in (LIGHT, DARK):
        panel.set_theme(theme)
        corner = (
            panel.pixels.grab().toImage().pixelColor(panel.pixels.place().topLeft().toPoint() + QPointF(3, 3).toPoint())
        )
        assert (corner.lightnessF() < 0.5) == theme.is_dark


def test_spectra_return_with_the_filter_bank(qtbot: QtBot, panel: DataPanel) -> None:
    qtbot.mouseClick(_button(panel.source, 0), LEFT)
    qtbot.waitUntil(lambda: bool(panel.waveform.curve_keys()))
    assert panel.spectra.isVisible() and panel.waveform.isVisible() and not panel.images.isVisible()
    assert panel.tabs.tabText(0) == "Waveform" and "no sound" not in panel.browser.play_button.toolTip()


def test_the_filters_panel_says_that_letters_have_no_filters(qtbot: QtBot) -> None:
    from mlpsvd.experiments.presets import LETTERS_PRESET, RECORDINGS_PRESET, preset

    panel, model = FiltersPanel(), ExperimentState()
    qtbot.addWidget(panel)
    FiltersController(panel, model, SelectionState(), parent=panel)
    model.replace(preset(RECORDINGS_PRESET), "recordings")
    assert "does not use" in panel.why_unused.text()
    model.replace(preset(LETTERS_PRESET), "letters")
    assert panel.why_unused.text() == "Letters are images: they have no filters."
