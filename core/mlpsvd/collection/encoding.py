"""Encoding and trimming of a collection's audio files; kept files are never modified."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mlpsvd.audio.files import UnusableAudioFileError
from mlpsvd.audio.level import Level, measure_level
from mlpsvd.audio.sound_file import open_sound
from mlpsvd.errors import DataError

__all__ = ["Encoded", "encode", "trimmed"]

_EXACT = {
    "PCM_S8": "int32", "PCM_U8": "int32", "PCM_16": "int32", "PCM_24": "int32", "PCM_32": "int32",
    "FLOAT": "float32", "DOUBLE": "float64",
}  # fmt: skip
"""Type for reading samples, such that writing them gives the same bits."""

_HIGHEST_FLAC_HZ = 655350


@dataclass(frozen=True)
class Encoded:
    """An encoded file, ready to be written.

    Attributes
    ----------
    data
        Its bytes.
    suffix
        ``.flac``, ``.wav``, ….
    sample_rate_hz, duration_s, level
        What it holds.
    """

    data: bytes
    suffix: str
    sample_rate_hz: float
    duration_s: float
    level: Level


def encode(samples: NDArray[np.float32], rate_hz: float, file_format: str) -> Encoded:
    """Return samples [shape=(n_samples,)] as FLAC or WAV.

    FLAC has 24 bits per sample, as converters have; the error is below 6e-8, and samples above full scale are clipped.
    WAV has 32-bit floating point and is lossless; it is also used for rates that FLAC does not support. The rate is
    rounded to whole hertz. A sample that is not a finite number, which would make the file unusable, becomes 0.
    """
    samples = np.where(np.isfinite(samples), samples, np.float32(0.0))
    level = measure_level(samples)
    rate = max(1, round(rate_hz))
    if file_format == "wav" or rate > _HIGHEST_FLAC_HZ:
        data, suffix = _written(samples.astype(np.float32), rate, "WAV", "FLOAT"), ".wav"
    else:
        steps = np.rint(np.clip(samples.astype(np.float64), -1.0, 1.0 - 2.0**-23) * 2.0**23)
        data, suffix = _written(steps.astype(np.int32) << 8, rate, "FLAC", "PCM_24"), ".flac"
    return Encoded(data, suffix, float(rate), len(samples) / rate, level)


def trimmed(path: Path, start_s: float, end_s: float, file_format: str) -> Encoded | None:
    """Return the part of a file from ``start_s`` to ``end_s``, or None if that is the whole file.

    Channels, format and samples are unchanged. Only the part of a file in a lossy format (OGG) becomes FLAC or WAV.

    Raises
    ------
    DataError
        If the file cannot be read or nothing is left of it.
    """
    try:
        with open_sound(path) as sound:
            file = sound.file
            rate, subtype, kind = int(file.samplerate), str(file.subtype), str(file.format)
            first, last = max(0, round(start_s * rate)), min(int(file.frames), round(end_s * rate))
            if first >= last:
                raise DataError(
                    f"{path.name} is {file.frames / rate:g} s long; it has no samples from {start_s:g} to {end_s:g} s"
                )
            if last - first == file.frames:
                return None
            file.seek(first)
            samples = file.read(last - first, dtype=_EXACT.get(subtype, "float32"), always_2d=True)
    except (OSError, RuntimeError, ValueError) as error:
        raise UnusableAudioFileError(path, f"it cannot be read ({error})") from None
    suffix = path.suffix
    if subtype not in _EXACT:
        kind, subtype, suffix = ("WAV", "FLOAT", ".wav") if file_format == "wav" else ("FLAC", "PCM_24", ".flac")
    full_scale = 2.0**31 if samples.dtype == np.int32 else 1.0
    level = measure_level((samples / full_scale).mean(axis=1))
    return Encoded(_written(samples, rate, kind, subtype), suffix, float(rate), len(samples) / rate, level)


def _written(samples: NDArray[np.generic], rate: int, kind: str, subtype: str) -> bytes:
    import soundfile

    buffer = io.BytesIO()
    soundfile.write(buffer, samples, rate, format=kind, subtype=subtype)
    return buffer.getvalue()
