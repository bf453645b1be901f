"""Live decisions as lines of plain text, JSON or CSV."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mlpsvd.classification.live.decision import LiveDecision
from mlpsvd.classification.live.decision_log import csv_heading, csv_row, iso_clock
from mlpsvd.json_fields import finite_or_none

__all__ = ["csv_rows", "json_line", "plain_line"]


@contextmanager
def csv_rows(path: Path | None, class_names: Sequence[str]) -> Iterator[Callable[[LiveDecision], None]]:
    """Open a CSV file and yield a function that writes a row; without a path, one that does nothing.

    Each row is flushed immediately, so that no decision is lost however the program ends.
    """
    if path is None:
        yield lambda decision: None
        return
    with path.open("w", encoding="utf-8", newline="", buffering=1) as file:
        file.write(csv_heading(class_names))

        def write(decision: LiveDecision) -> None:
            file.write(csv_row(decision, class_names))

        yield write


def plain_line(decision: LiveDecision) -> str:
    """Return start in seconds, displayed result and its probability, separated by tabs."""
    probability = decision.verdict.probability
    number = f"{probability:.4f}" if math.isfinite(probability) else "-"
    return f"{decision.start_s:.3f}\t{decision.verdict.label}\t{number}"


def json_line(decision: LiveDecision) -> str:
    """Return all details as one JSON object; NaN becomes null."""
    names = decision.class_names
    entry = {
        "start_s": decision.start_s,
        "duration_s": decision.duration_s,
        "ended_at": iso_clock(decision.clock_s),
        "shown": decision.verdict.label,
        "kind": decision.verdict.kind.value,
        "shown_probability": finite_or_none(decision.verdict.probability),
        "label": decision.label or None,
        "probability": finite_or_none(decision.probability),
        "probabilities": _numbers(names, decision.probabilities),
        "smoothed": _numbers(names, decision.smoothed),
        "rms_dbfs": finite_or_none(decision.level.rms_dbfs),
        "peak_dbfs": finite_or_none(decision.level.peak_dbfs),
        "clipped": decision.level.clipped,
        "distance": finite_or_none(decision.distance),
        "latency_ms": decision.latency.total_ms,
    }
    return json.dumps(entry, ensure_ascii=False, allow_nan=False)


def _numbers(names: Sequence[str], values: Any) -> dict[str, float | None]:
    return {name: finite_or_none(value) for name, value in zip(names, values.tolist(), strict=True)}
