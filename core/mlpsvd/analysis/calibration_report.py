"""Analysis "calibration": reliability diagram, expected calibration error and temperature as tables and figures."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING

import numpy as np

from mlpsvd.analysis.calibration import Calibration, calibrate
from mlpsvd.analysis.result import AnalysisEvent, AnalysisResult
from mlpsvd.analysis.subject import Subject
from mlpsvd.tables import Picture, Table
from mlpsvd.text import percent

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["calibration_report", "calibration_result", "findings"]


def calibration_report(subject: Subject) -> Generator[AnalysisEvent, None, None]:
    """Compare probabilities with accuracy and fit a temperature; yields one result.

    Raises
    ------
    DataError
        If the clips of the run are not available, or there are too few.
    """
    yield calibration_result(subject, calibrate(subject.network, subject.require_dataset()))


def calibration_result(subject: Subject, found: Calibration) -> AnalysisResult:
    """Return a calibration as a result with tables, arrays and figures."""
    before, after = found.before, found.after
    rows = zip(before.edges, before.edges[1:], before.counts, before.confidence, before.accuracy, strict=False)
    numbers = {
        f"{name}_{when}": np.asarray(getattr(one, name))
        for when, one in (("before", before), ("after", after))
        for name in ("confidence", "accuracy", "counts", "expected_error")
    }
    return AnalysisResult(
        key="calibration",
        findings=findings(found, subject.title),
        tables=(
            Table(
                "reliability",
                "Reliability without a temperature",
                ("From", "To", "Clips", "Mean probability", "Accuracy"),
                tuple(
                    (round(a, 3), round(b, 3), int(n), *(round(float(v), 4) for v in pair))
                    for a, b, n, *pair in rows
                    if n
                ),
                shown=True,
            ),
        ),
        arrays={"edges": before.edges, "temperature": np.array(found.temperature), **numbers},
        pictures=(Picture("reliability", "Reliability diagram", lambda: _draw(found)),),
    )


def findings(found: Calibration, title: str) -> tuple[str, ...]:
    """Return what the calibration shows, in sentences."""
    before, after = found.before, found.after
    excess = before.mean_confidence - before.mean_accuracy
    side = "too high" if excess > 0.0 else "too low"
    return (
        f"{title} shows a probability of {percent(before.mean_confidence)} on average and is correct for "
        f"{percent(before.mean_accuracy)} of the clips: its probabilities are {100 * abs(excess):.1f} points {side}.",
        f"The expected calibration error, the mean distance of the curve from the dotted line over all clips, is "
        f"{100 * before.expected_error:.1f} points; with so many clips, correct probabilities would show "
        f"{100 * before.error_by_chance:.1f} by chance.",
        f"With the temperature {found.temperature:.2f} it shows {percent(after.mean_confidence)} and the error is "
        f"{100 * after.expected_error:.1f} points; predicted classes do not change.",
        f"The temperature is fitted on {found.n_fitted} test clips; all figures are from the other {found.n_judged}.",
    )


def _draw(found: Calibration) -> Figure:
    from mlpsvd.drawing import new_figure, style

    with style():
        figure = new_figure(2.6)
        axes = figure.add_subplot()
        axes.plot([0, 100], [0, 100], color="#888888", linewidth=0.6)
        for one, label, line in (
            (found.before, "Without temperature", "o-"),
            (found.after, f"Temperature {found.temperature:.2f}", "s--"),
        ):
            shown = one.counts > 0
            axes.plot(100 * one.confidence[shown], 100 * one.accuracy[shown], line, markersize=3, label=label)
        axes.set_xlabel("Mean probability (%)")
        axes.set_ylabel("Accuracy (%)")
        axes.legend()
    return figure
