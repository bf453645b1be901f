"""Opening and validation of audio files."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlpsvd.audio.header_repair import PatchedFile, inspect_header
from mlpsvd.audio.sound_names import unread_kind
from mlpsvd.audio.soundfile_library import soundfile_library
from mlpsvd.errors import AudioFileError, FileFormatError
from mlpsvd.files import require_plain
from mlpsvd.text import one_line

__all__ = [
    "HIGHEST_RATE_HZ",
    "LARGEST_SAMPLE",
    "LOWEST_RATE_HZ",
    "UNREADABLE",
    "OpenSound",
    "UnusableAudioFileError",
    "check_channel",
    "open_sound",
    "why_unreadable",
]

LOWEST_RATE_HZ, HIGHEST_RATE_HZ = 100.0, 768_000.0
LARGEST_SAMPLE = 1e10
"""Maximum magnitude; larger squares and sums overflow float32. Full scale is 1; 32-bit integers as floats reach 2e9."""
UNREADABLE = (OSError, RuntimeError, TypeError, MemoryError, ValueError)
"""What soundfile raises."""

_MOST_BYTES = 2**40
_MOST_FRAMES = 2**62


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
        super().__init__(f"{one_line(str(path), 300)} cannot be used: {reason}")


@dataclass(frozen=True)
class OpenSound:
    """An audio file that is open for reading from its start to its end.

    Attributes
    ----------
    file
        A ``soundfile.SoundFile``. It is never moved back: there are files (FLAC without a length) where that fails.
    sample_rate_hz, n_channels
        What its header says.
    n_frames
        How many samples a channel its header promises; None where it does not say.
    notes
        Notes about the file for the user, one clause each.
    """

    file: Any
    sample_rate_hz: float
    n_channels: int
    n_frames: int | None
    notes: tuple[str, ...]


@contextmanager
def open_sound(path: Path) -> Iterator[OpenSound]:
    """Context manager that opens an audio file.

    Lengths in the header that are wrong (a recorder that lost power) are corrected, with a note.

    Raises
    ------
    AudioFileError
        If the file is absent, is no plain file, is not readable as audio, holds no samples, or has a sample rate below
        100 Hz or above 768 kHz.
    """
    with _opened(path) as (file, notes):
        rate_hz, n_frames = float(file.samplerate), int(file.frames)
        if not LOWEST_RATE_HZ <= rate_hz <= HIGHEST_RATE_HZ:
            found = f"its sample rate is {rate_hz:.12g} Hz"
            raise UnusableAudioFileError(path, f"{found}; it should be from {LOWEST_RATE_HZ:g} to {HIGHEST_RATE_HZ:g}")
        if n_frames <= 0:
            raise UnusableAudioFileError(path, "it contains no samples")
        yield OpenSound(file, rate_hz, int(file.channels), n_frames if n_frames < _MOST_FRAMES else None, notes)


@contextmanager
def _opened(path: Path) -> Iterator[tuple[Any, tuple[str, ...]]]:
    open_file = _forward_reader()
    with ExitStack() as opened:
        try:
            require_plain(path, _MOST_BYTES)
            repair = inspect_header(path)
            source: Any = _on_disk(path)
            if repair.patches:
                source = opened.enter_context(PatchedFile(path, repair.patches))
            file = opened.enter_context(open_file(source))
        except (*UNREADABLE, FileFormatError) as error:
            raise UnusableAudioFileError(path, why_unreadable(path, error)) from None
        yield file, repair.notes


def check_channel(path: Path, n_channels: int, channel: int) -> None:
    """Raise AudioFileError if a file with ``n_channels`` has no channel of that number (from 1; 0 is all of them)."""
    if channel > n_channels:
        has = "1 channel" if n_channels == 1 else f"{n_channels} channels"
        raise UnusableAudioFileError(path, f"it has {has}, and channel {channel} was requested")


@functools.cache
def _forward_reader() -> Any:
    """Return a SoundFile that only reads forwards; otherwise soundfile seeks after each read."""

    class ForwardReader(soundfile_library().SoundFile):  # type: ignore[misc]
        """A sound file that is read without seeking."""

        def seekable(self) -> bool:
            return False

    return ForwardReader


def _on_disk(path: Path) -> Path | bytes:
    """Return the path in a form that soundfile can open: on Unix, bytes, as file names may not be valid Unicode."""
    return path if sys.platform == "win32" else os.fsencode(path)


def why_unreadable(path: Path, error: Exception) -> str:
    """Return in one clause why a file could not be read."""
    if not path.exists():
        return "there is no such file"
    if isinstance(error, FileFormatError):
        return "it " + str(error).removeprefix(one_line(str(path), 300)).strip()
    if isinstance(error, MemoryError):
        return "it does not fit into memory"
    if isinstance(error, PermissionError):
        return "permission to read it is denied"
    if path.stat().st_size == 0:
        return "it is empty (0 bytes)"
    detail = one_line(str(getattr(error, "error_string", error))).strip().rstrip(".")
    return unread_kind(path.name) or f"it is not readable as audio ({detail})"
