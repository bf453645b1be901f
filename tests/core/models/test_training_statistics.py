"""Training statistics: measurement, saving and loading, and real sounds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mlpsvd.audio.files import resample
from mlpsvd.audio.level import Level, measure_level
from mlpsvd.datasets.load import load_clips
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.prepare import Prepared, prepare
from mlpsvd.models.measure_statistics import DEVIATION_FLOOR, measure_reference
from mlpsvd.models.training_statistics import TrainingStatistics
from mlpsvd.settings import with_value

RNG = np.random.default_rng(7)
LEVELS = [Level(float(dbfs), 0.0, dbfs > -23.0) for dbfs in np.linspace(-40.0, -20.0, 101)]


def blobs(n_per_class: int = 300, n_features: int = 12) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Vectors and labels of three classes with known deviations, and these."""
    deviations = np.linspace(0.5, 3.0, n_features)
    labels = np.tile(np.arange(3, dtype=np.intp), n_per_class)
    centres = 10.0 * RNG.standard_normal((3, n_features))
    vectors = centres[labels] + deviations * RNG.standard_normal((len(labels), n_features))
    return vectors.astype(np.float32), labels, deviations


def test_means_deviations_and_levels_are_those_of_the_training_set() -> None:
    vectors, labels, deviations = blobs()
    found = measure_reference(vectors, labels, 3, LEVELS)
    assert found is not None
    for index in range(3):
        np.testing.assert_allclose(found.class_means[index], vectors[labels == index].mean(axis=0), atol=1e-4)
    np.testing.assert_allclose(found.within_std, deviations, rtol=0.1)
    assert found.level_dbfs == pytest.approx((-39.0, -21.0))
    assert found.clipped_share == pytest.approx(15 / 101, abs=0.01)


def test_one_is_the_distance_within_which_99_of_100_clips_lie() -> None:
    vectors, labels, _ = blobs(1000)
    found = measure_reference(vectors, labels, 3, LEVELS)
    assert found is not None
    distances = np.array([found.distance(vector) for vector in vectors])
    assert 0.975 < (distances <= 1.0).mean() < 1.0
    np.testing.assert_allclose(np.percentile(distances, 50.0), found.distances[2] / found.distances[-1], rtol=0.02)
    assert min(found.distance(centre) for centre in found.centres) < 1e-6
    assert found.distance(found.class_means.mean(axis=0)) > 1.5
    for useless in (np.nan, np.inf, 1e30):
        assert found.distance(np.full(12, useless)) == float("inf")


def test_more_vectors_than_are_looked_at_together_are_measured_alike() -> None:
    vectors, labels, _ = blobs(3000)
    whole = measure_reference(vectors, labels, 3, LEVELS)
    assert whole is not None
    own = vectors - whole.class_means[labels]
    np.testing.assert_allclose(whole.within_std, np.sqrt(np.square(own).sum(axis=0) / (9000 - 3)), rtol=1e-9)


def test_an_entry_that_hardly_varies_is_given_a_floor() -> None:
    vectors, labels, _ = blobs()
    vectors[:, 0] = 5.0
    found = measure_reference(vectors, labels, 3, LEVELS)
    assert found is not None
    typical = np.sqrt(np.mean(np.square(np.where(np.arange(12) == 0, 0.0, found.within_std))))
    assert found.within_std[0] == pytest.approx(DEVIATION_FLOOR * typical)


def test_few_clips_are_held_against_the_others_of_their_class() -> None:
    """Of clips held against means that they are part of, the edge would lie much too near."""
    inside = []
    for _ in range(20):
        vectors, labels, deviations = blobs(5, 40)
        found = measure_reference(vectors, labels, 3, LEVELS)
        assert found is not None
        new = found.class_means[0] + deviations * RNG.standard_normal((100, 40))
        inside.append(np.mean([found.distance(one) <= 1.0 for one in new]))
    assert np.mean(inside) > 0.85


def test_identical_clips_give_no_message() -> None:
    vectors, labels, _ = blobs(1)
    assert measure_reference(vectors, labels, 3, LEVELS) is None
    assert measure_reference(vectors[np.tile([0, 1, 2], 4)], np.tile(labels, 4), 3, LEVELS) is None
    one_more = np.concatenate([vectors, vectors[:1] + 1.0])
    found = measure_reference(one_more, np.append(labels, labels[0]), 3, LEVELS)
    assert found is not None
    assert np.isfinite(found.distances).all()


def test_arrays_rebuild_the_same_reference() -> None:
    vectors, labels, _ = blobs()
    found = measure_reference(vectors, labels, 3, LEVELS)
    assert found is not None
    again = TrainingStatistics.from_arrays(3, 12, found.to_arrays())
    assert {name: array.tobytes() for name, array in again.to_arrays().items()} == {
        name: array.tobytes() for name, array in found.to_arrays().items()
    }
    assert again.distance(vectors[5]) == found.distance(vectors[5])


