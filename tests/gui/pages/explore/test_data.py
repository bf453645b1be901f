"""The data panel: spectra that follow the filters, real recordings on disk, browsing clip by clip."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import data_preview
import numpy as np
import pytest
import soundfile
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent

from mlpsvd.signals.bank import paper_bank
from mlpsvd_gui.pages.explore.controllers.data import DataController
from mlpsvd_gui.pages.explore.views.data_panel import DataPanel
from mlpsvd_gui.pages.explore.views.spectra_view import SpectraView
from mlpsvd_gui.state.experiment_state import ExperimentState
from mlpsvd_gui.state.selection_state import SelectionState

LEFT = Qt.MouseButton.LeftButton
TONES = {"bear": 500.0, "cat": 1000.0, "dog": 2000.0}


@dataclass
class Desk:
    panel: DataPanel
    model: ExperimentState
    selection: SelectionState
    controller: DataController


@pytest.fixture
def desk(qtbot: Any) -> Iterator[Desk]:
    panel, model, selection = DataPanel(), ExperimentState(), SelectionState()
    qtbot.addWidget(panel)
    controller = DataController(panel, model, selection)
    panel.resize(800, 450)
    panel.show()
    yield Desk(panel, model, selection, controller)
    begin = time.monotonic()
    controller.close()
    assert time.monotonic() - begin < 1.0


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    """Ten tones a class as WAV files named by class, and one that is no sound at all."""
    rng = np.random.default_rng(5)
    for label, tone_hz in TONES.items():
        for number in range(10):
            samples = 0.3 * np.sin(2 * np.pi * tone_hz * np.arange(2000) / 8000) + rng.normal(0, 0.01, 2000)
            soundfile.write(tmp_path / f"{label}_{number}.WAV", samples, 8000, format="WAV")
    (tmp_path / "dog_broken.wav").write_bytes(b"this is no sound")
    return tmp_path


def _peak_hz(desk: Desk, key: int | str) -> float:
    x, y = desk.panel.spectra.plot.curve_data(key)
    return float(x[np.argmax(y)])


def _n_curves(desk: Desk) -> int:
    return len(desk.panel.spectra.plot.curve_keys())


def _type_path(qtbot: Any, desk: Desk, path: Path) -> None:
    qtbot.mouseClick(desk.panel.source.findChildren(type(desk.panel.browser.play_button))[1], LEFT)
    desk.panel.form.path.clear()
    qtbot.keyClicks(desk.panel.form.path, str(path))
    qtbot.keyClick(desk.panel.form.path, Qt.Key.Key_Return)


def test_spectra_of_the_papers_task(qtbot: Any, desk: Desk) -> None:
    qtbot.waitUntil(lambda: _n_curves(desk) == 6)
    assert _peak_hz(desk, 0) == pytest.approx(710.0, abs=62.5)
    assert "800 clips" in desk.panel.spectra.note.text()
    assert len(desk.panel.spectra.plot.curve_data(0)[0]) == 129
    assert len(desk.panel.waveform.curve_data("clip")[0]) == 4800


def test_zoom_is_offered_only_where_there_are_filters_to_zoom_to(qtbot: Any) -> None:
    view = SpectraView()
    qtbot.addWidget(view)
    for frequencies_hz in (None, (500.0, 900.0), None):  # recordings from the start on, filters, recordings
        view.set_focus(frequencies_hz)
        assert view.zoom.isHidden() is (frequencies_hz is None)


def test_spectra_follow_a_filter(qtbot: Any, desk: Desk) -> None:
    qtbot.waitUntil(lambda: _n_curves(desk) == 6)
    bank = desk.model.experiment.data.synthetic.filters
    desk.model.set_value("data.synthetic.filters", (replace(bank[0], centre_hz=2000.0), *bank[1:]))
    qtbot.waitUntil(lambda: _peak_hz(desk, 0) == 2000.0)
    qtbot.waitUntil(lambda: desk.panel.spectra.plot.plot_item.opacity() == 1.0)
    assert _peak_hz(desk, 1) == pytest.approx(680.0, abs=62.5)


def test_a_long_drag_ends_with_the_last_place(qtbot: Any, desk: Desk) -> None:
    bank = desk.model.experiment.data.synthetic.filters
    for centre_hz in range(1000, 3001, 50):
        desk.model.set_value("data.synthetic.filters", (replace(bank[0], centre_hz=float(centre_hz)), *bank[1:]))
        qtbot.wait(2)  # as fast as a hand drags
    qtbot.waitUntil(lambda: _n_curves(desk) == 6 and _peak_hz(desk, 0) == 3000.0)
    qtbot.waitUntil(lambda: data_preview.is_at_rest(desk.controller))
    assert _peak_hz(desk, 0) == 3000.0


def test_other_class_count_and_which_curves(qtbot: Any, desk: Desk) -> None:
    desk.model.set_value("data.synthetic.filters", paper_bank(2))
    qtbot.waitUntil(lambda: _n_curves(desk) == 3)
    desk.panel.spectra.which.choose(1)
    assert desk.panel.spectra.plot.curve_keys() == (0, 1)
    desk.panel.spectra.which.choose(2)
    assert desk.panel.spectra.plot.curve_keys() == ("clip",)
    desk.panel.spectra.scale.choose(1)
    assert desk.panel.spectra.plot is desk.panel.spectra.linear
    assert desk.panel.spectra.plot.curve_data("clip")[1].min() >= 0.0


def test_browsing_changes_the_clip_and_the_selection(qtbot: Any, desk: Desk) -> None:
    qtbot.waitUntil(lambda: _n_curves(desk) == 6)
    first = desk.panel.waveform.curve_data("clip")[1].copy()
    qtbot.mouseClick(desk.panel.browser.next_button, LEFT)
    qtbot.waitUntil(lambda: "clip 2" in desk.panel.browser.origin.toolTip())
    second = desk.panel.waveform.curve_data("clip")[1].copy()
    assert not np.array_equal(first, second)
    desk.panel.browser.number.setFocus()
    qtbot.keyClick(desk.panel.browser.number, Qt.Key.Key_Down)
    qtbot.waitUntil(lambda: np.array_equal(desk.panel.waveform.curve_data("clip")[1], first))
    desk.selection.select_class(3)
    qtbot.waitUntil(lambda: "620 Hz" in desk.panel.browser.origin.toolTip())
    assert desk.panel.browser.class_box.currentIndex() == 3


def test_an_invalid_setting_is_reported_instead_of_spectra(qtbot: Any, desk: Desk) -> None:
    qtbot.waitUntil(lambda: _n_curves(desk) == 6)
    desk.model.set_value("features.fft_size", 65536)
    qtbot.waitUntil(lambda: _n_curves(desk) == 0)
    assert not desk.panel.browser.isEnabled()
    desk.model.set_value("features.fft_size", 512)
    qtbot.waitUntil(lambda: _n_curves(desk) == 6)
    assert len(desk.panel.spectra.plot.curve_data(0)[0]) == 257


def test_a_folder_typed_is_read_labelled_by_file_names_and_shown(qtbot: Any, desk: Desk, recordings: Path) -> None:
    _type_path(qtbot, desk, recordings)
    qtbot.waitUntil(lambda: desk.panel.spectra._names == ("bear", "cat", "dog"), timeout=8000)
    settings = desk.model.experiment.data
    assert (settings.source, settings.recordings.labels_from) == ("recordings", "file names")
    for index, tone_hz in enumerate(TONES.values()):
        assert _peak_hz(desk, index) == pytest.approx(tone_hz, abs=32.0)
    assert "3 classes" in desk.panel.form.status.text() and "1 skipped" in desk.panel.form.status.text()
    assert desk.panel.skipped.item(0, 0).text() == "dog_broken.wav"
    assert desk.panel.skipped.item(0, 1).text()
    assert desk.panel.browser.number.maximum() == 9
    desk.panel.browser.split.setCurrentIndex(1)
    desk.panel.browser.split.activated.emit(1)
    qtbot.waitUntil(lambda: desk.panel.browser.number.maximum() == 1)


def test_files_that_are_odd_are_named_beside_those_that_are_skipped(qtbot: Any, desk: Desk, recordings: Path) -> None:
    data = bytearray((recordings / "dog_1.WAV").read_bytes())
    data[40:44] = bytes(4)  # its recorder lost power
    (recordings / "dog_1.WAV").write_bytes(data)
    _type_path(qtbot, desk, recordings)
    qtbot.waitUntil(lambda: "1 skipped, 1 with a note." in desk.panel.form.status.text(), timeout=8000)
    qtbot.waitUntil(lambda: desk.panel.spectra._names == ("bear", "cat", "dog"), timeout=8000)
    assert desk.panel.tabs.tabText(2) == "Files (2)"
    rows = [tuple(desk.panel.skipped.item(row, column).text() for column in (0, 1)) for row in range(2)]
    assert [name for name, _ in rows] == ["dog_broken.wav", "dog_1.WAV"]
    assert rows[1][1] == "used, but its header contains no length; it was read to the end of the file"


def test_the_pattern_says_what_it_reads_while_it_is_typed(qtbot: Any, desk: Desk, recordings: Path) -> None:
    _type_path(qtbot, desk, recordings)
    qtbot.waitUntil(lambda: desk.panel.form.pattern_preview.text() == "bear_0.WAV → bear", timeout=8000)
    desk.panel.form.pattern.clear()
    qtbot.keyClicks(desk.panel.form.pattern, "{label}")
    assert desk.panel.form.pattern_preview.text() == "bear_0.WAV → bear_0"
    qtbot.keyClick(desk.panel.form.pattern, Qt.Key.Key_Backspace)
    assert "{label}" in desk.panel.form.pattern_preview.text()


def test_a_dropped_folder_of_folders(qtbot: Any, desk: Desk, recordings: Path) -> None:
    for path in list(recordings.glob("*.WAV")):
        folder = recordings / path.name.split("_")[0]
        folder.mkdir(exist_ok=True)
        path.rename(folder / path.name)
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(recordings))])
    buttons, keys = LEFT, Qt.KeyboardModifier.NoModifier
    desk.panel.dropEvent(QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, mime, buttons, keys))
    qtbot.waitUntil(lambda: desk.panel.spectra._names == ("bear", "cat", "dog"), timeout=8000)
    assert desk.model.experiment.data.recordings.labels_from == "folders"


def test_a_missing_path_is_reported_and_changes_nothing(qtbot: Any, desk: Desk, tmp_path: Path) -> None:
    desk.model.set_value("data.source", "recordings")
    assert "Choose a folder" in desk.panel.spectra.plot._empty_label.text()
    _type_path(qtbot, desk, tmp_path / "nowhere")
    qtbot.waitUntil(lambda: "nowhere" in desk.panel.form.status.text())
    assert desk.model.experiment.data.recordings.path == ""


def test_play_says_why_it_cannot_or_can(qtbot: Any, desk: Desk) -> None:
    qtbot.waitUntil(lambda: "Looking" not in desk.panel.browser.play_button.toolTip(), timeout=5000)
    can_play = desk.panel.browser.play_button.isEnabled()
    assert can_play == ("Hear" in desk.panel.browser.play_button.toolTip())
    assert can_play or "cannot be played" in desk.panel.browser.play_button.toolTip()


def test_close_ends_every_thread(qtbot: Any, desk: Desk) -> None:
    desk.controller.close()
    assert not desk.controller._previewer.is_alive
    assert not desk.controller._scanner.is_alive


def test_the_spectra_are_those_of_the_networks_bands(qtbot: Any, desk: Desk) -> None:
    features = replace(desk.model.experiment.features, bands="third-octave", frequency_weighting="A", n_components=3)
    desk.model.set_value("features", features)
    qtbot.waitUntil(lambda: _n_curves(desk) == 6 and len(desk.panel.spectra.plot.curve_data(0)[0]) == 16)
    assert _peak_hz(desk, 0) == pytest.approx(794.3, abs=0.1)  # 710 Hz lies at the edge of this band and the one before
    assert desk.panel.spectra.zoom.isHidden()
