"""Choice of the engine for a network, with the reason."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence

from mlpsvd.arrays import cpu, gpu
from mlpsvd.engines.contract import Engine
from mlpsvd.engines.cpu import compiled_code
from mlpsvd.engines.cpu.capabilities import CAPABILITIES
from mlpsvd.engines.cpu.warm_up import give_up, require_compiled
from mlpsvd.engines.names import EngineName, Precision
from mlpsvd.engines.reference import ReferenceEngine
from mlpsvd.errors import DeviceError, EngineError, MissingLibraryError
from mlpsvd.network.spec import NetworkSpec
from mlpsvd.text import first_line

__all__ = ["choose", "fused_engine"]

_INSTEAD = "the reference engine is used instead"


def choose(
    engine: EngineName,
    precision: Precision,
    networks: Sequence[NetworkSpec] = (),
    needs_reference: Sequence[str] = (),
) -> tuple[Engine, str]:
    """Return the requested engine, or the closest one that works on this machine and supports the networks.

    Parameters
    ----------
    engine
        ``auto``: the fused engine if it works, else the reference engine, both on the CPU; for networks of the
        paper's size, kernel launches dominate the time on a GPU. ``fused``, ``reference``: that engine. ``gpu``: the
        reference engine on CuPy.
    precision
        ``float32`` or ``float64``; the fused engine supports float32 only.
    networks
        The networks to run. All networks of a race use the same engine, so that their times can be compared.
    needs_reference
        What the training needs that only the reference engine computes, e.g. ``the nuclear-norm penalty``; see
        :attr:`mlpsvd.engines.optimiser.OptimiserRule.needs_reference`.

    Returns
    -------
    engine : Engine
    note : str
        The reason, in one sentence, if the engine is not the requested one or the usual one for ``auto``; else empty.
    """
    if engine == "gpu":
        try:
            return ReferenceEngine(gpu(), precision), ""
        except DeviceError as error:
            return choose("auto", precision, networks, needs_reference)[0], f"{error}; the CPU is used instead"
    reference = ReferenceEngine(cpu(), precision)
    precision_support = CAPABILITIES.supports_precision(precision)
    if engine == "reference" or (engine == "auto" and not precision_support):
        return reference, ""
    for support in (precision_support, *(CAPABILITIES.supports(one, precision) for one in networks)):
        if not support:
            return reference, f"{support.reason}; {_INSTEAD}"
    if needs_reference:
        return reference, f"{CAPABILITIES.engine} does not support {' and '.join(needs_reference)}; {_INSTEAD}"
    try:
        return fused_engine(), ""
    except (MissingLibraryError, EngineError) as error:
        return reference, f"{error}; {_INSTEAD}"


def fused_engine() -> Engine:
    """Return the fused engine, compiling it first, in another process, if no compiled code is cached.

    Raises
    ------
    MissingLibraryError
        If Numba is not installed.
    EngineError
        If the engine cannot be compiled or loaded, or the compiled code cannot be written to disk.
    """
    if importlib.util.find_spec("numba") is None:
        raise MissingLibraryError("The fused engine needs Numba, which is not installed; pip install numba adds it")
    require_compiled()
    try:
        from mlpsvd.engines.cpu.engine import (
            FusedEngine,  # imports Numba, which takes 0.3 s
        )

        return FusedEngine()
    except Exception as error:  # any error of another version of Numba, of LLVM or from a damaged file
        compiled_code.discard()
        what = f"{type(error).__name__}: {first_line(error)}"
        raise give_up(f"The fused engine cannot be loaded here ({what})") from error
