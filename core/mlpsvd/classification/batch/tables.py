"""Classification results as text: CSV of windows or files, JSON, and label tracks for Audacity."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from mlpsvd.audio.recording_time import recorded_at_text
from mlpsvd.classification.batch.results import UNKNOWN, FileResult
from mlpsvd.classification.batch.summary import totals_of
from mlpsvd.datasets.annotations import Annotation, audacity_text, raven_text
from mlpsvd.json_fields import finite_or_none
from mlpsvd.text import csv_text

__all__ = [
    "file_entry",
    "files_csv",
    "stretches",
    "to_audacity_labels",
    "to_json",
    "to_raven_table",
    "window_entries",
    "windows_csv",
]

_FORMAT_VERSION = 1
_TIME = "recorded_at"
_REVIEWED = "reviewed_label"
_DOUBTS = ("verdict", "distance", "level_dbfs", "training", "notes")


def windows_csv(results: Iterable[FileResult], class_names: Sequence[str]) -> str:
    """Return one line per window: position, predicted class, and probability of every class.

    An unusable file has one line with the reason. If any file was reviewed, the last column is its reviewed label.
    """
    files = list(results)
    reviewed = [_REVIEWED] if any(one.reviewed for one in files) else []
    heading = ["file", "start_s", "end_s", "label", "probability", "true_class", "problem", *_DOUBTS,
               *_headings(class_names), _TIME, *reviewed]  # fmt: skip
    return csv_text([heading, *([*row, one.reviewed][: len(heading)] for one in files for row in _window_rows(one))])


def files_csv(results: Iterable[FileResult], class_names: Sequence[str]) -> str:
    """Return one line per file: its predicted class by mean and by majority, or the reason why there is none.

    If any file was reviewed, the last column is its reviewed label.
    """
    files = list(results)
    reviewed = [_REVIEWED] if any(one.reviewed for one in files) else []
    heading = ["file", "duration_s", "n_windows", "label", "probability", "majority", "agreement", "true_class",
               "problem", *_DOUBTS, *_headings(class_names), _TIME, *reviewed]  # fmt: skip
    return csv_text([heading, *([*_file_row(one), one.reviewed][: len(heading)] for one in files)])


def to_json(results: Iterable[FileResult], class_names: Sequence[str], with_windows: bool = True) -> str:
    """Return one JSON document: the classes, all files, optionally their windows, and the totals."""
    files = list(results)
    sums = totals_of(files, class_names)
    table: dict[str, Any] = {
        "format_version": _FORMAT_VERSION,
        "class_names": list(class_names),
        "n_files": sums.n_files,
        "n_unusable": sums.n_unusable,
        "n_windows": sums.n_windows,
        "n_unknown": sums.n_unknown,
        "n_doubtful": sums.n_doubtful,
        "n_training": sums.n_training,
        "counts": dict(zip(class_names, sums.counts.tolist(), strict=True)),
    }
    if sums.n_known:
        table |= {"n_known": sums.n_known, "accuracy": sums.accuracy, "confusion": sums.confusion.tolist()}
        table |= {"n_unseen": sums.n_unseen, "accuracy_unseen": _ratio(sums.n_unseen_right, sums.n_unseen)}
    table["files"] = [
        file_entry(one) | ({"windows": list(window_entries(one))} if with_windows else {}) for one in files
    ]
    return json.dumps(table, ensure_ascii=False, indent=1) + "\n"


def to_audacity_labels(result: FileResult) -> str:
    """Return a label track: start, end and label per line, separated by tabs; adjacent equal labels are merged."""
    return audacity_text(stretches(result))


def to_raven_table(result: FileResult, highest_hz: float) -> str:
    """Return a selection table for Raven, up to ``highest_hz``; adjacent equal labels are merged."""
    return raven_text(stretches(result), highest_hz)


def stretches(result: FileResult) -> list[Annotation]:
    """Return the predicted class over time; adjacent windows of the same class are one stretch."""
    found = []
    for best, group in groupby(range(result.n_windows), key=lambda window: result.window_classes[window]):
        windows = list(group)
        first, last = windows[0], windows[-1]
        end_s = float(result.starts_s[last] + result.durations_s[last])
        found.append(Annotation(float(result.starts_s[first]), end_s, result.class_names[best]))
    return found


def file_entry(result: FileResult) -> dict[str, Any]:
    """Return a file as a dictionary for JSON; unknown values are null."""
    start = recorded_at_text(result.path) or None
    entry: dict[str, Any] = {"file": _text(result.path), "true_class": result.truth, _TIME: start}
    if not result.is_usable:
        return entry | {"problem": result.problem}
    entry |= {_REVIEWED: result.reviewed} if result.reviewed else {}
    return entry | {
        "duration_s": result.duration_s,
        "n_windows": result.n_windows,
        "label": result.label,
        "probability": result.probability,
        "majority": result.majority,
        "agreement": result.agreement,
        "verdict": result.verdict,
        "distance": finite_or_none(result.distance),
        "level_dbfs": finite_or_none(result.level_dbfs),
        "training": result.is_training,
        "notes": list(result.notes),
        "probabilities": dict(zip(result.class_names, result.mean_probabilities.tolist(), strict=True)),
    }


def window_entries(result: FileResult) -> Iterator[dict[str, Any]]:
    """Yield the windows of a file as dictionaries for JSON."""
    for number, one in enumerate(result.decisions()):
        yield {
            "start_s": one.start_s,
            "duration_s": one.duration_s,
            "label": one.label,
            "probability": one.probability,
            **_window_mismatch(result, number),
            "probabilities": dict(zip(result.class_names, one.probabilities.tolist(), strict=True)),
        }


def _window_rows(result: FileResult) -> Iterator[list[str]]:
    path, truth, start = _text(result.path), result.truth or "", recorded_at_text(result.path)
    if not result.is_usable:
        yield [path, "", "", "", "", truth, result.problem, *("" for _ in (*_DOUBTS, *result.class_names)), start]
    for number, one in enumerate(result.decisions()):
        end_s = one.start_s + one.duration_s
        values = [f"{value:.6f}" for value in one.probabilities]
        doubts = _window_mismatch(result, number)
        yield [
            path, f"{one.start_s:.6f}", f"{end_s:.6f}", one.label, f"{one.probability:.6f}", truth, "",
            doubts["verdict"], _number(doubts["distance"]), _number(doubts["level_dbfs"]),
            _yes_or_empty(result.is_training), result.note, *values, start,
        ]  # fmt: skip


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
        result.verdict,
        _number(finite_or_none(result.distance)),
        _number(result.level_dbfs),
        _yes_or_empty(result.is_training),
        "; ".join(result.notes),
        *values,
        recorded_at_text(result.path),
    ]


def _window_mismatch(result: FileResult, number: int) -> dict[str, Any]:
    """Return verdict, distance and level of one window; unknown values are None."""
    is_unknown = bool(result.windows_unknown[number])
    label = result.class_names[int(result.window_classes[number])]
    distance, level_dbfs = (
        float(values[number]) if len(values) else math.nan for values in (result.distances, result.levels_dbfs)
    )
    verdict = UNKNOWN if is_unknown else label
    return {"verdict": verdict, "distance": finite_or_none(distance), "level_dbfs": finite_or_none(level_dbfs)}


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _yes_or_empty(value: bool) -> str:
    return "yes" if value else ""


def _number(value: float | None) -> str:
    return "" if value is None or math.isnan(value) else f"{value:.6f}"


def _headings(class_names: Sequence[str]) -> list[str]:
    return [f"p({name})" for name in class_names]


def _text(path: Path) -> str:
    """Return the path as text that can be written, as a file name need not be valid Unicode."""
    return str(path).encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
