"""Audio files: every kind is read, every broken one is refused in one clause, resampling keeps tones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from mlpsvd.audio.files import SUFFIXES, AudioInfo, UnusableAudioFileError, info, read, resample
from mlpsvd.errors import AudioFileError

RATE_HZ = 16000


def tone(frequency_hz: float = 440.0, duration_s: float = 0.5, rate_hz: int = RATE_HZ) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * frequency_hz * np.arange(round(duration_s * rate_hz)) / rate_hz)


@pytest.mark.parametrize("suffix", [*SUFFIXES, ".WAV", ".Flac", ".OGG", ".AIF"])
def test_every_kind_of_file_is_read_whatever_the_case_of_its_suffix(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"tone{suffix}"
    kind = {".aif": "AIFF"}.get(suffix.lower(), suffix[1:].upper())
    soundfile.write(path, tone(), RATE_HZ, format=kind)
    samples, rate_hz = read(path)
    assert (samples.dtype, samples.shape, rate_hz) == (np.float32, (8000,), 16000.0)
    np.testing.assert_allclose(samples, tone(), atol=0.1 if suffix.lower() == ".ogg" else 1e-4)
    assert info(path) == AudioInfo(16000.0, 1, 0.5)


def test_channels_are_mixed_down_or_picked(tmp_path: Path) -> None:
    path = tmp_path / "two.wav"
    soundfile.write(path, np.stack([tone(), np.zeros(8000)], axis=1), RATE_HZ, subtype="FLOAT")
    assert info(path).n_channels == 2
    np.testing.assert_allclose(read(path)[0], tone() / 2, atol=1e-6)
    np.testing.assert_allclose(read(path, channel=1)[0], tone(), atol=1e-6)
    np.testing.assert_array_equal(read(path, channel=2)[0], 0.0)
    with pytest.raises(AudioFileError, match="it has 2 channels, and channel 3 is asked for"):
        read(path, channel=3)


def broken(folder: Path, kind: str) -> Path:
    path = folder / "broken.wav"
    if kind == "text":
        path.write_text("this is not sound")
    elif kind == "0 bytes":
        path.touch()
    elif kind == "folder":
        path.mkdir()
    elif kind == "no samples":
        soundfile.write(path, np.zeros(0), RATE_HZ)
    elif kind in ("nan", "inf"):
        soundfile.write(path, np.array([0.0, float(kind), 0.0]), RATE_HZ, subtype="FLOAT")
    return path


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("text", "it is not readable as audio"),
        ("0 bytes", "it is empty"),
        ("folder", "it is a folder"),
        ("no samples", "it holds no samples"),
        ("nan", "it holds samples that are not finite numbers"),
        ("inf", "it holds samples that are not finite numbers"),
        ("absent", "there is no such file"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_in_one_sentence(tmp_path: Path, kind: str, reason: str) -> None:
    path = broken(tmp_path, kind)
    with pytest.raises(UnusableAudioFileError) as caught:
        read(path)
    assert caught.value.reason.startswith(reason)
    assert str(caught.value) == f"{path} cannot be used: {caught.value.reason}"
    if kind not in ("nan", "inf"):  # only the samples show those
        with pytest.raises(AudioFileError, match=reason):
            info(path)


def test_a_truncated_file_is_read_as_far_as_it_goes_or_refused(tmp_path: Path) -> None:
    for kind in ("wav", "flac"):
        path = tmp_path / f"cut.{kind}"
        soundfile.write(path, np.random.default_rng(0).uniform(-0.5, 0.5, 8000), RATE_HZ)
        path.write_bytes(path.read_bytes()[:6000])
        try:
            samples, _ = read(path)
        except AudioFileError:
            continue
        assert np.isfinite(samples).all()


@pytest.mark.parametrize("to_hz", [8000.0, 11025.0, 44100.0, 48000.0])
def test_resampling_keeps_frequency_level_and_duration(to_hz: float) -> None:
    samples = resample(tone(1000.0, 1.0).astype(np.float32), RATE_HZ, to_hz)
    assert samples.dtype == np.float32
    assert len(samples) == pytest.approx(to_hz, abs=2)
    middle = samples[len(samples) // 4 : -len(samples) // 4]
    expected = 0.5 * np.sin(2 * np.pi * 1000.0 * (np.arange(len(samples)) / to_hz))
    np.testing.assert_allclose(middle, expected[len(samples) // 4 : -len(samples) // 4], atol=1e-3)


def test_resampling_down_lets_nothing_fold_back() -> None:
    samples = resample(tone(7000.0, 1.0).astype(np.float32), RATE_HZ, 8000.0)
    assert np.abs(samples[1000:-1000]).max() < 1e-4


def test_the_same_rate_leaves_samples_as_they_are() -> None:
    samples = tone().astype(np.float32)
    assert resample(samples, 16000, 16000.0) is samples
