"""Cross-validation of a run as JSON, as CSV, and in a checkpoint."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

from mlpsvd.datasets.settings import Evaluation
from mlpsvd.errors import FileFormatError
from mlpsvd.files import write_atomically
from mlpsvd.json_fields import Fields, finite_or_none
from mlpsvd.metrics.cross_validation import PartResult, Validation
from mlpsvd.text import csv_text

__all__ = ["parts_table", "read_parts", "validation_csv", "validation_table", "write_validation"]


def validation_table(validation: Validation) -> dict[str, Any]:
    """Return the result of a cross-validation, ready for JSON; accuracies are 0 to 1."""
    table: dict[str, Any] = {
        "n_folds": validation.n_folds,
        "accuracy": finite_or_none(validation.accuracy),
        "balanced_accuracy": finite_or_none(validation.balanced_accuracy),
        "confusion": validation.confusion.tolist(),
    }
    if not validation.parts:
        return table
    return table | {
        "evaluation": validation.evaluation,
        "n_clips": validation.n_clips,
        "n_repeats": validation.n_repeats,
        "mean": finite_or_none(validation.mean),
        "standard_deviation": finite_or_none(validation.deviation),
        "standard_deviation_over_seeds": finite_or_none(validation.deviation_over_seeds),
        "interval": list(validation.interval),
        "interval_kind": validation.interval_kind,
        "accuracy_by_seed": {str(seed): value for seed, value in validation.accuracies_by_seed.items()},
        ("groups" if validation.has_groups else "folds"): [
            {"name": one.name, "n_clips": one.n_clips, "accuracy": one.accuracy, "interval": list(one.interval)}
            for one in validation.summaries
        ],
    }


def validation_csv(validations: Mapping[str, Validation]) -> str:
    """Return one row for each network, repetition, and group or fold: clips, correct ones, accuracy.

    Parameters
    ----------
    validations
        By contender.
    """
    rows: list[tuple[object, ...]] = [("network", "seed", "part", "n_clips", "n_correct", "accuracy")]
    for key, one in validations.items():
        rows += [(key, part.seed, part.name, part.n_clips, part.n_correct, part.accuracy) for part in one.parts]
    return csv_text(rows)


def write_validation(path: Path, validations: Mapping[str, Validation]) -> None:
    """Write a cross-validation as JSON or CSV, by the suffix of the path.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    if path.suffix.lower() == ".json":
        table = {key: validation_table(one) for key, one in validations.items()}
        write_atomically(path, json.dumps(table, indent=2, ensure_ascii=False) + "\n")
    else:
        write_atomically(path, validation_csv(validations))


def parts_table(validation: Validation) -> dict[str, Any]:
    """Return the parts of a cross-validation for a checkpoint."""
    return {
        "has_groups": validation.has_groups,
        "evaluation": validation.evaluation,
        "parts": [[part.seed, part.name, part.n_correct, part.n_clips] for part in validation.parts],
    }


def read_parts(table: Fields) -> tuple[tuple[PartResult, ...], bool, str]:
    """Return the parts of a cross-validation, whether they are groups, and the evaluation.

    Raises
    ------
    FileFormatError
        If an entry is not a seed, a name and two counts.
    """
    parts = tuple(_part(entry) for entry in table.entries("parts"))
    return parts, table.flag("has_groups"), table.text("evaluation", get_args(Evaluation))


def _part(entry: object) -> PartResult:
    if isinstance(entry, list) and len(entry) == 4:
        seed, name, n_correct, n_clips = entry
        are_counts = all(type(one) is int for one in (seed, n_correct, n_clips))
        if are_counts and isinstance(name, str) and seed >= 0 and 0 <= n_correct <= n_clips and n_clips > 0:
            return PartResult(seed, name, n_correct, n_clips)
    raise FileFormatError("parts should hold lists of a seed, a name, and the correct and all clips")
