"""Worker processes that classify files, and their pool."""

from __future__ import annotations

import os
import tempfile
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from pathlib import Path

from mlpsvd.classification.batch.file_classifier import FileClassifier
from mlpsvd.classification.batch.find_files import SoundFile
from mlpsvd.classification.batch.progress import ClassifyEvent, Finished, WorkCount
from mlpsvd.classification.batch.results import FileResult, Thresholds
from mlpsvd.errors import MlpSvdError
from mlpsvd.executors import begin_worker
from mlpsvd.models.model import Model
from mlpsvd.models.model_file import load_model, save_model

__all__ = ["LOST", "REPORT_INTERVAL_S", "Job", "classify_in_processes", "jobs_of"]

REPORT_INTERVAL_S = 0.1
"""Maximum time between two events."""

_MOST_FILES_AT_ONCE = 64
_NICENESS = 5
"""Niceness of low-priority processes: all cores are used, and the user's other work takes precedence."""

LOST = "the process that read it crashed: the file may be damaged or too large for memory"
"""Problem of a file whose worker ended."""

Job = list[tuple[int, SoundFile]]


def classify_in_processes(
    model: Model,
    files: Sequence[SoundFile],
    n: int,
    count: WorkCount,
    is_polite: bool,
    thresholds: Thresholds | None = None,
) -> Iterator[ClassifyEvent]:
    """Classify in ``n`` processes; see :func:`mlpsvd.classification.batch.classify.classify_files`."""
    jobs = deque(jobs_of(files, count.costs, n))
    unusable = FileClassifier(model).unusable
    with _started_workers(model, n, is_polite, thresholds) as workers:
        n_open = len(files)
        while n_open:
            finished: list[Finished] = []
            for worker in _ready(workers):
                try:
                    finished.extend(worker.take(count))
                except EOFError:
                    finished.extend((index, unusable(file, LOST)) for index, file in worker.lost(jobs))
                    workers[workers.index(worker)] = worker.another()
            for worker in workers:
                worker.give(jobs)
            n_open -= len(finished)
            yield count.event(finished)


def jobs_of(files: Sequence[SoundFile], costs: Sequence[int], n: int) -> Iterator[Job]:
    """Divide the files into jobs: first the long files, one per job, then the others in groups."""
    share = sum(costs) / (4 * n)
    for index in sorted((index for index, cost in enumerate(costs) if cost > share), key=lambda index: -costs[index]):
        yield [(index, files[index])]
    job: Job = []
    cost = 0
    for index, file in enumerate(files):
        if costs[index] > share:
            continue
        job.append((index, file))
        cost += costs[index]
        if cost > share / 4 or len(job) == _MOST_FILES_AT_ONCE:
            yield job
            job, cost = [], 0
    if job:
        yield job


@contextmanager
def _started_workers(model: Model, n: int, is_polite: bool, thresholds: Thresholds | None) -> Iterator[list[_Worker]]:
    """Start processes that load the model from a file, as a newly trained model may exist in memory only."""
    with tempfile.TemporaryDirectory(prefix="mlpsvd-") as folder:
        path = Path(folder) / "model.safetensors"
        save_model(path, model)
        workers = [_Worker(path, is_polite, thresholds) for _ in range(n)]
        try:
            yield workers
        finally:
            for worker in workers:
                worker.end()
            for worker in workers:
                worker.join()


def _ready(workers: Sequence[_Worker]) -> list[_Worker]:
    ready = wait([worker.line for worker in workers], REPORT_INTERVAL_S)
    return [worker for worker in workers if worker.line in ready]


class _Worker:
    """A worker process, as seen by the pool."""

    def __init__(self, model: Path, is_polite: bool, thresholds: Thresholds | None) -> None:
        context = get_context("spawn")
        self.line, its_end = context.Pipe()
        self._model, self._is_polite, self._thresholds = model, is_polite, thresholds
        self._process = context.Process(
            target=_work, args=(its_end, model, is_polite, thresholds), name="classify", daemon=True
        )
        with its_end:  # held by the process alone, so that its end is detected
            self._process.start()
        self._is_up = False
        self._is_idle = False
        self._job: dict[int, SoundFile] = {}

    def give(self, jobs: deque[Job]) -> None:
        """Send it the next job if it is idle."""
        if self._is_idle and jobs:
            job = jobs.popleft()
            with suppress(OSError):  # it has ended, which is detected later
                self.line.send(job)
            self._job = dict(job)
            self._is_idle = False

    def take(self, count: WorkCount) -> list[Finished]:
        """Receive its next message.

        Raises
        ------
        EOFError
            If it has ended.
        MlpSvdError
            If it reports an error.
        """
        try:
            news = self.line.recv()
        except OSError:
            raise EOFError from None
        if isinstance(news, Exception):
            raise news
        self._is_up = True
        finished: list[Finished] = news.finished
        for index, _ in finished:
            del self._job[index]
        for index, share in news.begun:
            count.begun(index, share)
        self._is_idle = not self._job
        return finished

    def lost(self, jobs: deque[Job]) -> Job:
        """Return the file that caused its crash; if there are several candidates, queue each as a separate job.

        They include files that it had finished but not yet reported.
        """
        if not self._is_up:
            raise MlpSvdError("No worker process can be started: the first one ended at once")
        rest = list(self._job.items())
        if len(rest) == 1:
            return rest
        jobs.extendleft([one] for one in reversed(rest))
        return []

    def another(self) -> _Worker:
        """Return a new process that replaces it."""
        self.end()
        return _Worker(self._model, self._is_polite, self._thresholds)

    def end(self) -> None:
        """Terminate it."""
        self._process.terminate()

    def join(self) -> None:
        """Wait for its end."""
        self._process.join()
        self.line.close()


@dataclass(frozen=True)
class _News:
    """Message of a process: results, and the completed share of its current file."""

    finished: list[Finished]
    begun: list[tuple[int, float]]


def _work(leader: Connection, model: Path, is_polite: bool, thresholds: Thresholds | None) -> None:
    """Load the model, report that, and classify jobs until the pool closes the connection."""
    begin_worker()
    if is_polite and hasattr(os, "nice"):
        os.nice(_NICENESS)
    with suppress(EOFError, OSError):
        try:
            classifier = FileClassifier(load_model(model), thresholds)
            leader.send(_News([], []))
            while True:
                _do(classifier, leader.recv(), leader)
        except MlpSvdError as error:
            leader.send(MlpSvdError(str(error)))


def _do(classifier: FileClassifier, job: Job, leader: Connection) -> None:
    finished: list[Finished] = []
    reported_at = time.monotonic()
    for index, file in job:
        for news in classifier.classify(file):
            if isinstance(news, FileResult):
                finished.append((index, news))
            elif time.monotonic() - reported_at >= REPORT_INTERVAL_S:
                leader.send(_News(finished, [(index, news)]))
                finished, reported_at = [], time.monotonic()
    leader.send(_News(finished, []))
