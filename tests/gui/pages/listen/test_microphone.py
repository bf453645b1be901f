"""The Listen page on a real PortAudio stream from a private sound server, used with mouse and keyboard."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from listen_tab import Tab, click_entry
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QComboBox
from pytestqt.qtbot import QtBot
from sound_server import SoundServer
from trained import Trained

from mlpsvd.audio.files import resample
from mlpsvd.datasets.synthetic import one_class
from mlpsvd.experiments.runs.trained_model import model_of
from mlpsvd.features.spectra import FittedFeatures
from mlpsvd.models.model_file import save_model
from mlpsvd_gui.pages.listen.views.source_chooser import MICROPHONE_SOURCE
from mlpsvd_gui.widgets.level_meter import LevelMeter

RATE_HZ = 48000
NAME = "Monitor of Speaker"


def sine(seconds: float = 60.0, level_dbfs: float = -20.0, frequency_hz: float = 1000.0) -> np.ndarray:
    time_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    return 10 ** (level_dbfs / 20) * np.sin(2 * np.pi * frequency_hz * time_s)


def noise(seconds: float = 60.0, level_dbfs: float = -50.0) -> np.ndarray:
    return 10 ** (level_dbfs / 20) / np.sqrt(2) * np.random.default_rng(5).standard_normal(round(seconds * RATE_HZ))


def choose_device(qtbot: QtBot, tab: Tab, name: str = NAME) -> None:
    source = tab.panel.controls.source
    if source.kind != MICROPHONE_SOURCE:
        click_entry(qtbot, source.kind_box, source.kind_box.findData(MICROPHONE_SOURCE))
    box = source.devices.box
    qtbot.waitUntil(lambda: any(name in text for text in source.devices.texts), timeout=10_000)
    click_entry(qtbot, box, next(row for row, text in enumerate(source.devices.texts) if name in text))


def press_start(qtbot: QtBot, tab: Tab) -> None:
    qtbot.mouseClick(tab.panel.controls.start_button, Qt.MouseButton.LeftButton)


def listen(qtbot: QtBot, tab: Tab) -> None:
    """Start, and wait for the first decision."""
    press_start(qtbot, tab)
    qtbot.waitUntil(lambda: tab.panel.meter.rms_dbfs is not None, timeout=10_000)


def wait_for_level(qtbot: QtBot, tab: Tab, level_dbfs: float) -> None:
    def is_there() -> bool:
        heard_dbfs = tab.panel.meter.rms_dbfs
        return heard_dbfs is not None and abs(heard_dbfs - level_dbfs) < 0.5

    qtbot.waitUntil(is_there, timeout=10_000)


def test_a_device_is_chosen_by_clicks_and_heard_without_any_model(
    qtbot: QtBot, sound_server: SoundServer, tab: Tab
) -> None:
    choose_device(qtbot, tab)
    panel = tab.panel
    assert panel.controls.source.devices.key == tab.controller.devices.chosen.key != ""
    assert any("48 kHz" in text and "default" in text for text in panel.controls.source.devices.texts)
    assert any("System sound" in text for text in panel.controls.source.devices.texts)
    sound_server.play(sine(), RATE_HZ)
    listen(qtbot, tab)
    wait_for_level(qtbot, tab, -20.0)
    waterfall = panel.spectra.waterfall
    qtbot.waitUntil(lambda: waterfall.n_rows_filled > 10, timeout=10_000)
    assert waterfall.loudest_hz() == pytest.approx(1000.0, rel=0.03)
    qtbot.waitUntil(lambda: "live" in panel.spectra.curves.curve_keys(), timeout=5_000)
    frequencies, level_db = panel.spectra.curves.curve_data("live")
    assert frequencies[np.argmax(level_db)] == pytest.approx(1000.0, abs=12.0)
    assert level_db.max() == pytest.approx(-20.0, abs=1.5)
    assert panel.welcome.isVisible()
    assert "no dropouts" in panel.status.text()
    press_start(qtbot, tab)
    qtbot.waitUntil(lambda: not tab.controller.is_running, timeout=5_000)


@pytest.mark.alone
def test_a_killed_server_is_one_sentence_in_the_tab_and_gone_when_it_is_back(
    qtbot: QtBot, sound_server: SoundServer, tab: Tab
) -> None:
    choose_device(qtbot, tab)
    sound_server.play(sine(), RATE_HZ)
    listen(qtbot, tab)
    wait_for_level(qtbot, tab, -20.0)
    sound_server.kill()
    before_s = time.monotonic()
    qtbot.waitUntil(lambda: bool(tab.panel.notes.sentences), timeout=5_000)
    assert time.monotonic() - before_s < 1.0
    assert "automatically" in tab.panel.notes.sentences[0]
    qtbot.waitUntil(lambda: "Waiting" in tab.panel.status.text(), timeout=2_000)
    assert tab.controller.is_running
    assert tab.panel.meter.rms_dbfs is None, "the last level says nothing of now"
    assert tab.panel.decision.hint == "No input."
    qtbot.wait(1500)  # the device stays away for several attempts to open it
    sound_server.start()
    before_s = time.monotonic()
    qtbot.waitUntil(lambda: not tab.panel.notes.sentences, timeout=10_000)
    assert time.monotonic() - before_s < 1.0
    sound_server.play(sine(level_dbfs=-30.0), RATE_HZ)
    wait_for_level(qtbot, tab, -30.0)
    qtbot.waitUntil(lambda: "1 dropout" in tab.panel.status.text(), timeout=2_000)


def test_gaps_and_quiet_time_are_shown_in_the_raster(qtbot: QtBot, sound_server: SoundServer, ready_tab: Tab) -> None:
    tab = ready_tab
    choose_device(qtbot, tab)
    tab.panel.meter.trigger_dragged.emit(-45.0)
    sound_server.play(noise(level_dbfs=-30.0), RATE_HZ)
    listen(qtbot, tab)
    raster = tab.panel.probabilities
    qtbot.waitUntil(lambda: raster.n_filled > 5, timeout=10_000)
    sound_server.remove_sink()
    qtbot.waitUntil(lambda: bool(tab.panel.notes.sentences), timeout=5_000)
    qtbot.wait(600)  # the device stays away for more than three windows
    sound_server.add_sink()
    qtbot.waitUntil(lambda: raster.n_quiet > 3, timeout=10_000)
    assert raster.n_gap > 3
    assert tab.panel.decision.label == "quiet"
    assert "below the trigger level" in tab.panel.decision.detail
    assert tab.panel.log.rows[-1].shown == "quiet"


def test_settings_take_effect_while_it_runs_and_the_mark_on_the_meter_can_be_dragged(
    qtbot: QtBot, sound_server: SoundServer, ready_tab: Tab
) -> None:
    tab = ready_tab
    choose_device(qtbot, tab)
    sound_server.play(sine(level_dbfs=-40.0), RATE_HZ)
    listen(qtbot, tab)
    panel = tab.panel
    qtbot.waitUntil(lambda: len(panel.log.rows) > 3, timeout=10_000)
    assert panel.log.rows[-1].shown not in ("quiet", "unknown")
    drag(qtbot, panel.meter, -30.0)
    assert panel.meter.trigger_dbfs == pytest.approx(-30.0, abs=1.0)
    assert tab.controller.settings.settings.trigger_dbfs == panel.meter.trigger_dbfs
    qtbot.waitUntil(lambda: panel.decision.label == "quiet", timeout=5_000)
    drag(qtbot, panel.meter, -79.9)
    qtbot.waitUntil(lambda: panel.decision.label != "quiet", timeout=5_000)
    panel.sides.setCurrentWidget(panel.settings_form)
    type_number(qtbot, panel.settings_form.editors["unknown_below"].editor, "1")
    qtbot.waitUntil(lambda: panel.decision.label == "unknown", timeout=5_000)
    assert "nearest" in panel.decision.detail
    n_before = len(panel.log.rows)
    type_number(qtbot, panel.settings_form.editors["hop_share"].editor, "0.25")
    qtbot.waitUntil(lambda: len(panel.log.rows) > n_before + 30, timeout=2900)  # 40 a second are due; 10 were, 29 rows
    type_number(qtbot, panel.settings_form.editors["hop_share"].editor, "7")
    assert "from 0.05 to 1 of a window" in panel.settings_form.problem("hop_share")
    assert tab.controller.settings.settings.hop_share == 0.25


def drag(qtbot: QtBot, meter: LevelMeter, level_dbfs: float) -> None:
    start, end = meter.trigger_position().toPoint(), meter.position_of(level_dbfs).toPoint()
    qtbot.mousePress(meter, Qt.MouseButton.LeftButton, pos=start)
    qtbot.mouseMove(meter, QPoint((start.x() + end.x()) // 2, start.y()))
    qtbot.mouseMove(meter, QPoint(end.x(), start.y()))
    qtbot.mouseRelease(meter, Qt.MouseButton.LeftButton, pos=QPoint(end.x(), start.y()))


def type_number(qtbot: QtBot, box: Any, text: str) -> None:
    box.setFocus()
    box.selectAll()
    qtbot.keyClicks(box, text)
    qtbot.keyClick(box, Qt.Key.Key_Return)


def test_a_model_of_another_rate_reopens_the_microphone_with_a_notice(
    qtbot: QtBot, sound_server: SoundServer, ready_tab: Tab, trained: Trained, tmp_path: Path
) -> None:
    tab = ready_tab
    choose_device(qtbot, tab)
    sound_server.play(sine(), RATE_HZ)
    listen(qtbot, tab)
    qtbot.waitUntil(lambda: len(tab.panel.log.rows) > 3, timeout=10_000)
    first = tab.controller.session
    box = tab.panel.controls.model_box
    click_entry(qtbot, box, 1 - box.currentIndex())
    n_before = len(tab.panel.log.rows)
    qtbot.waitUntil(lambda: len(tab.panel.log.rows) > n_before + 3, timeout=5_000)
    assert tab.controller.session is first, "the same rate: the next window uses it"
    model = model_of(trained.prepared, trained.outcomes["mlp"])
    one = model.features
    slower = FittedFeatures(one.settings, 8000.0, one.offset, one.scale)
    path = tmp_path / "slower.safetensors"
    save_model(path, replace(model, features=slower))
    tab.models.open_model(str(path))
    qtbot.waitUntil(lambda: tab.controller.session not in (first, None), timeout=5_000)
    qtbot.waitUntil(lambda: any("reopened" in text for text in tab.panel.notes.sentences), timeout=5_000)
    assert tab.controller.session.source.sample_rate_hz == 8000.0
    qtbot.waitUntil(lambda: len(tab.panel.log.rows) > 3, timeout=5_000)


def test_the_background_is_measured_drawn_subtracted_and_remembered(
    qtbot: QtBot,
    sound_server: SoundServer,
    open_tab: Callable[[], Tab],
    trained: Trained,
    finish_in: Callable[[Tab], None],
) -> None:
    tab = open_tab()
    finish_in(tab)
    choose_device(qtbot, tab)
    sound_server.play(noise(), RATE_HZ)
    panel, form = tab.panel, tab.panel.sound_form
    panel.sides.setCurrentWidget(form)
    qtbot.mouseClick(form.measure_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(form.progress.isVisible, timeout=5_000)
    qtbot.waitUntil(lambda: "Measured on" in form.background.text(), timeout=10_000)
    assert "background" in panel.spectra.curves.curve_keys()
    measured = tab.controller.conditioning.background
    assert measured.level_dbfs == pytest.approx(-50.0, abs=6.0)  # of the noise, a third of the band
    qtbot.waitUntil(lambda: panel.spectra.curves.curve_data("live")[1].size > 0, timeout=5_000)
    before_db = np.median(panel.spectra.curves.curve_data("live")[1])
    qtbot.mouseClick(form.subtract_box, Qt.MouseButton.LeftButton, pos=QPoint(8, form.subtract_box.height() // 2))
    assert "Background subtracted" in panel.meter.note
    qtbot.waitUntil(
        lambda: bool(np.median(panel.spectra.curves.curve_data("live")[1]) < before_db - 6.0), timeout=5_000
    )
    tab.controller.close()

    again = open_tab()
    finish_in(again)
    qtbot.waitUntil(lambda: again.controller.conditioning.background is not None, timeout=5_000)
    np.testing.assert_allclose(again.controller.conditioning.background.power, measured.power)
    assert again.controller.conditioning.subtracts


def test_the_level_is_calibrated_by_a_tone_and_a_wrong_one_is_refused_in_words(
    qtbot: QtBot, sound_server: SoundServer, open_tab: Callable[[], Tab]
) -> None:
    tab = open_tab()
    choose_device(qtbot, tab)
    player = sound_server.play(noise(), RATE_HZ)
    tab.panel.sides.setCurrentWidget(tab.panel.sound_form)
    qtbot.mouseClick(tab.panel.sound_form.calibrate_button, Qt.MouseButton.LeftButton)
    dialog = tab.controller.calibration.dialog
    qtbot.waitUntil(lambda: dialog.meter.rms_dbfs is not None, timeout=10_000)
    qtbot.mouseClick(dialog.measure_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: dialog.answer.text() not in ("", "Measuring…"), timeout=10_000)
    assert "Calibrated" not in dialog.answer.text()
    assert tab.controller.conditioning.calibration is None
    player.kill()
    sound_server.play(sine(level_dbfs=-26.0), RATE_HZ, latency_ms=500)  # a busy machine must not chop the tone
    wait_for_level(qtbot, tab, -26.0)
    refused = dialog.answer.text()
    qtbot.mouseClick(dialog.measure_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: dialog.answer.text() not in (refused, "Measuring…"), timeout=10_000)
    assert dialog.answer.text().startswith("Calibrated"), dialog.answer.text()
    qtbot.waitUntil(lambda: "94.0 dB SPL" in tab.panel.meter.level_text, timeout=5_000)
    assert "Level calibrated" in tab.panel.meter.note
    tab.controller.close()
    again = open_tab()
    qtbot.waitUntil(lambda: again.controller.conditioning.calibration is not None, timeout=10_000)
    assert again.controller.conditioning.calibration.offset_db == pytest.approx(120.0, abs=0.3)


def test_what_was_chosen_is_there_again_and_a_device_that_is_away_is_said_to_be(
    qtbot: QtBot, sound_server: SoundServer, open_tab: Callable[[], Tab]
) -> None:
    sound_server.add_sink("second")
    tab = open_tab()
    choose_device(qtbot, tab, "Second")
    tab.panel.meter.trigger_dragged.emit(-55.0)
    tab.controller.close()
    again = open_tab()
    devices = again.panel.controls.source.devices
    qtbot.waitUntil(lambda: len(devices.texts) > 3, timeout=10_000)
    assert "Second" in devices.box.currentText()
    assert again.panel.meter.trigger_dbfs == -55.0
    sound_server.remove_sink("second")
    qtbot.mouseClick(devices.refresh_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "(not connected)" in devices.box.currentText(), timeout=10_000)
    press_start(qtbot, again)  # it is listened to as soon as it is there
    qtbot.waitUntil(lambda: bool(again.panel.notes.sentences), timeout=5_000)
    sound_server.add_sink("second")
    qtbot.waitUntil(lambda: again.panel.meter.rms_dbfs is not None, timeout=10_000)


def test_without_any_device_it_is_said_beside_the_chooser(
    qtbot: QtBot, sound_server: SoundServer, open_tab: Callable[[], Tab]
) -> None:
    sound_server.remove_sink()
    tab = open_tab()
    qtbot.waitUntil(tab.panel.controls.problem.isVisible, timeout=10_000)
    assert len(tab.panel.controls.problem.text()) > 20
    sound_server.add_sink()
    # By itself, while somebody looks.
    qtbot.waitUntil(lambda: not tab.panel.controls.problem.isVisible(), timeout=10_000)
    assert any(NAME in text for text in tab.panel.controls.source.devices.texts)


@pytest.mark.slow
def test_clips_heard_through_the_device_are_classified_as_their_files(
    qtbot: QtBot, sound_server: SoundServer, ready_tab: Tab, trained: Trained
) -> None:
    tab, panel = ready_tab, ready_tab.panel
    synthetic, seed = trained.prepared.experiment.data.synthetic, trained.prepared.experiment.seed
    clips = [one_class(synthetic, seed, "test", index)[:12] for index in range(3)]
    played = [(index, clips[index][turn]) for turn in range(12) for index in range(3)]
    from_files = tab.models.entries()[-1].classifier.probabilities_many([clip for _, clip in played])
    choose_device(qtbot, tab)
    panel.sides.setCurrentWidget(panel.settings_form)
    windows = panel.settings_form.editors["windows"].editor
    assert isinstance(windows, QComboBox)
    click_entry(qtbot, windows, windows.findText("events"))
    assert panel.meter.trigger_dbfs == -50.0, "events need a trigger level"
    assert panel.settings_form.editors["hop_share"].isHidden()
    pause = np.zeros(round(0.25 * RATE_HZ))
    parts: list[NDArray[Any]] = [pause, pause]
    for _, clip in played:
        parts += [resample(clip, synthetic.sample_rate_hz, RATE_HZ), pause]
    listen(qtbot, tab)
    sound_server.play(np.concatenate([*parts, pause]), RATE_HZ, latency_ms=300)
    qtbot.waitUntil(lambda: len([row for row in panel.log.rows if row.label]) >= len(played), timeout=40_000)
    heard = [row.label for row in panel.log.rows if row.label]
    names = trained.prepared.dataset.class_names
    right_live = np.mean([label == names[index] for label, (index, _) in zip(heard, played, strict=True)])
    right_files = np.mean([int(one.argmax()) == index for one, (index, _) in zip(from_files, played, strict=True)])
    assert right_live >= right_files - 0.03  # one clip of 36
    assert panel.probabilities.n_gap == 0
    assert panel.probabilities.n_quiet > 10
    own_ms = tab.controller.drawing.latency.own_ms
    assert len(own_ms) > 20


@pytest.mark.alone
def test_a_hung_server_holds_up_neither_the_tab_nor_its_end(qtbot: QtBot, sound_server: SoundServer, tab: Tab) -> None:
    choose_device(qtbot, tab)
    sound_server.play(sine(), RATE_HZ)
    listen(qtbot, tab)
    sound_server.hang()
    try:
        before_s = time.monotonic()
        qtbot.waitUntil(lambda: bool(tab.panel.notes.sentences), timeout=5_000)
        assert time.monotonic() - before_s < 1.0
        press_start(qtbot, tab)
        qtbot.waitUntil(lambda: not tab.controller.is_running, timeout=3_000)
        press_start(qtbot, tab)
        qtbot.wait(300)  # time in which it may not end
        assert tab.controller.is_running
        before_s = time.monotonic()
        tab.controller.close()
        assert time.monotonic() - before_s < 1.5
    finally:
        sound_server.wake()


def test_a_correction_file_is_applied_shown_and_remembered_and_a_wrong_one_refused(
    qtbot: QtBot,
    sound_server: SoundServer,
    open_tab: Callable[[], Tab],
    finish_in: Callable[[Tab], None],
    tmp_path: Path,
) -> None:
    good, bad = tmp_path / "mic.txt", tmp_path / "no-mic.txt"
    good.write_text('"Sens Factor =-1.2dB"\n20 6.0\n20000 6.0\n')
    bad.write_text("nothing of the kind\n")
    tab = open_tab()
    finish_in(tab)
    choose_device(qtbot, tab)
    form = tab.panel.sound_form
    form.correction_chosen.emit(str(bad))
    qtbot.waitUntil(lambda: "no-mic.txt" in form.problem.text(), timeout=5_000)
    form.correction_chosen.emit(str(good))
    qtbot.waitUntil(lambda: "mic.txt" in tab.panel.meter.note, timeout=5_000)
    correction_db = tab.controller.conditioning.conditioning().correction_db
    assert correction_db is not None
    np.testing.assert_allclose(correction_db, 6.0)
    sound_server.play(sine(), RATE_HZ)
    listen(qtbot, tab)
    curves = tab.panel.spectra.curves
    qtbot.waitUntil(lambda: "live" in curves.curve_keys(), timeout=5_000)
    wait_for_level(qtbot, tab, -20.0)
    qtbot.waitUntil(lambda: abs(curves.curve_data("live")[1].max() + 26.0) < 2.0, timeout=5_000)
    tab.controller.close()
    again = open_tab()
    qtbot.waitUntil(lambda: "mic.txt" in again.panel.meter.note, timeout=10_000)
