"""Annotated stretches of recordings, cut out as clips of a data set."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from mlpsvd.audio.files import nominal_rate_hz, read_sound
from mlpsvd.audio.recording_time import recorded_at_text
from mlpsvd.audio.sound_names import audio_files_below
from mlpsvd.collection.file_names import checked_label, safe_name
from mlpsvd.datasets.annotations import Annotation, annotation_files, read_annotations
from mlpsvd.datasets.csv_text import csv_line
from mlpsvd.errors import DataError
from mlpsvd.experiments.clip_export import new_folder, write_wav
from mlpsvd.text import format_number, one_line

__all__ = ["CUT_COLUMNS", "CutClips", "cut_annotations"]

CUT_COLUMNS = ("path", "label", "recording", "start_s", "end_s", "recorded_at")
"""Columns of the manifest."""

_SHORTEST_S = 0.001


@dataclass(frozen=True)
class CutClips:
    """What :func:`cut_annotations` has written.

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

    Raises
    ------
    DataError
        If nothing is annotated, or there is another folder at ``folder``.
    FileFormatError, UnusableAudioFileError
        If annotations or a recording cannot be read.
    OSError
        If the folder cannot be written.
    """
    report = progress or (lambda share: None)
    files = sorted(audio_files_below(recordings)) if recordings.is_dir() else [recordings]
    tables = annotation_files(files, annotations)
    rows: list[tuple[str, ...]] = []
    n_recordings = n_skipped = 0
    with new_folder(folder) as unfinished:
        for number, (recording, (first, *_)) in enumerate(tables.items()):
            report(number / len(tables))
            found = read_annotations(first, column)
            cut = _cut(recording, found, unfinished, len(rows))
            rows += cut
            n_recordings += bool(cut)
            n_skipped += len(found) - len(cut)
        if not rows:
            raise DataError(
                f"{one_line(str(recordings), 300)} gives no clip: {len(files)} recordings, {len(tables)} with "
                "annotations (NAME.txt or NAME.Table.1.selections.txt)"
            )
        manifest = "".join(csv_line(row) for row in (CUT_COLUMNS, *rows))
        (unfinished / "manifest.csv").write_bytes(manifest.encode())
        report(1.0)
    labels = tuple(sorted({row[1] for row in rows}))
    n_unused = sum(len(one) - 1 for one in tables.values())
    return CutClips(len(rows), n_recordings, labels, len(files) - len(tables), n_skipped, n_unused)


def _cut(recording: Path, found: Sequence[Annotation], folder: Path, n_before: int) -> list[tuple[str, ...]]:
    """Write the clips of a recording; return their rows of the manifest."""
    sound = read_sound(recording)
    rate = round(nominal_rate_hz(sound.sample_rate_hz))
    rows: list[tuple[str, ...]] = []
    for one in found:
        first, last = round(one.start_s * rate), min(round(one.end_s * rate), len(sound.samples))
        if not one.label or last - first < max(1, _SHORTEST_S * rate):
            continue
        label = checked_label(one.label)
        name = f"{safe_name(label)}/{n_before + len(rows) + 1:06d}_{safe_name(recording.stem)}.wav"
        (folder / name).parent.mkdir(exist_ok=True)
        write_wav(folder / name, sound.samples[first:last], rate, "float", 1.0)
        times = format_number(one.start_s), format_number(last / rate)
        rows.append((name, label, recording.name, *times, recorded_at_text(recording)))
    return rows
