"""A saved run goes on; where it cannot, it is shown as it was saved and its folder is unchanged."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator

import pytest
from pytestqt.qtbot import QtBot

from mlpsvd.experiments.runs.library import RunLibrary
from mlpsvd.experiments.runs.resume import load_unfinished
from mlpsvd.experiments.runs.run import Run
from mlpsvd_gui.state.experiment_state import ExperimentState
from mlpsvd_gui.state.run_state import RunPhase, RunState
from mlpsvd_gui.workers.training import TrainingWorker
from mlpsvd_gui.workers.training_job import TrainingJob, time_left


@pytest.fixture
def saved(library: RunLibrary) -> Run:
    """The stopped run, as it is read in order to go on."""
    return load_unfinished(library.folders()[1])


@pytest.fixture
def job(saved: Run, library: RunLibrary, qtbot: QtBot) -> Iterator[TrainingJob]:
    job = TrainingJob(ExperimentState(saved.experiment), RunState(), TrainingWorker(library=library))
    yield job
    job.close()


def test_changed_data_are_refused_and_nothing_is_lost(
    job: TrainingJob, saved: Run, library: RunLibrary, qtbot: QtBot, expect_log: Callable[[str], None]
) -> None:
    expect_log("the clips have changed")
    folder = library.folders()[1]
    before = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    other = dataclasses.replace(saved, data=dataclasses.replace(saved.data, identity="of other clips"))
    with qtbot.waitSignal(job.failed, timeout=20_000) as failed:
        job.resume_run(other, folder)
    assert "clips have changed since this run began" in failed.args[0]
    run = job._run
    assert run.state is RunPhase.FAILED and run.run_id == saved.id and set(run.outcomes) == set(saved.outcomes)
    assert {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()} == before


def test_a_stop_before_the_first_epoch_shows_the_run_as_it_was(
    job: TrainingJob, saved: Run, library: RunLibrary, qtbot: QtBot
) -> None:
    job.resume_run(saved, library.folders()[1])
    job.stop_and_keep()
    qtbot.waitUntil(lambda: job._run.state is RunPhase.STOPPED, timeout=20_000)
    assert job._run.to_run() is not None and job._run.run_id == saved.id
    assert job._run.outcomes.keys() == saved.outcomes.keys()


def test_the_remaining_time_counts_the_epochs_of_this_session_only(saved: Run) -> None:
    run = RunState()
    run.continue_from(saved)
    done = sum(history[-1].epoch for history in run.histories.values())
    assert time_left(run, 4.0, done) is None
    left = 2 * saved.experiment.training.epochs - done
    assert time_left(run, 4.0, done - 2) == pytest.approx(2.0 * left)
