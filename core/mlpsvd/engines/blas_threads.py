"""Limit of BLAS to one thread: faster for small matrices, and reproducible on every computer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from threadpoolctl import ThreadpoolController

__all__ = ["OneThread"]


class OneThread:
    """The BLAS libraries that are loaded, which :meth:`limited` holds to one thread each.

    As ``ThreadpoolController.limit``, but it takes some microseconds instead of a hundred: each epoch asks for it.
    """

    def __init__(self) -> None:
        self._libraries = ThreadpoolController().lib_controllers

    @contextmanager
    def limited(self) -> Iterator[None]:
        """Hold the libraries to one thread for the time of a ``with`` block."""
        before = [(one, n) for one in self._libraries if (n := one.get_num_threads()) not in (None, 1)]
        for library, _ in before:
            library.set_num_threads(1)
        try:
            yield
        finally:
            for library, n_threads in before:
                library.set_num_threads(n_threads)
