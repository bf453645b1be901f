"""The array library: NumPy or CuPy. The only module that imports CuPy.

Code that runs on both obtains from an array its :func:`namespace`, or takes a :class:`Backend`, and calls
the functions that both libraries share. Results leave the core through :func:`to_host` first.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import platform
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlpsvd.errors import DeviceError
from mlpsvd.frozen import how_to_add
from mlpsvd.text import first_line

__all__ = [
    "Backend",
    "cpu",
    "device_failures",
    "gpu",
    "gpu_report",
    "namespace",
    "raw_module",
    "shared_memory_bytes",
    "to_host",
]

_PROBE_SIZE = 64


@dataclass(frozen=True)
class Backend:
    """Device on which arrays are stored and computed.

    Attributes
    ----------
    name
        ``cpu`` or ``gpu``.
    xp
        The array namespace: the module ``numpy`` or ``cupy``.
    description
        For the user, e.g. ``CPU, 8 cores`` or the name of the card with its memory.
    """

    name: str
    xp: ModuleType
    description: str


def cpu() -> Backend:
    """Return the NumPy backend, which is always available."""
    cores = os.cpu_count() or 1
    machine = platform.machine() or "unknown processor"
    return Backend("cpu", np, f"CPU, {machine}, {cores} {'core' if cores == 1 else 'cores'}, NumPy")


def gpu() -> Backend:
    """Return CuPy on the first GPU, after a real matrix product and SVD on it.

    Every call probes again (about 0.1 s on a working card); keep the result.

    Raises
    ------
    DeviceError
        If CuPy is missing, there is no driver or card, or the probe fails; the message gives the reason.
    """
    cupy = _import_cupy()
    _require_device(cupy)
    try:
        _probe(cupy)
    except Exception as error:  # CuPy's errors have no common base class, and driver errors are not CuPy's own
        raise DeviceError(_probe_failure(error)) from error
    return Backend("gpu", cupy, _describe_device(cupy))


def gpu_report() -> str:
    """Return a sentence that names the working GPU or the reason why there is none."""
    try:
        return gpu().description
    except DeviceError as error:
        return str(error)


def namespace(array: object) -> ModuleType:
    """Return the module, ``numpy`` or ``cupy``, whose functions take ``array``; NumPy for anything else."""
    library = type(array).__module__.partition(".")[0]
    return sys.modules["cupy"] if library == "cupy" else np


def to_host(array: Any) -> NDArray[Any]:
    """Return ``array`` in host memory: a NumPy array as it is, a CuPy array copied, a sequence converted."""
    return np.asarray(array if namespace(array) is np else array.get())


def raw_module(backend: Backend, source: str, options: tuple[str, ...]) -> Any:
    """Return CUDA kernels compiled from source; ``get_function`` of the result returns a kernel by its name.

    Kernels are compiled at their first use, and CuPy caches the result on disk.

    Raises
    ------
    DeviceError
        If the backend is the CPU, which cannot run CUDA kernels.
    """
    if backend.name != "gpu":
        raise DeviceError(f"{backend.description} cannot run CUDA kernels; an NVIDIA GPU with CuPy is needed")
    return backend.xp.RawModule(code=source, options=options)


def shared_memory_bytes(backend: Backend) -> int:
    """Return the maximum shared memory of one thread block of a GPU."""
    runtime = backend.xp.cuda.runtime
    return int(runtime.deviceGetAttribute(runtime.cudaDevAttrMaxSharedMemoryPerBlockOptin, 0))


@contextlib.contextmanager
def device_failures(backend: Backend) -> Iterator[None]:
    """Convert errors of a device (out of memory, CUDA and its libraries) into a DeviceError."""
    try:
        yield
    except MemoryError as error:
        raise DeviceError(
            f"{backend.description} has too little memory for this experiment ({first_line(error)})"
        ) from error
    except Exception as error:  # CuPy's errors have no common base class
        if not type(error).__module__.startswith("cupy"):
            raise
        raise DeviceError(f"{backend.description} failed ({first_line(error)})") from error


def _import_cupy() -> Any:
    try:
        return importlib.import_module("cupy")
    except ModuleNotFoundError as error:
        if error.name == "cupy":
            raise DeviceError(
                f"No GPU is used because CuPy is not installed; for an NVIDIA card {how_to_add('cuda12', 'cuda13')}, "
                "whichever the driver supports"
            ) from error
        raise DeviceError(f"No GPU is used because CuPy misses the library {error.name}") from error
    except Exception as error:  # a CuPy for another CUDA version fails with an error of its loader
        reason = first_line(error)
        raise DeviceError(f"No GPU is used because CuPy cannot be loaded: {reason}") from error


def _require_device(cupy: Any) -> None:
    try:
        count = int(cupy.cuda.runtime.getDeviceCount())
    except Exception as error:
        text = first_line(error)
        if "insufficient" in text.lower():
            why = "the NVIDIA driver is too old for this CuPy; update it or install mlpsvd[cuda12]"
        elif "nodevice" in text.lower() or "no cuda-capable device" in text.lower():
            why = "the NVIDIA driver finds no GPU"
        else:
            why = f"there is no working NVIDIA driver ({text})"
        raise DeviceError(f"No GPU is used because {why}") from error
    if count == 0:
        raise DeviceError("No GPU is used because the NVIDIA driver finds no GPU")


def _probe(cupy: Any) -> None:
    """Multiply and decompose a small known matrix on the card and compare with the known results."""
    host = np.cos(np.arange(_PROBE_SIZE * _PROBE_SIZE, dtype=np.float32).reshape(_PROBE_SIZE, _PROBE_SIZE))
    matrix = cupy.asarray(host)
    product = to_host(matrix @ matrix.T)
    u, sigma, vt = cupy.linalg.svd(matrix, full_matrices=False)
    rebuilt = to_host((u * sigma) @ vt)
    if not np.allclose(product, host @ host.T, atol=1e-2) or not np.allclose(rebuilt, host, atol=1e-2):
        raise ArithmeticError("a test product or SVD gave a wrong result")


def _probe_failure(error: Exception) -> str:
    text = first_line(error)
    if isinstance(error, MemoryError) or "outofmemory" in type(error).__name__.lower() or "out of memory" in text:
        why = "its memory is full; close other programs that use the GPU"
    elif isinstance(error, ArithmeticError):
        why = text
    elif "no kernel image" in text.lower() or "invalid device function" in text.lower():
        why = "this CuPy was built for other GPUs; install mlpsvd[cuda12] or mlpsvd[cuda13], whichever fits"
    elif isinstance(error, ImportError | OSError):
        why = f"a CUDA library is missing or has the wrong version ({text})"
    else:
        why = f"a small test computation failed ({text})"
    return f"The GPU is not used because {why}"


def _describe_device(cupy: Any) -> str:
    properties = cupy.cuda.runtime.getDeviceProperties(0)
    name = properties["name"]
    if isinstance(name, bytes):
        name = name.decode(errors="replace")
    return f"GPU {name}, {properties['totalGlobalMem'] / 2**30:.0f} GiB, CuPy {cupy.__version__}"
