"""A person's way through the live tab: real networks, real files, real threads, read from the widgets."""

from __future__ import annotations

import csv
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from listen_tab import Tab
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot
from trained import Trained

from mlpsvd.classification.classifier import Classifier
from mlpsvd.datasets.synthetic import one_class
from mlpsvd.experiments.runs.trained_model import model_of
from mlpsvd.models.model_file import save_model
from mlpsvd_gui.pages.listen.views.source_chooser import FILE_SOURCE, SYNTHETIC_SOURCE


def press_start(qtbot: QtBot, tab: Tab) -> None:
    qtbot.mouseClick(tab.panel.controls.start_button, Qt.MouseButton.LeftButton)


def choose_source(tab: Tab, kind: str) -> None:
    box = tab.panel.controls.source.kind_box
    box.setCurrentIndex(box.findData(kind))
    box.activated.emit(box.currentIndex())


def play(qtbot: QtBot, tab: Tab, path: Path, as_fast_as_possible: bool = True) -> None:
    controls = tab.panel.controls
    choose_source(tab, FILE_SOURCE)
    controls.source.path_edit.setText(str(path))
    controls.source.pace_box.setCurrentIndex(1 if as_fast_as_possible else 0)
    press_start(qtbot, tab)
    assert controls.start_button.text() == "Stop"
    qtbot.waitUntil(lambda: controls.start_button.text() == "Start", timeout=10_000)


