"""Flush-to-zero of subnormal numbers while the fused engine computes.

Gradients and moments of improbable classes can fall below 2⁻¹²⁶, the smallest normal number of float32. Arithmetic on
such *subnormal* numbers is up to a hundred times slower. Two bits of the thread's control register disable them:
subnormal results are flushed to zero (FTZ), and subnormal operands are treated as zero (DAZ). This affects only the
calling thread; :func:`restore` restores its register.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

__all__ = ["control_register", "flush_subnormals", "restore"]

_INT32, _INT64 = ir.IntType(32), ir.IntType(64)

_X86_FTZ_DAZ = 1 << 15 | 1 << 6
"""Bits of MXCSR: Intel Software Developer's Manual, volume 1, section 10.2.3."""

_ARM_FZ = 1 << 24
"""Bit of FPCR, for operands and results: Arm Architecture Reference Manual, C5.2.8."""


def _kind(builder: Any) -> str:
    machine = str(builder.module.triple).partition("-")[0]
    if machine in ("x86_64", "amd64", "i386", "i586", "i686"):
        return "x86"
    return "arm64" if machine in ("aarch64", "arm64") else ""


def _read(builder: Any) -> Any:
    """Return the control register as 64 bits; 0 on other processors."""
    if _kind(builder) == "x86":
        place = cgutils.alloca_once(builder, _INT32)
        _call(builder, "llvm.x86.sse.stmxcsr", ir.VoidType(), place)
        return builder.zext(builder.load(place), _INT64)
    if _kind(builder) == "arm64":
        return _call(builder, "llvm.aarch64.get.fpcr", _INT64)
    return _INT64(0)


def _write(builder: Any, register: Any) -> None:
    if _kind(builder) == "x86":
        place = cgutils.alloca_once(builder, _INT32)
        builder.store(builder.trunc(register, _INT32), place)
        _call(builder, "llvm.x86.sse.ldmxcsr", ir.VoidType(), place)
    elif _kind(builder) == "arm64":
        _call(builder, "llvm.aarch64.set.fpcr", ir.VoidType(), register)


def _call(builder: Any, name: str, result: Any, *arguments: Any) -> Any:
    kind = ir.FunctionType(result, [one.type for one in arguments])
    return builder.call(cgutils.get_or_insert_function(builder.module, kind, name), arguments)


def _control_register(_context: Any) -> Any:
    """Return the control register of the calling thread."""
    return types.int64(), lambda _context, builder, _signature, _arguments: _read(builder)


def _flush_subnormals(_context: Any) -> Any:
    """Treat subnormal numbers as zero in the calling thread; return the previous value of its control register."""

    def build(_context: Any, builder: Any, _signature: Any, _arguments: Any) -> Any:
        before = _read(builder)
        bits = {"x86": _X86_FTZ_DAZ, "arm64": _ARM_FZ}.get(_kind(builder), 0)
        _write(builder, builder.or_(before, _INT64(bits)))
        return before

    return types.int64(), build


def _restore(_context: Any, register: Any) -> Any:
    """Restore the control register to the value that :func:`flush_subnormals` returned."""

    def build(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        _write(builder, arguments[0])
        return context.get_dummy_value()

    return types.void(types.int64), build


control_register: Any = intrinsic(_control_register)
flush_subnormals: Any = intrinsic(_flush_subnormals)
restore: Any = intrinsic(_restore)
