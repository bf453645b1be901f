"""Example recordings: the same on every machine, loud enough and not clipped, and written whole or not at all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from mlpsvd.experiments.example_recordings import (
    EXAMPLE_CLASSES,
    EXAMPLE_RATE_HZ,
    example_sound,
    write_example_recordings,
)


@pytest.mark.parametrize("name", EXAMPLE_CLASSES)
def test_a_sound_is_half_a_second_of_a_level_between_45_and_12_db_below_full_scale(name: str) -> None:
    for seed in range(5):
        sound = example_sound(name, np.random.default_rng(seed))
        assert len(sound) == EXAMPLE_RATE_HZ // 2
        level_db = 10.0 * np.log10(np.mean(sound**2))
        assert -45.5 < level_db < -11.5 and np.max(np.abs(sound)) <= 1.0


def test_classes_differ_where_they_should() -> None:
    def centroid_hz(name: str) -> float:
        power = np.mean(
            [np.abs(np.fft.rfft(example_sound(name, np.random.default_rng(seed)))) ** 2 for seed in range(20)], axis=0
        )
        frequencies = np.fft.rfftfreq(EXAMPLE_RATE_HZ // 2, 1.0 / EXAMPLE_RATE_HZ)
        return float(np.sum(power * frequencies) / np.sum(power))

    assert centroid_hz("wind") < centroid_hz("bell") < centroid_hz("rain")
    assert centroid_hz("motor") < centroid_hz("whistle") < centroid_hz("rain")


def test_the_recordings_are_the_same_for_the_same_seed_and_an_existing_folder_stays(tmp_path: Path) -> None:
    first = write_example_recordings(tmp_path / "a", n_per_class=2)
    second = write_example_recordings(tmp_path / "deep" / "b", n_per_class=2)
    names = sorted(str(path.relative_to(first)) for path in first.rglob("*.flac"))
    assert len(names) == 10 and names[0] == "bell/bell_01.flac"
    for name in names:
        assert np.array_equal(soundfile.read(first / name)[0], soundfile.read(second / name)[0])
    (first / "bell" / "bell_01.flac").unlink()
    write_example_recordings(first)
    assert len(list(first.rglob("*.flac"))) == 9


def test_a_disk_that_refuses_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written = []

    def write(path: Path, *_: object, **__: object) -> None:
        written.append(path)
        if len(written) == 3:
            raise OSError(28, "No space left on device", str(path))
        path.write_bytes(b"x")

    monkeypatch.setattr(soundfile, "write", write)
    with pytest.raises(OSError, match="No space left"):
        write_example_recordings(tmp_path / "a")
    assert list(tmp_path.iterdir()) == []
