"""Background classification of many files in worker processes."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from mlpsvd.classification.batch.classify import FileResult, SoundFile, classify_files
from mlpsvd.errors import MlpSvdError
from mlpsvd.executors import n_usable_cores
from mlpsvd.models.model import Model

__all__ = ["ClassificationEnded", "ClassificationNews", "ClassificationWorker", "FilesClassified"]

_log = logging.getLogger(__name__)
_REPORT_INTERVAL_S = 0.1
_FAULT = "The recordings could not be classified because of an internal error. See the log for details."


@dataclass(frozen=True)
class FilesClassified:
    """Progress of the run that ``token`` identifies.

    Attributes
    ----------
    token
        Identifies the run.
    finished
        Number in its list, and result, of the files finished since the last event.
    n_done, n_files, share, left_s
        As in :class:`mlpsvd.classification.batch.progress.ClassifyEvent`.
    """

    token: int
    finished: tuple[tuple[int, FileResult], ...]
    n_done: int
    n_files: int
    share: float
    left_s: float | None


@dataclass(frozen=True)
class ClassificationEnded:
    """The run has ended: finished, stopped, or with an error in one sentence."""

    token: int
    error: str = ""


ClassificationNews = FilesClassified | ClassificationEnded


class ClassificationWorker(QObject):
    """Runs one classification at a time, in separate processes."""

    news = Signal(object)
    """Emits ``ClassificationNews``, in order, on the thread this object lives in; the last one is an end."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._token = 0
        self._run: _Run | None = None

    def start(self, model: Model, files: Sequence[SoundFile]) -> int:
        """Classify files, after stopping a running classification; return the token of the new run."""
        self.close()
        self._token += 1
        self._run = _Run(self, self._token, model, tuple(files))
        self._run.thread.start()
        return self._token

    def stop(self) -> None:
        """Stop the run within half a second; finished results have been emitted."""
        if self._run is not None:
            self._run.stop.set()

    def close(self, timeout_s: float = 0.8) -> bool:
        """Stop and wait; return whether the run ended in time. Emits nothing more."""
        self._token += 1
        if self._run is None:
            return True
        self._run.stop.set()
        self._run.thread.join(timeout_s)
        return not self._run.thread.is_alive()

    def is_current(self, news: ClassificationNews) -> bool:
        """Whether a message belongs to the latest run."""
        return news.token == self._token


class _Run:
    """A run and its thread."""

    def __init__(self, worker: ClassificationWorker, token: int, model: Model, files: tuple[SoundFile, ...]) -> None:
        self.thread = threading.Thread(target=self._work, name="classification", daemon=True)
        self.stop = threading.Event()
        self._worker = worker
        self._token = token
        self._model = model
        self._files = files

    def _work(self) -> None:
        error = ""
        try:
            self._pull()
        except MlpSvdError as caught:
            error = str(caught)
        except OSError as caught:
            error = f"The recordings could not be classified: {caught.strerror or caught}."
        except Exception:
            _log.exception("classification")
            error = _FAULT
        self._report(ClassificationEnded(self._token, error))

    def _pull(self) -> None:
        finished: list[tuple[int, FileResult]] = []
        reported_at = 0.0
        n_processes = max(1, min(n_usable_cores(), len(self._files)))
        with closing(classify_files(self._model, self._files, n_processes, is_polite=True)) as events:
            for event in events:
                finished.extend(event.finished)
                is_last = event.n_done == event.n_files or self.stop.is_set()
                if is_last or time.monotonic() - reported_at >= _REPORT_INTERVAL_S:
                    reported_at = time.monotonic()
                    self._report(
                        FilesClassified(
                            self._token, tuple(finished), event.n_done, event.n_files, event.share, event.left_s
                        )
                    )
                    finished = []
                if self.stop.is_set():
                    return

    def _report(self, news: ClassificationNews) -> None:
        with suppress(RuntimeError):  # the window and the worker no longer exist
            self._worker.news.emit(news)
