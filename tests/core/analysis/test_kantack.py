"""Kantack's linear algebra: the reference values, and every formula against finite differences."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlpsvd.analysis.class_means import class_means, combinations, measure_ranks, reconstructions
from mlpsvd.analysis.closed_form import closed_form_weights, linear_predictions, nearest_mean
from mlpsvd.analysis.covariance_rate import covariance_rate, loss_curve
from mlpsvd.analysis.printed_update import ThreeLayers, Update, printed_update, true_update
from mlpsvd.errors import DataError

REFERENCE = Path(__file__).parents[4] / "shared" / "reference" / "kantack.json"


@pytest.fixture(scope="module")
def reference() -> dict[str, Any]:
    if not REFERENCE.is_file():
        pytest.skip("the reference values are not beside this checkout")
    return dict(json.loads(REFERENCE.read_text("utf-8")))


@pytest.fixture(scope="module")
def letters(reference: dict[str, Any]) -> np.ndarray:
    return np.array(list(reference["pseudo_inverse"]["A_columns"].values())).T


def test_the_pseudo_inverse_and_the_ranks(reference: dict[str, Any], letters: np.ndarray) -> None:
    received = reference["pseudo_inverse"]
    np.testing.assert_allclose(letters.T @ letters, received["A^T A"], rtol=0, atol=1e-14)
    np.testing.assert_allclose(closed_form_weights(letters), received["W"], rtol=0, atol=1e-14)
    sigma = np.linalg.svd(letters, compute_uv=False)
    np.testing.assert_allclose(sigma, received["singular_values"], rtol=1e-14)
    ranks, wanted = measure_ranks(sigma, letters.shape), received["ranks"]
    assert (ranks.numerical, ranks.above_a_tenth) == (wanted["numerical"], wanted["above_a_tenth"])
    assert ranks.stable == pytest.approx(wanted["stable"], rel=1e-13)
    assert ranks.entropy_of_energies == pytest.approx(wanted["entropy_of_energies"], rel=1e-13)
    assert ranks.entropy_of_values == pytest.approx(wanted["entropy_of_values_Roy_Vetterli"], rel=1e-13)
    assert ranks.condition == pytest.approx(received["condition"], rel=1e-13)


def test_dependent_letters_leave_a_projector_and_are_named(reference: dict[str, Any], letters: np.ndarray) -> None:
    received = reference["dependent"]
    a = np.column_stack([letters, letters[:, 1] + letters[:, 2]])
    weights = closed_form_weights(a)
    assert measure_ranks(np.linalg.svd(a, compute_uv=False), a.shape).numerical == received["rank"]
    np.testing.assert_allclose(weights, received["W"], rtol=0, atol=1e-14)
    np.testing.assert_allclose(weights @ a, received["W A"], rtol=0, atol=1e-14)
    by_name = {one.name: one for one in combinations(a, ["I", "L", "T", "E"])}
    assert str(by_name["E"]) in ("E ≈ 1.00 × L + 1.00 × T", "E ≈ 1.00 × T + 1.00 × L")
    assert str(by_name["L"]) == "L ≈ 1.00 × E − 1.00 × T"
    assert max(by_name[name].residual for name in "LTE") < 1e-14
    assert by_name["I"].residual == pytest.approx(by_name["I"].residual_of_all)
    assert by_name["I"].residual > 0.1


def test_the_rates_and_the_loss_curves_that_prove_them(reference: dict[str, Any], letters: np.ndarray) -> None:
    received = reference["learning_rate"]
    for factor, key in ((2, "his_update_W-2alpha(q-c)a^T"), (1, "half_loss_update_W-alpha(q-c)a^T")):
        rate = covariance_rate(letters, factor)  # type: ignore[arg-type]
        np.testing.assert_allclose(rate.eigenvalues, received["R=A A^T/3 eigenvalues (non-zero)"], rtol=1e-13)
        assert (rate.largest, rate.smallest) == pytest.approx((received["lambda_max"], received["lambda_min_nonzero"]))
        assert rate.stable_below == pytest.approx(2 / factor / received["lambda_max"])
        for name, run in received[key]["runs"].items():
            times, _, what = name.partition("/")
            size = {"lmax": rate.largest, "(lmax+lmin)": rate.largest + rate.smallest}[what]
            alpha = float(times) / size
            if what == "(lmax+lmin)":
                assert rate.fastest == pytest.approx(alpha)
            losses = loss_curve(letters, np.eye(3), alpha, 4000, factor)  # type: ignore[arg-type]
            for after, loss in ((100, run["loss after 100 updates"]), (4000, run["after 4000"])):
                if loss == "diverges":
                    assert losses[after] > 1e6
                else:
                    # rounding grows with the iteration at the limit of stability; below 1e-25 it is all that is left
                    assert losses[after] == pytest.approx(loss, rel=1e-9 if after == 100 else 1e-6, abs=1e-16)


def three_layers(reference: dict[str, Any]) -> tuple[ThreeLayers, np.ndarray, np.ndarray]:
    received = reference["backprop"]
    w_a, b_h, w_h, b_q = (np.array(received[name]) for name in ("W_a", "b_h", "W_h", "b_q"))
    return ThreeLayers(w_a, b_h, w_h, b_q, received["c"]), np.array(received["a"]), np.array(received["target"])


def test_one_update_of_the_three_layer_network(reference: dict[str, Any]) -> None:
    network, a, target = three_layers(reference)
    received = reference["backprop"]
    h, q = network.forward(a)
    np.testing.assert_allclose(h, received["h"], rtol=1e-14)
    np.testing.assert_allclose(q, received["q"], rtol=1e-14)
    assert ((q - target) ** 2).sum() == pytest.approx(received["loss |q-c|^2"], rel=1e-14)
    update = true_update(network, a, target)
    np.testing.assert_allclose(update.v_q, received["v_q"], rtol=1e-13)
    np.testing.assert_allclose(update.v_h, received["v_h"], rtol=1e-13)
    for name, wanted in received["gradients of |q-c|^2"].items():
        np.testing.assert_allclose(getattr(update, name.lower()), wanted, rtol=1e-12, atol=1e-18)


def test_the_true_update_is_the_gradient_and_the_printed_one_is_not(reference: dict[str, Any]) -> None:
    network, a, target = three_layers(reference)
    true, printed = true_update(network, a, target), printed_update(network, a, target)
    assert _slopes(network, a, target, true) == pytest.approx(_dots(true, true), rel=1e-6)
    np.testing.assert_array_less(300.0 * (1 - 1e-12), np.abs(printed.w_h / true.w_h))
    assert not np.allclose(printed.v_h / np.linalg.norm(printed.v_h), true.v_h / np.linalg.norm(true.v_h), atol=1e-3)


def _dots(one: Update, other: Update) -> list[float]:
    return [float((getattr(one, n) * getattr(other, n)).sum()) for n in ("w_a", "w_h", "b_h", "b_q")]


def _slopes(network: ThreeLayers, a: np.ndarray, target: np.ndarray, update: Update) -> list[float]:
    """Central differences of the loss along each part of an update."""

    def loss(name: str, step: float) -> float:
        moved = {n: getattr(network, n) for n in ("w_a", "b_h", "w_h", "b_q")}
        moved[name] = moved[name] + step * getattr(update, name)
        q = ThreeLayers(**moved, slope=network.slope).forward(a)[1]
        return float(((q - target) ** 2).sum())

    step = 1.0  # the function is nearly linear over the tiny gradients
    return [(loss(n, step) - loss(n, -step)) / (2 * step) for n in ("w_a", "w_h", "b_h", "b_q")]


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 8), st.integers(1, 6), st.integers(0, 2**32 - 1))
def test_shapes_reconstructions_and_projectors(n_features: int, n_classes: int, seed: int) -> None:
    a = np.random.default_rng(seed).standard_normal((n_features, n_classes))
    sigma = np.linalg.svd(a, compute_uv=False)
    found = reconstructions(a, range(len(sigma) + 1))
    assert found.shape == (len(sigma) + 1, n_features, n_classes)
    errors = [np.linalg.norm(a - one) for one in found]
    wanted = [math.sqrt((sigma[rank:] ** 2).sum()) for rank in range(len(sigma) + 1)]
    np.testing.assert_allclose(errors, wanted, atol=1e-12)
    projector = closed_form_weights(a) @ a
    np.testing.assert_allclose(projector @ projector, projector, atol=1e-8)
    ranks = measure_ranks(sigma, a.shape)
    assert 1 - 1e-12 <= ranks.stable <= ranks.entropy_of_energies + 1e-9 <= ranks.entropy_of_values + 2e-9
    assert ranks.entropy_of_values <= min(a.shape) + 1e-9


@settings(max_examples=20, deadline=None)
@given(st.integers(2, 5), st.integers(0, 2**32 - 1))
def test_below_the_limit_the_loss_falls_and_above_it_rises(n_classes: int, seed: int) -> None:
    a = np.random.default_rng(seed).standard_normal((9, n_classes))
    limit = covariance_rate(a).stable_below
    below, above = (loss_curve(a, np.eye(n_classes), times * limit, 60) for times in (0.95, 1.2))
    assert (np.diff(below) <= 1e-12).all()
    assert above[-1] > above[40]


def test_means_predictions_and_refusals() -> None:
    x = np.array([[1.0, 0.0], [3.0, 0.0], [0.0, 2.0]], dtype=np.float32)
    labels = np.array([0, 0, 1])
    a = class_means(x, labels, 2)
    np.testing.assert_array_equal(a, [[2.0, 0.0], [0.0, 2.0]])
    assert linear_predictions(closed_form_weights(a), x).tolist() == nearest_mean(a, x).tolist() == [0, 0, 1]
    with pytest.raises(DataError, match="class 2 has no clip"):
        class_means(x, labels, 3)
    with pytest.raises(DataError, match="all 0 or not finite"):
        covariance_rate(np.zeros((3, 2)))
    with pytest.raises(DataError, match="all 0 or not finite"):
        measure_ranks(np.zeros(2), (2, 2))
