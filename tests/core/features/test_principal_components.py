"""Principal components of the features: against the SVD, in every place where a model is used."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_sounds import write_tones

from mlpsvd.analysis.direction_report import direction_report
from mlpsvd.analysis.direction_sound import direction_noise
from mlpsvd.analysis.directions import Directions, directions, over_frequency
from mlpsvd.analysis.result import AnalysisResult
from mlpsvd.analysis.subject import Subject
from mlpsvd.classification.classifier import Classifier
from mlpsvd.classification.live.spectrum_scale import SpectrumScale
from mlpsvd.datasets.recordings import load_recordings
from mlpsvd.datasets.settings import RecordingsSettings
from mlpsvd.errors import DataError, FileFormatError, SettingError
from mlpsvd.experiments.cross_validation import cross_validate
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.experiment_file import from_toml, to_toml
from mlpsvd.experiments.prepare import prepare
from mlpsvd.experiments.race import Race
from mlpsvd.experiments.recordings_recipe import experiment_for_folder
from mlpsvd.experiments.runs.checkpoint import save_checkpoint
from mlpsvd.experiments.runs.read_checkpoint import load_checkpoint
from mlpsvd.experiments.runs.run import Run
from mlpsvd.experiments.runs.run_data import new_run_id
from mlpsvd.experiments.runs.trained_model import model_of
from mlpsvd.features.principal_components import fit_components, fit_most_components
from mlpsvd.features.settings import FeatureSettings
from mlpsvd.features.spectra import FittedFeatures, fit, fit_transform
from mlpsvd.models.model_file import load_model, save_model
from mlpsvd.settings import check, with_value
from mlpsvd.signals.bank import paper_bank

RATE_HZ = 8000.0
CLIPS = np.random.default_rng(1).standard_normal((40, 900)).astype(np.float32)


def settings(**changes: object) -> FeatureSettings:
    return dataclasses.replace(FeatureSettings(), **changes)  # type: ignore[arg-type]


def test_the_vectors_are_those_of_the_svd_of_the_centred_training_set() -> None:
    plain = settings(scaling="standardised", magnitude="log")
    x = fit_transform(CLIPS, RATE_HZ, plain)[1].astype(np.float64)
    features, y = fit_transform(CLIPS, RATE_HZ, dataclasses.replace(plain, n_components=5))
    U, sigma, _ = np.linalg.svd(x - x.mean(axis=0), full_matrices=False)
    expected = U[:, :5] * sigma[:5]
    assert y.shape == (40, 5) and y.dtype == np.float32
    np.testing.assert_allclose(np.abs(y), np.abs(expected), atol=1e-4 * sigma[0])
    assert features.pca is not None
    np.testing.assert_allclose(features.pca.shares, sigma[:5] ** 2 / (sigma**2).sum(), rtol=1e-5)
    assert "projected onto 5 principal components with" in features.describe()


@given(
    n_clips=st.integers(2, 30), n_values=st.integers(1, 30), rank=st.integers(1, 30), seed=st.integers(0, 999),
    size=st.sampled_from([1e-6, 1.0, 1e6]),
)  # fmt: skip
def test_all_components_keep_all_distances(n_clips: int, n_values: int, rank: int, seed: int, size: float) -> None:
    random = np.random.default_rng(seed)
    rank = min(rank, n_clips - 1, n_values)
    x = size * (random.standard_normal((n_clips, rank)) @ random.standard_normal((rank, n_values)) + 3.0)
    pca = fit_most_components(x, 30)
    n = len(pca.components)
    assert n == rank
    np.testing.assert_allclose(pca.components @ pca.components.T, np.eye(n), atol=1e-9)
    np.testing.assert_allclose(pca.reconstruct(pca.project(x)), x, atol=1e-9 * np.abs(x).max())
    y = pca.project(x)
    covariance = y.T @ y  # the components are uncorrelated, with falling variance
    np.testing.assert_allclose(covariance, np.diag(np.diag(covariance)), atol=1e-9 * covariance.max())
    assert (np.diff(pca.shares) <= 1e-12).all() and pca.shares.sum() == pytest.approx(1.0)
    with pytest.raises(DataError, match=f"onto {n + 1} principal components: the {n_clips} training clips have {n};"):
        fit_components(x, n + 1)


def test_the_signs_do_not_depend_on_the_order_of_the_clips() -> None:
    x = np.random.default_rng(3).standard_normal((50, 8)) * np.arange(8, 0, -1)
    first, second = fit_components(x, 4), fit_components(x[::-1], 4)
    np.testing.assert_allclose(first.components, second.components, atol=1e-9)


@pytest.mark.parametrize("scaling", ["training maximum", "centred", "per sample", "standardised", "none"])
def test_a_clip_gives_the_same_bits_alone_or_in_a_batch(scaling: str) -> None:
    features = fit(CLIPS, RATE_HZ, settings(scaling=scaling, n_components=7, segments="several", n_parts=2))
    together = features.transform(CLIPS)
    for index in (0, 17, 39):
        assert features.transform(CLIPS[index]).tobytes() == together[index].tobytes()
    assert features.transform([]).shape == (0, 7)


def test_more_components_than_there_are_is_one_sentence() -> None:
    with pytest.raises(DataError, match=r"onto 40 principal components: the 40 training clips have 39; ask for at"):
        fit(CLIPS, RATE_HZ, settings(n_components=40))
    with pytest.raises(DataError, match="the 1 training clips have 0"):
        fit(CLIPS[:1], RATE_HZ, settings(n_components=1))
    with pytest.raises(SettingError, match="at most the 129 entries of a feature vector"):
        check(settings(n_components=130))
    check(settings(n_components=130, segments="several", n_parts=3))


def test_arrays_rebuild_the_projection_and_damage_is_named() -> None:
    features = fit(CLIPS, RATE_HZ, settings(n_components=3))
    arrays = features.to_arrays()
    again = FittedFeatures.from_arrays(features.settings, RATE_HZ, arrays)
    assert again.transform(CLIPS).tobytes() == features.transform(CLIPS).tobytes()
    for name, array, message in (
        ("components", np.eye(3, 129)[:2], r"features.components has the shape \(2, 129\); it should be \(3, 129\)"),
        ("components", np.ones((3, 129)), "not orthonormal"),
        ("component_shares", np.array([0.5, 0.4, 0.3]), "should be fractions"),
        ("component_mean", np.full(129, np.nan), "not finite"),
    ):
        with pytest.raises(FileFormatError, match=message):
            FittedFeatures.from_arrays(features.settings, RATE_HZ, {**arrays, name: array})
    with pytest.raises(FileFormatError, match=r"features.component_mean is missing"):
        FittedFeatures.from_arrays(features.settings, RATE_HZ, fit(CLIPS, RATE_HZ, settings()).to_arrays())


def test_a_file_without_the_setting_has_no_projection() -> None:
    text = to_toml(Experiment())
    assert "n_components = 0\n" in text
    assert from_toml(text.replace("n_components = 0\n", "")) == Experiment()
    assert set(fit(CLIPS, RATE_HZ, settings()).to_arrays()) == {"offset", "scale"}


@pytest.fixture(scope="module")
def projected() -> tuple[Race, Run]:
    """Two classes, twelve components of log magnitudes in two parts, trained."""
    experiment = with_value(Experiment(), "data.synthetic.filters", paper_bank(2, 300.0, 50.0))
    for key, value in {
        "data.synthetic.train_per_class": 60,
        "data.synthetic.test_per_class": 30,
        "features.n_components": 12,
        "features.magnitude": "log",
        "features.scaling": "standardised",
        "features.segments": "several",
        "features.n_parts": 2,
        "training.epochs": 8,
        "training.learning_rate": 0.01,
        "training.batch_size": 8,
        "discarding.first": 2,
        "discarding.last": 6,
        "discarding.points": 3,
    }.items():
        experiment = with_value(experiment, key, value)
    prepared = prepare(experiment)
    race = Race(prepared)
    for _ in race.run():
        pass
    return race, Run.of(new_run_id(), prepared, race)


def test_models_and_checkpoints_keep_the_projection(projected: tuple[Race, Run], tmp_path: Path) -> None:
    _, run = projected
    model = model_of(run.data, run.outcomes["mlp-svd"])
    assert model.spec.n_in == 12 and run.outcomes["mlp-svd"].last.test_accuracy == 1.0
    save_model(tmp_path / "a.safetensors", model)
    loaded = load_model(tmp_path / "a.safetensors")
    clips = np.random.default_rng(5).normal(size=(5, 4800)).astype(np.float32)
    before, after = (Classifier(one).probabilities_many(clips) for one in (model, loaded))
    assert before.tobytes() == after.tobytes()
    vectors = model.features.transform(clips)
    np.testing.assert_allclose(before, model.network().predict(vectors), rtol=1e-5)
    save_checkpoint(tmp_path / "checkpoint.safetensors", run)
    kept = load_checkpoint(tmp_path / "checkpoint.safetensors")
    assert kept.data.features.transform(clips).tobytes() == vectors.tobytes()


def test_live_curves_show_class_means_over_frequency(projected: tuple[Race, Run]) -> None:
    model = model_of(projected[1].data, projected[1].outcomes["mlp"])
    scale = SpectrumScale(model)
    means = scale.class_means()
    assert means is not None and means.shape == (2, 129)
    peaks_hz = scale.frequencies_hz[means.argmax(axis=1)]
    centres_hz = [one.centre_hz for one in projected[1].experiment.data.synthetic.filters]
    np.testing.assert_allclose(peaks_hz, centres_hz, atol=125.0)


def test_directions_lie_over_frequency_and_can_be_heard(projected: tuple[Race, Run]) -> None:
    race, run = projected
    dataset, features = race._prepared.dataset, run.data.features
    snapshot = run.outcomes["mlp-svd"].snapshot
    subject = Subject("mlp-svd", "MLP-SVD", snapshot, 8, features, run.data.class_names, dataset)
    *_, found = directions(subject.network, dataset)
    assert isinstance(found, Directions)
    shown = over_frequency(found, features)
    n = len(features.frequencies_hz)
    assert found.factors.vt.shape[1] == 12 and shown.factors.vt.shape[1] == shown.weights.shape[1] == n == 258
    # W (C s − C m) is W C acting on the spectrum, and its SVD is U Σ (Vᵀ C).
    product = (shown.factors.u * shown.factors.sigma) @ shown.factors.vt
    np.testing.assert_allclose(product, shown.weights, atol=1e-5)
    np.testing.assert_allclose(shown.factors.vt @ shown.factors.vt.T, np.eye(found.factors.rank), atol=1e-9)
    assert direction_noise(shown.factors.vt[0], features, part_s=0.1).shape == (3200,)
    *_, result = direction_report(subject)
    assert isinstance(result, AnalysisResult)
    assert result.arrays["vt"].shape[1] == len(result.arrays["frequency_hz"]) == len(result.arrays["part"])
    assert result.pictures[0].draw() is not None


def test_a_fold_keeps_the_components_that_its_clips_have(tmp_path: Path) -> None:
    experiment = experiment_for_folder(write_tones(tmp_path / "tones"))
    for key, value in {"training.epochs": 2, "features.n_components": 8}.items():
        experiment = with_value(experiment, key, value)
    prepared = prepare(experiment)
    assert prepared.features.n_features == 8
    assert cross_validate(prepared)["mlp"].n_clips == 12


def test_thirty_components_of_spoken_digits_hold_most_of_the_variance(spoken_digits: Path) -> None:
    pattern = RecordingsSettings(path=str(spoken_digits), labels_from="file names", pattern="{label}_*_*")
    loaded = load_recordings(pattern, seed=1)
    digits = settings(
        segments="several", n_parts=3, magnitude="log", scaling="standardised", trim_db=30.0, n_components=30
    )
    features, vectors = fit_transform(loaded.train.samples, loaded.train.sample_rate_hz, digits)
    assert features.pca is not None and vectors.shape[1] == 30
    assert 0.6 < features.pca.shares.sum() < 0.99
    # Components fitted to training clips keep nearly as much of the test clips' variance.
    whole = fit(loaded.train.samples, loaded.train.sample_rate_hz, dataclasses.replace(digits, n_components=0))
    x, y = whole.transform(loaded.test.samples), features.transform(loaded.test.samples)
    lost = np.square(x - features.spectra(y)).sum() / np.square(x - features.pca.mean).sum()
    assert lost == pytest.approx(1.0 - features.pca.shares.sum(), abs=0.05)
