"""Annotated or predicted stretches of recordings, cut out as clips of a data set."""

from __future__ import annotations

import csv
import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from mlpsvd.audio.files import nominal_rate_hz, read_sound
from mlpsvd.audio.recording_time import recorded_at_text
from mlpsvd.audio.sound_names import audio_files_below
from mlpsvd.classification.batch.results import FileResult
from mlpsvd.classification.batch.tables import stretches
from mlpsvd.collection.file_names import checked_label, first_free, safe_name
from mlpsvd.datasets.annotations import Annotation, annotation_files, read_annotations
from mlpsvd.datasets.csv_text import csv_line
from mlpsvd.errors import DataError
from mlpsvd.experiments.clip_export import is_occupied, new_folder, write_wav
from mlpsvd.text import counted, format_number, one_line

__all__ = ["CUT_COLUMNS", "CutClips", "cut_annotations", "cut_predictions", "is_cut"]

CUT_COLUMNS = ("path", "label", "recording", "start_s", "end_s", "recorded_at")
"""Columns of the manifest."""

_SHORTEST_S = 0.001


@dataclass(frozen=True)
class CutClips:
    """What :func:`cut_annotations` or :func:`cut_predictions` has written.

    Attributes
    ----------
    n_clips, n_recordings
        Numbers of clips, and of recordings that gave them.
    labels
        The classes, sorted.
    n_without
        Number of recordings without annotations.
    n_skipped
        Number of annotations without a label, outside of the recording, or shorter than 1 ms.
    n_unused
        Number of annotation files that were not used, as their recording has another one.
    """

    n_clips: int
    n_recordings: int
    labels: tuple[str, ...]
    n_without: int
    n_skipped: int
    n_unused: int


def cut_annotations(
    recordings: Path,
    folder: Path,
    annotations: Path | None = None,
    column: str = "",
    progress: Callable[[float], None] | None = None,
    *,
    replace: bool = False,
) -> CutClips:
    """Write every annotated stretch of recordings as a WAV file, one folder per label, with a manifest.

    Parameters
    ----------
    recordings
        A recording, or a folder of recordings.
    folder
        The new folder. Clips have the sample rate of their recording and the mean of its channels.
    annotations
        Folder of the annotation files; beside each recording by default. See
        :func:`mlpsvd.datasets.annotations.annotation_files`; of several, the first is used.
    column
        Column of labels in selection tables.
    progress
        Called with the completed fraction, 0 to 1. An exception cancels the work, and nothing is left of it.
    replace
        Whether clips that this function or :func:`cut_predictions` has written to ``folder`` are replaced.

    Raises
    ------
    DataError
        If nothing is annotated, two recordings share their annotations, or there is something else at ``folder``.
    FileFormatError, AudioFileError
        If annotations or a recording cannot be read.
    OSError
        If the folder cannot be written.
    """
    files = sorted(audio_files_below(recordings)) if recordings.is_dir() else [recordings]
    tables = annotation_files(files, annotations)
    _require_own(tables)
    if not tables:
        raise DataError(
            f"{one_line(str(recordings), 300)} gives no clip: {counted(len(files), 'recording')}, 0 with annotations "
            "(NAME.txt or NAME.Table.1.selections.txt)"
        )
    annotated = {recording: partial(read_annotations, first, column) for recording, (first, *_) in tables.items()}
    cut = _cut(annotated, folder, progress, replace)
    n_unused = sum(len(one) - 1 for one in tables.values())
    return dataclasses.replace(cut, n_without=len(files) - len(tables), n_unused=n_unused)


def cut_predictions(
    results: Sequence[FileResult],
    folder: Path,
    progress: Callable[[float], None] | None = None,
    *,
    replace: bool = False,
) -> CutClips:
    """Write every predicted stretch of classified recordings as a WAV file, as :func:`cut_annotations` does.

    Adjacent windows of the same predicted class are one clip. Other parameters and errors are those of
    :func:`cut_annotations`.

    Parameters
    ----------
    results
        Predictions; those of unusable recordings are left out.
    """
    usable = {one.path: partial(stretches, one) for one in results if one.is_usable}
    if not usable:
        raise DataError("no recording has predictions that could be cut out; classify recordings first")
    cut = _cut(usable, folder, progress, replace)
    return dataclasses.replace(cut, n_without=len(results) - len(usable))


