"""Limit of BLAS to one thread: faster for small matrices, and reproducible on every computer."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from threadpoolctl import ThreadpoolController

__all__ = ["OneThread"]


class OneThread:
    """Limits the loaded BLAS libraries to one thread each, in any thread of the program.

    NumPy's OpenBLAS has one limit for the whole process: it is lifted when the last thread leaves its block, and until
    then applies to threads outside a block too. Libraries on OpenMP have a limit for each thread.

    ``threadpoolctl.threadpool_limits`` is not enough: it lifts the limit while another thread still needs it, and from
    version 3.8 on ignores all threads but one. A block costs a few microseconds; it is entered once per epoch.
    """

    def __init__(self) -> None:
        _loaded.update()

    @contextmanager
    def limited(self) -> Iterator[None]:
        """Limit the libraries to one thread inside a ``with`` block."""
        of_process, of_thread = _loaded.update()
        before = [(one, n) for one in of_thread if (n := one.get_num_threads()) not in (None, 1)]
        for library, _ in before:
            library.set_num_threads(1)
        _shared.enter(of_process)
        try:
            yield
        finally:
            _shared.leave()
            for library, n_threads in before:
                library.set_num_threads(n_threads)


class _Loaded:
    """The loaded libraries, with a limit for the process and for each thread; scipy loads its own BLAS later."""

    def __init__(self) -> None:
        self._n_modules = 0
        self._found: tuple[tuple[Any, ...], tuple[Any, ...]] = (), ()

    def update(self) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        """Return the libraries; search again only after an import, as a search takes a millisecond."""
        if (n_modules := len(sys.modules)) != self._n_modules:
            libraries = ThreadpoolController().lib_controllers
            of_process = tuple(one for one in libraries if _has_one_limit(one))
            self._found = of_process, tuple(one for one in libraries if one not in of_process)
            self._n_modules = n_modules
        return self._found


class _Shared:
    """The limit of the process, for as long as a thread needs it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._n_inside = 0
        self._before: dict[str, tuple[Any, int]] = {}

    def enter(self, libraries: tuple[Any, ...]) -> None:
        with self._lock:
            self._n_inside += 1
            for library in libraries:
                if (n_threads := library.get_num_threads()) not in (None, 1):
                    self._before.setdefault(library.filepath, (library, n_threads))
                    _set(library, 1)

    def leave(self) -> None:
        with self._lock:
            self._n_inside -= 1
            if self._n_inside == 0:
                for library, n_threads in self._before.values():
                    _set(library, n_threads)
                self._before.clear()


def _has_one_limit(library: Any) -> bool:
    """Return whether a library has one limit for all threads of the process."""
    return library.internal_api in ("openblas", "mkl") and library.threading_layer != "openmp"


def _set(library: Any, n_threads: int) -> None:
    """Set the number of threads, although another thread has set it before; see ``OpenBLASController``."""
    release = getattr(library, "clear_controlling_thread", lambda *, force: None)
    release(force=True)
    library.set_num_threads(n_threads)
    release(force=True)


_loaded, _shared = _Loaded(), _Shared()
