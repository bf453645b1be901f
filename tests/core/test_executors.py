"""A real local Dask cluster of worker processes, one of which is killed while it works."""

from __future__ import annotations

import collections
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mlpsvd.errors import DeviceError
from mlpsvd.executors import dask_workers, local_workers, n_usable_cores
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.papers.tasks import changed
from mlpsvd.experiments.sweeps.axes import parse_axis
from mlpsvd.experiments.sweeps.folder import SweepFolder
from mlpsvd.experiments.sweeps.run import kept_results, run_sweep
from mlpsvd.experiments.sweeps.sweep import Sweep
from mlpsvd.experiments.trials.trials import Trial, TrialStore, run_trials, seeded

pytestmark = pytest.mark.filterwarnings("ignore")  # what Dask warns of is not ours to mend


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50
    ) as cluster:
        yield cluster


def results(trials: list[Trial], folder: Path, executor: Any) -> dict[str, Any]:
    events = list(run_trials(trials, TrialStore(folder), executor))
    assert collections.Counter(event.trial.key for event in events) == {trial.key: 1 for trial in trials}
    return {event.trial.key: accuracies(event.result) for event in events}


def accuracies(result: Any) -> Any:
    return {name: (table["test_accuracy"], table["rank"]) for name, table in result["contenders"].items()}


@pytest.mark.slow
def test_a_killed_dask_worker_loses_nothing_and_nothing_counts_twice(cluster: Any, tmp_path: Path) -> None:
    from distributed import Client

    trials = [Trial(one) for one in seeded(changed(Experiment(), {"training.epochs": 60}), 10)]
    with Client(cluster, set_as_default=False) as client:
        pids = client.run(os.getpid)
        assert os.getpid() not in pids.values()
        assert len(set(pids.values())) == 2
    seen: list[str] = []
    with dask_workers(cluster.scheduler_address) as executor:
        for event in run_trials(trials, TrialStore(tmp_path / "dask"), executor):
            seen.append(event.trial.key)
            if len(seen) == 2:
                os.kill(next(iter(pids.values())), signal.SIGKILL)
    assert sorted(seen) == sorted(trial.key for trial in trials)
    assert len(list((tmp_path / "dask").glob("*.json"))) == len(trials)
    store = TrialStore(tmp_path / "dask")
    clustered = {trial.key: accuracies(store.get(trial)) for trial in trials}
    with local_workers(1) as executor:
        assert results(trials, tmp_path / "here", executor) == clustered


@pytest.mark.slow
def test_closing_leaves_the_cluster_idle(cluster: Any, tmp_path: Path) -> None:
    from distributed import Client

    trials = [Trial(one) for one in seeded(changed(Experiment(), {"training.epochs": 30}), 8)]
    with dask_workers(cluster.scheduler_address) as executor:
        events = run_trials(trials, TrialStore(tmp_path), executor)
        next(events)
        events.close()
    assert 1 <= len(list(tmp_path.glob("*.json"))) <= 2
    with Client(cluster, set_as_default=False) as client:
        assert client.run_on_scheduler(_n_waiting) <= 2


@pytest.mark.slow
def test_a_sweep_on_a_cluster_gives_the_same_numbers(cluster: Any, tmp_path: Path) -> None:
    base = changed(Experiment(), {"training.epochs": 9, "discarding.last": 6, "data.synthetic.train_per_class": 50})
    sweep = Sweep(base, (parse_axis("hidden=2,6,8"),), n_seeds=2, stops_early=True)
    found = []
    for name, workers in (
        ("dask", lambda: dask_workers(cluster.scheduler_address)),
        ("here", lambda: local_workers(1)),
    ):
        with SweepFolder(tmp_path / name, sweep) as folder:
            list(run_sweep(folder, workers))
            results = kept_results(sweep, folder.store)
        found.append([(one.epoch, {key: net.accuracies for key, net in one.networks.items()}) for one in results])
    assert found[0] == found[1]
    assert [epoch for epoch, _ in found[0]].count(9) == 1


def _n_waiting(dask_scheduler: Any) -> int:
    return sum(task.state not in ("memory", "released", "forgotten") for task in dask_scheduler.tasks.values())


def test_a_scheduler_that_is_not_there_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mlpsvd.executors._CONNECT_TIMEOUT", "1s")
    with pytest.raises(DeviceError, match=r"No Dask scheduler answers at tcp://127\.0\.0\.1:9"):  # noqa: SIM117
        with dask_workers("tcp://127.0.0.1:9"):
            pass


def test_some_core_is_usable() -> None:
    assert 1 <= n_usable_cores() <= (os.cpu_count() or 1)
