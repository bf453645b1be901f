"""Result of a cross-validation as rows of text, for the command line and the window."""

from __future__ import annotations

import math
from collections.abc import Mapping

from mlpsvd.metrics.cross_validation import Validation
from mlpsvd.metrics.uncertainty import accuracy_text
from mlpsvd.text import counted, one_line, percent

__all__ = ["basis_text", "mean_text", "summary_rows", "validation_rows", "validation_title"]

_LONGEST_NAME = 40


def validation_title(validation: Validation) -> str:
    """Return the method, the number of clips, groups or folds, and seeds in one line."""
    parts = counted(len(validation.summaries), "group") if validation.has_groups else ""
    folds = counted(validation.n_folds, "fold")
    leaves_one = validation.evaluation == "leave one group out"
    method = "Leave one group out" if leaves_one else "K-fold cross-validation"
    pieces = [counted(validation.n_clips, "clip"), parts, "" if leaves_one else folds]
    pieces.append(counted(validation.n_repeats, "seed") if validation.n_repeats > 1 else "")
    return f"{method} ({', '.join(piece for piece in pieces if piece)})"


def validation_rows(validations: Mapping[str, Validation], titles: Mapping[str, str]) -> list[tuple[str, ...]]:
    """Return a heading and one row for each group or fold, with clips and the accuracy of each network.

    Parameters
    ----------
    validations, titles
        Results and titles of the networks, by contender.
    """
    results = list(validations.values())
    first = results[0]
    rows: list[tuple[str, ...]] = [
        ("Group" if first.has_groups else "Fold", "Clips", *(titles[key] for key in validations))
    ]
    for index, part in enumerate(first.summaries):
        cells = [one.summaries[index] for one in results]
        texts = (accuracy_text(cell.accuracy, cell.n_clips) for cell in cells)
        rows.append((one_line(part.name.removeprefix("fold "), _LONGEST_NAME), f"{part.n_clips:,}", *texts))
    return rows


def summary_rows(validations: Mapping[str, Validation]) -> list[tuple[str, ...]]:
    """Return rows with mean and spread, interval, accuracy over all clips and balanced accuracy."""
    results = list(validations.values())
    first = results[0]
    n_clips = f"{first.n_clips:,}"
    rows = [
        ("Mean ± SD" if first.has_groups else "All ± SD of folds", "", *(mean_text(one) for one in results)),
        ("95 % interval", "", *(_interval_text(one.interval) for one in results)),
    ]
    if first.has_groups:
        rows.append(("All clips", n_clips, *(percent(one.accuracy) for one in results)))
    rows.append(("Balanced accuracy", n_clips, *(percent(one.balanced_accuracy) for one in results)))
    if first.n_repeats > 1:
        spreads = (_points(one.deviation_over_seeds) for one in results)
        rows.append(("SD over seeds", n_clips, *spreads))
    return rows


def mean_text(validation: Validation) -> str:
    """Return mean and standard deviation in percent, e.g. ``57.3 ± 19.7 %``."""
    deviation = validation.deviation
    spread = "" if math.isnan(deviation) else f" ± {100 * deviation:.1f}"
    return f"{100 * validation.mean:.1f}{spread} %"


def basis_text(validation: Validation) -> str:
    """Return one sentence on what the mean, the spread and the intervals are."""
    if validation.has_groups:
        return (
            "Each group has the same weight in the mean. Its interval is Student's t over the groups, as clips of one "
            "group are not independent; that of a group is Wilson's over its clips."
        )
    return "Intervals are Wilson's, for independent clips. With clips of one speaker or site they are too narrow."


def _interval_text(interval: tuple[float, float]) -> str:
    return f"{100 * interval[0]:.1f}–{100 * interval[1]:.1f}"


def _points(deviation: float) -> str:
    return "–" if math.isnan(deviation) else f"{100 * deviation:.1f} points"
