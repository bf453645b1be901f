"""Results of a run as plain tables."""

from __future__ import annotations

import contextlib
import platform
import re
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from mlpsvd import __version__
from mlpsvd.contenders import baseline_of
from mlpsvd.experiments.compare_outcomes import compare_outcomes, comparison_table
from mlpsvd.experiments.race import Outcome
from mlpsvd.experiments.runs.run_contents import RunContents
from mlpsvd.experiments.runs.validation_tables import validation_table
from mlpsvd.json_fields import finite_or_none
from mlpsvd.metrics.scores import accuracy, balanced_accuracy
from mlpsvd.metrics.uncertainty import wilson_interval
from mlpsvd.text import one_line

__all__ = ["LIBRARIES", "PROGRAM", "library_versions", "processor_name", "results_table"]

LIBRARIES = ("numpy", "numba", "soundfile", "soxr", "safetensors", "matplotlib")
PROGRAM = "mlpsvd"


def results_table(run: RunContents) -> dict[str, Any]:
    """Return the content of ``results.json`` as plain tables; missing values are None."""
    data = run.data
    comparisons = _comparisons(run)
    return {
        "program": PROGRAM,
        "format_version": 2,
        "run_id": run.id,
        "versions": library_versions(),
        "system": platform.platform(),
        "processor": processor_name(),
        "engine": run.engine,
        "notes": list(run.notes),
        "experiment": run.experiment.name,
        "seed": run.experiment.seed,
        "features": data.features.describe(),
        "class_names": list(data.class_names),
        "clip_identity": data.identity,
        "n_train": data.n_train,
        "n_test": data.n_test,
        "n_skipped": len(data.skipped),
        "comparison": next(iter(comparisons.values())) if len(comparisons) == 1 else None,
        "comparisons": comparisons,
        "contenders": {name: _outcome_table(outcome, data.class_names) for name, outcome in run.outcomes.items()},
    }


def _comparisons(run: RunContents) -> dict[str, dict[str, Any]]:
    """Return each contender's comparison with the baseline."""
    compared = compare_outcomes(run.outcomes)
    baseline = baseline_of([one.contender for one in run.outcomes.values()]).key if compared else ""
    return {key: {"baseline": baseline, **comparison_table(one)} for key, one in compared.items()}


def library_versions() -> dict[str, str | None]:
    """Return the versions of this program, of Python and of the libraries that results depend on."""
    versions: dict[str, str | None] = {"mlpsvd": __version__, "python": platform.python_version()}
    for name in LIBRARIES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            versions[name] = None
    return versions


def processor_name() -> str:
    """Return the name of the processor as the system gives it; empty where it gives none."""
    with contextlib.suppress(OSError):
        text = Path("/proc/cpuinfo").read_text("utf-8", "replace")
        found = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
        if found is not None:
            return one_line(found[1], 100)
    return one_line(platform.processor(), 100)


def _outcome_table(outcome: Outcome, class_names: Sequence[str]) -> dict[str, Any]:
    last, report = outcome.last, outcome.report
    return {
        "title": outcome.contender.title,
        "epochs": last.epoch,
        "stopped_early": last.epoch < last.n_epochs,
        "test_accuracy": finite_or_none(accuracy(outcome.confusion)),
        "test_accuracy_interval": list(wilson_interval(outcome.confusion.trace(), int(outcome.confusion.sum()))),
        "test_balanced_accuracy": finite_or_none(balanced_accuracy(outcome.confusion)),
        "train_accuracy": finite_or_none(last.train_accuracy),
        "test_loss": finite_or_none(last.test_loss),
        "train_loss": finite_or_none(last.train_loss),
        "kinds": list(last.kinds),
        "ranks": list(last.ranks),
        "n_weights": last.n_weights,
        "flops": outcome.flops,
        "train_s": outcome.train_s,
        "at_chance": outcome.at_chance,
        "cross_validation": None if outcome.validation is None else validation_table(outcome.validation),
        "confusion": outcome.confusion.tolist(),
        "classes": {
            name: {
                "precision": finite_or_none(report.precision[index]),
                "recall": finite_or_none(report.recall[index]),
                "f1": finite_or_none(report.f1[index]),
                "support": int(report.support[index]),
            }
            for index, name in enumerate(class_names)
        },
    }
