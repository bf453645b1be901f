"""Functions of singular values: reference values, finite differences, and degenerate matrices."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from mlpsvd.errors import MatrixError
from mlpsvd.linalg.spectral_function import (
    IDENTITY,
    LOG1P,
    ONE,
    SQUARE,
    TANH,
    ScalarFunction,
    clip,
    soft_threshold,
    spectral_function,
    spectral_gradient,
)

Array = NDArray[np.floating]
CASES = json.loads(Path(__file__).with_name("spectral_function.json").read_text(encoding="utf-8"))["cases"]
FUNCTIONS = {
    "identity": IDENTITY,
    "tanh": TANH,
    "square": SQUARE,
    "log1p": LOG1P,
    "one (polar factor)": ONE,
    "soft 0.5": soft_threshold(0.5),
    "clip 1.5": clip(1.5),
}
SMOOTH = (IDENTITY, TANH, SQUARE, LOG1P)


def gradient(A: Array, f: ScalarFunction, G: Array) -> Array:
    return spectral_gradient(spectral_function(A, f)[1], G)


def with_singular_values(m: int, n: int, values: list[float], seed: int) -> tuple[Array, Array]:
    """Return an m × n matrix, and a ∂L/∂F of its shape."""
    rng = np.random.default_rng(seed)
    k = min(m, n)
    U, V = (np.linalg.qr(rng.normal(size=(side, k)))[0] for side in (m, n))
    return (U * np.resize(values, k)) @ V.T, rng.normal(size=(m, n))


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['matrix']}: {case['f']}")
def test_meets_the_reference_values(case: dict[str, Any]) -> None:
    A, G = np.array(case["A"]), np.array(case["G"])
    F, spectral_pass = spectral_function(A, FUNCTIONS[case["f"]])
    np.testing.assert_allclose(F, case["F(A)"], rtol=0, atol=case["tolerance"])
    np.testing.assert_allclose(spectral_pass.s, case["singular_values"], rtol=0, atol=case["tolerance"])
    np.testing.assert_allclose(spectral_gradient(spectral_pass, G), case["dA"], rtol=0, atol=case["tolerance"])


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['matrix']}: {case['f']}")
def test_float32_meets_the_reference_values_to_its_precision(case: dict[str, Any]) -> None:
    A, G = np.array(case["A"], np.float32), np.array(case["G"], np.float32)
    F, spectral_pass = spectral_function(A, FUNCTIONS[case["f"]])
    dA = spectral_gradient(spectral_pass, G)
    assert (F.dtype, dA.dtype) == (np.float32, np.float32)
    np.testing.assert_allclose(F, case["F(A)"], rtol=0, atol=1e-5)
    np.testing.assert_allclose(dA, case["dA"], rtol=0, atol=1e-4)


@given(
    st.integers(1, 7),
    st.integers(1, 7),
    st.lists(st.sampled_from([0.0, 1e-9, 0.3, 0.3 + 1e-7, 1.0, 1.0 + 1e-6, 1.0 + 3e-5, 2.0]), min_size=1, max_size=7),
    st.sampled_from(SMOOTH),
    st.integers(0, 2**20),
)
@settings(max_examples=60, deadline=None)
def test_the_gradient_is_the_finite_difference_for_every_shape_and_degeneracy(
    m: int, n: int, values: list[float], f: ScalarFunction, seed: int
) -> None:
    A, G = with_singular_values(m, n, values, seed)
    D = np.random.default_rng(seed + 1).normal(size=A.shape)
    # F is not smooth at 0 unless f is odd, and then only to first order: a two-sided difference of order h.
    h = 1e-6
    numeric = ((spectral_function(A + h * D, f)[0] - spectral_function(A - h * D, f)[0]) / (2 * h) * G).sum()
    exact = (gradient(A, f, G) * D).sum()
    scale = np.linalg.norm(G) * np.linalg.norm(D)
    assert abs(numeric - exact) <= 2e-5 * scale


@given(
    st.integers(1, 6),
    st.integers(1, 6),
    st.floats(1e-8, 0.3),
    st.sampled_from([*SMOOTH, ONE, soft_threshold(0.2), clip(0.5)]),
    st.integers(0, 2**20),
)
@settings(max_examples=60, deadline=None)
def test_float32_agrees_with_float64_at_every_gap(m: int, n: int, gap: float, f: ScalarFunction, seed: int) -> None:
    A, G = with_singular_values(m, n, [1.0, 1.0 - gap], seed)
    A32, G32 = A.astype(np.float32), G.astype(np.float32)
    expected = gradient(A32.astype(np.float64), f, G32.astype(np.float64))
    assert np.abs(gradient(A32, f, G32) - expected).max() <= 2e-4 * np.linalg.norm(G)


def test_the_identity_and_the_transpose() -> None:
    A, G = with_singular_values(4, 6, [2.0, 2.0, 1.0, 0.0], 3)
    np.testing.assert_allclose(gradient(A, IDENTITY, G), G, atol=1e-12)
    for f in (SQUARE, TANH, soft_threshold(0.5)):
        np.testing.assert_allclose(gradient(A.T, f, G.T).T, gradient(A, f, G), atol=1e-12)


def test_an_empty_matrix_has_an_empty_function_and_gradient() -> None:
    F, spectral_pass = spectral_function(np.zeros((0, 3)), TANH)
    assert F.shape == spectral_gradient(spectral_pass, F).shape == (0, 3)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_refuses_a_matrix_that_is_not_finite(bad: float) -> None:
    with pytest.raises(MatrixError, match="not finite; all should be finite"):
        spectral_function(np.array([[1.0, bad]]), IDENTITY)


@pytest.mark.parametrize("A", [np.array([1.0, 2.0]), np.eye(2, dtype=np.int64)])
def test_refuses_what_is_not_a_matrix_of_floating_point_numbers(A: Array) -> None:
    with pytest.raises(MatrixError, match="should be a matrix in float32 or float64"):
        spectral_function(A, IDENTITY)


@pytest.mark.parametrize("f", [ONE, soft_threshold(-0.1), clip(-1.0)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_refuses_a_singular_matrix_where_f_is_not_0_at_0(f: ScalarFunction, dtype: type[np.floating]) -> None:
    A = with_singular_values(3, 5, [2.0, 1.0, 0.0], 1)[0].astype(dtype)
    with pytest.raises(MatrixError, match=r"singular .* should be a matrix of full rank, or a function that is 0 at 0"):
        spectral_function(A, f)
    full = with_singular_values(3, 5, [2.0, 1.0, 0.5], 1)[0].astype(dtype)
    assert np.isfinite(spectral_function(full, f)[0]).all()
