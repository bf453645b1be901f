"""Exported live decisions, read back as by other programs."""

from __future__ import annotations

import csv
import io
import math
from datetime import datetime

import numpy as np

from mlpsvd.audio.level import Level
from mlpsvd.classification.live.decision_log import to_audacity_labels, to_csv
from mlpsvd.classification.live.live_classifier import Latency, LiveDecision
from mlpsvd.classification.live.verdict import QUIET, Verdict, VerdictKind

CLOCK_S = 1_790_000_000.25


def decision(
    start_s: float, label: str, probabilities: list[float], names: tuple[str, ...], shown: Verdict | None = None
) -> LiveDecision:
    return LiveDecision(
        start_s=start_s,
        duration_s=0.3,
        label=label,
        probability=max(probabilities),
        probabilities=np.array(probabilities),
        smoothed=np.array(probabilities),
        verdict=shown or Verdict(VerdictKind.CLASS, label, max(probabilities)),
        features=np.zeros(0),
        magnitudes=np.zeros(0),
        level=Level(-20.0, -12.0, False),
        latency=Latency(0.0, 1.0, 0.5, 0.5),
        distance=math.nan,
        decided_s=0.0,
        clock_s=CLOCK_S + start_s,
        class_names=names,
    )


def test_csv_has_a_column_for_every_class_of_every_model() -> None:
    rows = [decision(0.0, "a, b", [0.75, 0.25], ("a, b", "c")), decision(0.3, "d", [0.4, 0.6], ("c", "d"))]
    table = list(csv.DictReader(io.StringIO(to_csv(rows))))
    assert [row["label"] for row in table] == ["a, b", "d"]
    assert [float(row["start_s"]) for row in table] == [0.0, 0.3]
    assert float(table[0]["end_s"]) == 0.3
    assert float(table[0]["p(a, b)"]) == 0.75
    assert table[0]["p(d)"] == ""
    assert float(table[1]["p(c)"]) == 0.4
    assert float(table[1]["rms_dbfs"]) == -20.0


def test_csv_has_the_shown_and_the_raw_predictions() -> None:
    unknown = Verdict(VerdictKind.UNKNOWN, "unknown", 0.55)
    nan = [math.nan, math.nan]
    rows = [decision(0.0, "a", [0.6, 0.4], ("a", "b"), unknown), decision(0.3, "", nan, ("a", "b"), QUIET)]
    first, second = csv.DictReader(io.StringIO(to_csv(rows)))
    assert (first["shown"], first["kind"], first["label"]) == ("unknown", "unknown", "a")
    assert float(first["shown_probability"]) == 0.55
    assert datetime.fromisoformat(first["ended_at"]).timestamp() == CLOCK_S
    assert (second["shown"], second["label"], second["probability"], second["p(a)"]) == ("quiet", "", "", "")
    assert first["distance"] == ""


def test_audacity_labels_use_raw_predictions_if_none_is_shown() -> None:
    names = ("a", "b")
    held = Verdict(VerdictKind.CLASS, "a", 0.9)
    rows = [
        decision(0.0, "a", [0.9, 0.1], names),
        decision(0.3, "b", [0.2, 0.8], names, held),
        decision(0.6, "", [math.nan, math.nan], names, held),
        decision(0.9, "", [math.nan, math.nan], names, QUIET),
    ]
    assert [line.split("\t")[2] for line in to_audacity_labels(rows).splitlines()] == ["a", "a (b)", "a", "quiet"]


def test_audacity_labels_join_neighbours_and_keep_gaps() -> None:
    names = ("a\tx", "b")
    rows = [
        decision(0.0, "a\tx", [1.0, 0.0], names),
        decision(0.3, "a\tx", [1.0, 0.0], names),
        decision(0.6, "b", [0.0, 1.0], names),
        decision(1.8, "b", [0.0, 1.0], names),
    ]
    lines = [line.split("\t") for line in to_audacity_labels(rows).splitlines()]
    assert [line[2] for line in lines] == ["a x", "b", "b"]
    assert [(float(line[0]), float(line[1])) for line in lines] == [(0.0, 0.6), (0.6, 0.9), (1.8, 2.1)]


def test_an_empty_log_is_a_heading_and_an_empty_track() -> None:
    assert to_csv([]).startswith("start_s,end_s,ended_at,shown")
    assert to_audacity_labels([]) == ""
