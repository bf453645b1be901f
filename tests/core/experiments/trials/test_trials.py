"""Many trials: stored, resumed, cancelled, and identical on any executor."""

from __future__ import annotations

import json
import threading
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

import pytest

from mlpsvd.errors import DataError
from mlpsvd.executors import local_workers
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.papers.tasks import changed
from mlpsvd.experiments.trials.measurements import Measurement
from mlpsvd.experiments.trials.trials import Trial, TrialStore, run_trials, seeded
from mlpsvd.signals.bank import paper_bank


@pytest.fixture(scope="module")
def small() -> Experiment:
    return changed(
        Experiment(),
        {
            "data.synthetic.filters": paper_bank(2, 100.0, 50.0),
            "data.synthetic.train_per_class": 40,
            "data.synthetic.test_per_class": 30,
            "training.epochs": 4,
            "training.learning_rate": 0.01,
            "discarding.first": 2,
            "discarding.last": 3,
        },
    )


class Counting(Executor):
    """Counts the tasks that it passes to a thread."""

    def __init__(self) -> None:
        self.submitted = 0
        self._thread = ThreadPoolExecutor(1)

    def submit(self, function: Any, /, *arguments: Any, **named: Any) -> Future[Any]:
        self.submitted += 1
        return self._thread.submit(function, *arguments, **named)


def without_times(result: dict[str, Any]) -> dict[str, Any]:
    """Results but for the seconds, which no two runs share."""
    contenders = {
        name: {key: value for key, value in table.items() if key != "train_s"}
        for name, table in result.get("contenders", {}).items()
    }
    return {**result, "contenders": contenders}


def test_the_key_is_what_the_result_depends_on(small: Experiment) -> None:
    key = Trial(small).key
    assert Trial(changed(small, {"name": "another"})).key == key
    assert Trial(changed(small, {"seed": 2})).key != key
    assert Trial(changed(small, {"discarding.threshold": 0.2})).key != key
    assert Trial(small, Measurement.BAYES).key != key


def test_seeds_follow_on_and_wrap(small: Experiment) -> None:
    assert [one.seed for one in seeded(changed(small, {"seed": 2**32 - 1}), 3)] == [2**32 - 1, 0, 1]


def test_a_repeated_command_computes_nothing(small: Experiment, tmp_path: Path) -> None:
    trials = [Trial(one) for one in seeded(small, 3)]
    store, executor = TrialStore(tmp_path), Counting()
    first = list(run_trials([*trials, trials[0]], store, executor))
    assert executor.submitted == 3
    assert [(event.done, event.total, event.kept) for event in first] == [(1, 3, False), (2, 3, False), (3, 3, False)]
    assert first[-1].left_s == 0.0
    second = list(run_trials(trials, store, executor))
    assert executor.submitted == 3
    assert all(event.kept for event in second)
    assert {e.trial.key: e.result for e in second} == {e.trial.key: e.result for e in first}


@pytest.mark.slow
def test_results_do_not_depend_on_the_workers(small: Experiment, tmp_path: Path) -> None:
    two_classes = [what for what in Measurement if what is not Measurement.TRANSFER]  # which needs four
    trials = [Trial(one, what) for one in seeded(small, 2) for what in two_classes]
    found = []
    for n_jobs in (1, 2):
        with local_workers(n_jobs) as executor:
            events = list(run_trials(trials, TrialStore(tmp_path / str(n_jobs)), executor))
        found.append({event.trial.key: without_times(dict(event.result)) for event in events})
    assert len(found[0]) == len(trials)
    assert found[0] == found[1]


def test_closing_cancels_and_keeps_what_is_done(small: Experiment, tmp_path: Path) -> None:
    trials = [Trial(one) for one in seeded(small, 6)]
    store = TrialStore(tmp_path)
    with local_workers(1) as executor:
        events = run_trials(trials, store, executor)
        next(events)
        next(events)
        events.close()
    kept = [trial for trial in trials if store.get(trial) is not None]
    assert len(kept) == 2
    executor = Counting()
    assert len(list(run_trials(trials, store, executor))) == 6
    assert executor.submitted == 4


def test_a_damaged_result_is_computed_again(small: Experiment, tmp_path: Path) -> None:
    trial, store = Trial(small), TrialStore(tmp_path)
    (event,) = run_trials([trial], store, Counting())
    for damage in (b"", b"{", b"[]", b'{"format_version": 99, "result": {}}', b'{"format_version": 1}'):
        store.path(trial).write_bytes(damage)
        assert store.get(trial) is None
    (again,) = run_trials([trial], store, Counting())
    assert not again.kept
    assert without_times(dict(again.result)) == without_times(dict(event.result))
    assert json.loads(store.path(trial).read_bytes())["experiment"]["seed"] == small.seed


def test_what_was_finished_before_a_worker_was_lost_counts(small: Experiment, tmp_path: Path) -> None:
    class Losing(Executor):
        """Two trials come out, then the pool breaks."""

        def __init__(self) -> None:
            self.futures: list[Future[Any]] = []

        def submit(self, function: Any, /, *arguments: Any, **named: Any) -> Future[Any]:
            future: Future[Any] = Future()
            self.futures.append(future)
            if len(self.futures) <= 2:
                future.set_result(function(*arguments))
            else:
                future.set_exception(BrokenProcessPool("killed"))
            return future

    trials = [Trial(one) for one in seeded(small, 5)]
    store = TrialStore(tmp_path)
    seen: list[object] = []
    with pytest.raises(BrokenExecutor):
        seen.extend(run_trials(trials, store, Losing()))
    assert len([trial for trial in trials if store.get(trial)]) == 2


def test_an_impossible_trial_says_why(small: Experiment, tmp_path: Path) -> None:
    pink = changed(small, {"data.synthetic.noise": "pink"})
    with pytest.raises(DataError, match="Gaussian"):
        list(run_trials([Trial(pink, Measurement.BAYES)], TrialStore(tmp_path), Counting()))


def test_a_store_that_cannot_be_written_says_so(small: Experiment, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OSError, match="file"):
        list(run_trials([Trial(small)], TrialStore(tmp_path / "file"), Counting()))


def test_other_threads_may_pull(small: Experiment, tmp_path: Path) -> None:
    """The window reads from a worker thread, and closes on request."""
    trials = [Trial(one) for one in seeded(small, 2)]
    events: list[Any] = []
    thread = threading.Thread(target=lambda: events.extend(run_trials(trials, TrialStore(tmp_path), Counting())))
    thread.start()
    thread.join(60)
    assert len(events) == 2
