"""Singular directions of a layer, and the sound of one."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from mlpsvd.analysis.direction_sound import LEVEL_DBFS, PEAK, direction_noise
from mlpsvd.analysis.directions import Directions, directions, layer_factors, why_factors_differ
from mlpsvd.datasets.dataset import DataSet
from mlpsvd.errors import DataError, SettingError
from mlpsvd.features.settings import FeatureSettings
from mlpsvd.features.spectra import FittedFeatures
from mlpsvd.metrics.scores import accuracy, confusion_matrix
from mlpsvd.network.initialise import build
from mlpsvd.network.network import Network
from mlpsvd.network.settings import NetworkSettings


def _network(seed: int = 3) -> Network:
    network = build(NetworkSettings(hidden=(7,)), 9, 3, ("svd", "dense"), seed, "float64")
    network.theta[:] = np.random.default_rng(seed).standard_normal(len(network.theta))  # factors not orthonormal
    return network


def _data(seed: int = 4) -> DataSet:
    rng = np.random.default_rng(seed)
    x, y = rng.standard_normal((90, 9)).astype(np.float32), np.arange(90) % 3
    return DataSet(x, y.astype(np.intp), x, y.astype(np.intp), ("a", "b", "c"))


def _result(steps: Iterator[float | Directions]) -> tuple[list[float], Directions]:
    *shares, last = list(steps)
    assert isinstance(last, Directions)
    return [share for share in shares if isinstance(share, float)], last


def _accuracy_with(network: Network, layer: int, w: np.ndarray, data: DataSet) -> float:
    """The accuracy with another weight matrix, computed from the equations."""
    z = data.x_test.astype(float)
    for index, spec in enumerate(network.spec.layers):
        matrix = w if index == layer else network.weight_matrix(index)
        a = z @ matrix.T + network.parameters(index)["b"]
        z = {"relu": np.maximum(a, 0), "softmax": a}[spec.activation]
    return accuracy(confusion_matrix(data.y_test, z.argmax(axis=1), 3))


@pytest.mark.parametrize("layer", [0, 1])
@pytest.mark.parametrize("as_trained", [False, True])
def test_without_a_direction_the_accuracy_is_that_of_w_less_its_product(layer: int, as_trained: bool) -> None:
    network, data = _network(), _data()
    before = network.theta.copy()
    shares, found = _result(directions(network, data, layer, as_trained=as_trained))
    factors, w = found.factors, network.weight_matrix(layer)
    assert found.accuracy == _accuracy_with(network, layer, w, data)
    for r in range(factors.rank):
        less = w - factors.sigma[r] * np.outer(factors.u[:, r], factors.vt[r])
        assert found.accuracy_without[r] == _accuracy_with(network, layer, less, data)
    assert sorted(found.importance) == list(range(1, factors.rank + 1))
    assert found.accuracy_without[found.importance == 1] == found.accuracy_without.min()
    assert shares == sorted(shares) and shares[0] >= 0.0 and shares[-1] < 1.0
    assert np.array_equal(network.theta, before)


def test_the_activation_of_a_class_is_the_projection_of_its_clips() -> None:
    network, data = _network(), _data()
    _, found = _result(directions(network, data))
    own = data.x_test[data.y_test == 1] @ (found.factors.sigma[2] * found.factors.vt[2])
    assert found.activation_mean[2, 1] == pytest.approx(own.mean(), rel=1e-10)
    assert found.activation_std[2, 1] == pytest.approx(own.std(), rel=1e-10)


def test_a_class_without_test_clips_has_no_activation() -> None:
    data = _data()
    some = data.y_test != 2
    _, found = _result(
        directions(
            _network(), DataSet(data.x_train, data.y_train, data.x_test[some], data.y_test[some], ("a", "b", "c"))
        )
    )
    assert np.isnan(found.activation_mean[:, 2]).all() and np.isfinite(found.activation_mean[:, :2]).all()


def test_trained_factors_multiply_to_w_and_differ_from_its_svd() -> None:
    network = _network()
    svd, trained = layer_factors(network), layer_factors(network, as_trained=True)
    for factors in (svd, trained):
        np.testing.assert_allclose((factors.u * factors.sigma) @ factors.vt, network.weight_matrix(0), atol=1e-12)
    assert not svd.are_trained and trained.are_trained
    assert np.abs(trained.vt @ trained.vt.T - np.eye(7)).max() > 0.5
    np.testing.assert_allclose(svd.vt @ svd.vt.T, np.eye(7), atol=1e-12)
    gram = max(np.abs(one - np.eye(7)).max() for one in (trained.u.T @ trained.u, trained.vt @ trained.vt.T))
    assert svd.departure == trained.departure == pytest.approx(gram)
    assert "does not keep U and Vᵀ orthonormal" in why_factors_differ(gram)
    assert list(np.abs(trained.sigma)) == sorted(np.abs(trained.sigma), reverse=True)


def test_a_dense_layer_has_no_trained_factors() -> None:
    factors = layer_factors(_network(), 1, as_trained=True)
    assert not factors.are_trained and factors.departure is None


def test_orthonormal_factors_are_the_svd() -> None:
    assert "the trained σ are the singular values" in why_factors_differ(1e-7)


def test_a_layer_that_does_not_exist_is_refused() -> None:
    with pytest.raises(SettingError, match="layer"):
        list(directions(_network(), _data(), 2))


def _features(n_parts: int) -> FittedFeatures:
    settings = FeatureSettings(fft_size=64, segments="several" if n_parts > 1 else "first", n_parts=max(n_parts, 2))
    n = n_parts * 33
    return FittedFeatures(settings, 16000.0, np.zeros(n), np.ones(n))


def test_a_direction_sounds_where_its_row_is_large() -> None:
    row = np.zeros(33)
    row[8] = -1.0  # 2 kHz; the sign is not heard
    sound = direction_noise(row, _features(1))
    power = np.abs(np.fft.rfft(sound)) ** 2
    hz = np.fft.rfftfreq(len(sound), 1 / 16000)
    assert power[(hz > 1700) & (hz < 2300)].sum() > 0.999 * power.sum()
    assert 20 * np.log10(np.sqrt(np.mean(sound**2))) == pytest.approx(LEVEL_DBFS, abs=0.1)
    assert np.abs(sound).max() <= PEAK and sound.dtype == np.float32


def test_the_parts_of_a_direction_follow_one_another() -> None:
    row = np.zeros(66)
    row[4], row[33 + 16] = 1.0, 0.5
    sound = direction_noise(row, _features(2), part_s=0.5)
    halves = np.abs(np.fft.rfft(sound.reshape(2, -1), axis=1))
    hz = np.fft.rfftfreq(8000, 1 / 16000)
    assert abs(hz[halves[0].argmax()] - 1000) < 250 and abs(hz[halves[1].argmax()] - 4000) < 250
    assert np.mean(sound[:8000] ** 2) == pytest.approx(4 * np.mean(sound[8000:] ** 2), rel=0.3)


@pytest.mark.parametrize("row", [np.zeros(33), np.full(33, np.nan), np.ones(32)])
def test_a_direction_that_cannot_be_heard_is_refused(row: np.ndarray) -> None:
    with pytest.raises(DataError, match="the direction"):
        direction_noise(row, _features(1))
