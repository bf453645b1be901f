"""Run a computation that reports through a callback as a generator of progress that can be closed."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Generator
from typing import TypeVar

from mlpsvd.analysis.result import Progress

__all__ = ["progress_of"]

T = TypeVar("T")

_STEPS = 100


class _ClosedError(Exception):
    """Raised inside the computation when its generator was closed."""


def progress_of(
    work: Callable[[Callable[[float], None]], T], done: int = 0, total: int = 1
) -> Generator[Progress, None, T]:
    """Run ``work`` in a thread of its own, yield its progress and return its result.

    For methods of libraries that call back and cannot yield. Closing the generator ends the computation at its next
    callback and waits for that.

    Parameters
    ----------
    work
        Called with a function that takes the share done, 0 to 1.
    done, total
        Where the computation lies among several that take equally long.

    Raises
    ------
    Exception
        What ``work`` raises.
    """
    reports: queue.SimpleQueue[float | None] = queue.SimpleQueue()
    is_closed = threading.Event()
    results: list[T] = []
    failures: list[BaseException] = []

    def report(share: float) -> None:
        if is_closed.is_set():
            raise _ClosedError
        reports.put(share)

    def run() -> None:
        try:
            results.append(work(report))
        except BaseException as error:
            failures.append(error)
        reports.put(None)

    thread = threading.Thread(target=run, name="analysis", daemon=True)
    thread.start()
    try:
        shown = -1
        while (share := reports.get()) is not None:
            step = round(_STEPS * (done + share))
            if step > shown:
                shown = step
                yield Progress(step, _STEPS * total)
    finally:
        is_closed.set()
        thread.join()
    if failures:
        raise failures[0]
    return results[0]
