"""Repair of length fields in audio file headers that are wrong after a crash, on a full disk or in a stream.

libsndfile relies on these lengths: it returns no samples of a WAV file whose recorder lost power, although the file
contains them. The lengths are corrected in the data that libsndfile reads; the file itself is not changed.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

__all__ = ["PatchedFile", "Repair", "inspect_header"]

_MOST_CHUNKS = 1000
_PLACEHOLDERS = (range(0x7FFF0000, 0x80000000), range(0xFFFF0000, 0x100000000), range(2**62, 2**64))
"""Lengths that programs write if the length is unknown, e.g. ffmpeg and sox into a pipe."""
_NO_LENGTH = "its header contains no length; it was read to the end of the file"
_STALE = "its header ends before the sound does; it was read to the end of the file"


@dataclass(frozen=True)
class Repair:
    """Corrections of the bytes of a file.

    Attributes
    ----------
    patches
        Bytes by their offset in the file; empty where the header can be left alone.
    notes
        Notes for the user, one clause each.
    """

    patches: Mapping[int, bytes] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


class PatchedFile(io.RawIOBase):
    """A file opened for reading, with some of its bytes replaced."""

    def __init__(self, path: Path, patches: Mapping[int, bytes]) -> None:
        self._file = path.open("rb")
        self._patches = patches

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move to a place and return it."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """Return the place of the next byte."""
        return self._file.tell()

    def readinto(self, buffer: object) -> int:
        """Fill a buffer with the next bytes and return how many there were."""
        view = memoryview(buffer).cast("B")  # type: ignore[arg-type]
        start = self._file.tell()
        count = int(self._file.readinto(view))
        for offset, data in self._patches.items():
            for place in range(max(offset, start), min(offset + len(data), start + count)):
                view[place - start] = data[place - offset]
        return count

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        super().close()


@dataclass(frozen=True)
class _Sound:
    """The chunk of the samples: position of its length field, start, and length according to the header."""

    size_format: str
    size_at: int
    begin: int
    length: int
    outer_end: int
    """Where the whole file ends by its own header."""
    before: int = 0
    """Bytes between ``begin`` and the samples that ``length`` counts too."""


def inspect_header(path: Path) -> Repair:
    """Return what is wrong with the lengths in the header of an audio file: WAV, RF64, AIFF, CAF and AU.

    Raises
    ------
    OSError
        If the file cannot be read.
    """
    with path.open("rb") as file:
        size = file.seek(0, io.SEEK_END)
        file.seek(0)
        sound = _sound(file, file.read(32))
        return Repair() if sound is None else _repair(file, sound, size)


def _repair(file: BinaryIO, sound: _Sound, size: int) -> Repair:
    there = size - sound.begin
    if there <= sound.before:
        return Repair()
    patch = {sound.size_at: struct.pack(sound.size_format, _fitting(sound.size_format, there))}
    if sound.length <= sound.before:
        return Repair() if _chunks_follow(file, sound, size) else Repair(patch, (_NO_LENGTH,))
    if sound.length > there and any(sound.length in one for one in _PLACEHOLDERS):
        return Repair(patch, (_NO_LENGTH,))
    if sound.length > there:
        is_there, promised = there - sound.before, sound.length - sound.before
        return Repair(patch, (f"it is truncated: {is_there} of {promised} bytes of audio are present",))
    end = sound.begin + sound.length
    if sound.outer_end <= end + 1 and size - end > 1 and not _chunks_follow(file, sound, size):
        return Repair(patch, (_STALE,))
    return Repair()


def _fitting(size_format: str, length: int) -> int:
    largest: int = 256 ** struct.calcsize(size_format) - 2
    return min(length, largest)


def _sound(file: BinaryIO, head: bytes) -> _Sound | None:
    if head[:4] in (b"RIFF", b"RIFX", b"RF64") and head[8:12] == b"WAVE":
        order = ">" if head[:4] == b"RIFX" else "<"
        return _rf64(file, head) if head[:4] == b"RF64" else _chunked(file, f"{order}I", 12, b"data", head[4:8])
    if head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
        return _chunked(file, ">I", 12, b"SSND", head[4:8], before=8)
    if head[:4] == b"caff":
        return _chunked(file, ">Q", 8, b"data", b"", before=4)
    if head[:4] == b".snd" and len(head) >= 24:
        begin, length = struct.unpack(">II", head[4:12])
        return _Sound(">I", 8, begin, length, 2**64)
    return None


def _chunked(file: BinaryIO, size_format: str, first: int, name: bytes, outer: bytes, before: int = 0) -> _Sound | None:
    outer_end = 8 + struct.unpack(size_format, outer)[0] if len(outer) == struct.calcsize(size_format) else 2**64
    for at, found, length in _chunks(file, size_format, first):
        if found == name:
            begin = at + 4 + struct.calcsize(size_format)
            return _Sound(size_format, at + 4, begin, length, outer_end, before)
    return None


def _rf64(file: BinaryIO, head: bytes) -> _Sound | None:
    """Return the sound chunk of an RF64 file, whose 64-bit length is in the first chunk, ``ds64``."""
    if head[12:16] != b"ds64" or len(head) < 32:
        return None
    file.seek(20)
    outer_length, length = struct.unpack("<QQ", file.read(16).ljust(16, b"\0"))
    for at, found, _ in _chunks(file, "<I", 12):
        if found == b"data":
            return _Sound("<Q", 28, at + 8, length, min(8 + outer_length, 2**64))
    return None


def _chunks(file: BinaryIO, size_format: str, at: int) -> Iterator[tuple[int, bytes, int]]:
    """Yield place, name and length of each chunk, up to one that is none."""
    width = 4 + struct.calcsize(size_format)
    for _ in range(_MOST_CHUNKS):
        file.seek(at)
        head = file.read(width)
        if len(head) < width or not _is_name(head[:4]):
            return
        length = struct.unpack(size_format, head[4:])[0]
        yield at, head[:4], length
        at += width + length + (length % 2 if width == 8 else 0)
        if at >= 2**62:
            return


def _chunks_follow(file: BinaryIO, sound: _Sound, size: int) -> bool:
    """Whether only other chunks, or the tags of a music player, follow the sound up to the end of the file."""
    for end in {sound.begin + sound.length, sound.begin + sound.length + sound.length % 2}:
        file.seek(end)
        if file.read(3) in (b"TAG", b"ID3"):
            return True
        chunks = list(_chunks(file, sound.size_format, end))
        width = 4 + struct.calcsize(sound.size_format)
        if chunks and size - 1 <= chunks[-1][0] + width + chunks[-1][2] <= size + 1:
            return True
    return False


def _is_name(name: bytes) -> bool:
    return all(0x20 <= one < 0x7F for one in name)
