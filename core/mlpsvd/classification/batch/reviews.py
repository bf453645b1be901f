"""Labels that a person gave to classified recordings: kept by the content of the recording, and exported for training.

A label belongs to the samples of a recording (:class:`mlpsvd.datasets.sound_digest.SoundDigest`), so that it is found
again after the recording was renamed, moved or converted, and applies to its copies.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from mlpsvd.classification.batch.results import FileResult
from mlpsvd.datasets.csv_text import csv_line
from mlpsvd.datasets.name_patterns import normalised
from mlpsvd.errors import DataError
from mlpsvd.files import open_plain
from mlpsvd.json_fields import parse_line
from mlpsvd.text import is_unicode, one_line

__all__ = ["LABELS_NAME", "LabelsFile", "TrainingList", "checked_review_label", "training_list"]

LABELS_NAME = "reviewed-labels.jsonl"
"""Name of the file in the data folder of the window."""

_FORMAT = "mlpsvd reviewed labels 1"
_MOST_BYTES = 2**30
_LONGEST_LABEL = 200
_DIGEST_DIGITS = 13
"""Hexadecimal digits of a digest below 2^52."""


def checked_review_label(text: str) -> str:
    """Return a label as it is stored: stripped, in NFC.

    Raises
    ------
    DataError
        If it is empty, longer than 200 characters, no Unicode text, or has several lines.
    """
    label = normalised(text.strip())
    if not label:
        raise DataError("the label is empty; enter the name of a class")
    if len(label) > _LONGEST_LABEL:
        raise DataError(f"the label has {len(label)} characters; at most {_LONGEST_LABEL} are allowed")
    if not is_unicode(label) or not label.isprintable():
        raise DataError(f"the label {one_line(label, 60)} has characters that cannot be printed; enter plain text")
    return label


class LabelsFile:
    """Labels on disk: one line of JSON for each change, of which the last one counts.

    A line has ``sound`` (the digest of the samples, hexadecimal), ``label`` (empty if it was removed) and ``file``
    (where the recording was, for people). A line that was cut off by a crash is ignored.

    Parameters
    ----------
    path
        The file; it is created with the first label.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def load(self) -> dict[int, str]:
        """Return the label of each recording, by the digest of its samples.

        Raises
        ------
        DataError
            If there is a file that this program has not written.
        OSError, FileFormatError
            If it cannot be read.
        """
        labels: dict[int, str] = {}
        try:
            with open_plain(self.path, _MOST_BYTES) as file:
                for number, line in enumerate(file):
                    entry = parse_line(line) or {}
                    if number == 0 and entry.get("format") != _FORMAT:
                        raise DataError(f"{self.path} was not written by this version of MLP-SVD; move it elsewhere")
                    _apply(entry, labels)
        except FileNotFoundError:
            return {}
        return labels

    def add(self, changes: Mapping[int, str], files: Mapping[int, Path]) -> None:
        """Append changes (an empty label removes one), and wait until they are on disk.

        Raises
        ------
        OSError
            If they cannot be written; lines written before stay.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        is_new = not self.path.exists()
        lines = [json.dumps({"format": _FORMAT})] if is_new else []
        for digest, label in changes.items():
            where = str(files.get(digest, "")).encode("utf-8", "backslashreplace").decode()
            lines.append(json.dumps({"sound": f"{digest:0{_DIGEST_DIGITS}x}", "label": label, "file": where}))
        with self.path.open("ab") as file:
            if not is_new and not _ends_with_line(self.path):
                file.write(b"\n")
            file.write(("\n".join(lines) + "\n").encode())
            file.flush()
            os.fsync(file.fileno())


def _ends_with_line(path: Path) -> bool:
    size = path.stat().st_size
    if not size:
        return True
    with path.open("rb") as file:
        file.seek(size - 1)
        return file.read(1) == b"\n"


def _apply(entry: Mapping[str, object], labels: dict[int, str]) -> None:
    sound, label = entry.get("sound"), entry.get("label")
    if not isinstance(sound, str) or not isinstance(label, str):
        return
    try:
        digest = int(sound, 16)
    except ValueError:
        return
    if label:
        labels[digest] = label
    else:
        labels.pop(digest, None)


@dataclass(frozen=True)
class TrainingList:
    """A manifest of labelled recordings.

    Attributes
    ----------
    text
        The manifest: columns ``path``, ``label`` and ``label_from`` (``review``, or ``name`` for the class that the
        folder or the file name states).
    n_reviewed, n_named
        Recordings of each kind.
    classes
        The labels, sorted.
    """

    text: str
    n_reviewed: int
    n_named: int
    classes: tuple[str, ...]


def training_list(results: Iterable[FileResult], manifest: Path) -> TrainingList:
    """Return a manifest of all recordings with a known label: the reviewed one, else the class of folder or file name.

    Predictions that nobody has reviewed are never used as labels. Paths are relative to the manifest where a recording
    lies below its folder, else absolute.

    Parameters
    ----------
    results
        Classified recordings; those that could not be used are left out.
    manifest
        Where the manifest will be written.

    Raises
    ------
    DataError
        If no recording has a label, or the name of a file is not Unicode.
    """
    rows, counts, labels = [], {"review": 0, "name": 0}, set()
    for one in results:
        label = one.reviewed or one.truth
        if not one.is_usable or not label:
            continue
        source = "review" if one.reviewed else "name"
        counts[source] += 1
        labels.add(label)
        rows.append(csv_line((_name(one.path, manifest.absolute().parent), label, source)))
    if not rows:
        raise DataError("no recording has a label: accept or correct the predictions of some recordings first")
    text = csv_line(("path", "label", "label_from")) + "".join(rows)
    return TrainingList(text, counts["review"], counts["name"], tuple(sorted(labels)))


def _name(path: Path, folder: Path) -> str:
    place = path.absolute()
    name = place.relative_to(folder).as_posix() if place.is_relative_to(folder) else str(place)
    if not is_unicode(name):
        raise DataError(f"the name of {one_line(name, 300)} is not Unicode text; rename the file")
    return name
