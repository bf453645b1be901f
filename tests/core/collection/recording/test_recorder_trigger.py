"""Triggered takes: level, pre-roll, hang time, longest take."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from mlpsvd.audio.ring_buffer import RingBuffer
from mlpsvd.collection.recording.recorder import Recorder
from mlpsvd.collection.recording.settings import RecordSettings
from mlpsvd.collection.take import Take

RATE_HZ = 8000.0
TRIGGERED = RecordSettings(mode="triggered", pre_roll_s=0.1, hang_s=0.2, trigger_dbfs=-30.0)


class Room:
    """A ring with silence and bursts of a tone."""

    def __init__(self, folder: Path, settings: RecordSettings) -> None:
        self.ring = RingBuffer(40000)
        self.recorder = Recorder(self.ring, RATE_HZ, settings, folder / "spool")
        self.spans: list[tuple[float, float]] = []
        self.takes: list[Take] = []
        self.recorder.start("dog")

    def sound(self, seconds: float, amplitude: float, block: int = 123) -> None:
        n_samples = round(seconds * RATE_HZ)
        tone = amplitude * np.sin(2 * np.pi * 0.125 * np.arange(n_samples))
        for start in range(0, n_samples, block):
            self.ring.write(tone[start : start + block].astype(np.float32))
            self.poll()

    def poll(self) -> None:
        for take in self.recorder.poll():
            self.takes.append(take)

    @property
    def durations(self) -> list[float]:
        return [take.duration_s for take in self.takes]


def test_a_trigger_takes_each_sound_with_pre_roll_and_hang(tmp_path: Path) -> None:
    room = Room(tmp_path, TRIGGERED)
    for _ in range(3):
        room.sound(0.5, 0.001)
        room.sound(0.3, 0.5)
    room.sound(0.5, 0.001)
    assert room.durations == [0.6] * 3
    for take in room.takes:
        loud = np.flatnonzero(np.abs(take.samples) > 0.01)
        assert abs(loud[0] - 800) <= 2
        assert abs(loud[-1] - (800 + 2400 - 1)) <= 2
        assert take.pre_roll_s == pytest.approx(0.1)
    assert room.recorder.state.armed
    assert not room.recorder.state.recording


def test_pauses_shorter_than_the_hang_do_not_end_a_sound_and_clicks_are_not_kept(tmp_path: Path) -> None:
    room = Room(tmp_path, TRIGGERED)
    room.sound(0.2, 0.001)
    room.sound(0.02, 0.5)  # a click: 20 ms, and 50 ms are the least
    room.sound(0.5, 0.001)
    for _ in range(3):
        room.sound(0.1, 0.5)
        room.sound(0.15, 0.001)
    room.sound(0.5, 0.001)
    assert room.durations == [pytest.approx(0.1 + 3 * 0.1 + 2 * 0.15 + 0.2)]
    assert len(list((tmp_path / "spool").glob("*.wav"))) == 1


def test_a_sound_without_end_becomes_clips_of_the_longest_length_without_a_gap(tmp_path: Path) -> None:
    room = Room(tmp_path, dataclasses.replace(TRIGGERED, longest_s=0.503, pre_roll_s=0.0))
    room.sound(0.2, 0.001)
    room.sound(1.2, 0.5)
    room.recorder.stop()
    room.poll()
    assert room.durations == [pytest.approx(0.503), pytest.approx(0.503), pytest.approx(1.2 - 2 * 0.503)]
    joined = np.concatenate([take.samples for take in room.takes])
    np.testing.assert_array_equal(joined, 0.5 * np.sin(2 * np.pi * 0.125 * np.arange(9600)).astype(np.float32))


def test_a_break_ends_a_triggered_take_and_the_next_begins_behind_it(tmp_path: Path) -> None:
    room = Room(tmp_path, TRIGGERED)
    room.sound(0.3, 0.001)
    room.sound(0.2, 0.5)
    room.ring.mark_gap(0.3)
    room.sound(0.2, 0.5)
    room.sound(0.5, 0.001)
    assert room.durations == [pytest.approx(0.3, abs=0.011), pytest.approx(0.4, abs=0.011)]
    assert [take.has_gap for take in room.takes] == [True, True]


def test_the_trigger_level_can_be_changed_while_it_waits(tmp_path: Path) -> None:
    room = Room(tmp_path, TRIGGERED)
    room.sound(0.5, 0.01)
    assert room.takes == []
    room.recorder.set_settings(dataclasses.replace(TRIGGERED, trigger_dbfs=-50.0))
    room.sound(0.3, 0.01)
    room.sound(0.3, 0.0001)
    assert len(room.takes) == 1
