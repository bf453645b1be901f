"""Copies of existing recordings in a collection."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path

from mlpsvd.audio.files import read_sound
from mlpsvd.audio.recording_time import recording_start
from mlpsvd.audio.sound_file import open_sound
from mlpsvd.collection.collection import Collection
from mlpsvd.collection.take import Take
from mlpsvd.errors import DataError
from mlpsvd.text import counted, one_line

__all__ = ["LONGEST_S", "copy_recordings"]

LONGEST_S = 600.0
"""A clip of a collection is at most ten minutes long, as one that is recorded."""


def copy_recordings(collection: Collection, files: Mapping[Path, str]) -> str:
    """Add copies of recordings to a collection, in one step for each class; return what was done.

    A copy has one channel, the mean of all, and the sample rate of the recording; it gets the time that the file name
    states (:func:`mlpsvd.audio.recording_time.recording_start`), else that of the last change. The recordings are not
    changed.

    Parameters
    ----------
    collection
        The collection.
    files
        Label of each recording.

    Raises
    ------
    DataError
        If a recording is longer than ten minutes or cannot be read, or the collection cannot be written. Classes before
        that of the recording are added, which the sentence says.
    """
    labels = list(dict.fromkeys(files.values()))
    n_added = 0
    for label in labels:
        own = [path for path, one in files.items() if one == label]
        try:
            collection.add_all(_takes(own, label), label)
        except (DataError, OSError) as error:
            before = f"; {n_added} of {counted(len(files), 'recording')} were added before" if n_added else ""
            raise DataError(f"{error}{before}") from error
        n_added += len(own)
    names = one_line(", ".join(labels), 200)
    return f"{counted(n_added, 'recording')} added to {one_line(collection.folder.name, 200)}: {names}."


def _takes(paths: Iterable[Path], label: str) -> Iterator[Take]:
    for path in paths:
        with open_sound(path) as sound:
            duration_s = (sound.n_frames or 0) / sound.sample_rate_hz
        if duration_s > LONGEST_S:
            raise DataError(
                f"{one_line(path.name, 200)} is {duration_s / 60.0:.0f} minutes long; a clip of a collection has at "
                "most 10 minutes"
            )
        one = read_sound(path)
        moment = recording_start(path) or datetime.fromtimestamp(path.stat().st_mtime)
        yield Take(one.samples, one.sample_rate_hz, label, moment.astimezone())
