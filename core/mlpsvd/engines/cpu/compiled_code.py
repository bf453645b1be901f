"""Disk cache of the compiled kernels, verified before it is loaded.

Numba's cache files contain pickles and machine code: anyone who can write them can run code in this process, and
damaged files crash it. The cache folder is therefore writable only by its owner. It has one subfolder for each
combination of sources, libraries and processor; a *seal* in it holds the checksum of each file. Subfolders that do not
match their seal are removed, and the code is compiled again. New code is compiled into a temporary subfolder, which is
renamed when it is complete, so that other processes never load incomplete code.
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
from mlpsvd.frozen import is_frozen
from mlpsvd.text import first_line, one_line

__all__ = ["cache_folder", "compiled_code_place", "discard", "is_ready", "kept_on_disk", "seal"]

_SEAL = "seal.json"
_MOST_FILES, _MOST_BYTES = 1000, 256 * 2**20
_OLD_S = 90 * 86_400
_SOURCES = "*.py"


def cache_folder() -> Path:
    """Return the cache folder, with one subfolder for each version of the code; create it if it does not exist.

    The folder is ``mlpsvd-compiled`` in ``NUMBA_CACHE_DIR`` if that is set, else ``mlpsvd/compiled`` in the user's
    cache folder.

    Raises
    ------
    EngineError
        If the folder cannot be created, or other users may write into it.
    """
    folder = Path("the user's cache folder")
    try:
        folder = compiled_code_place()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _require_own(folder)
        with tempfile.TemporaryFile(dir=folder):  # Numba makes the same check and otherwise chooses another folder
            pass
    except (OSError, RuntimeError) as error:  # RuntimeError: the home folder is unknown
        reason = getattr(error, "strerror", None) or str(error)
        raise EngineError(
            f"The fused engine cannot store its compiled code in {one_line(str(folder), 200)} ({one_line(reason)}); "
            "set NUMBA_CACHE_DIR to a folder that only you can write to"
        ) from error
    return folder


def is_ready() -> bool:
    """Return whether valid compiled code for these sources, libraries and this processor is on disk.

    Raises
    ------
    EngineError
        As :func:`cache_folder`, or if Numba's compiler cannot be loaded.
    """
    folder = cache_folder()
    try:
        name = _key()
    except Exception as error:  # any error of a library of another version or for another machine
        raise EngineError(f"The fused engine cannot load Numba's compiler llvmlite ({first_line(error)})") from error
    return _is_sealed(folder / name)


def kept_on_disk(**options: Any) -> Callable[[Callable[..., Any]], _Kept]:
    """Return a decorator like Numba's ``njit`` that stores compiled code in the disk cache if the cache is available.

    The cache is read at the first call, not when the module is imported: another process may compile the code in the
    meantime.
    """
    with contextlib.suppress(Exception):  # reported by is_ready
        _key()  # computed now, from the sources that are being imported
    return lambda function: _Kept(function, options)


class _Kept:
    """A function that is compiled, or loaded from the disk cache, at its first call."""

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
        _name_source(function)
        before, config.CACHE_DIR = config.CACHE_DIR, str(folder)  # only the decorator reads it
        try:
            compiled = njit(cache=True, **self._options)(function)
        except RuntimeError:  # Numba cannot write to the folder
            return njit(**self._options)(function)
        finally:
            config.CACHE_DIR = before
        is_here = Path(compiled.stats.cache_path).is_relative_to(folder)
        return compiled if is_here else njit(**self._options)(function)


def _name_source(function: Callable[..., Any]) -> None:
    """Give a function the full path of its source: Numba caches nothing without it, and PyInstaller shortens it."""
    code = cast(Any, function).__code__
    path = Path(code.co_filename)
    if not path.is_absolute():
        cast(Any, function).__code__ = code.replace(co_filename=str(Path(__file__).with_name(path.name)))


def seal() -> None:
    """Write checksums of the code that this process has compiled, and publish it; no effect if the code was loaded."""
    folder = _opened()
    if folder is None or folder.name == _key():
        return
    with contextlib.suppress(OSError):  # the next process compiles again
        write_atomically(folder / _SEAL, json.dumps(_checksums(folder)))
        with contextlib.suppress(OSError):  # another process has published its code first
            folder.rename(folder.parent / _key())
        _remove_old(folder.parent)


def discard() -> None:
    """Remove the cached code for these sources, libraries and this processor."""
    with contextlib.suppress(OSError, EngineError):
        _set_aside(cache_folder() / _key())


def compiled_code_place() -> Path:
    """Return the path of :func:`cache_folder` without creating it."""
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
    """Make a folder accessible to its owner only; raise OSError if it is a link or belongs to another user.

    On Windows, the folder is in the user's profile, which other users cannot write to.
    """
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode):
        raise OSError("it is not a folder")
    if not hasattr(os, "geteuid"):
        return
    if status.st_uid != os.geteuid():
        raise OSError("it belongs to another user")
    if status.st_mode & 0o777 != 0o700:
        folder.chmod(0o700)


@functools.cache
def _key() -> str:
    """Return the name of the subfolder, a hash of everything the code depends on: sources, libraries, processor."""
    from llvmlite import binding  # type: ignore[import-untyped]

    settings = sorted(item for item in os.environ.items() if item[0].startswith("NUMBA_") and "CACHE" not in item[0])
    parts = [platform.python_implementation(), sys.version, str(settings), sys.executable if is_frozen() else ""]
    parts += [f"{name} {_version(name)} {_origin(name)}" for name in ("numba", "llvmlite", "numpy")]
    parts += [binding.get_process_triple(), binding.get_host_cpu_name(), binding.get_host_cpu_features().flatten()]
    text = hashlib.sha256("\n".join(parts).encode(errors="replace"))
    for source in sorted(Path(__file__).parent.glob(_SOURCES)):
        # Numba also compares the path, modification time and size of each source.
        text.update(f"\n{source} {source.stat().st_mtime_ns}\n".encode(errors="surrogateescape") + source.read_bytes())
    return text.hexdigest()[:24]


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
    """Return the subfolder to load from, or a new one to compile into; None if the cache is not available."""
    try:
        folder = cache_folder()
        if _is_sealed(folder / _key()):
            return folder / _key()
        _set_aside(folder / _key())
        new = Path(tempfile.mkdtemp(prefix="new-", dir=folder))
    except Exception:  # reported by is_ready
        return None
    atexit.register(shutil.rmtree, new, ignore_errors=True)
    return new


def _is_sealed(folder: Path) -> bool:
    try:
        _require_own(folder)
        found = _checksums(folder)
        return bool(found) and found == json.loads(read_plain(folder / _SEAL, 2**20))
    except (OSError, EngineError, ValueError, RecursionError):
        return False


def _checksums(folder: Path) -> dict[str, str]:
    """Return the checksum of each file except the seal; raise OSError for special files and files of other users."""
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
            raise OSError("neither a regular file nor a writable folder")


def _set_aside(folder: Path) -> None:
    """Remove a folder or file; for other processes it disappears in one step."""
    if not os.path.lexists(folder):
        return
    away = Path(tempfile.mkdtemp(prefix="old-", dir=folder.parent))
    folder.rename(away / "code")
    shutil.rmtree(away, ignore_errors=True)


def _remove_old(folder: Path) -> None:
    """Remove code of other versions after 90 days, and leftovers of killed processes after a day."""
    now = time.time()
    for entry in folder.iterdir():
        with contextlib.suppress(OSError):
            is_rest = entry.name.startswith(("new-", "old-"))
            if now - entry.lstat().st_mtime > (86_400 if is_rest else _OLD_S):
                shutil.rmtree(entry, ignore_errors=True)
