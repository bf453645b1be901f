"""The functions that the fused engine does not take from a library, number by number."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit
from numpy.typing import NDArray
from threadpoolctl import threadpool_info

from mlpsvd.engines import base, fused_activations, fused_layout, fused_narrow, fused_order
from mlpsvd.engines import fused_activations as activations
from mlpsvd.engines import fused_kernels as kernels
from mlpsvd.engines.fused import FusedEngine
from mlpsvd.engines.optimiser import OptimiserRule, fresh_state
from mlpsvd.network.initialise import build
from mlpsvd.network.settings import NetworkSettings

Function = Callable[[np.float32], np.float32]
X = np.concatenate([np.linspace(-87, 87, 200_001), np.linspace(-1, 1, 200_001), np.geomspace(1e-30, 1, 10_001)])


def of_every_number(function: Function, x: NDArray[np.float32]) -> NDArray[np.float32]:
    @njit
    def loop(x, out):  # type: ignore[no-untyped-def]
        for i in range(len(x)):
            out[i] = function(x[i])

    out = np.empty_like(x)
    loop(x, out)
    return out


@pytest.mark.parametrize(
    ("function", "exact"),
    [(activations.exp, np.exp), (activations.sigmoid, lambda x: 1 / (1 + np.exp(-x))), (activations.tanh, np.tanh)],
)
def test_to_two_units_in_the_last_place(function: Function, exact: Callable[..., NDArray[np.float64]]) -> None:
    x = X[X != 0].astype(np.float32)
    expected = exact(x.astype(np.float64))
    assert np.max(np.abs(of_every_number(function, x) / expected - 1)) < 2 * np.finfo(np.float32).eps


@pytest.mark.parametrize("function", [activations.exp, activations.sigmoid, activations.tanh])
def test_not_a_number_stays_one(function: Function) -> None:
    assert np.isnan(of_every_number(function, np.full(40, np.nan, np.float32))).all()


def test_far_out() -> None:
    far = np.array([-np.inf, -1e6, 1e6, np.inf] * 16, np.float32)
    np.testing.assert_allclose(of_every_number(activations.tanh, far), np.sign(far), rtol=1e-6)
    np.testing.assert_allclose(of_every_number(activations.sigmoid, far), far > 0, atol=1e-37)


def test_compiled_code_cannot_outlive_a_change_of_its_parts() -> None:
    parts = (fused_activations, fused_layout, fused_narrow)
    text = b"".join(Path(part.__file__).read_bytes().replace(b"\r\n", b"\n") for part in parts)
    assert zlib.crc32(text) == kernels.PARTS_CHECKSUM, "a part of the kernels changed: write the new checksum there"


@settings(deadline=None, max_examples=60)
@given(rank=st.integers(1, 4), n=st.integers(1, 70), n_features=st.integers(fused_narrow.LEAST_FEATURES, 150))
def test_narrow_products_are_the_products(rank: int, n: int, n_features: int) -> None:
    rng = np.random.default_rng(n)
    x, order = rng.normal(size=(90, n_features)).astype(np.float32), rng.permutation(90)
    vt, back = (rng.normal(size=(rank, m)).astype(np.float32) for m in (n_features, n))
    clips = x[order[3 : 3 + n]].astype(np.float64)

    product = np.full((rank, n), np.nan, np.float32)
    fused_narrow.narrow_product(x, order, 3, np.append(np.float32(9), vt.ravel()), 1, product)
    np.testing.assert_allclose(product, vt @ clips.T, atol=1e-4)

    gradient = np.full(rank * n_features + 2, np.nan, np.float32)
    fused_narrow.narrow_gradient(x, order, 3, back, gradient, 1)
    np.testing.assert_allclose(gradient[1:-1].reshape(rank, n_features), back @ clips, atol=1e-4)
    assert np.isnan(gradient[[0, -1]]).all()


@settings(deadline=None)
@given(seed=st.integers(0, 2**32), n=st.one_of(st.integers(0, 40), st.integers(0, 9000)))
def test_order_is_that_of_every_engine(seed: int, n: int) -> None:
    found, expected = (make(np.random.SeedSequence([seed, 3]), n) for make in (fused_order.shuffled, base.shuffled))
    np.testing.assert_array_equal(found, expected)


def test_too_few_numbers_for_an_order_are_noticed() -> None:
    order = np.empty(50, np.int64)
    assert not fused_order._shuffle(order, np.zeros(10, np.uint32))
    assert not fused_order._shuffle(order, np.full(400, 2**32 - 1, np.uint32)), "all rejected"
    assert fused_order._shuffle(order, np.zeros(49, np.uint32)) and sorted(order) == list(range(50))


def test_view_is_the_reshaped_stretch() -> None:
    @njit
    def view(vector, start, rows, columns):  # type: ignore[no-untyped-def]
        matrix = fused_layout.matrix(vector, start, rows, columns)
        matrix[rows - 1, 0] = -1
        return matrix.copy()

    for dtype in (np.float32, np.float64, np.int64):
        vector = np.arange(20, dtype=dtype)
        found = view(vector, 4, 3, 5)
        assert vector[14] == -1
        np.testing.assert_array_equal(found, vector[4:19].reshape(3, 5))


@pytest.mark.parametrize("shape", [(64, 129), (8, 8), (61, 130), (3, 5), (8, 3), (7, 40), (1, 1)])
def test_transposition(shape: tuple[int, int]) -> None:
    a = np.arange(shape[0] * shape[1], dtype=np.float32).reshape(shape)
    out = np.full(shape[::-1], -1, np.float32)
    fused_layout.transpose(a, out)
    np.testing.assert_array_equal(out, a.T)


@pytest.mark.parametrize("n_hidden", [4, 30])
def test_a_network_too_large_to_copy_trains_alike(n_hidden: int, monkeypatch: pytest.MonkeyPatch) -> None:
    trained = []
    for limit in (0, 10**9):
        monkeypatch.setattr("mlpsvd.engines.fused._COPIED_UP_TO", limit)
        engine, rng = FusedEngine(), np.random.default_rng(0)
        data = engine.vectors(rng.normal(size=(50, 17)), rng.integers(0, 3, 50), 3)
        network = build(NetworkSettings(hidden=(n_hidden,)), 17, 3, ("svd", "dense"), 0)
        before = network.theta.copy()
        state = fresh_state(network.spec, network.theta)
        rule = OptimiserRule("adam", 0.01, 0.9, 0.9, 0.999, 1e-8)
        engine.run_epoch(network, rule, state, data, np.arange(50), 16)
        assert (network.theta != before).any()
        trained.append((network.theta, state.first, state.second))
    for left, right in zip(*trained, strict=True):
        np.testing.assert_array_equal(left, right)


def test_every_blas_is_held_to_one_thread() -> None:
    """Also SciPy's, which Numba uses and which is loaded only when the first product is compiled."""
    engine = FusedEngine()
    before = [entry["num_threads"] for entry in threadpool_info()]
    with engine._one_thread():
        libraries = [entry for entry in threadpool_info() if entry["user_api"] == "blas"]
        assert any("scipy.libs" in entry["filepath"] for entry in libraries) or len(libraries) == 1
        assert all(entry["num_threads"] == 1 for entry in libraries)
    assert [entry["num_threads"] for entry in threadpool_info()] == before
