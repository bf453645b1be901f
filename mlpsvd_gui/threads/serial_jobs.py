"""Background jobs in sequence, all of which are executed."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal, Slot

__all__ = ["SerialJobs"]


class SerialJobs(QObject):
    """Runs jobs in order, in a background thread.

    For jobs that must not be lost, such as writing files. If only the newest result counts, use
    :class:`~mlpsvd_gui.threads.background_jobs.BackgroundJobs`.
    """

    _posted = Signal(object)

    def __init__(self, name: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._n_open = 0
        self._closed = False
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)
        self._posted.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    def submit(self, job: Callable[[], Any], done: Callable[[Any], None], failed: Callable[[Exception], None]) -> None:
        """Run ``job`` in the background, then ``done(result)`` or ``failed(error)`` on this thread."""
        if not self._closed:
            self._n_open += 1
            self._thread.submit(self._run, job, done, failed)

    @property
    def is_busy(self) -> bool:
        """Whether a result is pending."""
        return self._n_open > 0

    def close(self) -> None:
        """Wait until all jobs are done; results are no longer emitted."""
        self._closed = True
        self._thread.shutdown(wait=True)

    def _run(self, job: Callable[[], Any], done: Callable[[Any], None], failed: Callable[[Exception], None]) -> None:
        try:
            result = job()
        except Exception as error:  # handled by the caller
            self._post(failed, error)
        else:
            self._post(done, result)

    def _post(self, answer: Callable[[Any], None], value: object) -> None:
        if self._closed:
            return
        try:
            self._posted.emit(lambda: answer(value))
        except RuntimeError:  # the window and this object no longer exist
            return

    @Slot(object)
    def _deliver(self, answer: Callable[[], None]) -> None:
        self._n_open -= 1
        if not self._closed:
            answer()
