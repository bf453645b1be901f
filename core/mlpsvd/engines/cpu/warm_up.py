"""Compilation of the fused engine, once per computer, in a separate process.

Compiling takes some seconds and holds the interpreter lock, which would freeze the window, and a compiler that does not
match the machine can crash its process. :mod:`mlpsvd.engines.cpu.compiled_code` stores the code on disk, and later
processes load it. ``python -m mlpsvd.engines.cpu.warm_up`` compiles if there is no compiled code on disk. The
frozen program has no Python beside it and accepts these words itself (``packaging/frozen``).
"""

from __future__ import annotations

import contextlib
import importlib.util
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

from mlpsvd.engines.cpu import compiled_code
from mlpsvd.errors import DataError, EngineError
from mlpsvd.folder_lock import FolderLock
from mlpsvd.text import first_line, one_line

__all__ = [
    "COMPILING",
    "compile_now",
    "engine_problem",
    "engine_report",
    "ensure_compiled",
    "give_up",
    "is_compiled",
    "main",
    "require_compiled",
    "turn_to_compile",
]

COMPILING = "compiling the fused engine, once per computer; this takes about ten seconds"
"""Message shown while :func:`ensure_compiled` runs."""

_LONGEST_S = 600.0
_LOCK = "lock"

_problems: list[str] = []
"""The reason why the fused engine cannot be used in this process, stored because another attempt would take long."""


def is_compiled() -> bool:
    """Return whether no compilation is needed: the code is on disk, or the fused engine cannot be used."""
    if importlib.util.find_spec("numba") is None or _problems:
        return True
    try:
        return compiled_code.is_ready()
    except EngineError:
        return True


def require_compiled() -> None:
    """Compile in another process and wait for it, unless the compiled code is on disk.

    Raises
    ------
    EngineError
        If the code cannot be compiled or stored. Later calls raise the same error immediately.
    """
    if _problems:
        raise EngineError(_problems[0])
    try:
        if not compiled_code.is_ready() and sys.executable:
            _compile_elsewhere()
    except EngineError as error:
        raise give_up(str(error)) from error


def ensure_compiled() -> None:
    """Compile as :func:`require_compiled`, but without raising errors; the choice of an engine reports them."""
    if not is_compiled():
        with contextlib.suppress(EngineError):
            require_compiled()


def engine_problem() -> str:
    """Return why ``auto`` does not select the fused engine, in one sentence; empty if no problem is known."""
    if importlib.util.find_spec("numba") is None:
        return "Numba is not installed: pip install numba adds the fused engine"
    if _problems:
        return _problems[0]
    try:
        compiled_code.is_ready()
    except EngineError as error:
        return str(error)
    return ""


def give_up(problem: str) -> EngineError:
    """Store why the fused engine cannot be used in this process, and return it as an error."""
    if not _problems:
        _problems.append(problem)
    return EngineError(_problems[0])


def engine_report() -> str:
    """Return the engine that ``auto`` selects and, if it is not the fused engine, the reason."""
    problem = engine_problem()
    if problem:
        return (
            f"reference engine, because {problem[0].lower() if problem.startswith('The') else problem[0]}{problem[1:]}"
        )
    if is_compiled():
        return "fused engine on one core, compiled on this machine"
    return "fused engine on one core; the first training on this machine compiles it, which takes about 15 s"


def compile_now() -> None:
    """Compile in this process, or load the code from disk."""
    from mlpsvd.engines.cpu.engine import FusedEngine

    with turn_to_compile():
        FusedEngine()


@contextlib.contextmanager
def turn_to_compile() -> Iterator[None]:
    """Wait while another process compiles, so that two do not compile the same code; then keep others waiting.

    After 300 s, or if the lock file cannot be used, continue without the lock.
    """
    lock, until = None, time.monotonic() + _LONGEST_S / 2
    while lock is None and not compiled_code.is_ready() and time.monotonic() < until:
        try:
            lock = FolderLock(compiled_code.cache_folder() / _LOCK)
        except DataError:  # another process compiles
            time.sleep(0.1)
        except OSError:
            break
    try:
        yield
    finally:
        if lock is not None:
            lock.release()


def _compile_elsewhere() -> None:
    command = [sys.executable, "-m", "mlpsvd.engines.cpu.warm_up"]
    try:
        done = subprocess.run(command, capture_output=True, check=False, timeout=_LONGEST_S, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.SubprocessError) as error:
        raise EngineError(f"The fused engine cannot be compiled here ({first_line(error)})") from error
    if done.returncode or not compiled_code.is_ready():
        raise EngineError(f"The fused engine cannot be compiled here ({_reason(done)})")


def _reason(done: subprocess.CompletedProcess[bytes]) -> str:
    """Return why the compiling process failed: the last line of its traceback, or the signal."""
    if done.returncode < 0:
        with contextlib.suppress(ValueError):
            return f"the compiler was terminated by {signal.Signals(-done.returncode).name}"
    lines = [line for line in done.stderr.decode(errors="replace").splitlines() if line.strip()]
    lines = [line for line in lines if not line.startswith("[PYI-")]  # a frozen program's last line names no reason
    return one_line(lines[-1].strip().rstrip("."), 200) if lines else "the compiled code could not be written to disk"


def main() -> None:
    """Compile, as the process that :func:`require_compiled` starts.

    Ctrl-C reaches all processes of a terminal. The parent process handles it; the compiled code is needed later.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    compile_now()


if __name__ == "__main__":
    main()
