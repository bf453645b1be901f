"""Audio files: properties, samples and resampling."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mlpsvd.audio.file_blocks import open_blocks
from mlpsvd.audio.sound_file import UnusableAudioFileError, check_channel, open_sound
from mlpsvd.audio.sound_names import SUFFIXES
from mlpsvd.audio.soundfile_library import soundfile_library

__all__ = [
    "SUFFIXES",
    "AudioInfo",
    "Sound",
    "UnusableAudioFileError",
    "check_channel",
    "info",
    "nominal_rate_hz",
    "read",
    "read_sound",
    "resample",
    "same_rate",
    "soundfile_library",
]

_SAME_RATE = 1.001e-3
_NOMINAL_RATES_HZ = (
    8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 64000, 88200, 96000, 128000, 176400, 192000, 256000,
    352800, 384000, 500000, 705600, 768000,
)  # fmt: skip


@dataclass(frozen=True)
class AudioInfo:
    """Properties of an audio file from its header.

    Attributes
    ----------
    sample_rate_hz, n_channels, duration_s
        From its header.
    notes
        Errors in the header, one clause each.
    """

    sample_rate_hz: float
    n_channels: int
    duration_s: float
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Sound:
    """One channel of an audio file.

    Attributes
    ----------
    samples : np.ndarray [shape=(n_samples,)]
        Full scale is 1.
    sample_rate_hz
        Samples a second.
    notes
        Notes for the user about the file (it is truncated, it is silent, its channels cancel each other), one
        clause each.
    """

    samples: NDArray[np.float32]
    sample_rate_hz: float
    notes: tuple[str, ...] = ()


def info(path: Path) -> AudioInfo:
    """Return sample rate, channels and duration of an audio file.

    The samples are counted only if the header gives no length.

    Raises
    ------
    AudioFileError
        If the file is absent, not readable, empty, or of an implausible sample rate.
    """
    with open_sound(path) as sound:
        n_frames, n_channels, notes = sound.n_frames, sound.n_channels, sound.notes
        rate_hz = sound.sample_rate_hz
    if n_frames is None:
        with open_blocks(path, channel=1) as file:
            n_frames = sum(len(block) for block, _ in file.blocks())
    return AudioInfo(rate_hz, n_channels, n_frames / rate_hz, notes)


def read(path: Path, channel: int = 0) -> tuple[NDArray[np.float32], float]:
    """Return the samples and the sample rate of :func:`read_sound`, without its notes."""
    sound = read_sound(path, channel)
    return sound.samples, sound.sample_rate_hz


def read_sound(path: Path, channel: int = 0) -> Sound:
    """Read an audio file as one channel.

    Parameters
    ----------
    path
        A file of any kind that libsndfile reads.
    channel
        Which channel, counted from 1; 0 takes the mean of all of them.

    Raises
    ------
    AudioFileError
        If the file is absent, not readable, empty, of an implausible sample rate, too long for the memory, holds
        samples that are not finite numbers or beyond 1e10, or lacks the channel.
    """
    with open_blocks(path, channel) as file:
        try:
            blocks = [block for block, _ in file.blocks()]
            samples = blocks[0] if len(blocks) == 1 else np.concatenate(blocks)
        except MemoryError:
            raise UnusableAudioFileError(path, "it does not fit into memory") from None
        return Sound(samples, file.sample_rate_hz, file.notes)


def same_rate(first_hz: float, second_hz: float) -> bool:
    """Return whether two sample rates are equal within 0.1 %, which is inaudible and within clock tolerances.

    Sound is not resampled between such rates, as the resampler would remove the top of the band, on which the network
    was trained.
    """
    return abs(first_hz - second_hz) <= _SAME_RATE * max(first_hz, second_hz)


def nominal_rate_hz(rate_hz: float) -> float:
    """Return the usual sample rate that a rate is equal to within 0.1 % (8000 for 8001), else the rate itself."""
    return next((float(usual) for usual in _NOMINAL_RATES_HZ if same_rate(rate_hz, usual)), rate_hz)


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
        The same array where both rates are equal, see :func:`same_rate`.
    """
    if same_rate(from_hz, to_hz):
        return samples
    import soxr

    resampled: NDArray[np.float32] = soxr.resample(samples, from_hz, to_hz, quality="HQ")
    return resampled
