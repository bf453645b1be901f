"""Subnormal numbers count as zero while the fused engine computes, and in the calling thread only while it does."""

from __future__ import annotations

import platform
import threading
from typing import Any

import numpy as np
import pytest
from llvmlite import binding, ir  # type: ignore[import-untyped]
from numba import njit
from numpy.typing import NDArray

from mlpsvd.engines.contract import LabelledVectors
from mlpsvd.engines.cpu import subnormals as fused_subnormals
from mlpsvd.engines.cpu.engine import FusedEngine
from mlpsvd.engines.optimiser import OptimiserRule, fresh_state
from mlpsvd.network.initialise import build
from mlpsvd.network.settings import NetworkSettings

SUBNORMAL = np.float32(1e-40)
HAS_REGISTER = platform.machine().lower() in ("x86_64", "amd64", "aarch64", "arm64")
needs_register = pytest.mark.skipif(not HAS_REGISTER, reason="another processor")


def _halved(x: NDArray[np.float32], flush: bool) -> NDArray[np.float32]:
    before = fused_subnormals.flush_subnormals() if flush else np.int64(0)
    out = np.empty_like(x)
    for i in range(len(x)):
        out[i] = x[i] * np.float32(0.5)
    if flush:
        fused_subnormals.restore(before)
    return out


halved: Any = njit(_halved)


def _register() -> int:
    return fused_subnormals.control_register()


register: Any = njit(_register)


@needs_register
def test_operands_and_results_below_the_normal_numbers_become_zero() -> None:
    small = np.array([1e-45, SUBNORMAL, 2**-126, 2**-125], np.float32)
    np.testing.assert_array_equal(halved(small, True), [0, 0, 0, 2**-126])
    np.testing.assert_array_equal(halved(small, False), small * np.float32(0.5))


def one_epoch(engine: FusedEngine) -> NDArray[np.float32]:
    network = build(NetworkSettings(hidden=(5,)), 7, 3, ("svd", "dense"), 0)
    state = fresh_state(network.spec, network.theta)
    state.first[:], state.second[:] = SUBNORMAL, SUBNORMAL
    rng = np.random.default_rng(0)
    data = engine.vectors(rng.normal(size=(40, 7)), rng.integers(0, 3, 40), 3)
    rule = OptimiserRule("adam", 0.01, 0.9, 0.9, 0.999, 1e-8)
    engine.run_epoch(network, rule, state, data, np.arange(40), 16)
    engine.evaluate(network, data)
    return network.theta


@needs_register
def test_the_control_register_is_as_before_after_every_call() -> None:
    engine = FusedEngine()
    found: list[int] = []

    def work() -> None:
        found.append(register())
        one_epoch(engine)
        found.append(register())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    work()
    assert len(set(found)) == 1
    assert SUBNORMAL * np.float32(0.5) > 0, "NumPy still computes with subnormal numbers"


@needs_register
def test_the_control_register_is_as_before_where_the_data_are_refused() -> None:
    engine, before = FusedEngine(), register()
    network = build(NetworkSettings(hidden=(5,)), 7, 3, ("svd", "dense"), 0)
    data = LabelledVectors(np.zeros((4, 7), np.float32), np.zeros((4, 3)), np.full(4, 9))
    with pytest.raises(Exception, match="out of bounds"):
        engine.evaluate(network, data)
    assert register() == before


def test_moments_that_are_subnormal_make_no_difference_worth_having() -> None:
    flushed, exact = one_epoch(FusedEngine()), one_epoch(FusedEngine(flush_subnormals=False))
    np.testing.assert_allclose(flushed, exact, rtol=1e-5, atol=1e-7)
    np.testing.assert_array_equal(flushed, one_epoch(FusedEngine()))


@pytest.mark.parametrize(
    ("triple", "instructions"),
    [
        ("x86_64-unknown-linux-gnu", ("stmxcsr", "ldmxcsr")),
        ("aarch64-unknown-linux-gnu", ("mrs", "FPCR")),
        ("arm64-apple-macosx", ("mrs", "FPCR")),
        ("riscv64-unknown-linux-gnu", ()),
    ],
)
def test_every_processor_gets_its_own_instructions(triple: str, instructions: tuple[str, ...]) -> None:
    """On a processor that is not here the code can at least be compiled and looked at."""
    module = ir.Module("test")
    module.triple = triple
    function = ir.Function(module, ir.FunctionType(ir.IntType(64), []), "flush")
    builder = ir.IRBuilder(function.append_basic_block())
    _, build = fused_subnormals._flush_subnormals(None)
    builder.ret(build(None, builder, None, ()))
    binding.initialize_all_targets()
    binding.initialize_all_asmprinters()
    try:
        target = binding.Target.from_triple(triple)
    except RuntimeError:
        pytest.skip(f"this LLVM does not compile for {triple}")
    assembly = target.create_target_machine().emit_assembly(binding.parse_assembly(str(module)))
    assert all(one.lower() in assembly.lower() for one in instructions)
    assert instructions or not any(one in assembly for one in ("mxcsr", "fpcr", "csr"))
