"""The functions that the fused engine does not take from a library, number by number."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from llvmlite import binding  # type: ignore[import-untyped]
from numba import njit
from numpy.typing import NDArray

from mlpsvd.engines import contract as base
from mlpsvd.engines.cpu import activations, clips, layout, products, shuffling, vectors
from mlpsvd.engines.cpu.engine import FusedEngine
from mlpsvd.engines.optimiser import OptimiserRule, fresh_state
from mlpsvd.errors import NetworkError
from mlpsvd.network.initialise import build
from mlpsvd.network.settings import NetworkSettings
from mlpsvd.network.spec import NetworkSpec

Function = Callable[[np.float32], np.float32]
AVX2 = {"avx", "avx2", "bmi", "bmi2", "fma", "popcnt", "sse3", "sse4.1", "sse4.2", "ssse3"}
HOST = {name for name, is_there in binding.get_host_cpu_features().items() if is_there}
TRAINED_BY_BOTH = """
import numpy as np
from mlpsvd.arrays import cpu
from mlpsvd.engines.cpu.engine import FusedEngine
from mlpsvd.engines.cpu.vectors import REGISTERS
from mlpsvd.engines.optimiser import OptimiserRule, fresh_state
from mlpsvd.engines.reference import ReferenceEngine
from mlpsvd.network.initialise import build
from mlpsvd.network.network import Network
from mlpsvd.network.settings import NetworkSettings

trained = []
for engine in (FusedEngine(), ReferenceEngine(cpu(), "float64")):
    rng = np.random.default_rng(0)
    data = engine.vectors(rng.normal(size=(150, 129)), rng.integers(0, 5, 150), 5)
    for kinds in (("dense", "dense"), ("svd", "dense")):
        start = build(NetworkSettings(hidden=(20,)), 129, 5, kinds, 0, np.float64)
        network = Network(start.spec, engine.array(start.theta))
        rule = OptimiserRule("adam", 0.01, 0.9, 0.9, 0.999, 1e-3)
        engine.run_epoch(network, rule, fresh_state(network.spec, network.theta), data, np.arange(150), 64)
        trained.append(network.theta)
print(REGISTERS[0], all(np.allclose(trained[k], trained[k + 2], atol=1e-4) for k in (0, 1)))
"""
AVX512 = AVX2 | {"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"}
COMPILED_FOR_AVX512 = """
from numba import boolean, float32, int64, intp, types
from mlpsvd.engines.cpu import clips, products

vector, numbers = types.Array(float32, 1, "C"), types.Array(int64, 1, "C")
inputs = types.Array(float32, 2, "C", readonly=True)
at = intp
for function, signature in (
    (products.product, (vector, at, at, at, at, at, vector, at, boolean, at, at, at, vector, at)),
    (clips.clips_gradient, (inputs, numbers, vector, at, at, vector, at)),
):
    function.compile(signature)
    print(*function.inspect_asm().values())
