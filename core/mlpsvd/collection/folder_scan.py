"""Scan of a collection's folder when it is opened: manifest and files are reconciled without losing any."""

from __future__ import annotations

import os
import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from mlpsvd.audio.files import AudioInfo, UnusableAudioFileError, info
from mlpsvd.collection.catalogue import ClipIndex, class_folder
from mlpsvd.collection.file_names import first_free
from mlpsvd.collection.manifest import Manifest, empty_manifest, parse_manifest, read_text
from mlpsvd.collection.paths import first_link, is_file, is_link, place_of
from mlpsvd.collection.take import new_id
from mlpsvd.datasets.clips import Skipped
from mlpsvd.datasets.csv_text import csv_line
from mlpsvd.datasets.labels import named_files
from mlpsvd.datasets.settings import RecordingsSettings
from mlpsvd.files import path_exists
from mlpsvd.text import is_unicode, one_line

__all__ = ["FolderScan", "scan_collection", "shortened_list"]

Progress = Callable[[float], None]


@dataclass(frozen=True)
class FolderScan:
    """Result of a scan.

    Attributes
    ----------
    catalogue
        A row for every row of the manifest and every audio file that had none.
    notes
        Notes for the user, one sentence each.
    text
        The manifest as it is on disk; None where there is none.
    copy_to
        Path for a copy of the manifest before it is replaced, so that nothing is lost; None if the catalogue contains
        all of it, bit by bit.
    """

    catalogue: ClipIndex
    notes: tuple[str, ...]
    text: str | None
    copy_to: Path | None


def scan_collection(folder: Path, changed: Mapping[str, Mapping[str, str] | None], progress: Progress) -> FolderScan:
    """Read the manifest and scan the folder, without writing anything.

    Parameters
    ----------
    folder
        The collection's folder.
    changed
        Rows, by id, that an interrupted step should have changed; None removes the row.
    progress
        Called with the share done, 0 to 1; may raise to cancel.
    """
    return _FolderScanner(folder, changed, progress).result()


def shortened_list(names: Sequence[str]) -> str:
    """Return ``a.wav``, or ``a.wav and 2 more``."""
    first = one_line(names[0])
    return first if len(names) == 1 else f"{first} and {len(names) - 1} more"


