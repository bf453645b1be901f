"""Divya's linear algebra: convolution, compression and robustness, against the reference values and differences."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlpsvd.analysis.compression import compressed, fine_tuned, layer_bytes, truncated, truncated_for_inputs
from mlpsvd.analysis.convolution import convolution, patches, similarity, sliding_dot_product
from mlpsvd.analysis.fast_gradient_sign import accuracy_under_attack, fast_gradient_sign, input_gradient
from mlpsvd.analysis.registry import ANALYSES
from mlpsvd.analysis.result import AnalysisResult, Progress
from mlpsvd.analysis.subject import Subject
from mlpsvd.datasets.dataset import DataSet
from mlpsvd.engines.optimiser import OptimiserRule
from mlpsvd.errors import DataError, SettingError
from mlpsvd.features.settings import FeatureSettings
from mlpsvd.features.spectra import FittedFeatures
from mlpsvd.network.layers import LayerSpec
from mlpsvd.network.losses import losses
from mlpsvd.network.network import Network
from mlpsvd.network.spec import NetworkSpec
from mlpsvd.training.events import Snapshot

FOLDER = Path(__file__).parents[4] / "shared" / "reference"


def reference(name: str) -> dict[str, Any]:
    if not (FOLDER / name).is_file():
        pytest.skip("the reference values are not beside this checkout")
    return dict(json.loads((FOLDER / name).read_text("utf-8")))


def test_the_printed_convolution_is_a_cross_correlation() -> None:
    received = reference("divya.json")
    a, k = np.array(received["A"]), np.array(received["kernel"])
    np.testing.assert_array_equal(sliding_dot_product(a, k), received["cross_correlation_valid"])
    np.testing.assert_array_equal(sliding_dot_product(a, k), received["printed"])
    np.testing.assert_array_equal(convolution(a, k), received["convolution_valid"])
    np.testing.assert_allclose(similarity(a, k), received["cosine"], rtol=0, atol=1e-15)
    assert float((k**2).sum()) == received["kernel_norm_squared"]
    assert patches(a, k.shape).shape == (3, 4, 3, 3)  # 12 sub-matrices, not 9
    one, zero = np.array([[0, 5, 0], [0, 8, 0], [0, 1, 0]]), np.array([[1, 3, 4], [1, 0, 5], [3, 7, 6]])
    assert one.ravel().tolist() == received["vector_of_1_row_by_row"] != received["printed_vector_of_1"]
    assert zero.ravel().tolist() == received["vector_of_0"]


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 12), st.integers(1, 5), st.integers(0, 2**32 - 1))
def test_convolution_is_numpys_and_similarity_is_a_cosine(n: int, width: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, k = rng.standard_normal(n), rng.standard_normal(width)
    if width > n:
        with pytest.raises(DataError, match="does not fit into an array of the shape"):
            convolution(x, k)
        return
    np.testing.assert_allclose(convolution(x, k), np.convolve(x, k, "valid"), atol=1e-12)
    np.testing.assert_allclose(sliding_dot_product(x, k), np.correlate(x, k, "valid"), atol=1e-12)
    assert np.abs(similarity(x, k)).max() <= 1 + 1e-12
    np.testing.assert_allclose(similarity(x, 3.0 * x[:width]).ravel()[0], 1.0)
    assert similarity(np.zeros(n), k).tolist() == [0.0] * (n - width + 1)


def network_of(received: dict[str, Any]) -> Network:
    W1, W2 = np.array(received["W1"]), np.array(received["W2"])
    layers = (
        LayerSpec("dense", 5, 4, 4, "relu"),
        LayerSpec("dense", 4, 3, 3, "softmax"),
    )
    theta = np.concatenate([W1.ravel(), received["b1"], W2.ravel(), received["b2"]])
    return Network(NetworkSpec(layers, "cross-entropy"), theta)


def test_the_fast_gradient_sign() -> None:
    received = reference("fgsm_truncation.json")
    network, x, targets = network_of(received), np.array(received["x"]), np.eye(3)[received["y"]]
    np.testing.assert_allclose(network.predict(x), received["probabilities"], rtol=1e-14)
    gradient = input_gradient(network, x, targets)
    np.testing.assert_allclose(gradient, received["input_gradient_of_the_loss_of_each_clip"], rtol=1e-12, atol=1e-15)
    changed = fast_gradient_sign(network, x, targets, received["eps"])
    np.testing.assert_allclose(changed, received["fgsm_x"], rtol=0, atol=1e-15)
    before, after = (losses("cross-entropy", "softmax", network.predict(one), targets) for one in (x, changed))
    np.testing.assert_allclose(before, received["loss_before"], rtol=1e-13)
    np.testing.assert_allclose(after, received["loss_after"], rtol=1e-13)
    first_order = received["eps"] * np.abs(gradient).sum(axis=1)
    np.testing.assert_allclose(first_order, received["first_order_prediction_eps_*_|g|_1"], rtol=1e-13)


@pytest.mark.parametrize("kind", ["dense", "svd", "two-factor"])
@pytest.mark.parametrize("loss", ["cross-entropy", "squared error"])
def test_the_input_gradient_is_the_slope_of_the_loss(kind: str, loss: Any) -> None:
    rng = np.random.default_rng(5)
    layers = (LayerSpec(kind, 6, 5, 5, "tanh"), LayerSpec("dense", 5, 3, 3, "softmax"))
    spec = NetworkSpec(layers, loss)
    network = Network(spec, rng.standard_normal(spec.n_parameters))
    x, targets = rng.standard_normal((4, 6)), np.eye(3)[[0, 1, 2, 1]]
    found = np.empty_like(x)
    for column in range(6):
        step = 1e-6 * np.eye(6)[column]
        up, down = (losses(loss, "softmax", network.predict(one), targets) for one in (x + step, x - step))
        found[:, column] = (up - down) / 2e-6
    np.testing.assert_allclose(input_gradient(network, x, targets), found, rtol=1e-6, atol=1e-8)


def test_truncation_of_a_layer() -> None:
    received = reference("fgsm_truncation.json")
    network, x = network_of(received), np.array(received["x"])
    W = network.weight_matrix(0)
    np.testing.assert_allclose(network.singular_values(0), received["singular_values_W1"], rtol=1e-13)
    for rank, wanted in received["truncated"].items():
        left, right = truncated(W, int(rank))
        np.testing.assert_allclose(left @ right, wanted["W"], rtol=0, atol=2e-14)
        assert np.linalg.norm(W - left @ right) == pytest.approx(wanted["frobenius_error"], abs=1e-13)
        np.testing.assert_allclose(compressed(network, 0, left, right).predict(x), wanted["probabilities"], rtol=1e-12)
    with pytest.raises(SettingError, match="rank is 5; it should be a whole number from 1 to 4"):
        truncated(W, 5)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 6), st.integers(1, 7), st.integers(1, 20), st.integers(0, 2**32 - 1))
def test_weighted_truncation_is_the_best_for_its_inputs(n_out: int, n_in: int, n_clips: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    W, x = rng.standard_normal((n_out, n_in)), rng.standard_normal((n_clips, n_in)) * rng.uniform(0.1, 3.0, n_in)
    for rank in range(1, min(W.shape) + 1):
        left, right = truncated_for_inputs(W, x, rank)
        error = np.linalg.norm(x @ (W - left @ right).T)
        dropped = np.linalg.svd(x @ W.T, compute_uv=False)[rank:]
        assert error == pytest.approx(np.sqrt((dropped**2).sum()), abs=1e-6)  # no matrix of this rank does better
        plain = truncated(W, rank)
        assert error <= np.linalg.norm(x @ (W - plain[0] @ plain[1]).T) + 1e-6


@pytest.fixture(scope="module")
def subject() -> Subject:
    """Three classes of points, and a network that has learned them."""
    rng = np.random.default_rng(3)
    centres = rng.standard_normal((3, 5))
    y = np.arange(300) % 3
    x = (centres[y] + 0.3 * rng.standard_normal((300, 5))).astype(np.float32)
    dataset = DataSet(x[:200], y[:200], x[200:], y[200:], ("a", "b", "c"))
    spec = NetworkSpec((LayerSpec("dense", 5, 8, 5, "relu"), LayerSpec("dense", 8, 3, 3, "softmax")), "cross-entropy")
    theta = (0.3 * rng.standard_normal(spec.n_parameters)).astype(np.float32)
    rule = OptimiserRule("adam", 0.02, 0.9, 0.9, 0.999, 1e-8)
    network = fine_tuned(Network(spec, theta), dataset, 20, rule)
    features = FittedFeatures(FeatureSettings(fft_size=8), 16000.0, np.zeros(5), np.ones(5))
    return Subject("mlp", "MLP", Snapshot(spec, network.theta), 20, features, dataset.class_names, dataset)


def test_fine_tuning_learns_and_leaves_the_given_network(subject: Subject) -> None:
    dataset, network = subject.require_dataset(), subject.network
    assert accuracy_under_attack(network, dataset.x_test, dataset.y_test, 0.0) > 0.9
    small = compressed(network, 0, *truncated(network.weight_matrix(0), 1))
    before = small.theta.copy()
    tuned = fine_tuned(small, dataset, 5, OptimiserRule("adam", 0.01, 0.9, 0.9, 0.999, 1e-8))
    np.testing.assert_array_equal(small.theta, before)
    assert not np.array_equal(tuned.theta, before)
    assert layer_bytes(network.spec.layers[0]) == 4 * (40 + 8)
    assert layer_bytes(network.spec.layers[0], 2) == 4 * small.spec.layers[0].n_parameters + 4 * 13


@pytest.mark.parametrize("key", ["class-means", "compression", "robustness"])
def test_the_analyses_report_progress_and_one_result(key: str, subject: Subject) -> None:
    *steps, result = list(ANALYSES[key].run(subject))
    assert steps and all(isinstance(one, Progress) and one.done < one.total for one in steps)
    assert isinstance(result, AnalysisResult) and result.key == key
    assert result.findings and result.tables and result.arrays
    for picture in result.pictures:
        assert picture.draw().axes
    lacking = Subject("mlp", "MLP", subject.snapshot, 20, subject.features, subject.class_names)
    with pytest.raises(DataError, match="needs the clips of the run"):
        list(ANALYSES[key].run(lacking))


def test_full_rank_and_no_step_change_nothing(subject: Subject) -> None:
    results = {key: list(ANALYSES[key].run(subject))[-1] for key in ("compression", "robustness")}
    dataset = subject.require_dataset()
    whole = accuracy_under_attack(subject.network, dataset.x_test, dataset.y_test, 0.0)
    assert isinstance(results["compression"], AnalysisResult) and isinstance(results["robustness"], AnalysisResult)
    np.testing.assert_allclose(results["compression"].arrays["accuracy"][-1, :2], whole)
    attacked = results["robustness"].arrays["accuracy"]
    assert attacked[0] == pytest.approx(whole)
    assert attacked[-1] < attacked[0]
