"""Reliability, expected calibration error, temperature; and a model that keeps one."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from mlpsvd.analysis.calibration import calibrate, fit_temperature, mean_cross_entropy, reliability
from mlpsvd.analysis.predictions import predict
from mlpsvd.analysis.truncation import accuracies_by_rank
from mlpsvd.classification.classifier import Classifier
from mlpsvd.datasets.dataset import DataSet
from mlpsvd.errors import DataError, FileFormatError
from mlpsvd.experiments.clip_sounds import ClipSounds
from mlpsvd.experiments.prepare import prepare
from mlpsvd.models.model import Model
from mlpsvd.models.model_file import load_model, save_model
from mlpsvd.models.temperature import tempered
from mlpsvd.network.network import Network


def _softmax(a: np.ndarray) -> np.ndarray:
    e = np.exp(a - a.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def _drawn(n: int = 4000, scale: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Labels drawn with the probabilities softmax(a); returned are softmax(scale · a)."""
    rng = np.random.default_rng(5)
    a = 2.0 * rng.standard_normal((n, 4))
    p = _softmax(a)
    labels = (p.cumsum(axis=1) < rng.random((n, 1))).sum(axis=1)
    return _softmax(scale * a), labels


def test_tempered_softmax_is_the_softmax_of_a_over_t() -> None:
    a = np.random.default_rng(1).standard_normal((5, 4)) * 3
    np.testing.assert_allclose(tempered(_softmax(a), 2.5), _softmax(a / 2.5), rtol=1e-12)
    p = _softmax(a)
    assert tempered(p, 1.0) is p


def test_the_fitted_temperature_is_the_scale_of_overconfident_outputs() -> None:
    p, labels = _drawn(scale=3.0)
    temperature = fit_temperature(p, labels)
    assert temperature == pytest.approx(3.0, rel=0.08)
    step = 1e-3
    losses = [mean_cross_entropy(tempered(p, temperature * (1 + s)), labels) for s in (-step, 0.0, step)]
    assert losses[1] < losses[0] and losses[1] < losses[2]


def test_calibrated_probabilities_have_a_small_error_and_overconfident_ones_a_large_one() -> None:
    good, bad = reliability(*_drawn()), reliability(*_drawn(scale=3.0))
    assert good.expected_error < 0.02 < 0.1 < bad.expected_error
    assert bad.mean_confidence > bad.mean_accuracy + 0.1


def test_reliability_counts_every_clip_once_in_its_bin() -> None:
    p = np.array([[1.0, 0.0], [0.55, 0.45], [0.5, 0.5], [0.21, 0.79]])
    found = reliability(p, np.array([0, 1, 0, 1]))
    assert list(found.counts) == [0, 0, 0, 0, 0, 2, 0, 1, 0, 1]
    assert found.accuracy[5] == 0.5 and found.confidence[5] == pytest.approx(0.525)
    assert np.isnan(found.accuracy[0])
    assert found.expected_error == pytest.approx((2 * 0.025 + 0.21 + 0.0) / 4)


def _network(model: Model) -> tuple[Network, DataSet]:
    prepared = prepare(_experiment(model))
    return model.network(), prepared.dataset


def _experiment(model: Model):  # type: ignore[no-untyped-def]
    from mlpsvd.experiments.experiment import experiment_from_table

    return experiment_from_table(model.experiment_table)


def test_calibration_of_a_trained_network_judges_on_other_clips(model: Model) -> None:
    found = calibrate(*_network(model))
    assert found.n_fitted + found.n_judged == 60 and found.before.counts.sum() == found.n_judged == 30
    assert found.before.mean_accuracy == found.after.mean_accuracy


def test_too_few_clips_are_refused(model: Model) -> None:
    network, data = _network(model)
    few = DataSet(data.x_train, data.y_train, data.x_test[:5], data.y_test[:5], data.class_names)
    with pytest.raises(DataError, match="at least 20 test clips; there are 5"):
        calibrate(network, few)


def test_a_model_keeps_its_temperature_and_shows_it(model: Model, tmp_path: Path) -> None:
    path = tmp_path / "cool.safetensors"
    cool = dataclasses.replace(model, temperature=2.5)
    save_model(path, cool)
    loaded = load_model(path)
    assert loaded.temperature == 2.5
    clip = np.random.default_rng(2).standard_normal(4800).astype(np.float32)
    plain, shown = Classifier(model).probabilities(clip), Classifier(loaded).probabilities(clip)
    np.testing.assert_allclose(shown, tempered(plain, 2.5), rtol=1e-12)
    assert shown.argmax() == plain.argmax() and shown.max() < plain.max()


def test_a_model_without_a_temperature_has_the_same_file_as_before(model: Model, tmp_path: Path) -> None:
    path = tmp_path / "plain.safetensors"
    save_model(path, model)
    assert b"temperature" not in path.read_bytes() and load_model(path).temperature == 1.0


def test_an_impossible_temperature_in_a_file_is_refused(model: Model, tmp_path: Path) -> None:
    path = tmp_path / "frozen.safetensors"
    save_model(path, dataclasses.replace(model, temperature=0.0))
    with pytest.raises(FileFormatError, match="temperature"):
        load_model(path)


def test_predictions_agree_with_the_confusion_matrix(model: Model) -> None:
    network, data = _network(model)
    found = predict(network, data)
    assert found.confusion.sum() == len(data.y_test)
    assert len(found.misclassified) == len(data.y_test) - np.trace(found.confusion)
    assert list(found.probability[found.misclassified]) == sorted(found.probability[found.misclassified])[::-1]


def test_the_second_layer_can_be_truncated_too(model: Model) -> None:
    network, data = _network(model)
    by_rank = accuracies_by_rank(network, data, 1)
    assert len(by_rank) == network.spec.layers[1].rank
    assert by_rank[-1] == np.trace(predict(network, data).confusion) / len(data.y_test)


def test_a_clip_is_the_sound_of_its_row_in_the_test_set(model: Model) -> None:
    experiment = _experiment(model)
    prepared = prepare(experiment)
    clip = ClipSounds(experiment).clip(41)
    assert clip.origin.endswith("test clip 12") and len(clip.samples) == 4800
    np.testing.assert_array_equal(prepared.features.transform(clip.samples), prepared.dataset.x_test[41:42])


def test_the_error_by_chance_is_that_of_correct_probabilities() -> None:
    """Labels drawn again and again with the probabilities shown."""
    rng, p = np.random.default_rng(2), _drawn(1000)[0]
    errors = [
        reliability(p, (p.cumsum(axis=1) < rng.random((len(p), 1))).sum(axis=1)).expected_error for _ in range(300)
    ]
    by_chance = reliability(p, p.argmax(axis=1)).error_by_chance
    assert by_chance == pytest.approx(np.mean(errors), rel=0.05)
