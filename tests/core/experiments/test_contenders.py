"""Races of one, two and three contenders: trained, written, read, continued, compared, drawn and used."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mlpsvd.classification.classifier import Classifier
from mlpsvd.cli.outcome_table import outcome_table
from mlpsvd.contenders import (
    CONTENDERS,
    FAIR_CONTENDERS,
    MLP,
    MLP_SVD,
    MLP_SVD_FULL_RANK,
    Contender,
    baseline_of,
    named_contenders,
    opponents_of,
)
from mlpsvd.errors import FileFormatError, SettingError
from mlpsvd.experiments.contender_tasks import training_task
from mlpsvd.experiments.cross_validation import cross_validate
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.matched_step import movement, rate_text, rates_line
from mlpsvd.experiments.prepare import Prepared, prepare
from mlpsvd.experiments.promotion import ranked_contenders
from mlpsvd.experiments.race import Race
from mlpsvd.experiments.runs.library import RunLibrary
from mlpsvd.experiments.runs.read_run import read_run
from mlpsvd.experiments.runs.resume import continued_race, load_unfinished
from mlpsvd.experiments.runs.run import Run
from mlpsvd.experiments.runs.run_folder import write_run
from mlpsvd.experiments.trials.trials import Trial
from mlpsvd.models.model_file import load_model
from mlpsvd.settings import with_value

SLOW_STEP = Contender(
    "mlp-slow", "MLP, slow", is_factored=False, colour=5, settings=(("training.learning_rate", 1e-4),)
)
LINEAR = Contender("softmax", "Softmax", is_factored=False, colour=6, settings=(("network.hidden", ()),))
THREE = (MLP, MLP_SVD, MLP_SVD_FULL_RANK)


def small(**changes: object) -> Experiment:
    values = {
        "data.synthetic.train_per_class": 30, "data.synthetic.test_per_class": 20, "training.epochs": 12,
        "training.learning_rate": 0.005, "discarding.first": 2, "discarding.last": 8, "discarding.threshold": 0.4,
        "training.engine": "reference", "training.contenders": tuple(one.key for one in THREE),
    }  # fmt: skip
    experiment = Experiment()
    for key, value in {**values, **changes}.items():
        experiment = with_value(experiment, key, value)
    return experiment


def raced(prepared: Prepared, contenders: tuple[Contender, ...] | None = None, stop_at: int = 10**6) -> Race:
    race = Race(prepared, contenders=contenders)
    for one in race.run():
        if one.contender is race.contenders[-1] and one.event.epoch == stop_at:
            break
    return race


@pytest.fixture(scope="module")
def prepared() -> Prepared:
    return prepare(small())


@pytest.fixture(scope="module")
def whole(prepared: Prepared) -> Race:
    return raced(prepared)


def test_three_contenders_share_data_and_weights_and_differ_in_their_rank_policy(whole: Race) -> None:
    assert [one.title for one in whole.contenders] == ["MLP", "MLP-SVD", "MLP-SVD, full rank"]
    histories, outcomes = whole.histories, whole.outcomes()
    assert all(len(history) == 13 for history in histories.values())
    svd, full = histories["mlp-svd"], histories["mlp-svd-full-rank"]
    assert svd[0].test_loss == full[0].test_loss, "the same initial weights"
    assert svd[-1].ranks[0] < 20 and full[-1].ranks[0] == 20
    assert outcomes["mlp-svd-full-rank"].contender is MLP_SVD_FULL_RANK
    assert len(ranked_contenders(outcomes)) == 3


def test_the_third_contender_changes_nothing_for_the_first_two(prepared: Prepared, whole: Race) -> None:
    two = raced(prepared, (MLP, MLP_SVD))
    for key, outcome in two.outcomes().items():
        np.testing.assert_array_equal(outcome.snapshot.theta, whole.outcomes()[key].snapshot.theta)


def test_each_is_compared_with_the_first_dense_network(whole: Race) -> None:
    assert baseline_of((MLP_SVD, MLP)) is MLP and opponents_of((MLP_SVD, MLP)) == (MLP_SVD,)
    assert baseline_of((MLP_SVD, MLP_SVD_FULL_RANK)) is MLP_SVD and opponents_of((MLP,)) == () == opponents_of(())
    lines = outcome_table(whole.outcomes()).splitlines()
    assert [line.split("  ")[0] for line in lines[1:4]] == [one.title for one in THREE]
    assert lines[4] == "× relative to MLP" and lines[1].count("×") == 0 and lines[3].count(" ×") == 3
    assert lines[-2].startswith("Difference of MLP-SVD from MLP: ")
    assert lines[-1].startswith("Difference of MLP-SVD, full rank from MLP: ")


def test_a_run_folder_of_three_is_written_read_and_classified_with(
    prepared: Prepared, whole: Race, tmp_path: Path
) -> None:
    run = Run.of("a1", prepared, whole)
    written = {path.name for path in write_run(tmp_path / "run", run)}
    for one in THREE:
        assert {f"history-{one.key}.csv", f"confusion-{one.key}.png", f"model-{one.key}.safetensors"} <= written
    again = read_run(tmp_path / "run")
    assert again.contenders == THREE
    assert again.outcomes["mlp-svd-full-rank"].contender == MLP_SVD_FULL_RANK
    for key, outcome in run.outcomes.items():
        np.testing.assert_array_equal(again.outcomes[key].confusion, outcome.confusion)
    results = json.loads((tmp_path / "run" / "results.json").read_text())
    assert results["comparison"] is None
    assert {key: one["baseline"] for key, one in results["comparisons"].items()} == {
        "mlp-svd": "mlp", "mlp-svd-full-rank": "mlp",
    }  # fmt: skip
    model = load_model(tmp_path / "run" / "model-mlp-svd-full-rank.safetensors")
    classifier = Classifier(model)
    samples = np.random.default_rng(1).normal(size=classifier.n_samples).astype(np.float32)
    assert classifier.probabilities_of(classifier.features(samples)).sum() == pytest.approx(1.0)
    # A run of one contender takes the place of the three; nothing of them is left.
    write_run(tmp_path / "run", Run.of("b2", prepared, raced(prepared, (MLP,))), with_figures=False)
    assert not [path.name for path in (tmp_path / "run").iterdir() if "mlp-svd" in path.name]


@pytest.mark.parametrize("contenders", [THREE, (SLOW_STEP, LINEAR, MLP_SVD), (MLP_SVD_FULL_RANK,)])
def test_a_race_continues_from_its_folder_to_the_same_networks(
    contenders: tuple[Contender, ...], prepared: Prepared, tmp_path: Path
) -> None:
    broken = raced(prepared, contenders, stop_at=5)
    write_run(tmp_path, Run.of("c3", prepared, broken), with_figures=False)
    saved = load_unfinished(tmp_path)
    assert saved.contenders == contenders and saved.epoch == 5
    continued = continued_race(saved, prepared)
    list(continued.run())
    for key, outcome in raced(prepared, contenders).outcomes().items():
        np.testing.assert_array_equal(continued.outcomes()[key].snapshot.theta, outcome.snapshot.theta)


def test_files_of_another_race_of_unknown_contenders_are_removed(prepared: Prepared, tmp_path: Path) -> None:
    write_run(tmp_path, Run.of("d4", prepared, raced(prepared, (SLOW_STEP,), stop_at=1)), with_figures=False)
    (tmp_path / "history-notes.csv").write_text("mine")
    assert (tmp_path / "model-mlp-slow.safetensors").exists()
    write_run(tmp_path, Run.of("e5", prepared, raced(prepared, (MLP,), stop_at=1)), with_figures=False)
    assert not (tmp_path / "model-mlp-slow.safetensors").exists()
    assert (tmp_path / "history-notes.csv").read_text() == "mine"


def test_a_single_contender_has_no_comparison(prepared: Prepared, tmp_path: Path) -> None:
    race = raced(prepared, (MLP_SVD,), stop_at=2)
    run = Run.of("f6", prepared, race)
    write_run(tmp_path, run, with_figures=False)
    table = outcome_table(run.outcomes)
    assert "Difference" not in table and "×" not in table and "relative" not in table
    assert json.loads((tmp_path / "results.json").read_text())["comparisons"] == {}
    assert set(read_run(tmp_path).outcomes) == {"mlp-svd"}


def test_the_menu_of_runs_has_titles(prepared: Prepared, tmp_path: Path) -> None:
    library = RunLibrary(tmp_path)
    race = raced(prepared, (MLP, SLOW_STEP), stop_at=1)
    write_run(library.new_folder(prepared.experiment), Run.of("a7", prepared, race), with_figures=False)
    assert dict(library.entries()[0].titles) == {"mlp": "MLP", "mlp-slow": "MLP, slow"}


def test_the_format_version_says_what_older_programs_cannot_read(prepared: Prepared, tmp_path: Path) -> None:
    from safetensors import safe_open

    versions = []
    default = prepare(small(**{"training.contenders": ("mlp", "mlp-svd")}))
    for name, one in (("two", default), ("three", prepared)):
        write_run(tmp_path / name, Run.of(f"{name}8", one, raced(one, stop_at=1)), with_figures=False)
        with safe_open(tmp_path / name / "checkpoint.safetensors", framework="numpy") as file:
            versions.append(file.metadata()["format_version"])
    assert versions == ["2", "3"]


def test_cross_validation_takes_the_contenders_of_the_race() -> None:
    few = prepare(small(**{"training.epochs": 2, "data.synthetic.test_per_class": 2}))
    assert set(cross_validate(few, contenders=(SLOW_STEP,))) <= {"mlp-slow"}


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda: Contender("../x", "X", False, 0), "letters a-z"),
        (lambda: Contender("x", " ", False, 0), "a name of 1 to 40 characters"),
        (lambda: Contender("x", "X", False, 0, (("training.epochs", 3),)), "all contenders share this setting"),
        (lambda: Contender("x", "X", False, 0, (("data.source", "recordings"),)), "all contenders share this setting"),
    ],
)
def test_an_impossible_contender_is_refused(make: Callable[[], Contender], expected: str) -> None:
    with pytest.raises(SettingError, match=expected):
        make()


@pytest.mark.parametrize(
    ("contenders", "expected"),
    [
        ((), "one or more, each with its own key"),
        ((MLP, MLP), "one or more, each with its own key"),
        ((Contender("x", "X", False, 0, (("training.learning_rate", -1.0),)),), "learning_rate"),
        ((Contender("x", "X", False, 0, (("training.stride", 1),)),), "stride"),
    ],
)
def test_an_impossible_race_is_refused(contenders: tuple[Contender, ...], expected: str, prepared: Prepared) -> None:
    with pytest.raises(SettingError, match=expected):
        Race(prepared, contenders=contenders)


def test_a_checkpoint_with_a_hostile_contender_is_refused(prepared: Prepared, tmp_path: Path) -> None:
    from safetensors import safe_open
    from safetensors.numpy import save_file

    write_run(tmp_path, Run.of("a9", prepared, raced(prepared, (SLOW_STEP,), stop_at=1)), with_figures=False)
    path = tmp_path / "checkpoint.safetensors"
    with safe_open(path, framework="numpy") as file:
        metadata, tensors = file.metadata(), {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    changes: list[dict[str, object]] = [
        {"settings": {"training.epochs": 1}},
        {"settings": {"network.": {}}},
        {"colour": -1},
        {"title": 3},
    ]
    for change in changes:
        definitions = json.loads(metadata["definitions"])
        definitions["mlp-slow"] |= change
        save_file(tensors, path, {**metadata, "definitions": json.dumps(definitions)})
        with pytest.raises(FileFormatError, match="is damaged"):
            read_run(tmp_path)


def test_the_defaults_keep_the_identity_of_their_trials() -> None:
    assert Experiment().training.contenders == ("mlp", "mlp-svd")
    assert list(CONTENDERS)[:2] == ["mlp", "mlp-svd"]
    assert Trial(Experiment()).key == "53e9860fb9eeee58d8f7b110"


def test_every_contender_can_be_trained_and_says_what_it_shows(tmp_path: Path) -> None:
    experiment = small(**{"training.contenders": tuple(CONTENDERS), "training.epochs": 3, "network.hidden": (8,)})
    prepared = prepare(experiment)
    race = raced(prepared)
    assert all(one.shows for one in race.contenders if one is not MLP)
    write_run(tmp_path / "run", Run.of("a1", prepared, race), with_figures=False)
    again = read_run(tmp_path / "run")
    assert again.contenders == race.contenders
    assert [one.shows for one in again.contenders] == [one.shows for one in race.contenders]
    for key, outcome in race.outcomes().items():
        np.testing.assert_array_equal(again.outcomes[key].snapshot.theta, outcome.snapshot.theta)
    table = outcome_table(race.outcomes())
    assert max(map(len, table.splitlines()[: 1 + len(CONTENDERS)])) <= 100
    assert "Learning rates for a matched step: MLP, matched step " in table
    assert [rate_text(one) for one in again.contenders] == [rate_text(one) for one in race.contenders]
    assert all(f"{one.title}: {one.shows}" in table for one in race.contenders if one is not MLP)


def test_a_network_a_thousand_times_slower_fits_into_the_table() -> None:
    """The reference engine beside the fused one, on a busy computer; the row was one character too long."""
    race = raced(prepare(small(**{"training.epochs": 1})))
    outcomes = race.outcomes()
    for slower, text in ((31.24, "×31.2"), (1234.4, "×1234")):
        mlp = replace(outcomes["mlp"], train_s=0.01)
        svd = replace(outcomes["mlp-svd"], train_s=0.01 * slower)
        assert outcome_table({"mlp": mlp, "mlp-svd": svd}).splitlines()[2].endswith(f" s {text}")


def test_the_matched_step_moves_w_as_far_as_mlp_svd(prepared: Prepared) -> None:
    race = Race(prepared, contenders=named_contenders(FAIR_CONTENDERS))
    matched = next(one for one in race.contenders if one.key == "mlp-matched-step")
    rate = dict(matched.settings)["training.learning_rate"]
    assert rate > prepared.experiment.training.learning_rate
    assert rate_text(matched).startswith(f"Learning rate {rate:g}: W moves as far in an epoch as that of MLP-SVD")
    assert rates_line(race.contenders).startswith(
        f"Learning rates for a matched step: MLP, matched step {rate:g}; Soft"
    )
    assert not any("matched" in note for note in race.notes), "a determined rate is no warning"
    wanted = movement(training_task(prepared, MLP_SVD))
    assert movement(training_task(prepared, matched)) == pytest.approx(wanted, rel=0.25)
    assert abs(movement(training_task(prepared, MLP)) / wanted - 1) > 0.25
    again = Race(prepared, contenders=race.contenders)
    assert again.contenders == race.contenders, "a rate once determined is kept"


def test_the_default_stays_at_two_and_fair_is_the_five_of_the_comparison() -> None:
    assert Experiment().training.contenders == ("mlp", "mlp-svd")
    assert FAIR_CONTENDERS == ("mlp", "mlp-svd", "mlp-svd-full-rank", "mlp-matched-step", "softmax")


def test_a_guard_prevents_the_collapse_to_one_direction(prepared: Prepared) -> None:
    """With a threshold of 1 everything but the largest value is below it."""
    collapse = (("discarding.threshold", 1.0), ("discarding.first", 7), ("discarding.points", 2))
    free = Contender("free", "Free", True, 3, collapse)
    guarded = Contender("held", "Held", True, 4, (*collapse, ("discarding.guard", 0.01)))
    race = raced(prepared, (free, guarded))
    last = {key: history[-1] for key, history in race.histories.items()}
    assert last["free"].ranks[0] == 1 and last["held"].ranks[0] > 1
    assert last["held"].test_accuracy > last["free"].test_accuracy
    for before, after in zip(race.histories["held"], race.histories["held"][1:], strict=False):
        if after.discarded:
            assert after.train_loss <= before.train_loss + 0.01 + 0.02, "one epoch's training and a guarded cut"
