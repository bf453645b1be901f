"""The limit of BLAS to one thread, measured by the CPU time of other threads than the one that computes."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from mlpsvd.engines.blas_threads import OneThread

LIMITED = 0.3
"""Two threads have a share of up to 1.0, less on a busy computer; threads that still spin have up to 0.16."""


def share_of_other_threads() -> float:
    """Return the CPU time that others spend on products of this thread, relative to its own; 0 for one BLAS thread."""
    matrix = np.random.default_rng(1).random((500, 500))
    for _ in range(4):
        matrix @ matrix  # other threads of OpenBLAS stop to spin meanwhile
    process, own = time.process_time(), time.thread_time()
    for _ in range(10):
        matrix @ matrix
    own = time.thread_time() - own
    return (time.process_time() - process - own) / own


def n_threads() -> int:
    """Return the limit of NumPy's BLAS."""
    return max(int(library["num_threads"]) for library in threadpool_info() if library["user_api"] == "blas")


def in_a_thread(work: Callable[[], float]) -> float:
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(work).result()


@pytest.fixture(autouse=True)
def before() -> int:
    """The number of threads without a limit."""
    if n_threads() == 1:
        pytest.skip("BLAS has one thread on this computer")
    return n_threads()


def limited_share() -> float:
    with OneThread().limited():
        assert n_threads() == 1
        return least_share()


def least_share() -> float:
    """Return the smallest share of some tries: threads that had work before spin for a while."""
    return min(share_of_other_threads() for _ in range(4))


def test_the_limit_applies_in_the_main_thread_and_ends_with_the_block(before: int) -> None:
    assert limited_share() < LIMITED
    assert n_threads() == before


def test_the_limit_applies_in_a_thread_after_another_has_set_it(before: int) -> None:
    assert limited_share() < LIMITED  # from now on, threadpoolctl ignores all other threads
    assert in_a_thread(limited_share) < LIMITED
    assert in_a_thread(n_threads) == before


def test_the_limit_stays_until_the_last_thread_has_left_its_block(before: int) -> None:
    inside, may_leave = threading.Event(), threading.Event()

    def first() -> None:
        with OneThread().limited():
            inside.set()
            assert may_leave.wait(30)

    def second() -> float:
        with OneThread().limited():
            may_leave.set()
            other.result()
            return least_share()

    with ThreadPoolExecutor(1) as threads:
        other = threads.submit(first)
        assert inside.wait(30)
        assert in_a_thread(second) < LIMITED
    assert n_threads() == before


def test_blocks_inside_blocks_keep_the_limit(before: int) -> None:
    one = OneThread()
    with one.limited():
        with one.limited():
            pass
        assert least_share() < LIMITED
    assert n_threads() == before


def test_a_library_that_is_loaded_later_is_limited_too() -> None:
    code = "from mlpsvd.engines.blas_threads import OneThread; from threadpoolctl import threadpool_info; "
    code += "one = OneThread(); import scipy.linalg; limit = one.limited(); limit.__enter__(); "
    code += "print({library['num_threads'] for library in threadpool_info()}, len(threadpool_info()))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout in ("{1} 2\n", "{1} 1\n")  # NumPy and scipy may share a library
