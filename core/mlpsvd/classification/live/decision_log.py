"""Live decisions as text: CSV, and a label track for Audacity."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import datetime

from mlpsvd.classification.live.decision import LiveDecision
from mlpsvd.classification.live.verdict import VerdictKind
from mlpsvd.text import csv_text

__all__ = ["csv_heading", "csv_row", "iso_clock", "to_audacity_labels", "to_csv"]

_COLUMNS = (
    "start_s",
    "end_s",
    "ended_at",
    "shown",
    "kind",
    "shown_probability",
    "label",
    "probability",
    "rms_dbfs",
    "peak_dbfs",
    "distance",
)


def to_csv(decisions: Iterable[LiveDecision]) -> str:
    """Return a header and one line per decision; see :func:`csv_row`.

    Each class of any model used has a column; a cell is empty if the model does not have the class.
    """
    rows = list(decisions)
    names = list(dict.fromkeys(name for row in rows for name in row.class_names))
    return csv_heading(names) + "".join(csv_row(row, names) for row in rows)


def csv_heading(class_names: Sequence[str]) -> str:
    """Return the header line."""
    return csv_text([[*_COLUMNS, *(f"p({name})" for name in class_names)]])


def csv_row(decision: LiveDecision, class_names: Sequence[str]) -> str:
    """Return the line of one decision.

    The columns are the position of the window and its end in local time (ISO 8601), the displayed result (class,
    "unknown" or "quiet"), the prediction for this window alone, its level, its distance from the training set, and the
    probability of each of ``class_names`` in this window alone. Missing values are empty.
    """
    of_class = dict(zip(decision.class_names, decision.probabilities.tolist(), strict=True))
    return csv_text(
        [
            [
                f"{decision.start_s:.6f}",
                f"{decision.end_s:.6f}",
                iso_clock(decision.clock_s),
                decision.verdict.label,
                decision.verdict.kind.value,
                _number(decision.verdict.probability),
                decision.label,
                _number(decision.probability),
                f"{decision.level.rms_dbfs:.2f}",
                f"{decision.level.peak_dbfs:.2f}",
                _number(decision.distance),
                *(_number(of_class.get(name, math.nan)) for name in class_names),
            ]
        ]
    )


def iso_clock(clock_s: float) -> str:
    """Return a ``time.time`` as local time with its offset to UTC: ``2026-01-31T12:00:00.000+01:00``."""
    return datetime.fromtimestamp(clock_s).astimezone().isoformat(timespec="milliseconds")


def to_audacity_labels(decisions: Iterable[LiveDecision]) -> str:
    """Return a label track: start, end and text per line, separated by tabs; adjacent equal texts are merged.

    The text is the displayed result, followed in parentheses by the prediction for the window alone if it differs.
    """
    intervals: list[tuple[float, float, str]] = []
    for decision in decisions:
        start_s, end_s, text = decision.start_s, decision.end_s, _label_text(decision)
        if intervals and intervals[-1][2] == text and start_s <= intervals[-1][1] + 1e-9:
            intervals[-1] = (intervals[-1][0], end_s, text)
        else:
            intervals.append((start_s, end_s, text))
    return "".join(f"{start_s:.6f}\t{end_s:.6f}\t{text}\n" for start_s, end_s, text in intervals)


def _label_text(decision: LiveDecision) -> str:
    shown, raw = (" ".join(label.split()) for label in (decision.verdict.label, decision.label))
    agrees = decision.verdict.kind is VerdictKind.CLASS and shown == raw
    return shown if agrees or not raw else f"{shown} ({raw})"


def _number(value: float) -> str:
    return f"{value:.6f}" if math.isfinite(value) else ""
