"""Scan of a folder of recordings: files, classes and the likely source of the labels."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mlpsvd.datasets.clips import FileNote, Skipped
from mlpsvd.datasets.label_source import guessed_labels
from mlpsvd.datasets.labels import natural_key
from mlpsvd.datasets.recordings import scan
from mlpsvd.datasets.settings import RecordingsSettings
from mlpsvd.errors import DataError
from mlpsvd.experiments.recordings_recipe import n_clips_of
from mlpsvd_gui.threads.latest import Progress

__all__ = ["ScanRequest", "ScanResult", "scan_recordings"]


@dataclass(frozen=True)
class ScanRequest:
    """The folder or manifest to scan.

    Attributes
    ----------
    recordings
        The settings of the scan.
    is_new_path
        Whether the path has just been chosen: the source of its labels is then guessed.
    is_new_source
        Whether recordings have just been chosen as the source: the settings are then adapted, as to a new path.
    """

    recordings: RecordingsSettings
    is_new_path: bool = False
    is_new_source: bool = False


@dataclass(frozen=True)
class ScanResult:
    """The result of a scan.

    Attributes
    ----------
    recordings
        The settings of the request; ``labels_from`` as guessed.
    class_names
        Names of the classes.
    n_files
        Usable files.
    n_clips
        Approximate number of clips.
    sample_rate_hz
        The most common sample rate.
    skipped
        Skipped files.
    example
        A file name to test a pattern on; may be empty.
    notes
        Notes on the headers of usable files.
    groups
        Names of the groups in natural order; empty if the settings name none.
    """

    recordings: RecordingsSettings
    class_names: tuple[str, ...]
    n_files: int
    n_clips: int
    sample_rate_hz: float
    skipped: tuple[Skipped, ...]
    example: str
    notes: tuple[FileNote, ...] = ()
    groups: tuple[str, ...] = ()


def scan_recordings(request: ScanRequest, progress: Progress) -> ScanResult:
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
    return ScanResult(
        recordings=recordings,
        class_names=tuple(inventory.class_names),
        n_files=len(inventory.files),
        n_clips=n_clips_of(inventory, recordings),
        sample_rate_hz=inventory.usual_rate_hz,
        skipped=tuple(inventory.skipped),
        example=Path(names[0]).name if names else "",
        notes=inventory.notes,
        groups=tuple(sorted({one.group for one in inventory.files} - {""}, key=natural_key)),
    )
