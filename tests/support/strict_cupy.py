"""A stand-in for CuPy that is stricter than CuPy and runs its kernels on the processor.

Its arrays wrap NumPy arrays and refuse to become any without ``get()``, to be mixed with any, and to be given to a
function of NumPy: what passes here leaves no host transfer to chance. What it offers is what the core uses.
"""

from __future__ import annotations

import ctypes
import operator
import shutil
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view as windows

from mlpsvd.arrays import Backend

__all__ = ["SHARED_BYTES", "Libraries", "StrictArray", "build_kernels", "install", "libraries_in", "strict_backend"]

SHIM = Path(__file__).parent / "cuda_on_cpu.h"
SHARED_BYTES = 227 * 1024  # as sm_90 has it


class StrictArray:
    """An array "on the device"."""

    __module__ = "cupy"
    __array_ufunc__ = None

    def __init__(self, host: np.ndarray) -> None:
        self.host = np.asarray(host)

    def __array__(self, *args: object, **kwargs: object) -> np.ndarray:
        raise TypeError("Implicit conversion to a NumPy array is not allowed. Please use `.get()`")

    def get(self) -> np.ndarray:
        return self.host.copy()

    def __getattr__(self, name: str) -> Any:
        if name in ("shape", "dtype", "size", "ndim", "nbytes"):
            return getattr(self.host, name)
        if name == "T":
            return StrictArray(self.host.T)
        if name in ("sum", "max", "argmax", "all", "reshape", "ravel", "copy", "astype"):
            return lambda *args, **kwargs: StrictArray(getattr(self.host, name)(*args, **kwargs))
        raise AttributeError(name)

    def __len__(self) -> int:
        return len(self.host)

    def __float__(self) -> float:
        return float(self.host)

    def __bool__(self) -> bool:
        return bool(self.host)

    def __getitem__(self, index: Any) -> StrictArray:
        return StrictArray(self.host[unwrapped(index, scalars=(int, slice, type(None), type(...)))])

    def __setitem__(self, index: Any, value: Any) -> None:
        self.host[unwrapped(index, scalars=(int, slice, type(None), type(...)))] = unwrapped(value)


def unwrapped(value: Any, scalars: tuple[type, ...] = (int, float, np.generic)) -> Any:
    """Return an operand of the device, an array or a number; refuse arrays of the host."""
    if isinstance(value, tuple):
        return tuple(unwrapped(part, scalars) for part in value)
    if isinstance(value, StrictArray):
        return value.host
    if not isinstance(value, scalars):
        raise TypeError(f"Unsupported type {type(value)}")
    return value


def add_operators() -> None:
    """The operators, their reflected and their in-place forms."""
    for name in ("add", "sub", "mul", "truediv", "pow", "matmul", "lt", "le", "gt", "ge", "eq", "ne"):
        function = getattr(operator, name)

        def forward(self: StrictArray, other: Any, function: Any = function) -> StrictArray:
            return StrictArray(function(self.host, unwrapped(other)))

        def reflected(self: StrictArray, other: Any, function: Any = function) -> StrictArray:
            return StrictArray(function(unwrapped(other), self.host))

        setattr(StrictArray, f"__{name}__", forward)
        setattr(StrictArray, f"__r{name}__", reflected)
    for name in ("iadd", "isub", "imul", "itruediv"):
        function = getattr(operator, name)

        def in_place(self: StrictArray, other: Any, function: Any = function) -> StrictArray:
            self.host = function(self.host, unwrapped(other))
            return self

        setattr(StrictArray, f"__{name}__", in_place)
    for name in ("neg", "abs"):
        function = getattr(operator, name)
        setattr(StrictArray, f"__{name}__", lambda self, function=function: StrictArray(function(self.host)))


add_operators()


def transferred(values: Any, dtype: Any = None) -> StrictArray:
    return StrictArray(np.array(values.host if isinstance(values, StrictArray) else values, dtype=dtype))


def as_device(values: Any) -> StrictArray:
    return values if isinstance(values, StrictArray) else transferred(values)


def filled_with_rubbish(shape: Any, dtype: Any) -> StrictArray:
    """Fresh memory of a card holds anything: here bytes that make not-a-numbers and indices far outside."""
    array = np.empty(shape, dtype)
    array.view(np.uint8)[...] = 0xFF
    return StrictArray(array)


def on_device(function: Callable[..., Any]) -> Callable[..., StrictArray]:
    def call(*args: Any, **kwargs: Any) -> StrictArray:
        assert isinstance(args[0], StrictArray), f"{function.__name__} of something on the host"
        return StrictArray(function(*(unwrapped(value) for value in args), **kwargs))

    return call


def concatenated(arrays: Any, axis: int = 0) -> StrictArray:
    assert all(isinstance(array, StrictArray) for array in arrays)
    return StrictArray(np.concatenate([array.host for array in arrays], axis=axis))


def svd(matrix: StrictArray, full_matrices: bool) -> tuple[StrictArray, ...]:
    return tuple(StrictArray(part) for part in np.linalg.svd(matrix.host, full_matrices=full_matrices))


def qr(matrix: StrictArray) -> tuple[StrictArray, ...]:
    return tuple(StrictArray(part) for part in np.linalg.qr(matrix.host))


