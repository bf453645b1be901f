"""A small run that has really been trained, and libraries of copies of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import mlpsvd
from mlpsvd.experiments.runs.library import RunLibrary
from mlpsvd.experiments.runs.run import Run
from mlpsvd.experiments.runs.run_data import new_run_id

SMALL = {"training.epochs": 3, "training.retries": 0, "training.engine": "reference",
         "data.synthetic.train_per_class": 20, "data.synthetic.test_per_class": 40}  # fmt: skip


def small_run(changes: Mapping[str, Any] | None = None, stop_after: int | None = None) -> Run:
    """Train a small synthetic run; stop after some events."""
    experiment = mlpsvd.Experiment()
    for key, value in {**SMALL, **(changes or {})}.items():
        experiment = mlpsvd.with_value(experiment, key, value)
    events: list[object] = []
    return mlpsvd.train(experiment, events.append, lambda: stop_after is not None and len(events) >= stop_after)


def fill(library: RunLibrary, run: Run, n_runs: int) -> list[Path]:
    """Save copies of a run, each with an identity of its own, one per day; return the folders, oldest first."""
    folders = []
    for day in range(n_runs):
        folder = library.new_folder(run.experiment, datetime(2026, 1, 1, 12) + timedelta(days=day))
        dataclasses.replace(run, id=new_run_id()).save(folder, with_figures=False)
        folders.append(folder)
    return folders
