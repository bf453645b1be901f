"""Choice of the engine for a network, with the reason."""

from __future__ import annotations

import importlib.util

from mlpsvd.arrays import cpu, gpu
from mlpsvd.engines.contract import Engine
from mlpsvd.engines.cpu import compiled_code
from mlpsvd.engines.cpu.warm_up import give_up, require_compiled
from mlpsvd.engines.reference import ReferenceEngine
from mlpsvd.errors import DeviceError, EngineError, MissingLibraryError

__all__ = ["choose", "fused_engine"]


def choose(engine: str, precision: str) -> tuple[Engine, str]:
    """Return the engine asked for, or the nearest that works here.

    Parameters
    ----------
    engine
        ``auto``: the fused engine where it works, else the reference engine, both on the CPU; for networks of the
        paper's size a GPU spends its time on starting kernels. ``fused``, ``reference``: these. ``gpu``: the
        reference engine on CuPy.
    precision
        ``float32`` or ``float64``; the fused engine has float32 only.

    Returns
    -------
    engine : Engine
    note : str
        One sentence if something else was chosen than was asked for, or than ``auto`` usually is; else empty.
    """
    if engine == "gpu":
        try:
            return ReferenceEngine(gpu(), precision), ""
        except DeviceError as error:
            return choose("auto", precision)[0], f"{error}; the CPU is used instead"
    if engine == "reference":
        return ReferenceEngine(cpu(), precision), ""
    if precision != "float32":
        note = f"The fused engine computes in float32, not {precision}; the reference engine is used instead"
        return ReferenceEngine(cpu(), precision), note if engine == "fused" else ""
    return _on_cpu(precision)


def fused_engine() -> Engine:
    """Return the fused engine; compiled first, in another process, where that was never done on this machine.

    Raises
    ------
    MissingLibraryError
        If Numba is not installed.
    EngineError
        If it cannot be compiled or loaded, or the compiled code cannot be kept on disk.
    """
    if importlib.util.find_spec("numba") is None:
        raise MissingLibraryError("The fused engine needs Numba, which is not installed; pip install numba adds it")
    require_compiled()
    try:
        from mlpsvd.engines.cpu.engine import (
            FusedEngine,  # imports Numba: 0.3 s that only a training run should pay for
        )

        return FusedEngine()
    except Exception as error:  # whatever a Numba of another version, LLVM or a damaged file raise
        compiled_code.discard()
        what = f"{type(error).__name__}: {compiled_code.first_line(error)}"
        raise give_up(f"The fused engine cannot be loaded here ({what})") from error


def _on_cpu(precision: str) -> tuple[Engine, str]:
    """Return the fused engine, or the reference engine and why."""
    try:
        return fused_engine(), ""
    except (MissingLibraryError, EngineError) as error:
        return ReferenceEngine(cpu(), precision), f"{error}; the reference engine is used instead"
