"""Background jobs with callbacks, of which only the newest counts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject

from mlpsvd_gui.threads.latest import LatestRunner, Progress

__all__ = ["BackgroundJobs"]


@dataclass(frozen=True)
class _Job:
    run: Callable[[], Any]
    done: Callable[[Any], None]
    failed: Callable[[Exception], None]


class BackgroundJobs(QObject):
    """Runs the latest job on a :class:`LatestRunner`; results of older jobs are dropped.

    For different jobs whose errors the caller handles. If one function serves requests of one kind, use
    :class:`LatestRunner` itself.
    """

    def __init__(self, name: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._runner = LatestRunner(_run, name, self)
        self._runner.answered.connect(self._deliver)

    def submit(self, job: Callable[[], Any], done: Callable[[Any], None], failed: Callable[[Exception], None]) -> None:
        """Run ``job`` in the background, then ``done(result)`` or ``failed(error)`` on this thread."""
        self._runner.ask(_Job(job, done, failed))

    def cancel(self) -> None:
        """Drop pending jobs and late results."""
        self._runner.cancel()

    @property
    def is_busy(self) -> bool:
        """Whether a result is pending."""
        return self._runner.is_busy

    def close(self, timeout_s: float = 1.0) -> None:
        """Drop pending jobs and late results; wait briefly for the running job."""
        self._runner.close(timeout_s)

    @staticmethod
    def _deliver(job: _Job, outcome: tuple[Any, Exception | None]) -> None:
        result, error = outcome
        if error is None:
            job.done(result)
        else:
            job.failed(error)


def _run(job: _Job, _progress: Progress) -> tuple[Any, Exception | None]:
    try:
        return job.run(), None
    except Exception as error:  # handled by the caller
        return None, error
