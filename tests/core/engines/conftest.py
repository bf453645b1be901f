"""Fixtures: a stand-in for CuPy whose kernels run on the processor."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import strict_cupy
from strict_cupy import SHARED_BYTES, Libraries

from mlpsvd.arrays import Backend

StrictBackend = Callable[..., Backend]


@pytest.fixture(scope="session")
def kernel_libraries(tmp_path_factory: pytest.TempPathFactory) -> Libraries:
    """The kernels' text compiled for the processor, once for each precision."""
    if shutil.which("g++") is None:
        pytest.skip("no g++ to compile the GPU's kernels for the processor with")
    return strict_cupy.libraries_in(tmp_path_factory.mktemp("kernels"))


@pytest.fixture
def strict_backend(kernel_libraries: Libraries, monkeypatch: pytest.MonkeyPatch) -> Iterator[StrictBackend]:
    """Install the stand-in as cupy; call with the bytes of shared memory of a block and a list for launches."""

    def make(shared_bytes: int = SHARED_BYTES, launches: list[Any] | None = None) -> Backend:
        backend = strict_cupy.strict_backend(kernel_libraries, shared_bytes, launches)
        monkeypatch.setitem(sys.modules, "cupy", backend.xp)
        return backend

    yield make


@pytest.fixture(scope="session")
def kernel_builder() -> Callable[..., Path]:
    """:func:`strict_cupy.build_kernels`, for tests that need another build."""
    return strict_cupy.build_kernels
