"""The gradient as the notes print it, equations (32) to (37), beside ours: equal, and less precise in float32."""

import numpy as np
import pytest
from numpy.typing import NDArray

from mlpsvd.linalg.spectral_function import TANH, spectral_function, spectral_gradient

Array = NDArray[np.floating]
_CLOSE = 1e-6
"""Relative difference below which the notes replace (34) by (35)."""


def printed_gradient(A: Array, G: Array) -> Array:
    """Return (37) for f = tanh."""
    U, s, Vt = np.linalg.svd(A)
    D = U.T @ G @ Vt.T
    inner = np.array([[printed_entry(s, D, i, j) for j in range(len(s))] for i in range(len(s))], A.dtype)
    return U @ inner @ Vt


def printed_entry(s: Array, D: Array, i: int, j: int) -> float:
    d, slope = np.tanh(s), 1 - np.tanh(s) ** 2
    if i == j:
        return float(slope[i] * D[i, i])  # (33)
    if s[i] == s[j] == 0:
        return float(D[i, j])  # (36)
    if abs(s[i] - s[j]) <= _CLOSE * max(s[i], s[j]):  # (35)
        mean, value = (s[i] + s[j]) / 2, (d[i] + d[j]) / 2
        rise = mean * (1 - np.tanh(mean) ** 2)
        return float((D[i, j] * (rise + value) + D[j, i] * (rise - value)) / (2 * mean))
    terms = D[i, j] * (s[i] * d[i] - s[j] * d[j]) + D[j, i] * (s[j] * d[i] - s[i] * d[j])
    return float(terms / (s[i] ** 2 - s[j] ** 2))  # (34)


def matrix_with(values: list[float], seed: int) -> tuple[Array, Array]:
    """Return a square matrix with these singular values, and a ∂L/∂F."""
    rng = np.random.default_rng(seed)
    n = len(values)
    U, V = (np.linalg.qr(rng.normal(size=(n, n)))[0] for _ in range(2))
    return (U * values) @ V.T, rng.normal(size=(n, n))


def ours(A: Array, G: Array) -> Array:
    return spectral_gradient(spectral_function(A, TANH)[1], G)


@pytest.mark.parametrize("values", [[3.0, 2.0, 1.0], [2.0, 2.0, 1.0], [2.0, 1.0, 0.0], [2.0, 0.0, 0.0]], ids=str)
def test_the_printed_gradient_and_ours_are_the_same(values: list[float]) -> None:
    A, G = matrix_with(values, 0)
    h = 1e-6
    steps = h * np.eye(A.size).reshape(A.size, *A.shape)
    losses = [[(spectral_function(A + sign * E, TANH)[0] * G).sum() for E in steps] for sign in (1, -1)]
    numeric = ((np.array(losses[0]) - losses[1]) / (2 * h)).reshape(A.shape)
    np.testing.assert_allclose(printed_gradient(A, G), numeric, rtol=0, atol=1e-8)
    np.testing.assert_allclose(ours(A, G), numeric, rtol=0, atol=1e-8)


@pytest.mark.parametrize("gap", [1e-3, 1e-4, 1e-5, 1.5e-6])
def test_the_printed_gradient_loses_digits_in_float32_where_two_values_nearly_meet(gap: float) -> None:
    errors = np.array([errors_of_float32(gap, seed) for seed in range(50)]).max(axis=0)
    assert errors[0] > 1e-8 / gap and errors[1] < 2e-7


def errors_of_float32(gap: float, seed: int) -> tuple[float, float]:
    """Return the largest errors of the printed gradient and of ours, relative to ∂L/∂F."""
    A, G = (one.astype(np.float32) for one in matrix_with([1.0, 1.0 - gap], seed))
    exact = ours(A.astype(np.float64), G.astype(np.float64))
    found = [np.abs(one(A, G) - exact).max() / np.linalg.norm(G) for one in (printed_gradient, ours)]
    return float(found[0]), float(found[1])
