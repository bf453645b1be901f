"""Predictions as annotations: one label track or selection table per recording."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Literal

from mlpsvd.classification.batch.results import FileResult
from mlpsvd.classification.batch.tables import to_audacity_labels, to_raven_table
from mlpsvd.errors import DataError
from mlpsvd.files import write_atomically
from mlpsvd.text import one_line

__all__ = ["LabelFormat", "label_files", "shared_name", "write_labels"]

LabelFormat = Literal["raven", "audacity"]
_ENDS: dict[LabelFormat, str] = {"raven": ".Table.1.selections.txt", "audacity": ".txt"}


def shared_name(paths: Iterable[Path]) -> tuple[str, int]:
    """Return a name that several recordings have, and how many; an empty name if there is none.

    Case and suffix are ignored, as such recordings would have the same file of labels.
    """
    stem, n = next(iter(Counter(path.stem.casefold() for path in paths).most_common(1)), ("", 0))
    return (stem, n) if n > 1 else ("", 0)


def label_files(folder: Path, results: Sequence[FileResult], kind: LabelFormat) -> list[Path]:
    """Return the files that :func:`write_labels` writes, one for each usable result."""
    return [folder / f"{one.path.stem}{_ENDS[kind]}" for one in results if one.is_usable]


def write_labels(
    folder: Path,
    results: Sequence[FileResult],
    kind: LabelFormat,
    highest_hz: float,
    progress: Callable[[float], None] | None = None,
) -> int:
    """Write the predictions of each recording to a file of labels; return the number of files.

    Parameters
    ----------
    folder
        An existing folder; files of the same names are replaced.
    results
        Predictions; those of unusable recordings are left out.
    kind
        ``raven`` or ``audacity``.
    highest_hz
        Upper frequency limit of the selections in tables for Raven.
    progress
        Called with the completed fraction, 0 to 1. An exception ends the work; what is written stays.

    Raises
    ------
    DataError
        If two recordings have the same name.
    OSError
        If a file cannot be written.
    """
    usable = [one for one in results if one.is_usable]
    stem, n = shared_name(one.path for one in usable)
    if stem:
        raise DataError(
            f"{n} recordings are named {one_line(stem, 200)}; in one folder of labels, recordings need different names"
        )
    for number, (path, one) in enumerate(zip(label_files(folder, usable, kind), usable, strict=True)):
        if progress is not None:
            progress(number / len(usable))
        write_atomically(path, to_raven_table(one, highest_hz) if kind == "raven" else to_audacity_labels(one))
    return len(usable)
