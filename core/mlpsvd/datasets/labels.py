"""Files and labels of a data set of recordings, from folders, file names or a manifest."""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from mlpsvd.audio.sound_names import audio_files_below
from mlpsvd.datasets.clips import Skipped
from mlpsvd.datasets.csv_text import read_table_text, rows_of
from mlpsvd.datasets.file_lookup import FileNames
from mlpsvd.datasets.groups import group_of
from mlpsvd.datasets.name_patterns import normalised, text_from_name
from mlpsvd.datasets.settings import RecordingsSettings
from mlpsvd.errors import DataError
from mlpsvd.files import expand_home, path_exists
from mlpsvd.text import is_unicode, one_line, quoted

__all__ = ["LabelledFile", "label_from_name", "named_files", "natural_key"]


@dataclass(frozen=True)
class LabelledFile:
    """A file with its label.

    Attributes
    ----------
    path
        Where it is.
    name
        The path as the user knows it: relative to the chosen folder, or as the manifest has it.
    label
        Name of its class.
    split
        ``train`` or ``test`` where a manifest says so, else None.
    group
        Its group (speaker, site, day); empty if the settings name no groups.
    """

    path: Path
    name: str
    label: str
    split: str | None = None
    group: str = ""


def named_files(settings: RecordingsSettings) -> tuple[list[LabelledFile], list[Skipped]]:
    """Return the files that ``settings`` name, in an order that does not depend on the disk, and what was left out.

    folders
        The class is the first folder below the chosen one; folders inside it are searched too.
    file names
        The pattern finds the class in the file's name; folders inside the chosen one are searched too.
    manifest
        A CSV file with the columns ``path,label`` and perhaps ``split`` (``train`` or ``test``), paths relative to the
        manifest; with commas, semicolons or tabs, see :mod:`mlpsvd.datasets.csv_text`.

    Which files of a folder are looked at: see :func:`mlpsvd.audio.sound_names.audio_files_below`. Whether they can be
    read shows when they are opened.

    Raises
    ------
    DataError
        If the path is absent, a file where a folder should be or the reverse, or the manifest is not one or lacks the
        column of the groups.
    SettingError
        If the pattern does not hold ``{label}`` exactly once, or that of the groups ``{group}``.
    """
    path = expand_home(settings.path)
    if not settings.path or not path.exists():
        raise DataError(f"there is no folder or manifest {quoted(str(path), 300)}; choose one that exists")
    if settings.labels_from == "manifest":
        if path.is_dir():
            raise DataError(
                f"{one_line(str(path), 300)} is a folder; labels from a manifest need the path of its CSV file"
            )
        return _from_manifest(path, settings)
    if not path.is_dir():
        raise DataError(
            f"{one_line(str(path), 300)} is a file; labels from {settings.labels_from} need the path of a folder"
        )
    return _from_folder(path, settings)


def natural_key(text: str) -> tuple[tuple[tuple[int, int, str], ...], str]:
    """Return a sorting key that puts ``class 2`` before ``class 10`` and does not separate upper and lower case."""
    pieces = re.findall(r"[0-9]+|[^0-9]+", text.casefold())
    return tuple((0, int(piece), "") if piece[0] in "0123456789" else (1, 0, piece) for piece in pieces), text


def label_from_name(stem: str, pattern: str) -> str | None:
    """Return the label that ``pattern`` finds in a file name without its suffix, or None if it does not match.

    ``{label}`` matches the label (at least one character), ``*`` any text, including none. Matching is non-greedy from
    left to right and case-sensitive.

    Raises
    ------
    SettingError
        If the pattern does not hold ``{label}`` exactly once.
    """
    return text_from_name(stem, pattern, "label")


def _from_folder(folder: Path, settings: RecordingsSettings) -> tuple[list[LabelledFile], list[Skipped]]:
    found: list[LabelledFile] = []
    skipped: list[Skipped] = []

    def unreadable(error: OSError) -> None:
        name = Path(error.filename).relative_to(folder).as_posix()
        skipped.append(Skipped(name, f"the folder cannot be opened ({error.strerror})"))

    for path in audio_files_below(folder, unreadable):
        name = path.relative_to(folder).as_posix()
        label, reason = _label(path.relative_to(folder), settings)
        if label is None:
            skipped.append(Skipped(name, reason))
        elif not is_unicode(label):
            skipped.append(Skipped(name, "the name of its class is not Unicode text"))
        else:
            group, reason = group_of(name, folder, settings)
            if reason:
                skipped.append(Skipped(name, reason, label))
            else:
                found.append(LabelledFile(path, name, label, group=group))
    return sorted(found, key=lambda one: one.name), sorted(skipped, key=lambda one: one.path)


def _label(relative: Path, settings: RecordingsSettings) -> tuple[str | None, str]:
    """Return the label of a file, or None and why there is none."""
    if settings.labels_from == "folders":
        label = normalised(relative.parts[0]) if len(relative.parts) > 1 else None
        return label, "it is in the chosen folder itself, not in the folder of a class"
    return label_from_name(relative.stem, settings.pattern), f"its name does not match {settings.pattern}"


def _from_manifest(manifest: Path, settings: RecordingsSettings) -> tuple[list[LabelledFile], list[Skipped]]:
    found: dict[str, LabelledFile] = {}
    skipped: list[Skipped] = []
    folder = FileNames(manifest.parent)
    column = settings.group_column.strip().lower() if settings.groups_from == "manifest" else ""
    for number, row in _rows(manifest, column):
        label, side = normalised(row["label"]), row.get("split", "").lower()
        group, no_group = group_of(row["path"], manifest.parent, settings, row.get(column, ""))
        named = LabelledFile(folder.find(row["path"]), row["path"], label, side, group)
        place = os.path.normpath(named.path)  # a/../b.wav is b.wav: one file must not be on both sides of the split
        if place in found:
            reason = f"row {number} of the manifest names it a second time"
        elif not named.label:
            reason = f"row {number} of the manifest has no label for it"
        elif not is_unicode(named.label):
            reason = f"row {number} of the manifest has a label that is not Unicode text"
        elif named.split not in ("", "train", "test"):
            reason = f"row {number} of the manifest has the split {quoted(named.split)}, not train or test"
        elif not named.name or not path_exists(named.path):
            reason = "there is no such file"
        elif no_group:
            reason = f"row {number} of the manifest: {no_group}" if column else no_group
        else:
            found[place] = replace(named, split=named.split or None)
            continue
        skipped.append(Skipped(named.name or f"row {number}", reason, named.label))
    return sorted(found.values(), key=lambda one: one.name), skipped


def _rows(manifest: Path, group_column: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield row number and stripped cells by column name of every row that is not blank."""
    where = one_line(str(manifest), 300)
    text, _ = read_table_text(manifest)
    try:
        rows = rows_of(text)
        header = [name.strip().lower() for name in next(rows, (0, []))[1]]
        if not {"path", "label"} <= set(header):
            has = one_line(", ".join(header)) or "nothing"
            raise DataError(f"{where} begins with {has}; its first row should be path,label or path,label,split")
        if group_column and group_column not in header:
            has = one_line(", ".join(header), 100)
            raise DataError(f"{where} has no column {quoted(group_column)} for the groups; its columns are {has}")
        for number, cells in rows:
            padded = cells + [""] * (len(header) - len(cells))
            yield number, {name: cell.strip() for name, cell in zip(header, padded, strict=False)}
    except csv.Error as error:
        raise DataError(f"{where} is not a CSV file ({error})") from None
