"""Looking through a folder of recordings: what is there, and where its labels seem to be."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mlpsvd.datasets.clips import FileNote, Skipped
from mlpsvd.datasets.label_source import guessed_labels
from mlpsvd.datasets.recordings import scan
from mlpsvd.datasets.settings import RecordingsSettings
from mlpsvd.errors import DataError
from mlpsvd.experiments.recordings_recipe import n_clips_of
from mlpsvd_gui.threads.latest import Progress

__all__ = ["Found", "ScanRequest", "look_through"]


@dataclass(frozen=True)
class ScanRequest:
    """Where to look.

    Attributes
    ----------
    recordings
        The settings to look with.
    is_new_path
        Whether the path has just been chosen: where its labels are is then guessed.
    is_new_source
        Whether recordings have just been chosen as the source: the settings are then fitted to them, as to a new path.
    """

    recordings: RecordingsSettings
    is_new_path: bool = False
    is_new_source: bool = False


@dataclass(frozen=True)
class Found:
    """What was found.

    Attributes
    ----------
    recordings
        The settings asked with; ``labels_from`` as it was guessed.
    class_names
        Names of the classes.
    n_files
        Usable files.
    n_clips
        About how many clips they give.
    sample_rate_hz
        The rate that most of them have.
    skipped
        Files that cannot be used.
    example
        One file's name, to try a pattern on; empty where there is none.
    notes
        What is wrong with the headers of usable files.
    """

    recordings: RecordingsSettings
    class_names: tuple[str, ...]
    n_files: int
    n_clips: int
    sample_rate_hz: float
    skipped: tuple[Skipped, ...]
    example: str
    notes: tuple[FileNote, ...] = ()


def look_through(request: ScanRequest, progress: Progress) -> Found:
    """Scan a folder or manifest.

    Raises
    ------
    DataError
        If the path is not there or nothing in it can be used.
    """
    recordings = request.recordings
    if not recordings.path:
        raise DataError("Choose a folder of recordings or a CSV manifest.")
    if request.is_new_path:
        recordings = guessed_labels(recordings)
    inventory = scan(recordings, progress)
    names = [one.name for one in inventory.files[:1]] + [one.path for one in inventory.skipped[:1]]
    return Found(
        recordings=recordings,
        class_names=tuple(inventory.class_names),
        n_files=len(inventory.files),
        n_clips=n_clips_of(inventory, recordings),
        sample_rate_hz=inventory.usual_rate_hz,
        skipped=tuple(inventory.skipped),
        example=Path(names[0]).name if names else "",
        notes=inventory.notes,
    )
