"""Clips from a real PortAudio stream; what is recorded while the device goes away is kept."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot
from record_page import Page
from sound_server import SoundServer

from mlpsvd.audio.devices.microphone import MicrophoneSource


@pytest.fixture
def microphone_page(qtbot: QtBot, sound_server: SoundServer, open_page: Page) -> Page:
    """The page listening to the private server's microphone."""
    open_page.ears.make_source = lambda: MicrophoneSource(open_page.host, None, None)
    open_page.panel.bar.listen_button.click()
    qtbot.waitUntil(open_page.panel.controls.button.isEnabled, timeout=10_000)
    return open_page


def tone(frequency_hz: float, duration_s: float) -> np.ndarray:
    return 0.1 * np.sin(2 * np.pi * frequency_hz * np.arange(round(48000 * duration_s)) / 48000)


def test_what_is_played_into_the_microphone_is_what_lies_in_the_file(
    qtbot: QtBot, sound_server: SoundServer, microphone_page: Page
) -> None:
    page = microphone_page
    page.panel.controls.editors["mode"].edited.emit("fixed length")
    sound_server.play(tone(1000.0, 4.0), 48000)
    qtbot.waitUntil(lambda: (page.panel.bar.meter.rms_dbfs or -120.0) > -25.0, timeout=5000)
    qtbot.wait(300)  # the take begins before the key, and has to begin within the tone
    qtbot.keyClick(page.panel, Qt.Key.Key_R)
    qtbot.waitUntil(lambda: page.counts["high"] == 1, timeout=5000)
    samples, rate_hz = soundfile.read(page.visible_files[0])
    assert len(samples) == rate_hz == 48000
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    assert np.argmax(spectrum) == 1000
    assert page.panel.review.table.rows[0].level_dbfs == pytest.approx(-20.0, abs=0.2)
    assert page.panel.review.table.rows[0].marks == ""


def test_a_device_lost_in_a_take_leaves_the_take_and_recording_goes_on_when_it_is_back(
    qtbot: QtBot, sound_server: SoundServer, microphone_page: Page
) -> None:
    page = microphone_page
    qtbot.keyClick(page.panel, Qt.Key.Key_R)
    qtbot.waitUntil(lambda: page.panel.controls.lamp.state == "recording")
    qtbot.waitUntil(lambda: page.controller.takes.recorded_s > 0.4)
    source = page.panel.bar.source
    name = source.text()
    sound_server.kill()
    qtbot.waitUntil(lambda: source.text() != name, timeout=5000)
    assert page.panel.controls.lamp.state == "recording", "it waits for the device"
    sound_server.start()
    qtbot.waitUntil(lambda: source.text() == name, timeout=10_000)
    recorded_s = page.controller.takes.recorded_s
    qtbot.waitUntil(lambda: page.controller.takes.recorded_s > recorded_s + 0.4)
    qtbot.keyClick(page.panel, Qt.Key.Key_R)
    qtbot.waitUntil(lambda: page.counts["high"] >= 2, timeout=5000)
    rows = page.panel.review.table.rows
    assert rows[-1].duration_s > 0.3 and rows[-1].marks == "gap"
    qtbot.keyClick(page.panel, Qt.Key.Key_R)
    qtbot.waitUntil(lambda: page.panel.controls.lamp.state == "recording")
    qtbot.waitUntil(lambda: page.controller.takes.recorded_s > 0.3)
    qtbot.keyClick(page.panel, Qt.Key.Key_R)
    qtbot.waitUntil(lambda: page.counts["high"] >= 3, timeout=5000)
    assert page.panel.review.table.rows[0].marks == ""