class _FolderScanner:
    def __init__(self, folder: Path, changed: Mapping[str, Mapping[str, str] | None], progress: Progress) -> None:
        self._folder = folder
        self._changed = changed
        self._progress = progress
        self._notes: list[str] = []
        self._copy_to: Path | None = None
        self._text: str | None = None
        self._links: dict[str, bool] = {}

    def result(self) -> FolderScan:
        manifest = self._manifest()
        files, left_out = self._files()
        rows = self._rows(manifest)
        catalogue = ClipIndex(self._folder, manifest)
        places = [self._key(place_of(self._folder, row["path"])) for row in rows]
        known = {place for place, row in zip(places, rows, strict=True) if row["path"]}
        strays = {place: name for place, name in files.items() if place not in known}
        missing = [
            row
            for place, row in zip(places, rows, strict=True)
            if row["path"] and not self._has_file(place, row, files)
        ]
        labels = _owners(rows)
        self._follow(missing, strays, labels)
        gone = {row["id"] for row in missing}
        seen: set[str] = set()
        for place, row in zip(places, rows, strict=True):
            catalogue.put(row, exists=row["id"] not in gone and place not in seen)
            seen.add(place)
        left_out = [one for one in left_out if self._key(self._folder / one.path) not in known]
        self._add_strays(catalogue, strays, labels, left_out)
        self._report(missing, left_out, rows)
        self._report_foreign(catalogue)
        return FolderScan(catalogue, tuple(self._notes), self._text, self._copy_to)

    def _manifest(self) -> Manifest:
        path = self._folder / "manifest.csv"
        if not path_exists(path):
            return empty_manifest()
        self._text, odd = read_text(path)
        manifest = parse_manifest(self._text)
        if manifest is None or odd or _written_again(manifest) != self._text.replace("\r\n", "\n"):
            self._copy_to = self._name_of_copy()
        if odd:
            self._notes.append(f"manifest.csv {odd}.")
        if manifest is None and self._text.strip():
            self._notes.append(
                "manifest.csv is not a manifest (its first row should be path,label), so the folder names are used "
                "as labels; a copy of the file is kept in the same folder."
            )
        return manifest or empty_manifest()

    def _name_of_copy(self) -> Path:
        """Beside the manifest, where the user finds it."""
        stem = f"manifest as found {datetime.now():%Y-%m-%d_%H-%M-%S}"
        name = first_free(lambda n: f"{stem}{f'_{n}' * (n > 1)}.csv", lambda name: os.path.lexists(self._folder / name))
        return self._folder / name

    def _rows(self, manifest: Manifest) -> list[dict[str, str]]:
        """Return the manifest's rows, each with an id of its own, and as an interrupted step should have left them."""
        ids: set[str] = set()
        rows = []
        for row in manifest.rows:
            row["path"] = row["path"].strip()
            row["label"] = unicodedata.normalize("NFC", row["label"].strip())
            if not row["id"] or row["id"] in ids:
                self._copy_to = self._copy_to or (self._name_of_copy() if row["id"] else None)
                row["id"] = new_id()
            ids.add(row["id"])
            change = self._changed.get(row["id"], row)
            if change is not None:
                rows.append({**row, **change})
        padding = dict.fromkeys(manifest.keys, "")
        added = [(id, cells) for id, cells in self._changed.items() if cells is not None and id not in ids]
        return rows + [{**padding, **cells} for id, cells in added]

    def _files(self) -> tuple[dict[str, str], list[Skipped]]:
        """Return the names of the audio files in class folders by their place, and what is not one."""
        named, left_out = named_files(RecordingsSettings(path=str(self._folder), labels_from="folders"))
        names = {self._key(one.path): one.name for one in named if is_unicode(one.name)}
        left_out += [Skipped(one.name, "its name is not Unicode text") for one in named if not is_unicode(one.name)]
        return names, left_out

    def _key(self, place: Path) -> str:
        return unicodedata.normalize("NFC", os.path.normcase(os.path.normpath(place)))

    def _has_file(self, place: str, row: Mapping[str, str], files: Mapping[str, str]) -> bool:
        return place in files or is_file(place_of(self._folder, row["path"]))

    def _follow(self, missing: list[dict[str, str]], strays: dict[str, str], labels: Mapping[str, str]) -> None:
        """Find files that were moved to another class folder: same name, same length, no doubt."""
        lost = Counter(_file_name(row["path"]) for row in missing)
        found: dict[str, list[str]] = {}
        for place, name in strays.items():
            found.setdefault(_file_name(name), []).append(place)
        moved: dict[str, str] = {}  # the id of a row, and where its file is now
        for row in missing:
            places = found.get(_file_name(row["path"]), [])
            if len(places) == lost[_file_name(row["path"])] == 1:
                name = strays[places[0]]
                if not _same_length(self._folder / name, row["duration_s"]):
                    continue
                if class_folder(name) != class_folder(row["path"]):
                    row["label"] = _label_of(name, labels)
                row["path"] = _path_cell(name)
                moved[row["id"]] = name
                del strays[places[0]]
        missing[:] = [row for row in missing if row["id"] not in moved]
        if moved:
            count = "1 file was" if len(moved) == 1 else f"{len(moved)} files were"
            self._notes.append(
                f"{count} moved by another program, and the manifest follows, with the label of the new folder: "
                f"{shortened_list(list(moved.values()))}."
            )

    def _add_strays(
        self, catalogue: ClipIndex, strays: Mapping[str, str], labels: Mapping[str, str], left_out: list[Skipped]
    ) -> None:
        added: list[str] = []
        for number, name in enumerate(strays.values()):
            self._progress(number / len(strays))
            try:
                about = info(self._folder / name)
            except UnusableAudioFileError as error:
                left_out.append(Skipped(name, error.reason))
                continue
            catalogue.put(_new_row(name, _label_of(name, labels), about))
            added.append(name)
        if added and self._text is None:
            self._notes.append(f"There was no manifest; it was created from {len(added)} files in their folders.")
        elif added:
            count = "1 file that was" if len(added) == 1 else f"{len(added)} files that were"
            now = "is" if len(added) == 1 else "are"
            self._notes.append(f"{count} not in the manifest {now} now in it: {shortened_list(added)}.")

    def _report(
        self, missing: Sequence[Mapping[str, str]], left_out: Sequence[Skipped], rows: Sequence[Mapping[str, str]]
    ) -> None:
        if missing:
            names = shortened_list([row["path"] for row in missing])
            are, their = (
                ("1 file is", "its row is") if len(missing) == 1 else (f"{len(missing)} files are", "the rows are")
            )
            self._notes.append(f"{are} in the manifest but missing: {names}; {their} kept.")
        unlabelled = [row["path"] or "a row without a path" for row in rows if not row["label"] or not row["path"]]
        if unlabelled:
            count = "1 row" if len(unlabelled) == 1 else f"{len(unlabelled)} rows"
            self._notes.append(
                f"{count} of the manifest without a label or a path left out: {shortened_list(unlabelled)}."
            )
        if left_out:
            count = "1 file" if len(left_out) == 1 else f"{len(left_out)} files"
            first = left_out[0]
            name = one_line(str(first.path))
            more = f" (first: {name})" if len(left_out) > 1 else f" ({name})"
            self._notes.append(f"{count} left out{more}: {one_line(first.reason, 200)}.")

    def _report_foreign(self, catalogue: ClipIndex) -> None:
        """Report the clips that are never changed, as they are outside the folder or behind a link."""
        outside = [one.name for one in catalogue.clips() if not one.path.is_relative_to(self._folder)]
        if outside:
            are = "1 clip lies" if len(outside) == 1 else f"{len(outside)} clips lie"
            self._notes.append(
                f"{are} outside the folder ({shortened_list(outside)}): they are read but never changed."
            )
        linked = [one for one in catalogue if one.clip is not None and self._is_linked(one.clip.path)]
        if linked:
            are = "1 clip is" if len(linked) == 1 else f"{len(linked)} clips are"
            names = shortened_list([one.cells["path"] for one in linked])
            self._notes.append(
                f"{are} reached through a link ({names}): they are read but never moved, trimmed or deleted."
            )

    def _is_linked(self, place: Path) -> bool:
        """Whether a place inside the folder is, or lies behind, a link."""
        if not place.is_relative_to(self._folder):
            return False
        parent = str(place.parent)
        if parent not in self._links:
            self._links[parent] = (
                first_link(self._folder, place.parent.relative_to(self._folder).as_posix()) is not None
            )
        return self._links[parent] or is_link(place)


