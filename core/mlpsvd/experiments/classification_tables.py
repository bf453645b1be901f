"""Results of many files as text: CSV of windows or of files, JSON, and Audacity's labels of one file."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from mlpsvd.experiments.classification_totals import totals_of
from mlpsvd.experiments.file_results import FileResult

__all__ = ["file_entry", "files_csv", "to_audacity_labels", "to_json", "window_entries", "windows_csv"]

_FORMAT_VERSION = 1


def windows_csv(results: Iterable[FileResult], class_names: Sequence[str]) -> str:
    """Return one line a window: where it lies, what it was taken for, and the probability of every class.

    A file that cannot be used has one line that says why.
    """
    heading = ["file", "start_s", "end_s", "label", "probability", "true_class", "problem", *_headings(class_names)]
    return _csv(heading, (row for one in results for row in _window_rows(one)))


def files_csv(results: Iterable[FileResult], class_names: Sequence[str]) -> str:
    """Return one line a file: what it was taken for by the mean of its windows and by most of them, or why not."""
    heading = ["file", "duration_s", "n_windows", "label", "probability", "majority", "agreement", "true_class",
               "problem", *_headings(class_names)]  # fmt: skip
    return _csv(heading, (_file_row(one) for one in results))


def to_json(results: Iterable[FileResult], class_names: Sequence[str], with_windows: bool = True) -> str:
    """Return one JSON document: the classes, every file, perhaps its windows, and the sums over all files."""
    files = list(results)
    sums = totals_of(files, class_names)
    table: dict[str, Any] = {
        "format_version": _FORMAT_VERSION,
        "class_names": list(class_names),
        "n_files": sums.n_files,
        "n_unusable": sums.n_unusable,
        "n_windows": sums.n_windows,
        "counts": dict(zip(class_names, sums.counts.tolist(), strict=True)),
    }
    if sums.n_known:
        table |= {"n_known": sums.n_known, "accuracy": sums.accuracy, "confusion": sums.confusion.tolist()}
    table["files"] = [
        file_entry(one) | ({"windows": list(window_entries(one))} if with_windows else {}) for one in files
    ]
    return json.dumps(table, ensure_ascii=False, indent=1) + "\n"


def to_audacity_labels(result: FileResult) -> str:
    """Return a label track: start, end and label a line, separated by tabs; neighbours of one label are one stretch."""
    lines = []
    for best, group in groupby(range(result.n_windows), key=lambda window: result.window_classes[window]):
        windows = list(group)
        first, last = windows[0], windows[-1]
        end_s = result.starts_s[last] + result.durations_s[last]
        label = " ".join(result.class_names[best].split())
        lines.append(f"{result.starts_s[first]:.6f}\t{end_s:.6f}\t{label}\n")
    return "".join(lines)


def file_entry(result: FileResult) -> dict[str, Any]:
    """Return a file as a plain table for JSON; what is not known is null."""
    entry: dict[str, Any] = {"file": _text(result.path), "true_class": result.truth}
    if not result.is_usable:
        return entry | {"problem": result.problem}
    return entry | {
        "duration_s": result.duration_s,
        "n_windows": result.n_windows,
        "label": result.label,
        "probability": result.probability,
        "majority": result.majority,
        "agreement": result.agreement,
        "probabilities": dict(zip(result.class_names, result.mean_probabilities.tolist(), strict=True)),
    }


def window_entries(result: FileResult) -> Iterator[dict[str, Any]]:
    """Yield the windows of a file as plain tables for JSON."""
    for one in result.decisions():
        yield {
            "start_s": one.start_s,
            "duration_s": one.duration_s,
            "label": one.label,
            "probability": one.probability,
            "probabilities": dict(zip(result.class_names, one.probabilities.tolist(), strict=True)),
        }


def _window_rows(result: FileResult) -> Iterator[list[str]]:
    path, truth = _text(result.path), result.truth or ""
    if not result.is_usable:
        yield [path, "", "", "", "", truth, result.problem, *("" for _ in result.class_names)]
    for one in result.decisions():
        end_s = one.start_s + one.duration_s
        values = [f"{value:.6f}" for value in one.probabilities]
        yield [path, f"{one.start_s:.6f}", f"{end_s:.6f}", one.label, f"{one.probability:.6f}", truth, "", *values]


def _file_row(result: FileResult) -> list[str]:
    values = [_number(value) for value in result.mean_probabilities]
    return [
        _text(result.path),
        _number(result.duration_s),
        str(result.n_windows),
        result.label,
        _number(result.probability),
        result.majority,
        _number(result.agreement),
        result.truth or "",
        result.problem,
        *values,
    ]


def _number(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.6f}"


def _headings(class_names: Sequence[str]) -> list[str]:
    return [f"p({name})" for name in class_names]


def _csv(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(heading)
    writer.writerows(rows)
    return text.getvalue()


def _text(path: Path) -> str:
    """The path as text that can be written: a file's name need not be Unicode."""
    return str(path).encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
