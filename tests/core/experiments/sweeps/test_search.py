"""Searches: combinations chosen by Optuna, the same however often the search is interrupted."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mlpsvd.cli import main
from mlpsvd.errors import FileFormatError, MissingLibraryError, SettingError
from mlpsvd.executors import local_workers
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.experiment_file import load_experiment
from mlpsvd.experiments.papers.tasks import changed
from mlpsvd.experiments.sweeps.axes import Span, parse_axis
from mlpsvd.experiments.sweeps.coordinates import coordinates
from mlpsvd.experiments.sweeps.files import BEST, write_results
from mlpsvd.experiments.sweeps.folder import SweepFolder, read_sweep
from mlpsvd.experiments.sweeps.results import CombinationResult
from mlpsvd.experiments.sweeps.run import SweepTrialDone, kept_results, run_sweep
from mlpsvd.experiments.sweeps.search import next_group, search_problem
from mlpsvd.experiments.sweeps.sweep import Sweep, sweep_from_toml, sweep_to_toml
from mlpsvd.signals.bank import paper_bank

SMALL: dict[str, Any] = {
    "data.synthetic.filters": paper_bank(2, 100.0, 50.0),
    "data.synthetic.train_per_class": 40,
    "data.synthetic.test_per_class": 100,
    "training.epochs": 6,
    "training.contenders": ("mlp", "mlp-svd"),
    "discarding.first": 2,
    "discarding.last": 4,
    "discarding.points": 2,
}
AXES = ("training.rate=1e-5:1e-1:log", "hidden=2:20:lin", "optimiser=adam,momentum", "batch_size=4,8,16")


def search(n: int = 18, axes: Sequence[str] = AXES, n_seeds: int = 1) -> Sweep:
    return Sweep(changed(Experiment(), SMALL), tuple(parse_axis(one) for one in axes), n_seeds, n_searched=n)


def run(sweep: Sweep, path: Path, n_trials: int | None = None, n_jobs: int = 1) -> list[SweepTrialDone]:
    """Run a search, or a number of its trials."""
    with SweepFolder(path, sweep) as folder:
        opened = (lambda: local_workers(1)) if n_jobs == 1 else (lambda: ThreadPoolExecutor(n_jobs))
        events = run_sweep(folder, opened)
        done = []
        for event in events:
            assert isinstance(event, SweepTrialDone)
            done.append(event)
            if len(done) == n_trials:
                events.close()
        return done


def found(path: Path) -> list[tuple[Any, ...]]:
    sweep = read_sweep(path)
    with SweepFolder(path) as folder:
        results = kept_results(sweep, folder.store)
    return [(one.combination.values, {key: net.accuracies for key, net in one.networks.items()}) for one in results]


def test_a_range_is_a_setting_of_a_search_only() -> None:
    assert parse_axis("training.rate=1e-4:1e-1:log").span == Span(1e-4, 0.1, True)
    assert parse_axis("hidden=2:20:lin").value_at(7.4) == (7,)
    for text, said in (
        ("hidden=2:20.5:lin", "a range between whole numbers"),
        ("learning_rate=0:1:log", "positive numbers"),
        ("learning_rate=1:0:lin", "second number is the larger one"),
        ("learning_rate=1:1000:lin", "a range whose ends are each a number from 1e-9 to 100"),
    ):
        with pytest.raises(SettingError) as error:
            parse_axis(text)
        assert said in str(error.value), text
    with pytest.raises(SettingError, match=r"a range with a number of values, e\.g\. 2:20:lin5, unless a search"):
        Sweep(Experiment(), (parse_axis("hidden=2:20:lin"),))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"axes": ()}, "at least one setting"),
        ({"stops_early": True}, "left out in a search"),
        ({"n_searched": 3000}, "a whole number from 1 to 2000"),
        ({"axes": (parse_axis("hidden=2,3"),)}, "fewer than the 2 that there are"),
        ({"judge": "softmax"}, "judge is 'softmax'"),
    ],
)
def test_what_cannot_be_searched_is_one_sentence(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(SettingError, match=said):
        Sweep(**{"base": Experiment(), "axes": (parse_axis("hidden=2:9:lin"),), "n_searched": 5, **changes})


def test_a_sweep_file_keeps_a_search_and_earlier_programs_refuse_it() -> None:
    sweep = search()
    text = sweep_to_toml(sweep)
    assert sweep_from_toml(text) == sweep
    assert "format_version = 2" in text
    plain = sweep_to_toml(Sweep(Experiment(), (parse_axis("hidden=2,3"),)))
    assert "format_version = 1" in plain and "searched" not in plain


def test_without_optuna_it_is_one_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    monkeypatch.setenv("MLPSVD_RUNS", str(tmp_path))
    assert search_problem().endswith("which is not installed; install it with pip install 'mlpsvd[optuna]'.")
    with pytest.raises(MissingLibraryError, match="Optuna, which is not installed"):
        next_group(search(), [])
    assert main(["sweep", "--over", "hidden=2:9:lin", "--optuna", "5"]) == 2
    assert not list(tmp_path.iterdir())


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a search that was not interrupted."""
    pytest.importorskip("optuna")
    folder = tmp_path_factory.mktemp("search") / "whole"
    done = run(search(), folder)
    assert [event.done for event in done] == list(range(1, 19))
    assert {event.total for event in done} == {18}
    assert done[-1].left_s == 0.0
    return folder


