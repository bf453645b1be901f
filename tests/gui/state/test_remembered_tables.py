"""Damaged tables in the preferences are ignored, and the window opens."""

from __future__ import annotations

import itertools
import json
import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fuzzing import fuzz, mutate_json
from PySide6.QtCore import QSettings
from pytestqt.qtbot import QtBot

from mlpsvd.audio.calibration import Calibration
from mlpsvd_gui.main_window import MainWindow
from mlpsvd_gui.state.preferences import Preferences
from mlpsvd_gui.state.record_memory import RecordMemory
from mlpsvd_gui.state.sound_memory import BackgroundNoise, DeviceSound, SoundMemory

KEY = "microphone"


@pytest.fixture
def preferences(tmp_path: Path) -> Iterator[Preferences]:
    logging.disable()  # what is left out is a warning each time
    yield Preferences(QSettings(str(tmp_path / "window.ini"), QSettings.Format.IniFormat))
    logging.disable(logging.NOTSET)


def store(preferences: Preferences, name: str, text: str) -> None:
    preferences._store.setValue(f"tables/{name}", text)


def test_fuzzed_memory_of_collections_and_how_to_record(preferences: Preferences) -> None:
    memory = RecordMemory(preferences)
    for folder in ("/one", "/two"):
        memory.opened(folder)
        memory.set_classes(folder, ("dog", "cat"))
        memory.set_goal(folder, 20)
    memory.settings = memory.settings
    for name in ("collections", "record settings"):
        good = json.dumps(preferences.table(name)).encode()

        def read(mutant: bytes, name: str = name) -> None:
            store(preferences, name, mutant.decode(errors="replace"))
            assert all(isinstance(folder, str) for folder in memory.folders)
            memory.opened("/three")
            memory.set_goal("/three", 7)
            assert memory.of("/three").goal == 7 and memory.folders[0] == "/three"
            assert 0.0 < memory.settings.length_s <= 600.0

        outcome = fuzz([good], mutate_json, read, n_cases=150)
        assert outcome.n_accepted >= 150


def test_fuzzed_memory_of_a_microphone(preferences: Preferences) -> None:
    memory = SoundMemory(preferences)
    sound = DeviceSound(
        BackgroundNoise(np.zeros(100, np.float32), 48000.0, "2026-11-26"),
        True,
        Calibration(94.0, 1000.0, 94.0, KEY, "now"),
        "/correction.txt",
    )
    assert sound.background is not None
    memory.save_background(KEY, sound.background)
    memory.save(KEY, sound)
    assert memory.load(KEY).calibration == sound.calibration
    (name,) = (key.removeprefix("tables/") for key in preferences._store.allKeys() if key.startswith("tables/"))
    good = json.dumps(preferences.table(name)).encode()

    def read(mutant: bytes) -> None:
        store(preferences, name, mutant.decode(errors="replace"))
        found = memory.load(KEY)
        assert isinstance(found.correction_path, str) and isinstance(found.subtracts, bool)

    fuzz([good], mutate_json, read, n_cases=150)
    (file,) = (preferences.data_folder / "backgrounds").iterdir()
    store(preferences, name, good.decode())
    for data in (b"", b"\x93NUMPY\x01\x00", file.read_bytes()[:-7], b"x" * 1000):
        file.write_bytes(data)
        assert memory.load(KEY).background is None
    if hasattr(os, "mkfifo"):
        file.unlink()
        os.mkfifo(file)
        assert memory.load(KEY).background is None


HOSTILE: tuple[Any, ...] = ("x", [[]], {"a": 1}, 10**300, -1, "x" * 5000, "\0", None, True)


@pytest.mark.parametrize("shift", [0, 4])
def test_the_window_opens_whatever_it_remembers(qtbot: QtBot, preferences: Preferences, shift: int) -> None:
    names = {
        "live/source": ("path", "loops", "is_real_time", "kind"),
        "live/device": ("key", "name", "host_api", "n_channels", "native_rate_hz", "is_default", "channel"),
        "live/settings": ("windows", "hop_share", "trigger_dbfs"),
        "experiments/choices": ("ticked", "trials", "processes"),
        "record settings": ("mode", "length_s"),
        "folders": ("model", "recordings"),
    }
    values = itertools.cycle(HOSTILE[shift:] + HOSTILE[:shift])
    for name, fields in names.items():
        preferences.set_table(name, {field: next(values) for field in fields})
    value = "x" * 5000 if shift else "\0"
    preferences.set_table("collections", {"latest first": [{"folder": value, "classes": ["a"], "goal": 3}]})
    window = MainWindow(preferences)
    qtbot.addWidget(window)
    with qtbot.waitExposed(window):
        window.show()
    window.close()