"""
REGISTERS = {"AVX2": (16, 8), "AVX-512": (32, 16)}
PRODUCTS = {name: products.product_for(vectors.vectors_a_row(5, *REGISTERS[name])) for name in REGISTERS}
GRADIENTS = {name: clips.clips_gradient_for(*REGISTERS[name]) for name in REGISTERS}
FEW_ROWS_PRODUCTS = {name: clips.few_rows_product_for(*REGISTERS[name]) for name in REGISTERS}
"""The functions as they are made for other processors, whatever this one is."""
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


def test_activations_saturate_far_from_zero() -> None:
    far = np.array([-np.inf, -1e6, 1e6, np.inf] * 16, np.float32)
    np.testing.assert_allclose(of_every_number(activations.tanh, far), np.sign(far), rtol=1e-6)
    np.testing.assert_allclose(of_every_number(activations.sigmoid, far), far > 0, atol=1e-37)


def numbers(rng: np.random.Generator, *shape: int) -> NDArray[np.float32]:
    return rng.normal(size=shape).astype(np.float32)


@settings(deadline=None, max_examples=60)
@given(
    processor=st.sampled_from(list(FEW_ROWS_PRODUCTS)),
    rank=st.integers(1, clips.FEW_ROWS),
    n_registers=st.integers(1, 5),
    n_features=st.integers(clips.LEAST_FEATURES, 150),
)
def test_products_with_clips_in_place(processor: str, rank: int, n_registers: int, n_features: int) -> None:
    rng, n = np.random.default_rng(n_features), 16 * n_registers
    x, picked = numbers(rng, 90, n_features), rng.integers(0, 90, n)
    vt, chosen = numbers(rng, rank, n_features), x[picked].astype(np.float64)

    product = np.full((rank, n), np.nan, np.float32)
    FEW_ROWS_PRODUCTS[processor](x, picked, np.append(np.float32(9), vt.ravel()), 1, product)
    np.testing.assert_allclose(product, vt @ chosen.T, atol=1e-4)


@settings(deadline=None)
@given(n_registers=st.integers(1, 5), n_features=st.integers(1, 150))
def test_clips_laid_in_panels(n_registers: int, n_features: int) -> None:
    rng = np.random.default_rng(n_features)
    x, picked = numbers(rng, 90, n_features), rng.integers(0, 90, 16 * n_registers)
    work = np.full(x[picked].size + 2, np.nan, np.float32)
    clips.clips_in_panels(x, picked, work, 1)
    panels = work[1:-1].reshape(n_registers, n_features, 16)
    np.testing.assert_array_equal(np.concatenate(panels, axis=1), x[picked].T)
    assert np.isnan(work[[0, -1]]).all(), "nothing else is written"


@settings(deadline=None, max_examples=100)
@given(
    processor=st.sampled_from(list(GRADIENTS)),
    n_rows=st.integers(1, 12),
    n_registers=st.integers(1, 5),
    n_features=st.integers(1, 150),
)
def test_gradient_with_clips_in_place(processor: str, n_rows: int, n_registers: int, n_features: int) -> None:
    rng, n = np.random.default_rng(n_features), 16 * n_registers
    x, picked, d = numbers(rng, 90, n_features), rng.integers(0, 90, n), numbers(rng, n_rows, n)
    gradient = np.full(n_rows * n_features + 2, np.nan, np.float32)
    GRADIENTS[processor](x, picked, np.append(np.float32(9), d.ravel()), 1, n_rows, gradient, 1)
    np.testing.assert_allclose(gradient[1:-1].reshape(n_rows, n_features), d @ x[picked].astype(np.float64), atol=1e-4)
    assert np.isnan(gradient[[0, -1]]).all(), "nothing else is written"


@settings(deadline=None, max_examples=150)
@given(
    processor=st.sampled_from(list(PRODUCTS)),
    n_rows=st.integers(1, 13),
    n_k=st.integers(1, 30),
    n_registers=st.integers(1, 5),
    transposes=st.booleans(),
    in_panels=st.booleans(),
)
def test_products_are_the_products(
    processor: str, n_rows: int, n_k: int, n_registers: int, transposes: bool, in_panels: bool
) -> None:
    rng, n = np.random.default_rng(n_k), 16 * n_registers
    a, b, z, bias = numbers(rng, n_rows, n_k), numbers(rng, n_k, n), numbers(rng, n_rows, n), numbers(rng, n_rows)
    product = a.astype(np.float64) @ b
    expected = {
        products.AS_IT_IS: product,
        products.BIAS_RELU: np.maximum(product + bias[:, None], 0),
        products.SWITCHED: np.where(z > 0, product, 0),
    }
    for finish, result in expected.items():
        out = np.full(n_rows * n + 2, np.nan, np.float32)
        panels = [panel.ravel() for panel in np.split(b, n_registers, axis=1)] if in_panels else [b.ravel()]
        work = np.concatenate([*panels, out])
        stored, by = (a.T, (1, n_rows)) if transposes else (a, (n_k, 1))
        theta = np.append(np.float32(9), np.ascontiguousarray(stored).ravel())
        more = np.append(np.float32(9), (z if finish == products.SWITCHED else bias).ravel())
        PRODUCTS[processor](theta, 1, *by, n_rows, n_k, work, 0, in_panels, n, b.size + 1, finish, more, 1)
        np.testing.assert_allclose(work[b.size + 1 : -1].reshape(n_rows, n), result, atol=1e-4)
        assert np.isnan(work[[b.size, -1]]).all(), "nothing else is written"


def test_every_tile_gives_the_same_bits() -> None:
    """Each sum is formed clip by clip, or input by input, wherever it is kept."""
    rng = np.random.default_rng(0)
    x, picked, d = numbers(rng, 90, 129), rng.integers(0, 90, 48), numbers(rng, 23 * 48)
    a, work = numbers(rng, 23 * 129), numbers(rng, 129 * 48 + 23 * 48)
    found = []
    for name in REGISTERS:
        few = np.zeros((3, 48), np.float32)
        FEW_ROWS_PRODUCTS[name](x, picked, a, 0, few)
        gradient, own = np.zeros(23 * 129, np.float32), work.copy()
        GRADIENTS[name](x, picked, d, 0, 23, gradient, 0)
        PRODUCTS[name](a, 0, 129, 1, 23, 129, own, 0, True, 48, 129 * 48, products.AS_IT_IS, a, 0)
        found.append(np.concatenate([gradient, own, few.ravel()]))
    assert np.abs(found[0]).min() > 0
    np.testing.assert_array_equal(found[0], found[1])


@settings(deadline=None, max_examples=100)
@given(n_rows=st.integers(1, 13), n_columns=st.integers(1, 13), n_registers=st.integers(1, 5))
def test_outer_products_are_summed(n_rows: int, n_columns: int, n_registers: int) -> None:
    rng, n = np.random.default_rng(n_rows), 16 * n_registers
    d, z = numbers(rng, n_rows, n), numbers(rng, n_columns, n)
    work = np.concatenate([d.ravel(), z.ravel()])
    out = np.full(n_rows * n_columns + 2, np.nan, np.float32)
    products.outer_product(work, 0, n_rows, d.size, n_columns, n, out, 1)
    np.testing.assert_allclose(out[1:-1].reshape(n_rows, n_columns), d.astype(np.float64) @ z.T, atol=1e-4)
    assert np.isnan(out[[0, -1]]).all(), "nothing else is written"

    out = np.full(n_rows + 2, np.nan, np.float32)
    products.row_sums(work, 0, n_rows, n, out, 1)
    np.testing.assert_allclose(out[1:-1], d.sum(axis=1, dtype=np.float64), atol=1e-4)
    assert np.isnan(out[[0, -1]]).all(), "nothing else is written"


@pytest.mark.parametrize(
    ("features", "registers", "a_row", "at_once"),
    [
        ("+avx,+avx2,-avx512f,+fma", (16, 8), [2, 2, 1, 1, 1], [4, 2, 2, 1]),
        ("+avx,+avx2,+avx512f,+avx512vl", (32, 16), [4, 4, 4, 4, 2], [4, 4, 4, 4]),
        ("+neon,+fp-armv8", (32, 4), [2, 2, 1, 1, 1], [4, 2, 2, 1]),
        ("+sse2,-avx", (16, 4), [1, 1, 1, 1, 1], [2, 1, 1, 1]),
        ("", (16, 4), [1, 1, 1, 1, 1], [2, 1, 1, 1]),
    ],
)
def test_as_many_sums_at_once_as_the_registers_hold(
    features: str, registers: tuple[int, int], a_row: list[int], at_once: list[int]
) -> None:
    assert vectors.registers(features) == registers
    assert [vectors.clips_at_once(n_rows, *registers) for n_rows in range(1, 5)] == at_once
    assert [vectors.vectors_a_row(n_rows, *registers) for n_rows in range(1, 6)] == a_row


@pytest.mark.slow
@pytest.mark.skipif(not AVX2 <= HOST, reason="the processor is no x86-64 of today")
def test_the_tiles_for_avx512_stay_in_its_registers() -> None:
    """Compiled for Sapphire Rapids, and not executed: no vector of sixteen numbers goes to the stack and back."""
    variables = {
        "NUMBA_CPU_NAME": "sapphirerapids",
        "NUMBA_CPU_FEATURES": ",".join(f"+{name}" for name in sorted(AVX512)),
    }
    program = [sys.executable, "-W", "error", "-c", COMPILED_FOR_AVX512]
    done = subprocess.run(program, env=os.environ | variables, capture_output=True, text=True, check=True)
    blocks = re.split(r"^\S+:", done.stdout, flags=re.MULTILINE)
    sums_at_once = {len(set(re.findall(r"vfmadd.*(%zmm\d+)$", block, re.MULTILINE))) for block in blocks}
    assert {10, 12, 16} <= sums_at_once  # five rows of two vectors, three and four of four
    assert re.findall(r"zmm\d+, -?\d*\(%rsp\)", done.stdout) == []


@pytest.mark.slow
@pytest.mark.skipif(not AVX512 <= HOST, reason="without AVX-512 all tests run what is compiled for AVX2")
def test_what_is_compiled_for_avx2_trains_alike(tmp_path: Path) -> None:
    """Most computers have no AVX-512, and with fewer registers one loop is another."""
    variables = {
        "NUMBA_CPU_NAME": "haswell",
        "NUMBA_CPU_FEATURES": ",".join(f"+{name}" for name in sorted(AVX2)),
        "NUMBA_CACHE_DIR": str(tmp_path),
    }
    program = [sys.executable, "-W", "error", "-c", TRAINED_BY_BOTH]
    done = subprocess.run(program, env=os.environ | variables, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["16", "True"]


@settings(deadline=None)
@given(seed=st.integers(0, 2**32), n=st.one_of(st.integers(0, 40), st.integers(0, 9000)))
def test_order_is_that_of_every_engine(seed: int, n: int) -> None:
    found, expected = (make(np.random.SeedSequence([seed, 3]), n) for make in (shuffling.shuffled, base.shuffled))
    np.testing.assert_array_equal(found, expected)


def test_too_few_numbers_for_an_order_are_noticed() -> None:
    order = np.empty(50, np.int64)
    assert not shuffling._shuffle(order, np.zeros(10, np.uint32))
    assert not shuffling._shuffle(order, np.full(400, 2**32 - 1, np.uint32)), "all rejected"
    assert shuffling._shuffle(order, np.zeros(49, np.uint32)) and sorted(order) == list(range(50))


def test_the_loss_of_entirely_wrong_predictions_is_finite() -> None:
    """Eight probabilities that are all but 0 are multiplied before the logarithm is taken."""
    engine, rng = FusedEngine(), np.random.default_rng(0)
    x = rng.normal(size=(100, 7))
    network = build(NetworkSettings(hidden=(6,)), 7, 3, ("dense", "dense"), 0)
    network.theta[:] *= np.float32(1000)
    outputs = network.predict(x.astype(np.float32))
    x, wrong = x[outputs.min(axis=1) == 0.0], outputs.argmin(axis=1)[outputs.min(axis=1) == 0.0]
    loss, accuracy, _ = engine.evaluate(network, engine.vectors(x, wrong, 3))
    assert len(x) > 64
    assert (loss, accuracy) == (pytest.approx(87.0, abs=0.5), 0.0)


def test_view_is_the_reshaped_part_of_the_vector() -> None:
    @njit
    def view(vector, start, rows, columns):  # type: ignore[no-untyped-def]
        matrix = layout.matrix(vector, start, rows, columns)
        matrix[rows - 1, 0] = -1
        return matrix.copy()

    for dtype in (np.float32, np.float64, np.int64):
        vector = np.arange(20, dtype=dtype)
        found = view(vector, 4, 3, 5)
        assert vector[14] == -1
        np.testing.assert_array_equal(found, vector[4:19].reshape(3, 5))


@pytest.mark.parametrize("n_hidden", [4, 30])
def test_a_network_too_large_to_copy_trains_alike(n_hidden: int, monkeypatch: pytest.MonkeyPatch) -> None:
    trained = []
    for limit in (0, 10**9):
        monkeypatch.setattr("mlpsvd.engines.cpu.engine._COPIED_UP_TO", limit)
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


def trained_on(x: NDArray[np.floating], labels: NDArray[Any], order: NDArray[Any]) -> None:
    engine = FusedEngine()
    network = build(NetworkSettings(hidden=(5,)), 7, 3, ("svd", "dense"), 0)
    data = base.LabelledVectors(x, np.zeros((len(x), 3)), labels)
    rule = OptimiserRule("adam", 0.01, 0.9, 0.9, 0.999, 1e-8)
    engine.run_epoch(network, rule, fresh_state(network.spec, network.theta), data, order, 16)
    engine.evaluate(network, data)


X_7 = np.zeros((20, 7), np.float32)
LABELS = np.arange(20) % 3


@pytest.mark.parametrize(
    ("x", "labels", "order", "words"),
    [
        (X_7[:, :6], LABELS, np.arange(20), "they should be float32 with 7 features"),
        (X_7.astype(np.float64), LABELS, np.arange(20), "the type float64"),
        (X_7.ravel(), LABELS, np.arange(20), "the shape"),
        (X_7, LABELS[:-1], np.arange(20), "labels of the shape"),
        (X_7, LABELS + 1, np.arange(20), "out of bounds"),
        (X_7, LABELS - 1, np.arange(20), "out of bounds"),
        (X_7, LABELS, np.arange(20) + 1, "out of bounds"),
        (X_7, LABELS, np.arange(20) - 1, "out of bounds"),
        (X_7, LABELS, np.full(20, 2**40), "out of bounds"),
    ],
)
def test_what_does_not_fit_is_refused_before_anything_is_read(
    x: NDArray[np.floating], labels: NDArray[Any], order: NDArray[Any], words: str
) -> None:
    with pytest.raises(NetworkError, match=words):
        trained_on(x, labels, order)


def test_arrays_of_any_layout_are_accepted() -> None:
    frozen = X_7[:, :].copy()
    frozen.flags.writeable = False
    trained_on(frozen, LABELS, np.arange(20))
    trained_on(np.asfortranarray(X_7), LABELS.astype(np.int32), np.arange(20)[::-1])


def test_vectors_and_tables_of_another_network_are_refused() -> None:
    engine = FusedEngine()
    network = build(NetworkSettings(hidden=(5,)), 7, 3, ("svd", "dense"), 0)
    data = engine.vectors(X_7, LABELS, 3)
    rule = OptimiserRule("adam", 0.01, 0.9, 0.9, 0.999, 1e-8)
    state = fresh_state(network.spec, network.theta)
    state.first = state.first[:-1]
    with pytest.raises(NetworkError, match="a vector of the network has the shape"):
        engine.run_epoch(network, rule, state, data, np.arange(20), 16)
    state = fresh_state(network.spec, network.theta)
    state.steps.pop()
    with pytest.raises(NetworkError, match="1 counts of updates for 2 layers"):
        engine.run_epoch(network, rule, state, data, np.arange(20), 16)
    state = fresh_state(network.spec, network.theta)
    with pytest.raises(NetworkError, match="batch size"):
        engine.run_epoch(network, rule, state, data, np.arange(20), 0)
    network.spec = NetworkSpec((network.spec.layers[1], network.spec.layers[0]), "cross-entropy")
    with pytest.raises(NetworkError, match="layer1 takes 7 inputs; it should take the 3 of layer0"):
        engine.evaluate(network, data)