def test_combinations_are_new_possible_and_better_in_the_end(whole: Path, tmp_path: Path) -> None:
    results = found(whole)
    assert len({values for values, _ in results}) == len(results) == 18
    for (rate, hidden, optimiser, batch_size), _ in results:
        assert 1e-5 <= rate <= 0.1 and 2 <= hidden[0] <= 20
        assert optimiser in ("adam", "momentum") and batch_size in (4, 8, 16)
    scores = [_scores(whole)]
    for seed in range(2, 7):
        base = changed(search().base, {"seed": seed})
        run(replace(search(), base=base), tmp_path / str(seed))
        scores.append(_scores(tmp_path / str(seed)))
    mean = np.mean(scores, axis=0)  # one seed in six is no better: the start may find the best by chance
    assert mean[10:].mean() > mean[:10].mean()  # TPE against the random start


def _scores(folder: Path) -> list[float]:
    return [networks["mlp-svd"][0] for _, networks in found(folder)]


def test_interruptions_and_workers_change_nothing(whole: Path, tmp_path: Path) -> None:
    sweep = search()
    for n_trials in (1, 12, None):  # in the random start, in the second group, to the end
        run(sweep, tmp_path / "again", n_trials, n_jobs=2)
        assert len(found(tmp_path / "again")) == {1: 10, 12: 14, None: 18}[n_trials]
    assert found(tmp_path / "again") == found(whole)
    with SweepFolder(tmp_path / "again", sweep) as folder:
        assert all(event.kept for event in run_sweep(folder, lambda: local_workers(1)) if hasattr(event, "kept"))


def test_results_are_written_and_shown(whole: Path, tmp_path: Path) -> None:
    sweep = read_sweep(whole)
    with SweepFolder(whole) as folder:
        results = kept_results(sweep, folder.store)
    write_results(tmp_path, sweep, results)
    table = json.loads((tmp_path / "results.json").read_text())
    assert table["searched"] == len(table["combinations"]) == 18
    best = load_experiment(tmp_path / BEST)
    assert best.training.learning_rate == table["combinations"][0]["values"]["training.learning_rate"]
    columns = coordinates(sweep, results).columns
    assert [one.label for one in columns[:2]] == ["Learning rate", "Hidden neurons"]
    assert all(0.0 <= at <= 1.0 for one in columns for at in one.positions)
    assert [text for _, text in columns[0].ticks] == ["1e−5", "0.001", "0.1"]
    assert write_results(tmp_path / "nothing", search(), [])


def test_impossible_combinations_are_not_chosen() -> None:
    pytest.importorskip("optuna")
    chosen = next_group(search(8, ("discarding.first=1:6:lin", "discarding.last=1:6:lin")), [])
    assert len(chosen) == 8 and all(first <= last for first, last in chosen)
    with pytest.raises(SettingError, match=r"discarding\.last"):
        next_group(search(8, ("discarding.first=5:6:lin", "discarding.last=1:4:lin")), [])


def test_a_training_that_diverged_counts_as_zero() -> None:
    pytest.importorskip("optuna")
    sweep = search(20, ("learning_rate=1e-4:1:log",))
    first = next_group(sweep, [])
    results = [
        CombinationResult(combination, 0, 6, {}, "diverged")
        for combination in Sweep(sweep.base, sweep.axes, n_searched=20, chosen=tuple(first)).combinations
    ]
    assert len(next_group(sweep, results)) == 4


def test_a_damaged_file_of_combinations_is_named(tmp_path: Path) -> None:
    SweepFolder(tmp_path / "search", search()).close()
    path = tmp_path / "search" / "combinations.json"
    for damage in (
        "",
        "{}",
        '{"format_version": 2, "combinations": []}',
        '{"format_version": 1, "combinations": [[1]]}',
    ):
        path.write_text(damage)
        with pytest.raises(FileFormatError, match=r"combinations\.json cannot be used"):
            read_sweep(tmp_path / "search")


def test_a_search_by_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("optuna")
    monkeypatch.setenv("MLPSVD_RUNS", str(tmp_path))
    sets = [f"{key}={value}" for key, value in SMALL.items() if isinstance(value, int)]
    options = [part for one in (*sets, "training.contenders=mlp,mlp-svd") for part in ("--set", one)]
    command = ["sweep", *options, "--over", "training.rate=1e-4:1e-1:log", "--optuna", "3", "--jobs", "1"]
    assert main(command) == 0
    received = capsys.readouterr()
    assert "3 combinations chosen by Optuna × 1 seed" in received.err
    assert "Learning rate" in received.out
    assert main(["sweep", "--list"]) == 0
    assert capsys.readouterr().out.splitlines()[1].split()[-2:] == ["3", "1"]
    assert main([*command, "--stop-early"]) == 2
    assert "left out in a search" in capsys.readouterr().err