@pytest.fixture(scope="module")
def digits(spoken_digits: Path) -> Prepared:
    """The spoken digits as standardised log spectra in three parts."""
    experiment = with_value(Experiment(), "data.source", "recordings")
    for key, value in {
        "data.recordings.path": str(spoken_digits / "recordings"),
        "data.recordings.labels_from": "file names",
        "data.recordings.pattern": "{label}_*_*",
        "features.segments": "several",
        "features.window": "hann",
        "features.magnitude": "log",
        "features.scaling": "standardised",
    }.items():
        experiment = with_value(experiment, key, value)
    return prepare(experiment)


@pytest.fixture(scope="module")
def paper() -> Prepared:
    """The paper's task with fewer clips."""
    experiment = with_value(Experiment(), "data.synthetic.train_per_class", 300)
    return prepare(with_value(experiment, "data.synthetic.test_per_class", 200))


def distances(prepared: Prepared, clips: np.ndarray | list[np.ndarray]) -> np.ndarray:
    assert prepared.reference is not None
    return np.array([prepared.reference.distance(one) for one in prepared.features.transform(clips)])


def noise(rms: float, n_samples: int, n: int = 20) -> np.ndarray:
    return (rms * RNG.standard_normal((n, n_samples))).astype(np.float32)


def sine(frequency_hz: float, rate_hz: float, amplitude: float, n_samples: int) -> np.ndarray:
    return (amplitude * np.sin(2.0 * np.pi * frequency_hz * np.arange(n_samples) / rate_hz)).astype(np.float32)[None]


def test_unseen_digits_lie_within_the_training_set_and_other_sounds_far_outside(digits: Prepared) -> None:
    rate_hz = digits.features.sample_rate_hz
    clips = load_clips(digits.experiment.data, digits.experiment.seed).test.samples
    assert (distances(digits, list(clips)) <= 1.0).mean() > 0.93
    rms = float(np.sqrt(np.mean(np.square(np.concatenate(list(clips))))))
    assert distances(digits, noise(rms, 3200)).min() > 1.3
    # The floor 50 dB below a clip's maximum hides how empty the spectrum of a sine is elsewhere.
    assert distances(digits, sine(1000.0, rate_hz, rms, 3200)).min() > 1.2
    assert distances(digits, np.zeros((1, 3200), np.float32)).min() > 3.0
    upsampled = [resample(clip, rate_hz, 2.0 * rate_hz) for clip in clips[:100]]  # taken for the model's rate
    assert np.median(distances(digits, upsampled)) > 1.5 * np.median(distances(digits, list(clips[:100])))


def test_unseen_clips_of_the_paper_lie_within_and_other_sounds_far_outside(paper: Prepared) -> None:
    clips = load_clips(paper.experiment.data, paper.experiment.seed, n_samples=256).test.samples
    assert 0.97 < np.mean(distances(paper, np.asarray(clips)) <= 1.0) < 1.0
    rms = float(np.sqrt(np.mean(np.square(np.asarray(clips)))))
    assert distances(paper, noise(rms, 256)).min() > 5.0
    assert distances(paper, sine(2000.0, 16000.0, 1.4 * rms, 256)).min() > 3.0
    faster = [resample(clip, 16000.0, 8000.0) for clip in np.asarray(clips)[:100]]  # taken for the model's rate
    assert np.median(distances(paper, faster)) > 1.3


def test_levels_are_those_of_whole_clips_not_of_the_samples_that_the_features_look_at(paper: Prepared) -> None:
    whole = load_clips(paper.experiment.data, paper.experiment.seed).test.samples
    levels_dbfs = [measure_level(clip).rms_dbfs for clip in whole]
    assert paper.reference is not None
    assert paper.reference.level_dbfs == pytest.approx(np.percentile(levels_dbfs, [5.0, 95.0]), abs=1.0)


@pytest.mark.parametrize("noise_kind", ["gaussian", "uniform", "pink"])
def test_levels_made_for_it_are_those_of_clips_made_whole(noise_kind: str) -> None:
    experiment = with_value(Experiment(), "data.synthetic.noise", noise_kind)
    for key, value in {"train_per_class": 60, "test_per_class": 2}.items():
        experiment = with_value(experiment, f"data.synthetic.{key}", value)
    made = prepare(experiment).reference
    whole = prepare(with_value(experiment, "features.segments", "mean")).reference
    assert made is not None
    assert whole is not None
    assert made.level_dbfs == pytest.approx(whole.level_dbfs, abs=1.5)


def test_a_level_change_counts_except_where_the_scaling_takes_it_out(paper: Prepared) -> None:
    clips = np.asarray(load_clips(paper.experiment.data, paper.experiment.seed, n_samples=256).test.samples)
    assert np.median(distances(paper, 10.0 * clips)) > 2.0
    shape_only = prepare(with_value(paper.experiment, "features.scaling", "per sample"))
    np.testing.assert_allclose(distances(shape_only, 10.0 * clips), distances(shape_only, clips), rtol=1e-4)


def test_a_prepared_experiment_gives_the_same_reference_again(paper: Prepared) -> None:
    again = prepare(paper.experiment).reference
    assert again is not None
    assert paper.reference is not None
    for name, array in paper.reference.to_arrays().items():
        assert array.tobytes() == again.to_arrays()[name].tobytes()
