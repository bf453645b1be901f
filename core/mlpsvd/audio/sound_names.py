"""File name extensions of audio files: one rule for folders, arguments, manifests and the window.

In a folder, files are selected by their suffix: those that libsndfile reads, and other known audio formats, which are
then rejected with the reason. A file that is named explicitly is always opened, whatever its suffix.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from mlpsvd.audio.soundfile_library import soundfile_library

__all__ = [
    "SUFFIXES",
    "audio_files_below",
    "has_audio_suffix",
    "is_hidden_or_system",
    "name_filter",
    "unread_kind",
]

SUFFIXES = (
    ".wav", ".wave", ".bwf", ".rf64", ".w64", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".mp2", ".aif", ".aiff",
    ".aifc", ".au", ".snd", ".caf", ".voc", ".sph", ".nist", ".sd2", ".ircam", ".sf", ".paf", ".pvf", ".avr", ".8svx",
    ".svx", ".iff", ".sds", ".xi", ".wve", ".vox", ".gsm",
)  # fmt: skip
"""Suffixes of the files that are read, in lower case; files may have them in any case."""

_MP3_SUFFIXES = (".mp3", ".mp2")
_UNREAD_SUFFIXES = (
    ".m4a", ".m4b", ".m4r", ".mp4", ".aac", ".adts", ".wma", ".amr", ".3gp", ".3ga", ".ac3", ".dts", ".ape", ".wv",
    ".tta", ".tak", ".mpc", ".ra", ".rm", ".dsf", ".dff", ".shn", ".spx", ".mka", ".weba", ".webm", ".mov", ".mid",
    ".midi", ".alac", ".wvc", ".dss", ".ds2",
)  # fmt: skip
_SYSTEM_FOLDERS = frozenset(
    ("@eadir", "#recycle", "@recycle", "@recently-snapshot", "#snapshot", "$recycle.bin", "system volume information",
     "__macosx", "lost+found", "network trash folder", "temporary items", "recycler", "found.000")
)  # fmt: skip
_FILTER_SUFFIXES = tuple(one for one in SUFFIXES if one not in (".vox", ".gsm", ".sf", ".iff", ".xi", ".svx"))


def has_audio_suffix(name: str) -> bool:
    """Return whether a file with this name is an audio file, of a supported kind or not."""
    suffix = Path(name).suffix.lower()
    return suffix in SUFFIXES or suffix in _UNREAD_SUFFIXES


def unread_kind(name: str) -> str:
    """Return why files with this suffix are not supported, in one clause; empty if they are or if unknown."""
    suffix = Path(name).suffix.lower()
    if suffix in _UNREAD_SUFFIXES:
        return f"{suffix} files are not supported; convert it to WAV or FLAC"
    if suffix in _MP3_SUFFIXES and not _reads_mp3():
        return f"{suffix} files require libsndfile 1.1 or later; convert it to WAV or FLAC"
    return ""


def audio_files_below(folder: Path, unreadable: Callable[[OSError], None] | None = None) -> Iterator[Path]:
    """Yield every file below ``folder`` that has the suffix of an audio file, each folder in the order of names.

    Hidden files and folders and those of operating systems and network drives (``@eaDir``, ``$RECYCLE.BIN``,
    ``__MACOSX``) are not looked at. Linked folders are followed, each only once, but not one that holds ``folder``
    itself: a link to ``/`` would read the whole disk.

    Parameters
    ----------
    folder
        Where to look.
    unreadable
        Called with the error of a folder that cannot be opened.
    """
    seen: set[str] = set()
    top = os.path.realpath(folder)
    for root, folders, files in os.walk(folder, onerror=unreadable, followlinks=True):
        real = os.path.realpath(root)
        if real in seen or (real != top and f"{top}{os.sep}".startswith(f"{real.rstrip(os.sep)}{os.sep}")):
            folders.clear()
            continue
        seen.add(real)
        folders[:] = sorted(name for name in folders if not is_hidden_or_system(name))
        yield from (Path(root) / name for name in sorted(files) if has_audio_suffix(name) and not name.startswith("."))


def is_hidden_or_system(folder_name: str) -> bool:
    """Return whether a folder cannot contain a user's recordings."""
    return folder_name.startswith(".") or folder_name.casefold() in _SYSTEM_FOLDERS


def name_filter() -> str:
    """Return the patterns of a file dialog, e.g. ``*.wav *.WAV *.flac``; some dialogs distinguish upper case."""
    return " ".join(f"*{one} *{one.upper()}" for one in _FILTER_SUFFIXES)


@functools.cache
def _reads_mp3() -> bool:
    return "MP3" in soundfile_library().available_formats()