def is_cut(folder: Path) -> bool:
    """Whether a folder holds clips of :func:`cut_annotations` or :func:`cut_predictions`, and nothing else."""
    if folder.is_symlink():
        return False
    try:
        rows = list(csv.reader((folder / "manifest.csv").read_text("utf-8").splitlines()))
        found = {one.relative_to(folder).as_posix() for one in folder.rglob("*") if not one.is_dir()}
    except (OSError, UnicodeError, csv.Error):
        return False
    return rows[:1] == [list(CUT_COLUMNS)] and found <= {"manifest.csv", *(row[0] for row in rows[1:] if row)}


def _require_own(tables: Mapping[Path, Sequence[Path]]) -> None:
    """Refuse annotations that would be used for two recordings."""
    owners: dict[Path, Path] = {}
    for recording, (first, *_) in tables.items():
        other = owners.setdefault(first, recording)
        if other is not recording:
            raise DataError(
                f"{one_line(str(first), 300)} would belong to {one_line(str(other), 200)} and to "
                f"{one_line(str(recording), 200)}; recordings with annotations in one folder need different names"
            )


def _cut(
    annotated: Mapping[Path, Callable[[], Sequence[Annotation]]],
    folder: Path,
    progress: Callable[[float], None] | None,
    replace: bool,
) -> CutClips:
    """Cut the stretches out of each recording; the folder appears when it is complete."""
    if is_occupied(folder) and not (replace and is_cut(folder)):
        raise DataError(f"{one_line(str(folder), 300)} exists and is not empty; choose the name of a new folder")
    report = progress or (lambda share: None)
    n_recordings = n_skipped = 0
    with new_folder(folder, is_cut) as unfinished:
        clips = _Clips(unfinished)
        for number, (recording, read) in enumerate(annotated.items()):
            report(number / len(annotated))
            found, n_before = read(), len(clips.rows)
            for share in clips.cut(recording, found):
                report((number + share) / len(annotated))
            n_recordings += len(clips.rows) > n_before
            n_skipped += len(found) - (len(clips.rows) - n_before)
        if not clips.rows:
            raise DataError(
                f"nothing can be cut out of {counted(len(annotated), 'recording')}: "
                f"{counted(n_skipped, 'annotation')}, each without label, outside or shorter than 1 ms"
            )
        manifest = "".join(csv_line(row) for row in (CUT_COLUMNS, *clips.rows))
        (unfinished / "manifest.csv").write_bytes(manifest.encode())
        report(1.0)
    labels = tuple(sorted({row[1] for row in clips.rows}))
    return CutClips(len(clips.rows), n_recordings, labels, 0, n_skipped, 0)


class _Clips:
    """Writes clips to one folder per label, and collects the rows of the manifest."""

    def __init__(self, folder: Path) -> None:
        self.rows: list[tuple[str, ...]] = []
        self._folder = folder
        self._names: dict[str, str] = {}

    def cut(self, recording: Path, found: Sequence[Annotation]) -> Iterator[float]:
        """Write the clips of a recording; yield the completed fraction."""
        sound = read_sound(recording)
        rate = round(nominal_rate_hz(sound.sample_rate_hz))
        for number, one in enumerate(found, start=1):
            first, last = round(one.start_s * rate), min(round(one.end_s * rate), len(sound.samples))
            if not one.label or last - first < max(1, _SHORTEST_S * rate):
                continue
            label = checked_label(one.label)
            name = f"{self._folder_of(label)}/{len(self.rows) + 1:06d}_{safe_name(recording.stem)}.wav"
            write_wav(self._folder / name, sound.samples[first:last], rate, "float", 1.0)
            times = format_number(one.start_s), format_number(last / rate)
            self.rows.append((name, label, recording.name, *times, recorded_at_text(recording)))
            yield number / len(found)

    def _folder_of(self, label: str) -> str:
        """Return the folder of a label; labels with similar names, such as ``A`` and ``a``, have different ones."""
        if label not in self._names:
            taken = {one.casefold() for one in self._names.values()}
            name = safe_name(label)
            if name.casefold() in taken:
                name = first_free(lambda n: f"{name} ({n})", lambda one: one.casefold() in taken, first=2)
            (self._folder / name).mkdir()
            self._names[label] = name
        return self._names[label]
