"""Finding the files to classify."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from mlpsvd.audio.sound_names import audio_files_below

__all__ = ["SoundFile", "find_sound_files"]


@dataclass(frozen=True)
class SoundFile:
    """A file to classify.

    Attributes
    ----------
    path
        Its path.
    folders
        Names of the selected folders that contain it, outermost first; one of them may be its class.
    """

    path: Path
    folders: tuple[str, ...] = ()


def find_sound_files(paths: Iterable[Path]) -> Iterator[SoundFile]:
    """Yield the files, and in place of each folder the audio files in it and its subfolders, sorted by name.

    Which files of a folder are audio files: see :func:`mlpsvd.audio.sound_names.audio_files_below`. A folder without
    audio files is yielded itself; its classification reports that it is empty.
    """
    for path in paths:
        own = path.absolute().name
        if not path.is_dir():
            yield SoundFile(path, (path.absolute().parent.name,))
            continue
        inside = sorted(audio_files_below(path))
        for one in inside:
            yield SoundFile(one, (own, *one.relative_to(path).parts[:-1]))
        if not inside:
            yield SoundFile(path)
