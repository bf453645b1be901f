"""Continuation of runs that have really been trained."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from kept_runs import small_run

from mlpsvd.experiments.prepare import prepare
from mlpsvd.experiments.runs.read_run import load_run
from mlpsvd.experiments.runs.resume import continued_race, load_unfinished
from mlpsvd.experiments.runs.run import Run
from mlpsvd.experiments.runs.run_folder import write_run


def test_a_continued_run_keeps_the_networks_of_all_epochs(tmp_path: Path) -> None:
    """The networks before the interruption were lost when the continued run was written."""
    whole = small_run({"training.epochs": 6})
    write_run(tmp_path, small_run({"training.epochs": 6}, stop_after=8), with_figures=False)
    stopped = load_unfinished(tmp_path)
    assert 0 < stopped.epoch < 6
    prepared = prepare(stopped.experiment)
    race = continued_race(stopped, prepared)
    for _ in race.run():
        pass
    write_run(tmp_path, Run.of(stopped.id, prepared, race), with_figures=False)
    continued = load_run(tmp_path)
    assert not any("earlier epochs" in note for note in continued.notes)
    for key, history in whole.histories.items():
        for expected, found in zip(history, continued.histories[key], strict=True):
            assert expected.snapshot is not None and found.snapshot is not None
            np.testing.assert_array_equal(expected.snapshot.theta, found.snapshot.theta)
