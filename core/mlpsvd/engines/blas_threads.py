"""Limit of BLAS to one thread: faster for small matrices, and reproducible on every computer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from threadpoolctl import ThreadpoolController

__all__ = ["OneThread"]


class OneThread:
    """Limits the loaded BLAS libraries to one thread each.

    Equivalent to ``ThreadpoolController.limit``, but takes a few microseconds instead of a hundred. It is called once
    per epoch.
    """

    def __init__(self) -> None:
        self._libraries = ThreadpoolController().lib_controllers

    @contextmanager
    def limited(self) -> Iterator[None]:
        """Limit the libraries to one thread inside a ``with`` block."""
        before = [(one, n) for one in self._libraries if (n := one.get_num_threads()) not in (None, 1)]
        for library, _ in before:
            library.set_num_threads(1)
        try:
            yield
        finally:
            for library, n_threads in before:
                library.set_num_threads(n_threads)
