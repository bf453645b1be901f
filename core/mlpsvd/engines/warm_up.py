"""The first-ever compilation of the fused engine, done in a process of its own.

Compiling takes some seconds and holds the interpreter lock, so a window that compiled would freeze. Numba keeps the
result on disk, beside the code or in the user's cache folder; every later process loads it from there.
``python -m mlpsvd.engines.warm_up`` fills that cache.
"""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

__all__ = ["compile_now", "engine_report", "ensure_compiled", "is_compiled"]


def is_compiled() -> bool:
    """Whether there is nothing to wait for: the compiled code is on disk, or there is no Numba to compile with."""
    if importlib.util.find_spec("numba") is None:
        return True
    from mlpsvd.engines import fused_kernels

    cache = Path(fused_kernels.run_epoch.stats.cache_path or "")
    written = Path(fused_kernels.__file__).stat().st_mtime
    return all(
        any(file.stat().st_mtime > written for file in cache.glob(f"fused_kernels.{name}-*.nbc"))
        for name in ("run_epoch", "evaluate")
    )


def engine_report() -> str:
    """Return one sentence: which engine serves for ``auto``, and why not the fused one where that is so."""
    if importlib.util.find_spec("numba") is None:
        return "reference engine, because Numba is not installed: pip install numba adds the fused one"
    if is_compiled():
        return "fused engine on one core, compiled on this machine"
    return "fused engine on one core; the first training on this machine will compile it, once, in some 15 s"


def ensure_compiled() -> None:
    """Compile in another process and wait, where that was not done before on this machine.

    A failure is not reported here: the first epoch then compiles in this process, or says what is wrong.
    """
    if not is_compiled() and not getattr(sys, "frozen", False):
        subprocess.run([sys.executable, "-m", "mlpsvd.engines.warm_up"], capture_output=True, check=False)


def compile_now() -> None:
    """Compile in this process, or load what is on disk: a new engine trains a tiny network first."""
    from mlpsvd.engines.fused import FusedEngine

    FusedEngine()


if __name__ == "__main__":
    compile_now()