@pytest.fixture
def concatenated(trained: Trained, tmp_path: Path) -> tuple[Path, list[str]]:
    """Return test clips of all classes in turn as one recording, and their labels."""
    prepared = trained.prepared
    synthetic = prepared.experiment.data.synthetic
    clips = [one_class(synthetic, prepared.experiment.seed, "test", index) for index in range(3)]
    order = [index for _ in range(6) for index in range(3)]
    samples = np.concatenate([clips[index][turn // 3] for turn, index in enumerate(order)])
    path = tmp_path / "Clips in turn.WAV"
    soundfile.write(path, samples, int(synthetic.sample_rate_hz), subtype="FLOAT", format="WAV")
    return path, [prepared.dataset.class_names[index] for index in order]


def test_it_says_what_to_do_while_there_is_no_model(tab: Tab) -> None:
    assert "No model" in tab.panel.decision.hint
    choose_source(tab, SYNTHETIC_SOURCE)
    assert not tab.panel.controls.start_button.isEnabled()
    assert "Train a network" in tab.panel.controls.start_button.toolTip()
    choose_source(tab, FILE_SOURCE)
    assert "Choose a recording" in tab.panel.controls.start_button.toolTip()


def test_clips_played_from_a_file_are_labelled_as_they_are_in_files(
    qtbot: QtBot, ready_tab: Tab, trained: Trained, concatenated: tuple[Path, list[str]]
) -> None:
    path, played = concatenated
    play(qtbot, ready_tab, path)
    panel = ready_tab.panel
    shown = [row.label for row in panel.log.rows]
    right = np.mean([one == other for one, other in zip(shown, played, strict=True)])
    assert right >= 0.9
    classifier = Classifier(model_of(trained.prepared, trained.outcomes["mlp-svd"]))
    decisions = classifier.classify_file(path)
    assert shown == [one.label for one in decisions]
    assert [row.probability for row in panel.log.rows] == [one.probability for one in decisions]
    assert panel.decision.label == shown[-1]
    assert panel.probabilities.latest == pytest.approx(
        dict(zip(classifier.class_names, decisions[-1].probabilities, strict=True))
    )
    assert panel.probabilities.n_filled == len(shown)
    assert "18 decisions, no dropouts" in panel.status.text()
    assert panel.meter.rms_dbfs is not None
    assert not panel.meter.clipped
    live_x, live_y = panel.spectra.curves.curve_data("live")
    assert live_x[0] > 0
    assert len(live_y) == 128


def test_real_time_takes_as_long_as_the_file_and_labels_follow_at_once(
    qtbot: QtBot, ready_tab: Tab, concatenated: tuple[Path, list[str]]
) -> None:
    path, played = concatenated
    before_s = time.monotonic()
    play(qtbot, ready_tab, path, as_fast_as_possible=False)
    took_s = time.monotonic() - before_s
    assert 1.8 <= took_s < 6.0
    assert len(ready_tab.panel.log.rows) == len(played)
    rows = {row.name: row for row in ready_tab.panel.latency.rows}
    assert list(rows) == ["Device", "Window", "Features", "Network", "Display", "Total"]
    assert rows["Device"].median_ms == 0.0
    assert 0.0 < rows["Total"].median_ms <= rows["Total"].most_ms


def test_the_bank_plays_the_class_chosen_by_hand(qtbot: QtBot, ready_tab: Tab) -> None:
    panel = ready_tab.panel
    choose_source(ready_tab, SYNTHETIC_SOURCE)
    names = [panel.controls.source.class_box.itemText(row) for row in range(panel.controls.source.class_box.count())]
    press_start(qtbot, ready_tab)
    for index in (2, 0):
        panel.controls.source.class_box.setCurrentIndex(index)
        n_before = len(panel.log.rows)
        qtbot.waitUntil(lambda n=n_before: len(panel.log.rows) >= n + 12, timeout=10_000)
        latest = [row.label for row in panel.log.rows[-8:]]
        assert latest.count(names[index]) >= 6
    press_start(qtbot, ready_tab)
    qtbot.waitUntil(lambda: panel.controls.start_button.text() == "Start")
    assert "correct" in panel.status.text()
    assert "Stopped" in panel.status.text()


def test_a_model_is_swapped_while_the_sound_goes_on(qtbot: QtBot, ready_tab: Tab) -> None:
    panel = ready_tab.panel
    choose_source(ready_tab, SYNTHETIC_SOURCE)
    press_start(qtbot, ready_tab)
    qtbot.waitUntil(lambda: len(panel.log.rows) >= 3, timeout=10_000)
    box = panel.controls.model_box
    other = 1 - box.currentIndex()
    box.setCurrentIndex(other)
    box.activated.emit(other)
    n_before = len(panel.log.rows)
    qtbot.waitUntil(lambda: len(panel.log.rows) >= n_before + 3, timeout=10_000)
    starts = [round(row.start_s / 0.1) for row in panel.log.rows]
    assert starts == list(range(len(starts)))
    assert ready_tab.controller.is_running


def test_a_model_of_longer_clips_restarts_the_filter_bank_source(
    qtbot: QtBot, ready_tab: Tab, trained: Trained, tmp_path: Path
) -> None:
    from dataclasses import replace

    path = tmp_path / "longer.safetensors"
    model = model_of(trained.prepared, trained.outcomes["mlp"])
    save_model(path, replace(model, contract=replace(model.contract, clip_s=0.2)))
    panel = ready_tab.panel
    choose_source(ready_tab, SYNTHETIC_SOURCE)
    press_start(qtbot, ready_tab)
    qtbot.waitUntil(lambda: len(panel.log.rows) >= 2, timeout=10_000)
    ready_tab.models.open_model(str(path))
    qtbot.waitUntil(lambda: panel.controls.model_box.key == str(path), timeout=5_000)
    qtbot.waitUntil(
        lambda: len(panel.log.rows) >= 2 and panel.log.rows[1].start_s == pytest.approx(0.2), timeout=10_000
    )


def test_a_model_file_is_opened_and_classifies(
    qtbot: QtBot, tab: Tab, trained: Trained, concatenated: tuple[Path, list[str]], tmp_path: Path
) -> None:
    path = tmp_path / "model.safetensors"
    save_model(path, model_of(trained.prepared, trained.outcomes["mlp"]))
    tab.panel.controls.model_file_chosen.emit(str(path))
    qtbot.waitUntil(lambda: tab.panel.controls.model_box.key == str(path), timeout=5_000)
    play(qtbot, tab, concatenated[0])
    assert len(tab.panel.log.rows) == 18
    assert tab.panel.controls.source.class_box.count() == 3


def test_a_file_that_is_not_a_model_gives_one_error_sentence(qtbot: QtBot, tab: Tab, tmp_path: Path) -> None:
    path = tmp_path / "no-model.safetensors"
    path.write_bytes(b"nothing of the kind")
    tab.panel.controls.model_file_chosen.emit(str(path))
    qtbot.waitUntil(lambda: "no-model.safetensors" in tab.panel.messages.text, timeout=5_000)
    assert tab.panel.controls.model_box.key == ""


def test_a_recording_that_is_not_there_is_told_in_a_sentence(qtbot: QtBot, ready_tab: Tab, tmp_path: Path) -> None:
    play(qtbot, ready_tab, tmp_path / "gone.wav")
    assert "gone.wav" in ready_tab.panel.messages.text
    assert not ready_tab.controller.is_running
    assert ready_tab.panel.controls.start_button.isEnabled()


def test_full_scale_lights_the_lamp_until_it_is_clicked(qtbot: QtBot, ready_tab: Tab, tmp_path: Path) -> None:
    path = tmp_path / "loud.wav"
    soundfile.write(path, np.sign(np.sin(np.arange(8000))).astype(np.float32), 16000, subtype="FLOAT")
    play(qtbot, ready_tab, path)
    meter = ready_tab.panel.meter
    assert meter.clipped
    qtbot.mouseClick(meter, Qt.MouseButton.LeftButton)
    assert not meter.clipped


def test_the_log_is_exported_and_cleared(
    qtbot: QtBot, ready_tab: Tab, concatenated: tuple[Path, list[str]], tmp_path: Path
) -> None:
    play(qtbot, ready_tab, concatenated[0])
    panel = ready_tab.panel
    shown = [row.label for row in panel.log.rows]
    table, labels = tmp_path / "decisions.csv", tmp_path / "labels.txt"
    panel.log.export_requested.emit("csv", str(table))
    qtbot.waitUntil(lambda: str(table) in panel.messages.text, timeout=5_000)
    panel.log.export_requested.emit("audacity", str(labels))
    qtbot.waitUntil(lambda: str(labels) in panel.messages.text, timeout=5_000)
    with table.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert [row["label"] for row in rows] == shown
    assert [row["shown"] for row in rows] == shown
    assert all(row["ended_at"] for row in rows)
    last = labels.read_text("utf-8").splitlines()[-1].split("\t")
    assert last[2] == shown[-1]
    assert float(last[1]) == pytest.approx(1.8)
    qtbot.mouseClick(panel.log.clear_button, Qt.MouseButton.LeftButton)
    assert panel.log.rows == ()
    assert not panel.log.csv_button.isEnabled()


def test_an_unwritable_log_gives_one_sentence(qtbot: QtBot, ready_tab: Tab, tmp_path: Path) -> None:
    ready_tab.panel.log.export_requested.emit("csv", str(tmp_path / "no folder" / "x.csv"))
    qtbot.waitUntil(lambda: "no folder" in ready_tab.panel.messages.text, timeout=5_000)


def test_a_new_run_leaves_the_sound_running_and_takes_over_when_it_is_done(
    qtbot: QtBot, ready_tab: Tab, trained: Trained
) -> None:
    panel, run_model = ready_tab.panel, ready_tab.run_model
    choose_source(ready_tab, SYNTHETIC_SOURCE)
    press_start(qtbot, ready_tab)
    qtbot.waitUntil(lambda: len(panel.log.rows) >= 2, timeout=10_000)
    run_model.begin(trained.prepared.experiment)
    n_before = len(panel.log.rows)
    qtbot.waitUntil(lambda: len(panel.log.rows) >= n_before + 2, timeout=10_000)
    run_model.set_prepared(trained.prepared)
    run_model.set_outcomes(trained.outcomes)
    n_before = len(panel.log.rows)
    qtbot.waitUntil(lambda: len(panel.log.rows) >= n_before + 2, timeout=10_000)
    assert panel.controls.model_box.count() == 2


@pytest.mark.alone
def test_closing_while_it_plays_is_quick_and_leaves_no_thread(qtbot: QtBot, ready_tab: Tab) -> None:
    choose_source(ready_tab, SYNTHETIC_SOURCE)
    press_start(qtbot, ready_tab)
    qtbot.waitUntil(lambda: bool(ready_tab.panel.log.rows), timeout=10_000)
    before_s = time.monotonic()
    ready_tab.controller.close()
    assert time.monotonic() - before_s < 1.0
    names = [thread.name for thread in threading.enumerate()]
    assert not [name for name in names if name.startswith(("source", "live audio"))]


def test_before_there_is_a_network_the_tab_shows_the_ways_to_one(
    qtbot: QtBot, tab: Tab, finish: Callable[[], None]
) -> None:
    requested: list[bool] = []
    tab.panel.welcome.explore_requested.connect(lambda: requested.append(True))
    tab.panel.hide()
    tab.panel.show()
    assert tab.panel.welcome.isVisible()
    assert not tab.panel.probabilities.isVisible()
    qtbot.mouseClick(tab.panel.welcome.explore_button, Qt.MouseButton.LeftButton)
    assert requested == [True]
    finish()
    assert tab.panel.probabilities.isVisible()
    assert not tab.panel.welcome.isVisible()


def test_a_network_trained_on_the_bank_can_be_started_at_once(
    qtbot: QtBot, tab: Tab, finish: Callable[[], None]
) -> None:
    finish()
    assert tab.panel.controls.source.kind == SYNTHETIC_SOURCE
    assert tab.panel.controls.start_button.isEnabled()


def test_a_source_chosen_by_hand_stays_chosen(qtbot: QtBot, tab: Tab, finish: Callable[[], None]) -> None:
    choose_source(tab, FILE_SOURCE)
    finish()
    assert tab.panel.controls.source.kind == FILE_SOURCE


def test_the_same_keys_start_and_stop(qtbot: QtBot, ready_tab: Tab) -> None:
    """Qt takes a button's shortcut away when its text changes."""
    choose_source(ready_tab, SYNTHETIC_SOURCE)
    button = ready_tab.panel.controls.start_button
    with qtbot.waitActive(ready_tab.panel):
        ready_tab.panel.activateWindow()
    for text in ("Stop", "Start", "Stop", "Start"):
        qtbot.keyClick(ready_tab.panel, Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)
        qtbot.waitUntil(lambda text=text: button.text() == text, timeout=3000)
        if text == "Stop":
            qtbot.waitUntil(lambda: ready_tab.panel.meter.rms_dbfs is not None, timeout=3000)
    assert ready_tab.panel.meter.rms_dbfs is None, "a level that stands still looks like sound"
