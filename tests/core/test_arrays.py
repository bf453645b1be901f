"""NumPy or CuPy: missing CuPy, and GPU failures with a stand-in for CuPy."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from mlpsvd import arrays
from mlpsvd.errors import DeviceError


class CudaRuntimeError(Exception):
    """Named as CuPy names its own."""


class OutOfMemoryError(Exception):
    """Named as CuPy names its own."""


def fake_cupy(**failures: Callable[..., Any]) -> ModuleType:
    """Return a module that computes with NumPy where CuPy would, except where ``failures`` says otherwise."""

    class Array(np.ndarray):
        """Says, as CuPy's arrays do, that it belongs to cupy."""

        __module__ = "cupy"

        def get(self) -> np.ndarray:
            return np.array(self)

    def asarray(host: np.ndarray) -> np.ndarray:
        return np.asarray(host).view(Array)

    def svd(matrix: np.ndarray, full_matrices: bool) -> tuple[np.ndarray, ...]:
        return tuple(part.view(Array) for part in np.linalg.svd(matrix, full_matrices=full_matrices))

    module = ModuleType("cupy")
    properties = {"name": b"NVIDIA H200", "totalGlobalMem": 139 * 2**30}
    runtime = SimpleNamespace(
        getDeviceCount=failures.get("count", lambda: 1), getDeviceProperties=lambda index: properties
    )
    parts = {
        "__version__": "14.2.0",
        "cuda": SimpleNamespace(runtime=runtime),
        "asarray": failures.get("asarray", asarray),
        "linalg": SimpleNamespace(svd=failures.get("svd", svd)),
    }
    vars(module).update(parts)
    return module


def raising(error: Exception) -> Callable[..., Any]:
    def fail(*args: object, **kwargs: object) -> Any:
        raise error

    return fail


def test_the_cpu_is_numpy_and_says_how_many_cores() -> None:
    backend = arrays.cpu()
    assert backend.xp is np
    assert backend.name == "cpu"
    assert "core" in backend.description


def test_a_working_gpu_is_probed_and_described(monkeypatch: pytest.MonkeyPatch) -> None:
    cupy = fake_cupy()
    monkeypatch.setitem(sys.modules, "cupy", cupy)
    backend = arrays.gpu()
    assert backend.xp is cupy
    assert backend.name == "gpu"
    assert backend.description == "GPU NVIDIA H200, 139 GiB, CuPy 14.2.0"
    assert arrays.gpu_report() == backend.description


def test_arrays_know_their_namespace_and_come_back_to_the_host(monkeypatch: pytest.MonkeyPatch) -> None:
    cupy = fake_cupy()
    monkeypatch.setitem(sys.modules, "cupy", cupy)
    on_card = cupy.asarray(np.arange(3.0))
    assert arrays.namespace(on_card) is cupy
    assert type(arrays.to_host(on_card)) is np.ndarray
    host = np.arange(3.0)
    assert arrays.namespace(host) is np
    assert arrays.to_host(host) is host
    assert arrays.to_host([1, 2]).tolist() == [1, 2]


@pytest.mark.skipif("cupy" in sys.modules, reason="CuPy is here")
def test_a_missing_cupy_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cupy", None)
    with pytest.raises(DeviceError, match=r"CuPy is not installed; .* 'mlpsvd\[cuda12\]' or 'mlpsvd\[cuda13\]'"):
        arrays.gpu()
    assert "CuPy is not installed" in arrays.gpu_report()


@pytest.mark.parametrize(
    ("failures", "words"),
    [
        ({"count": lambda: 0}, "finds no GPU"),
        ({"count": raising(CudaRuntimeError("cudaErrorNoDevice: no CUDA-capable device"))}, "finds no GPU"),
        (
            {"count": raising(CudaRuntimeError("cudaErrorInsufficientDriver: CUDA driver is insufficient"))},
            "driver is too old for this CuPy",
        ),
        ({"count": raising(RuntimeError("libcuda.so.1: cannot open"))}, "no working NVIDIA driver"),
        ({"asarray": raising(OutOfMemoryError("Out of memory allocating 512 bytes"))}, "memory is full"),
        (
            {"asarray": raising(CudaRuntimeError("cudaErrorMemoryAllocation: out of memory"))},
            "memory is full",
        ),
        ({"svd": raising(ImportError("libcusolver.so.11: cannot open shared object"))}, "CUDA library"),
        (
            {"asarray": raising(CudaRuntimeError("cudaErrorNoKernelImageForDevice: no kernel image"))},
            "built for other GPUs",
        ),
        ({"svd": raising(CudaRuntimeError("CUSOLVER_STATUS_INTERNAL_ERROR"))}, "CUSOLVER_STATUS_INTERNAL"),
        (
            {"svd": lambda a, full_matrices: tuple(np.zeros_like(p) for p in np.linalg.svd(np.array(a)))},
            "gave a wrong result",
        ),
    ],
)
def test_each_failure_of_a_gpu_is_one_sentence(
    failures: dict[str, Callable[..., Any]], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "cupy", fake_cupy(**failures))
    with pytest.raises(DeviceError, match=words) as caught:
        arrays.gpu()
    assert "GPU" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert arrays.gpu_report() == str(caught.value)


@pytest.mark.parametrize(
    ("raised", "words"),
    [
        (
            "ImportError('libcudart.so.12: cannot open shared object file\\nsecond line')",
            "cannot be loaded: libcudart",
        ),
        ("ModuleNotFoundError('x', name='fastrlock')", "misses the library fastrlock"),
    ],
)
def test_a_cupy_that_does_not_load_says_why(
    raised: str, words: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cupy.py").write_text(f"raise {raised}\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "cupy", raising=False)
    assert words in arrays.gpu_report()
    assert "\n" not in arrays.gpu_report()


def test_importing_the_core_brings_in_nothing_heavy() -> None:
    """Every module of the core, in a fresh interpreter: what is optional or slow comes where it is used.

    The fused engine is compiled by Numba and is itself imported only where a network is trained.
    """
    program = """
import importlib, pkgutil, sys
import mlpsvd
for module in pkgutil.walk_packages(mlpsvd.__path__, "mlpsvd."):
    if not module.name.endswith("__main__") and not module.name.startswith("mlpsvd.engines.cpu."):
        importlib.import_module(module.name)
heavy = ("PySide6", "pyqtgraph", "mlpsvd_gui", "cupy", "matplotlib", "scipy", "sounddevice", "numba")
print([name for name in heavy if name in sys.modules])
"""
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120)
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip() == "[]"
