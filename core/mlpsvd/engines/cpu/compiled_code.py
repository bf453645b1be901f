"""Disk cache of the compiled kernels, and checks before it is loaded.

Numba's cache files are pickles and machine code: whoever can write them can run code in this process, and damaged ones
crash it. So they lie in a folder that only its owner may write, named after everything that the code depends on, and a
*seal* holds the checksum of each file. What does not match its seal is removed and compiled again. Code is compiled
into a folder of its own that takes its name when it is complete, so that no process sees half of it.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import hashlib
import importlib.util
import json
import os
import platform
import shutil
import stat
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, cast

from mlpsvd.errors import EngineError
from mlpsvd.files import read_plain, write_atomically
from mlpsvd.text import first_line, one_line

__all__ = ["cache_folder", "discard", "is_ready", "kept_on_disk", "seal"]

_SEAL = "seal.json"
_MOST_FILES, _MOST_BYTES = 1000, 256 * 2**20
_OLD_S = 90 * 86_400
_SOURCES = "*.py"


def cache_folder() -> Path:
    """Return the folder that holds compiled code, one folder for each version of it; it is made where it is missing.

    It is ``mlpsvd-compiled`` in ``NUMBA_CACHE_DIR`` where that is set, else ``mlpsvd/compiled`` in the user's folder
    for caches.

    Raises
    ------
    EngineError
        If it cannot be made, or others than this user may write into it.
    """
    folder = Path("the user's folder for caches")
    try:
        folder = _place()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _require_own(folder)
        with tempfile.TemporaryFile(dir=folder):  # as Numba asks; elsewhere it would look for another place itself
            pass
    except (OSError, RuntimeError) as error:  # RuntimeError: nobody knows the home folder
        reason = getattr(error, "strerror", None) or str(error)
        raise EngineError(
            f"The fused engine cannot keep its compiled code in {one_line(str(folder), 200)} ({one_line(reason)}); "
            "set NUMBA_CACHE_DIR to a folder that only you may write"
        ) from error
    return folder


def is_ready() -> bool:
    """Whether compiled code for this program, this Numba and this processor is on disk, sealed and undamaged.

    Raises
    ------
    EngineError
        As :func:`cache_folder`, or if Numba's compiler cannot be loaded.
    """
    folder = cache_folder()
    try:
        name = _key()
    except Exception as error:  # whatever a library for another machine or of another version raises
        raise EngineError(f"The fused engine cannot load Numba's compiler llvmlite ({first_line(error)})") from error
    return _is_sealed(folder / name)


def kept_on_disk(**options: Any) -> Callable[[Callable[..., Any]], _Kept]:
    """Return Numba's ``njit`` with some options, for functions whose compiled code is kept on disk where it can be.

    What is on disk is looked for at the first call, not when a module is imported: another process may compile it in
    the meantime.
    """
    with contextlib.suppress(Exception):  # what is wrong, is_ready says in words
        _key()  # of the sources as they are now
    return lambda function: _Kept(function, options)


class _Kept:
    """A function that is compiled, or loaded, at its first call."""

    def __init__(self, function: Callable[..., Any], options: Mapping[str, Any]) -> None:
        functools.update_wrapper(self, function)
        self._options = options

    def __call__(self, *arguments: Any) -> Any:
        return self.compiled(*arguments)

    @functools.cached_property
    def compiled(self) -> Any:
        """Numba's dispatcher."""
        import numba

        njit, config, function = numba.njit, cast(Any, numba.config), self.__wrapped__  # type: ignore[attr-defined]
        folder = _opened()
        if folder is None:
            return njit(**self._options)(function)
        before, config.CACHE_DIR = config.CACHE_DIR, str(folder)  # read by the decorator, and by nothing later
        try:
            compiled = njit(cache=True, **self._options)(function)
        except RuntimeError:  # nowhere to keep it after all
            return njit(**self._options)(function)
        finally:
            config.CACHE_DIR = before
        is_here = Path(compiled.stats.cache_path).is_relative_to(folder)
        return compiled if is_here else njit(**self._options)(function)


def seal() -> None:
    """Note the checksums of what this process has compiled, and let others find it; nothing where it was loaded."""
    folder = _opened()
    if folder is None or folder.name == _key():
        return
    with contextlib.suppress(OSError):  # then it is compiled again by the next process
        write_atomically(folder / _SEAL, json.dumps(_checksums(folder)))
        with contextlib.suppress(OSError):  # somebody was faster
            folder.rename(folder.parent / _key())
        _remove_old(folder.parent)


def discard() -> None:
    """Remove what is on disk for this program, this Numba and this processor: it cannot be used."""
    with contextlib.suppress(OSError, EngineError):
        _set_aside(cache_folder() / _key())


