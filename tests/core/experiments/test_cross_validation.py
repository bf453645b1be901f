"""Cross-validation of small sets of recordings."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from small_sounds import write_tones

from mlpsvd.datasets.settings import RecordingsSettings
from mlpsvd.experiments.cross_validation import cross_validate, folds_of
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.prepare import prepare
from mlpsvd.experiments.race import Race
from mlpsvd.experiments.recordings_recipe import experiment_for_folder
from mlpsvd.experiments.runs.checkpoint import save_checkpoint
from mlpsvd.experiments.runs.read_checkpoint import load_checkpoint
from mlpsvd.experiments.runs.run import Run
from mlpsvd.experiments.runs.run_data import new_run_id
from mlpsvd.settings import with_value


def small(experiment: Experiment, epochs: int = 20) -> Experiment:
    return with_value(with_value(experiment, "training.epochs", epochs), "training.learning_rate", 0.01)


def test_every_clip_is_tested_once_by_both_networks(tmp_path: Path) -> None:
    prepared = prepare(small(experiment_for_folder(write_tones(tmp_path / "tones"))))
    shares: list[float] = []
    first = cross_validate(prepared, shares.append)
    assert set(first) == {"mlp", "mlp-svd"}
    for one in first.values():
        assert (one.n_folds, one.n_clips) == (5, 12)
        assert one.confusion.sum(axis=1).tolist() == [6, 6]
        assert one.accuracy == 1.0
    assert shares == sorted(shares) and shares[-1] == pytest.approx(1.0)
    again = cross_validate(prepared)
    np.testing.assert_array_equal(first["mlp"].confusion, again["mlp"].confusion)


def test_scaling_is_fitted_without_the_tested_clips(tmp_path: Path) -> None:
    prepared = prepare(small(experiment_for_folder(write_tones(tmp_path / "tones"))))
    pool = prepared.pool
    assert pool is not None
    everything = prepared.features.scaled(pool.magnitudes)
    known = np.concatenate([prepared.dataset.x_train, prepared.dataset.x_test])
    np.testing.assert_array_equal(everything, known)
    assert {len(fold) for fold in folds_of(prepared)} <= {2, 3}


def test_the_result_belongs_to_the_outcome(tmp_path: Path) -> None:
    prepared = prepare(small(experiment_for_folder(write_tones(tmp_path / "tones")), 3))
    race = Race(prepared)
    for _ in race.run():
        pass
    assert race.outcomes()["mlp"].validation is None
    race.validations = cross_validate(prepared)
    assert race.outcomes()["mlp"].validation is race.validations["mlp"]
    save_checkpoint(tmp_path / "checkpoint.safetensors", Run.of(new_run_id(), prepared, race))
    kept = load_checkpoint(tmp_path / "checkpoint.safetensors").outcomes["mlp"].validation
    assert kept is not None and kept.n_folds == 5
    np.testing.assert_array_equal(kept.confusion, race.validations["mlp"].confusion)


def test_a_split_that_a_manifest_fixes_is_kept(tmp_path: Path) -> None:
    folder = write_tones(tmp_path / "tones")
    rows = [
        f"{label}/{number}.wav,{label},{'test' if number < 2 else 'train'}" for label in "ab" for number in range(6)
    ]
    (folder / "manifest.csv").write_text("\n".join(["path,label,split", *rows]))
    experiment = experiment_for_folder(folder)
    assert experiment.data.recordings.labels_from == "manifest"
    assert cross_validate(prepare(small(experiment))) == {}


def test_thirty_test_clips_are_enough(tmp_path: Path) -> None:
    folder = write_tones(tmp_path / "tones", n_clips=20)
    experiment = small(experiment_for_folder(folder))
    prepared = prepare(with_value(experiment, "data.recordings.test_fraction", 0.9))
    assert len(prepared.dataset.y_test) >= 30
    assert prepared.pool is None and cross_validate(prepared) == {}


def test_synthetic_clips_and_single_recordings_are_not_validated(tmp_path: Path) -> None:
    few = with_value(Experiment(), "data.synthetic.test_per_class", 2)
    assert prepare(with_value(few, "data.synthetic.train_per_class", 5)).pool is None
    folder = write_tones(tmp_path / "tones", n_clips=2)
    long = RecordingsSettings(path=str(folder), clip_s=0.05)
    prepared = prepare(with_value(experiment_for_folder(folder), "data.recordings", long))
    assert [len(fold) for fold in folds_of(prepared)] == [4, 4], "both halves of a recording in one fold"
