"""Mutated audio files: each is read or refused in one sentence, and all readers agree on it."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from fuzzing import Limits, fuzz, mutate_bytes

from mlpsvd.audio.files import UnusableAudioFileError, info, read_sound
from mlpsvd.datasets.streaming import stream_clips
from mlpsvd.errors import AudioFileError

RATE_HZ = 8000
KINDS = (
    ("WAV", "PCM_16", 1), ("WAV", "FLOAT", 2), ("WAV", "IMA_ADPCM", 1), ("WAVEX", "PCM_24", 2), ("RF64", "PCM_16", 1),
    ("FLAC", "PCM_16", 1), ("FLAC", "PCM_24", 2), ("OGG", "VORBIS", 1), ("OGG", "OPUS", 1),
    ("MP3", "MPEG_LAYER_III", 1), ("AIFF", "PCM_16", 1), ("AU", "ULAW", 1), ("CAF", "PCM_16", 1), ("W64", "PCM_16", 1),
    ("VOC", "PCM_16", 1), ("NIST", "PCM_16", 1),
)  # fmt: skip


def written(kind: str, subtype: str, channels: int) -> bytes:
    samples = np.random.default_rng(0).uniform(-0.5, 0.5, (3000, channels))
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, RATE_HZ, format=kind, subtype=subtype)
    return buffer.getvalue()


def test_fuzz_audio_files(tmp_path: Path, capfd: object) -> None:
    """``capfd`` keeps what MP3 files let libmpg123 print."""
    path = tmp_path / "mutant.wav"

    def read(data: bytes) -> None:
        path.write_bytes(data)
        whole: Any = _attempt(lambda: read_sound(path).samples)
        clips: Any = _attempt(
            lambda: [clip for block in stream_clips(path, 8000.0, 0.1, 0.0001) for clip in block.clips]
        )
        assert isinstance(whole, str) == isinstance(clips, str) or "too short" in str(clips), (whole, clips)
        if isinstance(whole, str):
            raise UnusableAudioFileError(path, whole)
        assert np.isfinite(whole).all()
        assert len(clips) < 20_000
        assert 100.0 <= info(path).sample_rate_hz <= 768_000.0

    outcome = fuzz([written(*kind) for kind in KINDS], mutate_bytes, read, n_cases=1000, limits=Limits(megabytes=200.0))
    assert outcome.n_accepted > 200
    assert outcome.refused.total() > 200


def _attempt(work: object) -> object:
    try:
        return work()  # type: ignore[operator]
    except UnusableAudioFileError as error:
        return error.reason
    except AudioFileError as error:
        raise AssertionError(f"no reason: {error}") from error
