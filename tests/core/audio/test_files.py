"""Audio files: every kind is read, every broken one is refused in one clause, resampling keeps tones."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mlpsvd.audio.files import (
    AudioInfo,
    UnusableAudioFileError,
    info,
    nominal_rate_hz,
    read,
    read_sound,
    resample,
    same_rate,
)
from mlpsvd.audio.sound_names import audio_files_below, has_audio_suffix
from mlpsvd.errors import AudioFileError

RATE_HZ = 16000


def tone(frequency_hz: float = 440.0, duration_s: float = 0.5, rate_hz: int = RATE_HZ) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * frequency_hz * np.arange(round(duration_s * rate_hz)) / rate_hz)


KINDS = {
    ".wav": ("WAV", "PCM_16"), ".WAV": ("WAV", "FLOAT"), ".wave": ("WAV", "PCM_24"), ".bwf": ("WAVEX", "PCM_16"),
    ".rf64": ("RF64", "PCM_16"), ".w64": ("W64", "PCM_16"), ".Flac": ("FLAC", "PCM_16"), ".OGG": ("OGG", "VORBIS"),
    ".oga": ("OGG", "VORBIS"), ".opus": ("OGG", "OPUS"), ".mp3": ("MP3", "MPEG_LAYER_III"), ".aif": ("AIFF", "PCM_16"),
    ".AIFF": ("AIFF", "PCM_16"), ".aifc": ("AIFF", "ULAW"), ".au": ("AU", "PCM_16"), ".snd": ("AU", "ULAW"),
    ".caf": ("CAF", "PCM_16"), ".voc": ("VOC", "PCM_16"), ".sph": ("NIST", "PCM_16"), ".sd2": ("SD2", "PCM_16"),
    ".sf": ("IRCAM", "PCM_16"), ".paf": ("PAF", "PCM_16"), ".svx": ("SVX", "PCM_16"), ".avr": ("AVR", "PCM_16"),
    ".nist": ("NIST", "ULAW"),
}  # fmt: skip
_LOSSY = ("VORBIS", "OPUS", "MPEG_LAYER_III", "ULAW", "IMA_ADPCM")


@pytest.mark.parametrize("suffix", KINDS)
def test_every_kind_of_file_that_libsndfile_reads_is_read(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"tone{suffix}"
    kind, subtype = KINDS[suffix]
    soundfile.write(path, tone(), RATE_HZ, format=kind, subtype=subtype)
    assert has_audio_suffix(path.name)
    assert list(audio_files_below(tmp_path)) == [path]
    sound = read_sound(path)
    assert (sound.samples.dtype, sound.sample_rate_hz, sound.notes) == (np.float32, 16000.0, ())
    assert len(sound.samples) == pytest.approx(8000, abs=500)
    np.testing.assert_allclose(sound.samples[:7000], tone()[:7000], atol=0.1 if subtype in _LOSSY else 1e-4)
    about = info(path)
    assert about == AudioInfo(16000.0, 1, len(sound.samples) / 16000.0)


@pytest.mark.parametrize("suffix", [".m4a", ".WMA", ".mp4", ".webm"])
def test_a_kind_that_is_not_read_is_named_with_the_reason(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"sound{suffix}"
    path.write_bytes(b"\0\0\0\x20ftypM4A " + bytes(100))
    assert list(audio_files_below(tmp_path)) == [path]
    with pytest.raises(UnusableAudioFileError) as caught:
        info(path)
    assert caught.value.reason == f"{suffix.lower()} files are not supported; convert it to WAV or FLAC"


def test_a_file_is_read_by_its_content_whatever_its_suffix(tmp_path: Path) -> None:
    for name in ("sound.m4a", "sound.dat", "sound"):
        soundfile.write(tmp_path / name, tone(), RATE_HZ, format="WAV")
        assert len(read(tmp_path / name)[0]) == 8000


def test_what_is_no_audio_file_is_not_looked_at_in_a_folder(tmp_path: Path) -> None:
    for name in (
        "a.txt",
        ".hidden.wav",
        "._a.wav",
        "@eaDir/a.wav",
        "$RECYCLE.BIN/a.wav",
        "x/__MACOSX/a.wav",
        ".git/a.wav",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert list(audio_files_below(tmp_path)) == []


def test_channels_are_mixed_down_or_picked(tmp_path: Path) -> None:
    path = tmp_path / "two.wav"
    soundfile.write(path, np.stack([tone(), np.zeros(8000)], axis=1), RATE_HZ, subtype="FLOAT")
    assert info(path).n_channels == 2
    np.testing.assert_allclose(read(path)[0], tone() / 2, atol=1e-6)
    np.testing.assert_allclose(read(path, channel=1)[0], tone(), atol=1e-6)
    np.testing.assert_array_equal(read(path, channel=2)[0], 0.0)
    with pytest.raises(AudioFileError, match="it has 2 channels, and channel 3 was requested"):
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
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "/dev/zero":
        path.symlink_to(kind)
    elif kind in ("7", "738000000"):
        soundfile.write(path, tone(), int(kind))
    elif kind in ("1e38", "3e10"):
        soundfile.write(path, tone() * 2 * float(kind), RATE_HZ, subtype="FLOAT")
    elif kind in ("nan", "inf"):
        soundfile.write(path, np.array([0.0, float(kind), 0.0]), RATE_HZ, subtype="FLOAT")
    return path


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("text", "it is not readable as audio"),
        ("0 bytes", "it is empty"),
        ("folder", "it is a folder"),
        ("no samples", "it contains no samples"),
        ("nan", "it contains samples that are not finite numbers"),
        ("inf", "it contains samples that are not finite numbers"),
        ("1e38", "it contains a sample of 1e+38; full scale is 1"),
        ("3e10", "it contains a sample of 3e+10; full scale is 1"),
        ("absent", "there is no such file"),
        ("pipe", "it is a named pipe; it should be a plain file"),
        ("/dev/zero", "it is a device; it should be a plain file"),
        ("7", "its sample rate is 7 Hz; it should be from 100 to 768000"),
        ("738000000", "its sample rate is 738000000 Hz; it should be from 100 to 768000"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_in_one_sentence(tmp_path: Path, kind: str, reason: str) -> None:
    path = broken(tmp_path, kind)
    with pytest.raises(UnusableAudioFileError) as caught:
        read(path)
    assert caught.value.reason.startswith(reason)
    assert str(caught.value) == f"{path} cannot be used: {caught.value.reason}"
    if kind not in ("nan", "inf", "1e38", "3e10"):  # only the samples show those
        with pytest.raises(AudioFileError, match=reason):
            info(path)


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


@pytest.mark.parametrize(
    ("from_hz", "to_hz", "equal"),
    [(8001, 8000, True), (7999, 8000, True), (44099, 44100, True), (47999, 48000, True), (47952, 48000, True),
     (44056, 44100, True), (8012, 8000, False), (11025, 11000, False), (22050, 22000, False), (48000, 44100, False)],
)  # fmt: skip
def test_rates_within_a_thousandth_are_equal_and_nothing_is_resampled(from_hz: int, to_hz: int, equal: bool) -> None:
    samples = tone().astype(np.float32)
    assert same_rate(from_hz, to_hz) is same_rate(to_hz, from_hz) is equal
    assert (resample(samples, from_hz, to_hz) is samples) is equal
    assert nominal_rate_hz(from_hz) == (to_hz if equal else from_hz)


def test_large_samples_of_a_scale_of_integers_are_read(tmp_path: Path) -> None:
    path = tmp_path / "integers.wav"
    soundfile.write(path, tone() * 2**31, RATE_HZ, subtype="FLOAT")
    np.testing.assert_allclose(read(path)[0], tone() * 2**31, rtol=1e-6, atol=200.0)
