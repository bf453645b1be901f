"""Annotations of recordings: Raven selection tables and Audacity label tracks, read and written."""

from __future__ import annotations

import csv
import math
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from mlpsvd.audio.sound_names import has_audio_suffix
from mlpsvd.datasets.csv_text import read_table_text
from mlpsvd.errors import FileFormatError
from mlpsvd.text import one_line, quoted

__all__ = ["Annotation", "annotation_files", "audacity_text", "raven_text", "read_annotations"]

_RAVEN = ("Selection", "View", "Channel", "Begin Time (s)", "End Time (s)", "Low Freq (Hz)", "High Freq (Hz)")
_BEGIN, _END = "begin time (s)", "end time (s)"
_LABELS = ("annotation", "label", "species", "class", "common name", "species code", "type")


@dataclass(frozen=True)
class Annotation:
    """A labelled stretch of a recording, from ``start_s`` to ``end_s`` in seconds."""

    start_s: float
    end_s: float
    label: str


def read_annotations(path: Path, column: str = "") -> list[Annotation]:
    """Read a Raven selection table or an Audacity label track, both tables of tabs.

    The views of one Raven selection count once. Frequency limits are ignored.

    Parameters
    ----------
    path
        The file.
    column
        Column of a selection table that holds the labels; by default the first of Annotation, Label, Species, Class,
        Common Name, Species Code and Type.

    Raises
    ------
    FileFormatError, DataError
        If the file cannot be read, is neither, or a row lacks a time; the message names the line.
    """
    name = one_line(str(path), 300)
    text, _ = read_table_text(path)
    try:
        rows = list(csv.reader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE))
    except csv.Error as error:
        raise FileFormatError(f"{name} cannot be read: {error}") from error
    heading = [cell.strip().casefold() for cell in rows[0]] if rows else []
    numbered = [(number, row) for number, row in enumerate(rows, start=1) if any(cell.strip() for cell in row)]
    if _BEGIN in heading and _END in heading:
        return _raven(name, heading, numbered[1:], column)
    if heading and (_is_table(path.name) or "selection" in heading):
        missing = " and ".join(one for one in _RAVEN[3:5] if one.casefold() not in heading)
        raise FileFormatError(f"{name} has no column {missing}; it has {', '.join(one_line(one) for one in heading)}")
    return [_audacity(name, number, row) for number, row in numbered if row[0].strip() != "\\"]


def _raven(name: str, heading: list[str], rows: Iterable[tuple[int, list[str]]], column: str) -> list[Annotation]:
    wanted = [column.strip().casefold()] if column else list(_LABELS)
    label = next((one for one in wanted if one in heading), None)
    if label is None:
        what = f"no column {quoted(column)}" if column else "no column of labels, such as Annotation or Species"
        raise FileFormatError(f"{name} has {what}; it has {', '.join(one_line(one) for one in heading)}")
    found: dict[object, Annotation] = {}
    for number, row in rows:
        cells = dict(zip(heading, row, strict=False))
        key = cells.get("selection", "").strip() or ("line", number)
        one = _annotation(name, number, cells.get(_BEGIN, ""), cells.get(_END, ""), cells.get(label, ""))
        found.setdefault(key, one)
    return list(found.values())


def _audacity(name: str, number: int, row: list[str]) -> Annotation:
    if len(row) < 2:
        raise FileFormatError(
            f"line {number} of {name} is {quoted(row[0])}; it should hold start, end and label, separated by tabs"
        )
    return _annotation(name, number, row[0], row[1], row[2] if len(row) > 2 else "")


def _annotation(name: str, number: int, start: str, end: str, label: str) -> Annotation:
    times = []
    for text in (start, end):
        try:
            times.append(float(text.strip().replace(",", ".")))
        except ValueError:
            times.append(math.nan)
    if not 0.0 <= times[0] <= times[1] < math.inf:
        raise FileFormatError(
            f"line {number} of {name} lasts from {quoted(start)} to {quoted(end)}; it should be seconds, ascending"
        )
    return Annotation(times[0], times[1], one_line(" ".join(label.split()), 200))


def audacity_text(annotations: Sequence[Annotation]) -> str:
    """Return a label track for Audacity: start, end and label per line, separated by tabs."""
    return "".join(f"{one.start_s:.6f}\t{one.end_s:.6f}\t{' '.join(one.label.split())}\n" for one in annotations)


def raven_text(annotations: Sequence[Annotation], highest_hz: float) -> str:
    """Return a selection table for Raven, with the labels in the column Annotation.

    Parameters
    ----------
    annotations
        Of one recording.
    highest_hz
        Upper frequency limit of every selection; the lower one is 0.
    """
    lines = ["\t".join((*_RAVEN, "Annotation"))]
    for number, one in enumerate(annotations, start=1):
        times = f"{one.start_s:.6f}\t{one.end_s:.6f}"
        label = " ".join(one.label.split())
        lines.append(f"{number}\tSpectrogram 1\t1\t{times}\t0.0\t{highest_hz:.1f}\t{label}")
    return "".join(f"{line}\n" for line in lines)


def annotation_files(recordings: Sequence[Path], folder: Path | None = None) -> dict[Path, list[Path]]:
    """Return the annotation files of each recording that has some, the one to use first.

    They are called ``NAME.Table.1.selections.txt`` or another ``NAME.….selections.txt`` (Raven), or ``NAME.txt``, where
    NAME is the name of the recording without or with its suffix. A table whose name begins with those of several
    recordings, such as ``a.1.Table.1.selections.txt`` beside ``a.wav`` and ``a.1.wav``, belongs to the longest of them.

    Parameters
    ----------
    recordings
        Audio files. Others beside them count as owners of tables, too.
    folder
        Folder of the annotation files; by default that of each recording.
    """
    places: dict[Path, list[Path]] = {}
    for one in recordings:
        places.setdefault(folder or one.parent, []).append(one)
    found: dict[Path, list[Path]] = {}
    for place, here in places.items():
        beside = (path for parent in {one.parent for one in here} for path in parent.iterdir())
        owned = _by_owner(place, _names([*here, *(path for path in beside if has_audio_suffix(path.name))]))
        for one in here:
            files = [path for name in dict.fromkeys((one.stem, one.name)) for path in owned.get(name, ())]
            if files:
                found[one] = files
    return found


def _names(recordings: Iterable[Path]) -> frozenset[str]:
    return frozenset(name for one in recordings for name in (one.stem, one.name))


def _by_owner(folder: Path, names: Container[str]) -> dict[str, list[Path]]:
    """Return the annotation files of a folder by the longest name that they begin with, tables first."""
    files = sorted(folder.iterdir(), key=lambda one: (not _is_table(one.name), one.name))
    owned: dict[str, list[Path]] = {}
    for one in files:
        name = one.name.removesuffix(".txt")
        while _is_table(one.name) and name and name not in names:
            name = name.rpartition(".")[0]
        if name != one.name and name in names and one.is_file():
            owned.setdefault(name, []).append(one)
    return owned


def _is_table(name: str) -> bool:
    return name.casefold().endswith((".selections.txt", ".selection.table.txt"))
