"""Spectrogram of a stretch of a file: levels, places, and long files of which only a part is read."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mlpsvd.audio.passages import open_passages, read_passage
from mlpsvd.errors import AudioFileError
from mlpsvd.features.spectrogram import file_spectrogram

RATE = 16000


@pytest.fixture(params=["wav", "flac"])
def tones(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """One second of 1 kHz at full scale, then one second of 3 kHz at −20 dBFS, on two channels."""
    time_s = np.arange(RATE) / RATE
    mono = np.concatenate((np.sin(2 * np.pi * 1000 * time_s), 0.1 * np.sin(2 * np.pi * 3000 * time_s)))
    path = tmp_path / f"tones.{request.param}"
    soundfile.write(path, np.stack((mono, np.zeros_like(mono)), axis=1), RATE, subtype="PCM_24")
    return path


def test_levels_and_places_are_those_of_the_sound(tones: Path) -> None:
    shown = file_spectrogram(tones, n_columns=100, channel=1)
    assert shown.duration_s == 2.0
    assert shown.analysed == 1.0
    assert shown.levels_dbfs.shape == (100, 257)
    times_s = shown.start_s + shown.step_s * np.arange(100)
    assert times_s[[0, -1]] == pytest.approx([0.01, 1.99])
    loudest_hz = shown.frequency_step_hz * shown.levels_dbfs.argmax(axis=1)
    early, late = times_s < 0.95, (times_s > 1.05) & (times_s < 1.95)
    assert np.all(np.abs(loudest_hz[early] - 1000.0) <= shown.frequency_step_hz)
    assert np.all(np.abs(loudest_hz[late] - 3000.0) <= shown.frequency_step_hz)
    assert shown.levels_dbfs.max(axis=1)[early][1:] == pytest.approx(0.0, abs=1.5)  # between two bins: −1.4 dB
    assert shown.levels_dbfs.max(axis=1)[late] == pytest.approx(-20.0, abs=1.5)


def test_a_stretch_shows_what_the_whole_file_shows_there(tones: Path) -> None:
    whole = file_spectrogram(tones, n_columns=400)
    part = file_spectrogram(tones, 0.5, 1.5, n_columns=200)
    assert part.step_s == whole.step_s
    assert part.start_s == pytest.approx(whole.start_s + 100 * whole.step_s)
    np.testing.assert_allclose(part.levels_dbfs[2:-2], whole.levels_dbfs[102:298], atol=0.01)


def test_a_stretch_beyond_the_file_ends_with_it(tones: Path) -> None:
    shown = file_spectrogram(tones, 1.9, 50.0)
    assert shown.start_s + shown.step_s * (len(shown.levels_dbfs) - 0.5) == pytest.approx(2.0, abs=shown.step_s)
    assert len(file_spectrogram(tones, 7.0, 8.0).levels_dbfs) == 1


def test_passages_are_the_samples_of_the_file(tones: Path) -> None:
    samples, _ = soundfile.read(tones, dtype="float32")
    with open_passages(tones, channel=0) as sound:
        assert sound.sample_rate_hz == RATE
        for first, count in ((10, 5), (15, 3), (20_000, 100), (31_990, 100)):
            np.testing.assert_array_equal(sound.read(first, count), samples[first : first + count].mean(axis=1))
        with pytest.raises(ValueError, match="ascending order"):
            sound.read(5, 1)
    passage, rate_hz = read_passage(tones, 0.25, 0.5, channel=1)
    assert rate_hz == RATE
    np.testing.assert_array_equal(passage, samples[4000:8000, 0])
    with pytest.raises(AudioFileError, match="it has 2 channels, and channel 3 was requested"):
        read_passage(tones, 0.0, 1.0, channel=3)
    with pytest.raises(AudioFileError, match="there is no such file"):
        read_passage(tones.with_name("gone.wav"), 0.0, 1.0)


def test_an_overview_of_a_long_file_reads_samples_of_it(tmp_path: Path) -> None:
    """Forty minutes with a tone that rises in steps of one minute: every column shows the tone of its minute."""
    path = tmp_path / "long.wav"
    time_s = np.arange(60 * RATE) / RATE
    with soundfile.SoundFile(path, "w", RATE, 1, subtype="PCM_16") as file:
        for minute in range(40):
            file.write(0.5 * np.sin(2 * np.pi * (1000.0 + 100.0 * minute) * time_s))
    tracemalloc.start()
    shares: list[float] = []
    shown = file_spectrogram(path, n_columns=120, progress=shares.append)
    _, most_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most_bytes < 20e6  # the samples alone have 154 MB
    assert len(shown.levels_dbfs) == 120
    assert 0.0 < shown.analysed < 0.1
    loudest_hz = shown.frequency_step_hz * shown.levels_dbfs.argmax(axis=1)
    assert np.all(np.abs(loudest_hz - np.repeat(1000.0 + 100.0 * np.arange(40), 3)) <= shown.frequency_step_hz)
    assert shares == sorted(shares) and len(shares) == 120
    with pytest.raises(KeyboardInterrupt):
        file_spectrogram(path, progress=_refuse)
    detail = file_spectrogram(path, 1199.5, 1200.5, n_columns=100)
    assert detail.analysed == 1.0
    assert np.abs(detail.frequency_step_hz * detail.levels_dbfs.argmax(axis=1)[[10, 90]] - [2900, 3000]).max() <= 32


def _refuse(_: float) -> None:
    raise KeyboardInterrupt
