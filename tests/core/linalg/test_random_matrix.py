"""Singular values of random matrices: reference values and drawn matrices."""

import json
from pathlib import Path

import numpy as np
import pytest

from mlpsvd.errors import MatrixError
from mlpsvd.linalg import random_matrix

REFERENCE = json.loads(Path(__file__).with_name("random_matrix.json").read_text(encoding="utf-8"))
BY_SHAPE = {(int(name.split("x")[0]), int(name.split("x")[1])): one for name, one in REFERENCE.items() if "x" in name}
BY_RATIO = {float(name[5:]): one for name, one in REFERENCE.items() if name.startswith("beta=")}


@pytest.mark.parametrize(("shape", "expected"), BY_SHAPE.items(), ids=str)
def test_meets_the_reference_values_for_a_shape(shape: tuple[int, int], expected: dict[str, float]) -> None:
    std, beta = expected["s"], min(shape) / max(shape)
    assert random_matrix.marchenko_pastur_edges(shape, std) == pytest.approx(
        (expected["lower_edge"], expected["upper_edge"]), rel=1e-12
    )
    assert random_matrix.gavish_donoho_coefficient(beta) == pytest.approx(expected["lambda(beta)"], rel=1e-12)
    assert random_matrix.gavish_donoho_median_coefficient(beta) == pytest.approx(expected["omega(beta)"], rel=1e-9)
    assert random_matrix.gavish_donoho_threshold(shape, std) == pytest.approx(
        expected["threshold_known_noise"], rel=1e-12
    )
    median = random_matrix.marchenko_pastur_median(beta)
    assert median == pytest.approx(expected["median_of_MP"], rel=1e-9)
    assert std * np.sqrt(max(shape) * median) == pytest.approx(expected["mp_median_singular_value"], rel=1e-9)


@pytest.mark.parametrize(("beta", "expected"), BY_RATIO.items())
def test_meets_the_reference_values_for_a_ratio(beta: float, expected: dict[str, float]) -> None:
    exact = 20 / 129 if beta == 0.155039 else beta
    assert random_matrix.gavish_donoho_coefficient(exact) == pytest.approx(expected["lambda"], rel=1e-9)
    assert random_matrix.gavish_donoho_median_coefficient(exact) == pytest.approx(expected["omega"], rel=1e-9)
    assert random_matrix.marchenko_pastur_median(exact) == pytest.approx(expected["mp_median"], rel=1e-9)


def test_ranks_meet_the_reference_values() -> None:
    values, expected = [2.0, 1.0, 0.5, 0.1], REFERENCE["ranks of diag(2,1,.5,.1)"]
    assert random_matrix.stable_rank(values) == pytest.approx(expected["stable ||.||_F^2/||.||_2^2"])
    assert random_matrix.entropy_rank(values) == pytest.approx(expected["entropy of energies"])
    assert random_matrix.entropy_rank(values, of_energies=False) == pytest.approx(
        expected["entropy of singular values (Roy and Vetterli)"]
    )
    threshold = random_matrix.gavish_donoho_median_coefficient(4 / 6) * np.median(values)
    assert threshold == pytest.approx(expected["median rule omega(4/6)*median"])


@pytest.mark.parametrize("values", [[], [0.0, 0.0]])
def test_nothing_has_rank_0(values: list[float]) -> None:
    assert random_matrix.stable_rank(values) == random_matrix.entropy_rank(values) == 0.0


def test_ranks_do_not_depend_on_the_scale() -> None:
    for scale in (1e-200, 1.0, 1e200):
        with np.errstate(over="raise"):
            assert random_matrix.entropy_rank([2.0 * scale, scale]) == pytest.approx(np.exp(0.500402), rel=1e-5)
            assert random_matrix.stable_rank([2.0 * scale, scale]) == pytest.approx(1.25)


def test_a_drawn_matrix_ends_at_the_edge() -> None:
    drawn = np.random.default_rng(1).normal(0.0, 0.3, size=(200, 500))
    values = np.linalg.svd(drawn, compute_uv=False)
    lower, upper = random_matrix.marchenko_pastur_edges(drawn.shape, 0.3)
    assert values[0] == pytest.approx(upper, rel=0.02)
    assert values[-1] == pytest.approx(lower, rel=0.03)
    assert random_matrix.gavish_donoho_threshold(drawn.shape, 0.3) > values[0]


@pytest.mark.parametrize("beta", [0.0, -1.0, 1.5])
def test_refuses_an_impossible_ratio(beta: float) -> None:
    for function in (random_matrix.gavish_donoho_coefficient, random_matrix.marchenko_pastur_median):
        with pytest.raises(MatrixError, match="should be above 0 and at most 1"):
            function(beta)


def test_refuses_an_empty_shape_and_negative_values() -> None:
    with pytest.raises(MatrixError, match="both sides should be at least 1"):
        random_matrix.marchenko_pastur_edges((0, 3), 1.0)
    with pytest.raises(MatrixError, match="negative or not finite"):
        random_matrix.stable_rank([1.0, -1.0])