def build_kernels(source: str, real: str, folder: Path, options: tuple[str, ...]) -> Path:
    """Compile the kernels' source for the processor; ``options`` are the compiler's."""
    if shutil.which("g++") is None:
        raise FileNotFoundError("no g++ to compile the GPU's kernels for the processor with")
    (folder / "kernels.cu").write_text(source, encoding="ascii")
    (folder / "main.cpp").write_text(f'#include "{SHIM}"\n')
    out = folder / "kernels.out"
    warnings = ("-Wall", "-Wextra", "-Werror")
    defined = (f"-DREAL={real}", f'-DKERNEL_SOURCE="{folder / "kernels.cu"}"')
    command = ["g++", "-std=c++20", "-O1", "-g", *warnings, *defined, *options, "-pthread", "-o", str(out)]
    built = subprocess.run([*command, str(folder / "main.cpp")], capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    return out


def arguments_of(values: tuple[Any, ...]) -> tuple[ctypes.Array[ctypes.c_void_p], list[Any]]:
    """What CUDA's launch takes: the addresses of the arguments; and what must live as long as the call."""
    cells: list[Any] = []
    for value in values:
        if isinstance(value, StrictArray):
            assert value.host.flags.c_contiguous
            cells.append(ctypes.c_void_p(value.host.ctypes.data))
        else:
            assert isinstance(value, np.int64)
            cells.append(ctypes.c_int64(int(value)))
    return (ctypes.c_void_p * len(cells))(*(ctypes.addressof(cell) for cell in cells)), cells


class StrictKernel:
    """Launches kernels as CuPy's RawKernel does, and records the launches."""

    def __init__(self, name: str, library: ctypes.CDLL, launches: list[Any]) -> None:
        self.name, self._library, self._launches = name, library, launches
        self.max_dynamic_shared_size_bytes = 48 * 1024
        self.max_threads_per_block = 8  # on a card 896: each thread takes 72 of 65,536 registers

    def __call__(self, grid: tuple[int], block: tuple[int], args: tuple[Any, ...], *, shared_mem: int) -> None:
        assert shared_mem <= max(self.max_dynamic_shared_size_bytes, 48 * 1024)
        assert block[0] <= self.max_threads_per_block
        self._launches.append((self.name, grid, block, saved(args), shared_mem))
        pointers, _cells = arguments_of(args)
        self._library.play(self.name.encode(), pointers, *grid, *block, ctypes.c_size_t(shared_mem))


def saved(args: tuple[Any, ...]) -> bytes:
    """The launch as the shim's program reads it."""
    parts = [struct.pack("<q", len(args))]
    for value in args:
        if isinstance(value, StrictArray):
            parts += [struct.pack("<q", value.host.nbytes), value.host.tobytes()]
        else:
            parts.append(struct.pack("<qq", -1, int(value)))
    return b"".join(parts)


def strict_module(raw_module: Callable[..., Any], shared_bytes: int) -> ModuleType:
    """A module named cupy."""
    runtime = SimpleNamespace(
        cudaDevAttrMaxSharedMemoryPerBlockOptin=97, deviceGetAttribute=lambda attribute, device: shared_bytes
    )
    module = ModuleType("cupy")
    functions = {
        name: on_device(getattr(np, name))
        for name in (
            "exp",
            "log",
            "sqrt",
            "tanh",
            "maximum",
            "minimum",
            "zeros_like",
            "where",
            "take_along_axis",
            "isfinite",
        )
    }
    vars(module).update(
        functions,
        array=transferred,
        asarray=as_device,
        zeros=lambda shape, dtype: StrictArray(np.zeros(shape, dtype)),
        eye=lambda n, dtype: StrictArray(np.eye(n, dtype=dtype)),
        full=lambda shape, value, dtype: StrictArray(np.full(shape, value, dtype)),
        empty=filled_with_rubbish,
        empty_like=lambda array: filled_with_rubbish(array.shape, array.dtype),
        concatenate=concatenated,
        finfo=np.finfo,
        linalg=SimpleNamespace(svd=svd, qr=qr, norm=on_device(np.linalg.norm)),
        lib=SimpleNamespace(stride_tricks=SimpleNamespace(sliding_window_view=on_device(windows))),
        cuda=SimpleNamespace(runtime=runtime),
        RawModule=raw_module,
    )
    return module


Libraries = Callable[[str, str], ctypes.CDLL]
"""Returns the kernels of a source text, compiled for the processor in a precision."""


def libraries_in(folder: Path) -> Libraries:
    """Return kernels compiled within a folder, once for each precision."""
    built: dict[tuple[str, str], ctypes.CDLL] = {}

    def library(source: str, real: str) -> ctypes.CDLL:
        if (source, real) not in built:
            own = folder / f"kernels-{len(built)}"
            own.mkdir()
            built[source, real] = ctypes.CDLL(str(build_kernels(source, real, own, ("-shared", "-fPIC"))))
        return built[source, real]

    return library


def strict_backend(
    libraries: Libraries, shared_bytes: int = SHARED_BYTES, launches: list[Any] | None = None
) -> Backend:
    """Return a backend with a module that may be installed as cupy; it notes its launches."""
    noted = [] if launches is None else launches

    def raw_module(*, code: str, options: tuple[str, ...]) -> SimpleNamespace:
        library = libraries(code, options[0].removeprefix("-DREAL="))
        return SimpleNamespace(get_function=lambda name: StrictKernel(name, library, noted))

    return Backend("gpu", strict_module(raw_module, shared_bytes), "a stand-in for a GPU")


def install(folder: Path) -> Backend:
    """Install the stand-in as cupy in this process, for good; its kernels are compiled in a folder."""
    backend = strict_backend(libraries_in(folder))
    sys.modules["cupy"] = backend.xp
    return backend
