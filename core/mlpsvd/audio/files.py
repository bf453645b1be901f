"""Audio files: what is in one, its samples, and another sample rate for them."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from mlpsvd.errors import AudioFileError, MissingLibraryError

__all__ = ["SUFFIXES", "AudioInfo", "UnusableAudioFileError", "info", "read", "resample"]

SUFFIXES = (".wav", ".flac", ".ogg", ".aiff", ".aif")
"""Suffixes of the files that are read, in lower case; files may have them in any case."""


class UnusableAudioFileError(AudioFileError):
    """An audio file that cannot be used.

    Attributes
    ----------
    path
        The file.
    reason
        Why not, in one clause.
    """

    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(f"{path} cannot be used: {reason}")


@dataclass(frozen=True)
class AudioInfo:
    """What a file says of itself, without its samples being read."""

    sample_rate_hz: float
    n_channels: int
    duration_s: float


def info(path: Path) -> AudioInfo:
    """Return sample rate, channels and duration of an audio file.

    Raises
    ------
    AudioFileError
        If the file is absent, not readable or empty.
    """
    soundfile = soundfile_library()
    try:
        with soundfile.SoundFile(as_on_disk(path)) as file:
            if file.frames <= 0:
                raise UnusableAudioFileError(path, "it holds no samples")
            rate = float(file.samplerate)
            return AudioInfo(rate, int(file.channels), file.frames / rate)
    except (OSError, RuntimeError, TypeError, ValueError) as error:
        raise UnusableAudioFileError(path, why_unreadable(path, error)) from None


def read(path: Path, channel: int = 0) -> tuple[NDArray[np.float32], float]:
    """Read an audio file as one channel.

    Parameters
    ----------
    path
        A file with one of :data:`SUFFIXES`.
    channel
        Which channel, counted from 1; 0 takes the mean of all of them.

    Returns
    -------
    np.ndarray [shape=(n_samples,)]
        The samples; full scale is 1.
    float
        Sample rate in hertz.

    Raises
    ------
    AudioFileError
        If the file is absent, not readable, empty, holds samples that are not finite numbers, or lacks the channel.
    """
    soundfile = soundfile_library()
    try:
        samples, sample_rate_hz = soundfile.read(as_on_disk(path), dtype="float32", always_2d=True)
    except (OSError, RuntimeError, TypeError, MemoryError, ValueError) as error:
        raise UnusableAudioFileError(path, why_unreadable(path, error)) from None
    if not len(samples):
        raise UnusableAudioFileError(path, "it holds no samples")
    check_channel(path, samples.shape[1], channel)
    mono = samples[:, channel - 1] if channel else samples.mean(axis=1, dtype=np.float32)
    if not np.isfinite(mono).all():
        raise UnusableAudioFileError(path, "it holds samples that are not finite numbers")
    return np.ascontiguousarray(mono), float(sample_rate_hz)


def check_channel(path: Path, n_channels: int, channel: int) -> None:
    """Raise AudioFileError if a file with ``n_channels`` has no channel of that number (from 1; 0 is all of them)."""
    if channel > n_channels:
        has = "1 channel" if n_channels == 1 else f"{n_channels} channels"
        raise UnusableAudioFileError(path, f"it has {has}, and channel {channel} is asked for")


def resample(samples: NDArray[np.float32], from_hz: float, to_hz: float) -> NDArray[np.float32]:
    """Return samples at another rate through a band-limited resampler (soxr, high quality).

    Parameters
    ----------
    samples : np.ndarray [shape=(n_samples,)]
        Samples at ``from_hz``.
    from_hz, to_hz
        Sample rates.

    Returns
    -------
    np.ndarray [shape=(about n_samples * to_hz / from_hz,)]
        The same array where both rates are equal.
    """
    if from_hz == to_hz:
        return samples
    import soxr

    resampled: NDArray[np.float32] = soxr.resample(samples, from_hz, to_hz, quality="HQ")
    return resampled


def soundfile_library() -> ModuleType:
    """Return the library that reads and writes audio files, or raise MissingLibraryError."""
    try:
        import soundfile
    except (ImportError, OSError) as error:
        raise MissingLibraryError(
            f"audio files cannot be read because soundfile does not load ({error}); install it with libsndfile"
        ) from error
    module: ModuleType = soundfile
    return module


def as_on_disk(path: Path) -> Path | bytes:
    """The path as soundfile can open it: on Unix a file name is bytes, and need not be Unicode."""
    return path if sys.platform == "win32" else os.fsencode(path)


def why_unreadable(path: Path, error: Exception) -> str:
    """Say in one clause why a file could not be read."""
    if not path.exists():
        return "there is no such file"
    if path.is_dir():
        return "it is a folder"
    if isinstance(error, MemoryError):
        return "it is too long for the memory"
    if path.stat().st_size == 0:
        return "it is empty (0 bytes)"
    detail = str(getattr(error, "error_string", error)).strip().rstrip(".")
    return f"it is not readable as audio ({detail})"