def _owners(rows: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """Return the label of each class folder according to the manifest."""
    counts: dict[tuple[str, str], int] = {}
    for row in rows:
        key = class_folder(row["path"]).casefold(), row["label"]
        counts[key] = counts.get(key, 0) + 1
    ordered = sorted(counts.items(), key=lambda pair: pair[1])
    return {folder: label for (folder, label), _ in ordered if folder and label}


def _file_name(name: str) -> str:
    return name.replace("\\", "/").rpartition("/")[2]


def _label_of(name: str, labels: Mapping[str, str]) -> str:
    folder = class_folder(name)
    return labels.get(folder.casefold(), unicodedata.normalize("NFC", folder.strip()))


def _path_cell(name: str) -> str:
    """Return a path whose surrounding spaces are kept, as a manifest ignores spaces around cells."""
    return name if name == name.strip() else f"./{name}"


def _new_row(name: str, label: str, about: AudioInfo) -> dict[str, str]:
    return {
        "path": _path_cell(name),
        "label": label,
        "sample_rate_hz": f"{about.sample_rate_hz:.10g}",
        "duration_s": f"{about.duration_s:.6f}",
        "id": new_id(),
    }


def _same_length(path: Path, duration_s: str) -> bool:
    try:
        return abs(info(path).duration_s - float(duration_s)) < 1e-3
    except (UnusableAudioFileError, ValueError):
        return False


def _written_again(manifest: Manifest) -> str:
    return csv_line(manifest.header) + "".join(csv_line(tuple(row.values())) for row in manifest.rows)
