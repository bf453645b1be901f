"""A real local Dask cluster of worker processes, one of which is killed while it works."""

from __future__ import annotations

import collections
import os
import signal
import sys
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from mlpsvd.classification.batch.classify import classify_files, find_sound_files
from mlpsvd.classification.batch.journal import ClassificationJournal, journal_path
from mlpsvd.classification.batch.results import Thresholds
from mlpsvd.cli import main
from mlpsvd.errors import DeviceError
from mlpsvd.executors import dask_workers, local_workers, n_usable_cores, result_of
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.papers.tasks import changed
from mlpsvd.experiments.runs.trained_model import model_of
from mlpsvd.experiments.sweeps.axes import parse_axis
from mlpsvd.experiments.sweeps.folder import SweepFolder
from mlpsvd.experiments.sweeps.run import kept_results, run_sweep
from mlpsvd.experiments.sweeps.sweep import Sweep
from mlpsvd.experiments.trials.trials import Trial, TrialStore, run_trials, seeded
from mlpsvd.experiments.trials.workers import Workers
from mlpsvd.models.model_file import load_model, save_model

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


@pytest.mark.slow
def test_repeats_of_an_experiment_on_a_cluster_by_one_command(
    cluster: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small = ["data.synthetic.train_per_class=30", "data.synthetic.test_per_class=30", "training.epochs=3",
             "discarding.first=2", "discarding.last=3", "training.contenders=mlp,mlp-svd"]  # fmt: skip
    sets = [part for one in small for part in ("--set", one)]
    for name, where in (("dask", ["--scheduler", cluster.scheduler_address]), ("here", ["--jobs", "1"])):
        command = ["sweep", *sets, "--repeats", "3", *where, "--out", str(tmp_path / name), "--quiet"]
        assert main(command) == 0, capsys.readouterr().err
    tables = [(tmp_path / name / "accuracies.csv").read_bytes() for name in ("dask", "here")]
    assert tables[0] == tables[1]
    assert len(tables[0].splitlines()) == 7


@pytest.fixture
def archive(run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of nine recordings and other things, the working directory, which is not that of the workers."""
    save_model(tmp_path / "model.safetensors", model_of(run.prepared, run.outcomes["mlp-svd"]))
    rng = np.random.default_rng(0)
    for number in range(9):
        folder = tmp_path / "archive" / run.prepared.dataset.class_names[number % 2]
        folder.mkdir(parents=True, exist_ok=True)
        soundfile.write(folder / f"{number}.wav", 0.1 * rng.standard_normal(16000 * (1 + 3 * number)), 16000)
    (tmp_path / "archive" / "bad.wav").write_text("no sound")
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path / "archive"


@pytest.mark.slow
def test_recordings_are_classified_on_a_cluster_as_here(
    cluster: Any, archive: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = ["archive", "empty", "missing.wav"]  # relative paths, two of which have no sounds
    received, there = [], ["--scheduler", cluster.scheduler_address]
    for where in (["--jobs", "1"], there):
        assert main(["classify", "model.safetensors", *files, *where]) == 1
        received.append(capsys.readouterr())
        out = f"{len(received)}.csv"
        assert main(["classify", "model.safetensors", *files, *where, "--per", "file", "--out", out]) == 1
        capsys.readouterr()
    assert received[0].out == received[1].out
    assert len(received[0].out.splitlines()) > 100
    assert [line for line in received[1].err.splitlines() if "files/s" not in line] == received[0].err.splitlines()
    assert Path("1.csv").read_bytes() == Path("2.csv").read_bytes()
    assert not list(Path().glob("*.part"))

    model, wanted = load_model("model.safetensors"), list(find_sound_files([archive]))
    journal = ClassificationJournal(Path("3.csv"), model, Thresholds())
    journal.load(wanted)
    for number, one in [done for event in classify_files(model, wanted) for done in event.finished][:4]:
        journal.add(wanted[number], one)
    journal.close()
    assert main(["classify", "model.safetensors", str(archive), *there, "--per", "file", "--out", "3.csv"]) == 1
    n_kept = 3 if wanted[0].path.name == "bad.wav" else 4
    assert f"{n_kept} of 10 files are already classified" in capsys.readouterr().err
    assert not journal_path(Path("3.csv")).exists()
    assert main(["classify", "model.safetensors", str(archive), "--per", "file", "--out", "4.csv"]) == 1
    assert Path("3.csv").read_bytes() == Path("4.csv").read_bytes()


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="there is no /proc")
def test_a_recording_that_a_worker_does_not_find_is_one_sentence(
    cluster: Any, archive: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    elsewhere = "/proc/self/cwd/archive"  # of this process only
    command = ["classify", "model.safetensors", elsewhere, "--scheduler", cluster.scheduler_address]
    assert main([*command, "--out", "table.csv"]) == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert "does not exist for the worker on" in error
    assert "same path on this machine and on all workers" in error
    assert not Path("table.csv").exists()
    assert main([*command[:3], "--scheduler", "tcp://127.0.0.1:9", "--jobs", "2"]) == 2
    assert "--jobs is 2; it should be left out with --scheduler" in capsys.readouterr().err


@pytest.mark.slow
def test_a_task_that_kills_its_workers_breaks_the_executor(cluster: Any) -> None:
    from distributed import Client

    with Client(cluster, set_as_default=False) as client:
        client.run_on_scheduler(_allow_no_failures)
    with dask_workers(cluster.scheduler_address) as executor:
        with pytest.raises(BrokenExecutor):
            result_of(executor.submit(os._exit, 1))
        assert result_of(executor.submit(os.getpid)) != os.getpid()
        assert executor.n_cores >= 1


@pytest.mark.slow
def test_a_scheduler_that_is_lost_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from distributed import LocalCluster

    monkeypatch.setattr("mlpsvd.executors._CONNECT_TIMEOUT", "1s")
    trials = [Trial(one) for one in seeded(changed(Experiment(), {"training.epochs": 60}), 20)]
    options = {"n_workers": 1, "threads_per_worker": 1, "processes": True, "dashboard_address": None}
    with LocalCluster(silence_logs=50, **options) as other:
        address = other.scheduler_address
        with (
            Workers(lambda: dask_workers(address)) as workers,
            pytest.raises(DeviceError, match=f"No Dask scheduler answers at {address}"),
        ):
            for _ in workers.run(trials, TrialStore(tmp_path)):
                other.close()
    assert list(tmp_path.glob("*.json"))  # what was finished is kept


def _allow_no_failures(dask_scheduler: Any) -> None:
    dask_scheduler.allowed_failures = 0


def _n_waiting(dask_scheduler: Any) -> int:
    return sum(task.state not in ("memory", "released", "forgotten") for task in dask_scheduler.tasks.values())


def test_a_scheduler_that_is_not_there_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mlpsvd.executors._CONNECT_TIMEOUT", "1s")
    with pytest.raises(DeviceError, match=r"No Dask scheduler answers at tcp://127\.0\.0\.1:9"):  # noqa: SIM117
        with dask_workers("tcp://127.0.0.1:9"):
            pass


def test_some_core_is_usable() -> None:
    assert 1 <= n_usable_cores() <= (os.cpu_count() or 1)
