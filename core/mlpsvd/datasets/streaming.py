"""Clips of a recording of any length, read block by block with the memory of one clip.

The clips are bit-identical to those of :func:`mlpsvd.audio.files.read`, ``resample`` and
:func:`mlpsvd.datasets.cutting.cut` applied in sequence.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mlpsvd.audio.file_blocks import open_blocks
from mlpsvd.audio.files import UnusableAudioFileError
from mlpsvd.audio.streamed_resampling import StreamedResampling
from mlpsvd.datasets.cutting import fewest_samples
from mlpsvd.datasets.sound_digest import SoundDigest

__all__ = ["ClipBlock", "stream_clips"]

Samples = NDArray[np.float32]

_LONGEST_CLIP = 2**30
"""Maximum length of a recording used as one clip, in samples: 6.2 hours at 48 kHz, 4.3 GB."""


@dataclass(frozen=True, eq=False)
class ClipBlock:
    """The clips that were completed by a block of a recording.

    Attributes
    ----------
    clips
        Start in seconds and samples of each clip; may be empty if clips are longer than a block.
    read_s
        Duration read so far in seconds.
    share
        Fraction read so far of the length stated by the file, 0 to 1.
    notes
        Notes about the file for the user, one clause each; complete with the last block.
    digest
        Digest of all samples read so far; see :class:`mlpsvd.datasets.sound_digest.SoundDigest`.
    sample_rate_hz
        Sample rate of the file.
    """

    clips: tuple[tuple[float, Samples], ...]
    read_s: float
    share: float
    notes: tuple[str, ...] = ()
    digest: int = 0
    sample_rate_hz: float = 0.0


def stream_clips(
    path: Path, sample_rate_hz: float, clip_s: float, shortest_s: float, channel: int = 0
) -> Iterator[ClipBlock]:
    """Read and resample a recording, and cut it into clips in the same way as for training.

    Parameters
    ----------
    path
        Path of the audio file.
    sample_rate_hz
        Sample rate of the clips.
    clip_s
        Length of a clip in seconds; with 0, the whole recording is one clip and must fit into memory.
    shortest_s
        Minimum length of a clip in seconds; a shorter rest at the end is dropped.
    channel
        Number of the channel, from 1; 0 for the mean of all channels.

    Raises
    ------
    AudioFileError
        If the file is unreadable, empty or shorter than ``shortest_s``, or has samples that are not finite. The
        error may be raised after some clips were yielded.
    """
    with open_blocks(path, channel) as file:
        resample = StreamedResampling(file.sample_rate_hz, sample_rate_hz)
        cutter = _Cutter(sample_rate_hz, clip_s, shortest_s)
        n_read, digest = 0, SoundDigest()
        for block, is_last in file.blocks():
            n_read += len(block)
            digest.add(block)
            clips = [clip for piece in resample(block, is_last) for clip in cutter.add(path, piece)]
            if is_last:
                clips += cutter.rest(path)
            share = min(1.0, n_read / file.n_samples)
            read_s = n_read / file.sample_rate_hz
            yield ClipBlock(tuple(clips), read_s, share, file.notes, digest.value, file.sample_rate_hz)


class _Cutter:
    """Cuts a stream of samples into clips."""

    def __init__(self, sample_rate_hz: float, clip_s: float, shortest_s: float) -> None:
        self._rate_hz = sample_rate_hz
        self._length = max(1, round(clip_s * sample_rate_hz)) if clip_s else 0
        self._fewest = fewest_samples(shortest_s, sample_rate_hz)
        self._shortest_s = shortest_s
        self._kept: list[Samples] = []
        self._n_kept = 0
        self._n_cut = 0

    def add(self, path: Path, samples: Samples) -> list[tuple[float, Samples]]:
        """Add samples and return the clips that they complete."""
        self._kept.append(samples)
        self._n_kept += len(samples)
        if self._n_kept > _LONGEST_CLIP and not self._length:
            longest_s = _LONGEST_CLIP / self._rate_hz
            reason = f"it is longer than {longest_s:.3g} s, too long for one clip; train on clips of a fixed length"
            raise UnusableAudioFileError(path, reason)
        if not self._length or self._n_kept < self._length:
            return []
        joined = np.concatenate(self._kept)
        n_whole = len(joined) // self._length
        clips = [self._clip(joined[i * self._length : (i + 1) * self._length]) for i in range(n_whole)]
        self._kept = [joined[n_whole * self._length :]]
        self._n_kept = len(self._kept[0])
        return clips

    def rest(self, path: Path) -> list[tuple[float, Samples]]:
        """Return the rest at the end of the recording if it is long enough for a clip."""
        if self._n_cut + self._n_kept < self._fewest:
            length_s = (self._n_cut + self._n_kept) / self._rate_hz
            reason = f"it is too short: {length_s:.3g} s; at least {self._shortest_s:.3g} s are needed"
            raise UnusableAudioFileError(path, reason)
        least = min(self._length, self._fewest) if self._length else self._fewest
        return [self._clip(np.concatenate(self._kept))] if self._n_kept >= least else []

    def _clip(self, samples: Samples) -> tuple[float, Samples]:
        start_s = self._n_cut / self._rate_hz
        self._n_cut += len(samples)
        return start_s, samples
