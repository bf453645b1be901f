"""Copies of recordings in a collection: one step for each class, nothing lost when one cannot be copied."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mlpsvd.collection import copied_recordings
from mlpsvd.collection.collection import Collection
from mlpsvd.collection.copied_recordings import copy_recordings
from mlpsvd.errors import DataError

RATE_HZ = 8000


@pytest.fixture
def collection(tmp_path: Path) -> Iterator[Collection]:
    with Collection.create(tmp_path / "birds") as collection:
        yield collection


def recording(path: Path, n_channels: int = 1, seconds: float = 0.2) -> Path:
    rng = np.random.default_rng(len(path.name))
    path.parent.mkdir(exist_ok=True)
    soundfile.write(path, rng.uniform(-0.5, 0.5, (round(seconds * RATE_HZ), n_channels)), RATE_HZ, subtype="PCM_16")
    os.utime(path, (1.7e9, 1.7e9))  # all in the same second
    return path


def test_copies_have_the_samples_the_label_and_the_time_and_are_undone_by_class(
    collection: Collection, tmp_path: Path
) -> None:
    named = recording(tmp_path / "in" / "SITE_20200131_235959.wav")
    others = [recording(tmp_path / "in" / f"{name}.wav", 2) for name in ("a", "bb")]
    text = copy_recordings(collection, {named: "wren", others[0]: "owl", others[1]: "owl"})
    assert text == "3 recordings added to birds: wren, owl."
    assert collection.counts == {"owl": 2, "wren": 1}
    clips = {clip.name: clip for clip in collection.clips}
    assert len(clips) == 3
    wren = next(clip for clip in clips.values() if clip.label == "wren")
    assert datetime.fromisoformat(str(wren.recorded_at)).replace(tzinfo=None) == datetime(2020, 1, 31, 23, 59, 59)
    copied, rate_hz = soundfile.read(collection.folder / wren.name)
    assert rate_hz == RATE_HZ
    np.testing.assert_allclose(copied, soundfile.read(named)[0], atol=1e-6)
    owls = sorted(name for name, clip in clips.items() if clip.label == "owl")
    for path, name in zip(others, owls, strict=True):
        mean = soundfile.read(path)[0].mean(axis=1)
        np.testing.assert_allclose(soundfile.read(collection.folder / name)[0], mean, atol=1e-6)
    assert collection.undo() == "Undone: 2 recordings of owl added."
    assert collection.counts == {"wren": 1}
    assert [path.is_file() for path in (named, *others)] == [True] * 3


def test_a_recording_that_cannot_be_copied_leaves_its_class_out(
    collection: Collection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, broken = recording(tmp_path / "in" / "good.wav"), tmp_path / "in" / "broken.wav"
    broken.write_text("no sound")
    with pytest.raises(DataError, match=r"broken\.wav .*; 1 of 3 recordings were added before"):
        copy_recordings(collection, {good: "wren", recording(tmp_path / "in" / "owl.wav"): "owl", broken: "owl"})
    assert collection.counts == {"wren": 1}
    monkeypatch.setattr(copied_recordings, "LONGEST_S", 0.1)
    with pytest.raises(DataError, match="a clip of a collection has at most 10 minutes"):
        copy_recordings(collection, {good: "owl"})
    assert collection.counts == {"wren": 1}