def _place() -> Path:
    chosen = os.environ.get("NUMBA_CACHE_DIR")
    if chosen:
        return Path(chosen).absolute() / "mlpsvd-compiled"
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA")
        caches = Path(local) if local else Path.home() / "AppData" / "Local"
    elif sys.platform == "darwin":
        caches = Path.home() / "Library" / "Caches"
    else:
        chosen = os.environ.get("XDG_CACHE_HOME")
        caches = Path(chosen) if chosen and Path(chosen).is_absolute() else Path.home() / ".cache"
    return caches / "mlpsvd" / "compiled"


def _require_own(folder: Path) -> None:
    """Raise OSError if a folder is a link, belongs to somebody else, or others may write into it and it stays so.

    On Windows the folder lies in the user's profile, which others may not write.
    """
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode):
        raise OSError("it is no folder")
    if not hasattr(os, "geteuid"):
        return
    if status.st_uid != os.geteuid():
        raise OSError("it belongs to another user")
    if status.st_mode & 0o777 != 0o700:
        folder.chmod(0o700)


@functools.cache
def _key() -> str:
    """Return the name of the folder for all that the code depends on: sources, libraries, Python, processor."""
    from llvmlite import binding  # type: ignore[import-untyped]

    settings = sorted(item for item in os.environ.items() if item[0].startswith("NUMBA_") and "CACHE" not in item[0])
    parts = [platform.python_implementation(), sys.version, str(settings), sys.executable if _is_frozen() else ""]
    parts += [f"{name} {_version(name)} {_origin(name)}" for name in ("numba", "llvmlite", "numpy")]
    parts += [binding.get_process_triple(), binding.get_host_cpu_name(), binding.get_host_cpu_features().flatten()]
    text = hashlib.sha256("\n".join(parts).encode(errors="replace"))
    for source in sorted(Path(__file__).parent.glob(_SOURCES)):
        # Numba asks for path, time and size of a source, too.
        text.update(f"\n{source} {source.stat().st_mtime_ns}\n".encode(errors="surrogateescape") + source.read_bytes())
    return text.hexdigest()[:24]


def _is_frozen() -> bool:
    return bool(getattr(sys, "frozen", False))


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "unknown"


def _origin(name: str) -> str:
    found = importlib.util.find_spec(name)
    return str(found.origin) if found is not None else "none"


@functools.cache
def _opened() -> Path | None:
    """Return the folder that this process loads from, or a new one that it compiles into; None where there is none."""
    try:
        folder = cache_folder()
        if _is_sealed(folder / _key()):
            return folder / _key()
        _set_aside(folder / _key())
        new = Path(tempfile.mkdtemp(prefix="new-", dir=folder))
    except Exception:  # what is wrong, is_ready says in words
        return None
    atexit.register(shutil.rmtree, new, ignore_errors=True)
    return new


def _is_sealed(folder: Path) -> bool:
    try:
        _require_own(folder)
        return bool(_checksums(folder) == json.loads(read_plain(folder / _SEAL, 2**20)))
    except (OSError, EngineError, ValueError, RecursionError):
        return False


def _checksums(folder: Path) -> dict[str, str]:
    """Return the checksum of each file in a folder but the seal; raise OSError for what is no plain file of ours."""
    found: dict[str, str] = {}
    left = _MOST_BYTES
    for path in _files(folder):
        if len(found) == _MOST_FILES:
            raise OSError("too many files")
        if path != folder / _SEAL:
            data = read_plain(path, left)
            left -= len(data)
            found[path.relative_to(folder).as_posix()] = hashlib.sha256(data).hexdigest()
    return found


def _files(folder: Path) -> Iterator[Path]:
    for entry in sorted(folder.iterdir()):
        status = entry.lstat()
        if hasattr(os, "geteuid") and status.st_uid != os.geteuid():
            raise OSError("a file belongs to another user")
        if stat.S_ISDIR(status.st_mode) and status.st_mode & 0o300 == 0o300:
            yield from _files(entry)
        elif stat.S_ISREG(status.st_mode):
            yield entry
        else:
            raise OSError("neither a plain file nor a folder that can be written")


def _set_aside(folder: Path) -> None:
    """Remove a folder, or whatever is in its place, in one step as others see it."""
    if not os.path.lexists(folder):
        return
    away = Path(tempfile.mkdtemp(prefix="old-", dir=folder.parent))
    folder.rename(away / "code")
    shutil.rmtree(away, ignore_errors=True)


def _remove_old(folder: Path) -> None:
    """Remove code of other versions that is three months old, and what killed processes left behind a day ago."""
    now = time.time()
    for entry in folder.iterdir():
        with contextlib.suppress(OSError):
            is_rest = entry.name.startswith(("new-", "old-"))
            if now - entry.lstat().st_mtime > (86_400 if is_rest else _OLD_S):
                shutil.rmtree(entry, ignore_errors=True)
