"""Live decisions as text: CSV for a spreadsheet, a label track for Audacity."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from mlpsvd.models.live import LiveDecision

__all__ = ["to_audacity_labels", "to_csv"]


def to_csv(decisions: Iterable[LiveDecision]) -> str:
    """Return one line a decision: where it lies, its label and probability, its level, and every class's probability.

    Classes of all models that decided have a column each; a cell is empty where a model did not know the class.
    """
    rows = list(decisions)
    names = list(dict.fromkeys(name for row in rows for name in row.class_names))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["start_s", "end_s", "label", "probability", "rms_dbfs", "peak_dbfs", *_headings(names)])
    for row in rows:
        of_class = dict(zip(row.class_names, row.probabilities, strict=True))
        writer.writerow(
            [
                f"{row.start_s:.6f}",
                f"{row.start_s + row.duration_s:.6f}",
                row.label,
                f"{row.probability:.6f}",
                f"{row.level.rms_dbfs:.2f}",
                f"{row.level.peak_dbfs:.2f}",
                *(f"{of_class[name]:.6f}" if name in of_class else "" for name in names),
            ]
        )
    return text.getvalue()


def to_audacity_labels(decisions: Iterable[LiveDecision]) -> str:
    """Return a label track: start, end and label a line, separated by tabs; neighbours of one label are one stretch."""
    stretches: list[tuple[float, float, str]] = []
    for decision in decisions:
        start_s, end_s = decision.start_s, decision.start_s + decision.duration_s
        label = " ".join(decision.label.split())
        if stretches and stretches[-1][2] == label and start_s <= stretches[-1][1] + 1e-9:
            stretches[-1] = (stretches[-1][0], end_s, label)
        else:
            stretches.append((start_s, end_s, label))
    return "".join(f"{start_s:.6f}\t{end_s:.6f}\t{label}\n" for start_s, end_s, label in stretches)


def _headings(names: list[str]) -> list[str]:
    return [f"p({name})" for name in names]
