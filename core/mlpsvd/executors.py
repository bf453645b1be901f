"""Executors: this process, a process pool on all cores, or a Dask cluster."""

from __future__ import annotations

import importlib
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from multiprocessing import get_context, parent_process
from typing import Any, ParamSpec, TypeVar

from mlpsvd.engines.cpu.warm_up import ensure_compiled
from mlpsvd.errors import DeviceError, MissingLibraryError
from mlpsvd.frozen import how_to_add
from mlpsvd.text import first_line

__all__ = [
    "ClusterExecutor",
    "OpenExecutor",
    "begin_worker",
    "dask_workers",
    "interrupts_held",
    "local_workers",
    "n_usable_cores",
    "result_of",
]

_Parameters = ParamSpec("_Parameters")
_Result = TypeVar("_Result")

OpenExecutor = Callable[[], AbstractContextManager[Executor]]
"""Opens an executor for a ``with`` block; can be called again after a failure."""

_CONNECT_TIMEOUT = "10s"


def n_usable_cores() -> int:
    """Return the number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def begin_worker() -> None:
    """Make this process a worker: it ignores Ctrl-C and ends with its parent, even if that is killed.

    Ctrl-C reaches every process of a terminal; only the parent handles it.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_exit_with_parent, name="exit with parent", daemon=True).start()


def _exit_with_parent() -> None:
    """Wait for the end of the parent process, then end this one."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


@contextmanager
def interrupts_held() -> Iterator[None]:
    """Block Ctrl-C in this thread, and permanently in processes started meanwhile."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def local_workers(n_jobs: int) -> Iterator[Executor]:
    """Open ``n_jobs`` worker processes on this machine; with 1, a thread of this process is used.

    Processes are started with ``spawn``, as required with threads and on Windows. The fused engine is compiled once
    before they start.
    """
    ensure_compiled()
    executor: Executor
    if n_jobs == 1:
        executor = ThreadPoolExecutor(1, thread_name_prefix="trials")
    else:
        executor = ProcessPoolExecutor(n_jobs, get_context("spawn"), initializer=begin_worker)
        with interrupts_held():
            for _ in range(n_jobs):  # each call starts another process, as none is idle yet
                executor.submit(int)
    try:
        yield executor
    finally:
        executor.shutdown(wait=True, cancel_futures=True)


class ClusterExecutor(Executor):
    """Executor of a Dask cluster.

    Parameters
    ----------
    client
        A connected ``distributed.Client``.
    """

    def __init__(self, client: Any) -> None:
        self._client = client
        # Repeated calls are computed again: known results are read from the store, not from the cluster.
        self._executor: Executor = client.get_executor(pure=False)

    @property
    def n_cores(self) -> int:
        """Number of tasks that run at the same time, at least 1; workers may come and go."""
        n_cores: int = sum(self._client.nthreads().values())
        return max(1, n_cores)

    def submit(
        self, task: Callable[_Parameters, _Result], /, *args: _Parameters.args, **kwargs: _Parameters.kwargs
    ) -> Future[_Result]:
        """Compute a task on a worker; :func:`result_of` waits for the result."""
        return self._executor.submit(task, *args, **kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Cancel all tasks unless ``wait`` is true."""
        self._executor.shutdown(wait=wait)


def result_of(future: Future[_Result]) -> _Result:
    """Return the result of a task of any executor, or raise its error.

    Raises
    ------
    BrokenExecutor
        If the worker of the task was killed (on a cluster: again and again), or the scheduler of the cluster is lost.
    MissingLibraryError
        If a worker of a cluster has no MLP-SVD.
    """
    try:
        return future.result()
    except CancelledError as error:
        raise BrokenExecutor("the connection to the scheduler was lost") from error
    except ModuleNotFoundError as error:
        raise MissingLibraryError(
            f"A worker of the cluster lacks {error.name}: install the same version of MLP-SVD on all workers"
        ) from error
    except Exception as error:
        if type(error).__name__ == "KilledWorker":  # of distributed, which need not be installed
            raise BrokenExecutor(first_line(error)) from error
        raise


@contextmanager
def dask_workers(address: str) -> Iterator[ClusterExecutor]:
    """Connect to the Dask scheduler at ``address``, e.g. ``tcp://node:8786``; the tasks of a lost worker are repeated.

    Raises
    ------
    MissingLibraryError
        If Dask's ``distributed`` is not installed.
    DeviceError
        If there is no response at that address.
    """
    try:
        distributed: Any = importlib.import_module("distributed")
    except ImportError as error:
        raise MissingLibraryError(
            f"A scheduler requires the library distributed, which is not installed; {how_to_add('dask')}"
        ) from error
    try:
        client = distributed.Client(address, timeout=_CONNECT_TIMEOUT, set_as_default=False)
    except (OSError, ValueError) as error:
        raise DeviceError(f"No Dask scheduler answers at {address}: {first_line(error)}") from error
    with client:
        executor = ClusterExecutor(client)
        try:
            yield executor
        finally:
            executor.shutdown(wait=False)
