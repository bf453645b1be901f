"""Sweeps: their settings, what is kept, early stopping, results and files."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from mlpsvd.errors import DataError, FileFormatError, SettingError
from mlpsvd.executors import local_workers
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.experiment_file import load_experiment
from mlpsvd.experiments.papers.tasks import changed
from mlpsvd.experiments.sweeps.axes import Axis, parse_axis, sweepable_keys
from mlpsvd.experiments.sweeps.coordinates import coordinates
from mlpsvd.experiments.sweeps.files import BEST, results_table, write_results
from mlpsvd.experiments.sweeps.folder import SweepFolder, find_sweep, kept_sweeps, new_sweep_folder, read_sweep
from mlpsvd.experiments.sweeps.results import COSTS, CombinationResult, best_first, fronts
from mlpsvd.experiments.sweeps.run import RungEnded, SweepEvent, SweepTrialDone, kept_results, run_sweep
from mlpsvd.experiments.sweeps.sweep import Sweep, identity_of_data, sweep_from_toml, sweep_to_toml
from mlpsvd.signals.bank import paper_bank


@pytest.fixture(scope="module")
def small() -> Experiment:
    return changed(
        Experiment(),
        {
            "data.synthetic.filters": paper_bank(2, 100.0, 50.0),
            "data.synthetic.train_per_class": 60,
            "data.synthetic.test_per_class": 40,
            "training.epochs": 18,
            "training.learning_rate": 0.01,
            "discarding.first": 3,
            "discarding.last": 8,
            "discarding.points": 2,
        },
    )


def run(sweep: Sweep, path: Path) -> tuple[list[SweepEvent], list[CombinationResult]]:
    with SweepFolder(path, sweep) as folder:
        events = list(run_sweep(folder, lambda: local_workers(1)))
        return events, kept_results(sweep, folder.store)


def accuracies(results: list[CombinationResult]) -> dict[int, Any]:
    return {
        one.combination.number: (one.state, one.epoch, {key: net.accuracies for key, net in one.networks.items()})
        for one in results
    }


@pytest.mark.parametrize(
    ("text", "key", "values"),
    [
        ("hidden=10,40/20", "network.hidden", ((10,), (40, 20))),
        ("training.rate=1e-3:1e-1:log3", "training.learning_rate", (0.001, 0.01, 0.1)),
        ("learning_rate=0.1:0.3:0.1", "training.learning_rate", (0.1, 0.2, 0.3)),
        ("epochs=10:20:lin3,50", "training.epochs", (10, 15, 20, 50)),
        ("batch_size=1:4:log9", "training.batch_size", (1, 2, 3, 4)),  # rounded, each once
        ("optimiser=adam, momentum", "training.optimiser", ("adam", "momentum")),
        ("contenders=mlp/softmax,mlp", "training.contenders", (("mlp", "softmax"), ("mlp",))),
    ],
)
def test_settings_and_values_are_read(text: str, key: str, values: tuple[Any, ...]) -> None:
    assert parse_axis(text) == Axis(key, values)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("hidden", "--over is 'hidden'; it should be of the form KEY=VALUES"),
        ("hiden=3", "mlpsvd settings lists them"),
        ("rate=3", "one of data.synthetic.sample_rate_hz, "),
        ("seed=1,2", "--repeats changes the seed"),
        ("hidden=", "one or more values"),
        ("hidden=ten", "network.hidden is 'ten'"),
        ("learning_rate=1e-3:1e-1:log1", "a range of 2 to 100 values"),
        ("learning_rate=0:1:log3", "positive numbers"),
        ("learning_rate=1:0:lin3", "second number is the larger one"),
        ("learning_rate=0.1:0.2:0", "positive step"),
        ("learning_rate=0.1:0.2:some", "LOW:HIGH:logN"),
        ("epochs=1:1000:1", "at most 100 values"),
    ],
)
def test_what_cannot_be_swept_is_one_sentence(text: str, said: str) -> None:
    with pytest.raises(SettingError) as error:
        parse_axis(text)
    assert said in str(error.value)


def test_every_key_can_be_named() -> None:
    assert "network.hidden" in sweepable_keys()
    assert not {"name", "seed", "data.synthetic.filters"} & set(sweepable_keys())


def test_impossible_combinations_are_refused(small: Experiment) -> None:
    with pytest.raises(SettingError, match=r"discarding.last.*with First point 9, Last point 8"):
        Sweep(small, (parse_axis("discarding.first=5,9"), parse_axis("discarding.last=8")))
    with pytest.raises(SettingError, match="named once"):
        Sweep(small, (parse_axis("hidden=5"), parse_axis("hidden=6")))
    with pytest.raises(SettingError, match="at most 2000"):
        Sweep(small, (parse_axis("batch_size=1:100:1"), parse_axis("epochs=1:100:1")))
    with pytest.raises(SettingError, match="judge is 'softmax'"):
        Sweep(small, (), judge="softmax")


def test_a_sweep_file_keeps_everything(small: Experiment) -> None:
    axes = (parse_axis("hidden=5,6/4"), parse_axis("learning_rate=1e-3,1"))
    sweep = Sweep(small, axes, 3, True, "mlp", "abc")
    assert sweep_from_toml(sweep_to_toml(sweep)) == sweep
    for damage in ("", "format_version = 9", sweep_to_toml(sweep).replace("network.hidden", "network.hiden"), "\0"):
        with pytest.raises(FileFormatError, match="not a sweep"):
            sweep_from_toml(damage)


def test_results_are_kept_counted_and_written(small: Experiment, tmp_path: Path) -> None:
    sweep = Sweep(small, (parse_axis("hidden=2,6"), parse_axis("learning_rate=1e-4,1e-2")), 2)
    events, results = run(sweep, tmp_path / "sweep")
    done = [event for event in events if isinstance(event, SweepTrialDone)]
    assert [event.done for event in done] == list(range(1, 9))
    assert {event.total for event in done} == {8}
    assert done[-1].left_s == 0.0
    assert all(one.is_complete for one in results)
    best = best_first(sweep, results)[0]
    assert best.combination.values[1] == 0.01
    assert all(best.networks["mlp-svd"].mean >= one.networks["mlp-svd"].mean for one in results)
    again, same = run(sweep, tmp_path / "sweep")
    assert all(event.kept for event in again if isinstance(event, SweepTrialDone))
    assert accuracies(same) == accuracies(results)
    paths = write_results(tmp_path / "sweep", sweep, results)
    assert {path.name for path in paths} == {
        "results.csv", "accuracies.csv", "results.json", BEST,
        *(f"{stem}.{kind}" for stem in ("parallel-coordinates", "pareto") for kind in ("png", "svg", "pdf")),
    }  # fmt: skip
    with (tmp_path / "sweep" / "results.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 8
    assert float(rows[0]["mean_accuracy"]) == best.networks[rows[0]["network"]].mean
    table = json.loads((tmp_path / "sweep" / "results.json").read_text())
    assert table == json.loads(json.dumps(results_table(sweep, results)))
    assert table["combinations"][0]["values"]["network.hidden"] == list(best.combination.values[0])
    promoted = load_experiment(tmp_path / "sweep" / BEST)
    assert (promoted.network.hidden, promoted.training.learning_rate) == best.combination.values


def test_front_and_coordinates(small: Experiment, tmp_path: Path) -> None:
    sweep = Sweep(small, (parse_axis("hidden=2,20"), parse_axis("learning_rate=1e-4,1e-2")))
    _, results = run(sweep, tmp_path)
    by_number = {one.combination.number: one for one in results}
    for cost in COSTS:
        front = fronts(results, cost)
        nets = [by_number[number].networks[key] for number, key in front]
        assert [one.cost(cost) for one in nets] == sorted(one.cost(cost) for one in nets)
        assert max(net.mean for one in results for net in one.networks.values()) == nets[-1].mean
    found = coordinates(sweep, results)
    hidden, rate, accuracy, *_ = found.columns
    assert found.numbers == (1, 2, 3, 4)
    assert (hidden.positions, rate.positions) == ((0, 0, 1, 1), (0, 1, 0, 1))
    assert hidden.ticks == ((0.0, "2"), (1.0, "20"))
    assert max(accuracy.positions) == 1.0
    assert found.accuracies.index(max(found.accuracies)) == accuracy.positions.index(1.0)


def test_early_stopping_keeps_what_the_whole_sweep_keeps(small: Experiment, tmp_path: Path) -> None:
    axes = (parse_axis("learning_rate=1e-9:1e-2:log9"),)
    whole, halved = Sweep(small, axes), Sweep(small, axes, stops_early=True)
    assert [(rung.n_combinations, rung.epoch) for rung in halved.rungs()] == [(9, 2), (3, 6), (1, 18)]
    events, results = run(halved, tmp_path / "halved")
    assert [event for event in events if isinstance(event, RungEnded)] == [RungEnded(2, 3, 6), RungEnded(6, 1, 2)]
    assert sorted(one.epoch for one in results) == [2] * 6 + [6] * 2 + [18]
    assert sum(one.is_complete for one in results) == 1
    _, all_results = run(whole, tmp_path / "whole")
    (survivor,) = [one for one in results if one.is_complete]
    full = next(one for one in all_results if one.combination == survivor.combination)
    assert survivor.networks["mlp"].accuracies == full.networks["mlp"].accuracies
    assert best_first(halved, results)[0] is survivor
    assert accuracies(kept_results(halved, SweepFolder(tmp_path / "halved").store)) == accuracies(results)


def test_a_training_that_diverges_is_a_result(small: Experiment, tmp_path: Path) -> None:
    wild = {"training.optimiser": "sgd", "network.output": "relu", "network.loss": "squared error",
            "network.hidden": (20, 20, 20), "network.initial_std": 5.0}  # fmt: skip
    sweep = Sweep(changed(small, wild), (parse_axis("learning_rate=1e-9,100"),))
    _, results = run(sweep, tmp_path)
    assert [one.state for one in results] == ["complete", "failed"]
    assert "finite" in results[1].failure
    write_results(tmp_path, sweep, results)
    assert results_table(sweep, results)["combinations"][1]["state"] == "failed"


def test_a_trial_that_cannot_begin_names_its_combination(small: Experiment, tmp_path: Path) -> None:
    sweep = Sweep(small, (parse_axis("features.n_components=5,125"),))
    with pytest.raises(DataError, match=r"components 125: .*principal components"):
        run(sweep, tmp_path)


def test_folders_are_kept_apart(small: Experiment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLPSVD_RUNS", str(tmp_path / "runs"))
    sweep = Sweep(small, (parse_axis("hidden=2,4"),))
    path = new_sweep_folder(sweep)
    assert kept_sweeps() == []
    with SweepFolder(path, sweep):
        assert kept_sweeps() == [path]
        assert find_sweep("latest") == find_sweep(path.name[:4]) == path
        with pytest.raises(DataError, match="open in this program already"):
            SweepFolder(path)
    assert read_sweep(path) == sweep
    with pytest.raises(FileFormatError, match="holds another sweep"):
        SweepFolder(path, Sweep(small, (parse_axis("hidden=2,5"),)))
    with pytest.raises(FileFormatError, match="contains other files"):
        SweepFolder(path.parent, sweep)
    with pytest.raises(FileFormatError, match="neither the folder of a sweep"):
        find_sweep("another")


def test_changed_recordings_are_noticed(small: Experiment, tmp_path: Path) -> None:
    (tmp_path / "clips" / "a").mkdir(parents=True)
    (tmp_path / "clips" / "a" / "one.wav").write_bytes(b"1")
    base = changed(small, {"data.source": "recordings", "data.recordings.path": str(tmp_path / "clips")})
    sweep = Sweep(base, (), data_identity=identity_of_data(base))
    SweepFolder(tmp_path / "sweep", sweep).close()
    SweepFolder(tmp_path / "sweep").close()
    (tmp_path / "clips" / "a" / "two.wav").write_bytes(b"2")
    with pytest.raises(FileFormatError, match="have changed since the sweep"):
        SweepFolder(tmp_path / "sweep")
