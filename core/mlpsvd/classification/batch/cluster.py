"""Classification of many recordings on a Dask cluster, whose workers read the files at the same paths."""

from __future__ import annotations

import functools
import socket
import tempfile
from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, Future, wait
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

from mlpsvd.classification.batch.file_classifier import FileClassifier
from mlpsvd.classification.batch.find_files import SoundFile
from mlpsvd.classification.batch.process_pool import LOST, REPORT_INTERVAL_S, Job, jobs_of
from mlpsvd.classification.batch.progress import ClassifyEvent, Finished, WorkCount
from mlpsvd.classification.batch.results import FileResult, Thresholds
from mlpsvd.errors import DataError, DeviceError
from mlpsvd.executors import ClusterExecutor, result_of
from mlpsvd.files import path_exists
from mlpsvd.models.model import Model
from mlpsvd.models.model_file import load_model, model_content

__all__ = ["OpenCluster", "classify_on_cluster"]

_JOBS_PER_CORE = 2
"""Jobs that are submitted at the same time, so that no core waits for the next one."""

OpenCluster = Callable[[], AbstractContextManager[ClusterExecutor]]
"""Connects to a cluster for a ``with`` block."""

_Answer = tuple[list[FileResult | None], str]
"""Results of a job, None for each file that the worker does not find, and the name of its machine."""


def classify_on_cluster(
    model: Model, files: Sequence[SoundFile], open_cluster: OpenCluster, thresholds: Thresholds | None = None
) -> Generator[ClassifyEvent, None, None]:
    """Classify files on a cluster; events and results are those of
    :func:`mlpsvd.classification.batch.classify.classify_files`.

    Closing the generator cancels the jobs that have not begun.

    Parameters
    ----------
    model
        The model; it is sent to the workers.
    files
        The files, which the workers find at the same absolute paths.
    open_cluster
        Connects to the cluster, see :func:`mlpsvd.executors.dask_workers`.
    thresholds
        Thresholds beyond which a prediction is "unknown".

    Raises
    ------
    MissingLibraryError
        If Dask is not installed here, or MLP-SVD not on a worker.
    DeviceError
        If the scheduler does not answer, or is lost.
    DataError
        If a worker does not find a file that exists on this machine.
    """
    count = WorkCount(files)
    yield count.event(())
    if not files:
        return
    with open_cluster() as executor:
        yield from _Cluster(model, files, thresholds, executor, count).run()


class _Cluster:
    """The jobs on a cluster."""

    def __init__(
        self,
        model: Model,
        files: Sequence[SoundFile],
        thresholds: Thresholds | None,
        executor: ClusterExecutor,
        count: WorkCount,
    ) -> None:
        self._content = model_content(model)
        self._thresholds = thresholds
        self._here = FileClassifier(model, thresholds)
        self._executor = executor
        self._count = count
        self._n_open = len(files)
        self._jobs = deque(jobs_of(files, count.costs, executor.n_cores))
        self._pending: dict[Future[_Answer], Job] = {}

    def run(self) -> Generator[ClassifyEvent, None, None]:
        """Yield the progress and the results, ten times a second."""
        try:
            while self._n_open:
                self._submit()
                done, _ = wait(self._pending, REPORT_INTERVAL_S, return_when=FIRST_COMPLETED)
                finished = [one for future in done for one in self._taken(future, self._pending.pop(future))]
                self._n_open -= len(finished)
                yield self._count.event(finished)
        finally:
            for future in self._pending:
                future.cancel()

    def _submit(self) -> None:
        while self._jobs and len(self._pending) < _JOBS_PER_CORE * self._executor.n_cores:
            job = self._jobs.popleft()
            there = [replace(file, path=file.path.absolute()) for _, file in job]
            self._pending[self._executor.submit(_classify, self._content, self._thresholds, there)] = job

    def _taken(self, future: Future[_Answer], job: Job) -> list[Finished]:
        """Return the results of a job; one whose workers were killed is divided into files."""
        try:
            results, machine = result_of(future)
        except BrokenExecutor as error:
            if isinstance(error.__cause__, CancelledError):
                raise DeviceError("The Dask scheduler no longer answers; start it and repeat the command") from error
            if len(job) == 1:
                return [(index, self._here.unusable(file, LOST)) for index, file in job]
            self._jobs.extendleft([one] for one in reversed(job))
            return []
        return [
            (index, self._missed(file, machine) if result is None else replace(result, path=file.path))
            for (index, file), result in zip(job, results, strict=True)
        ]

    def _missed(self, file: SoundFile, machine: str) -> FileResult:
        """Return the result of a file that does not exist; raise an error if it exists on this machine."""
        if path_exists(file.path):
            raise DataError(
                f"{file.path.absolute()} does not exist for the worker on {machine}; the recordings should be at the "
                "same path on this machine and on all workers of the cluster"
            )
        return _result(self._here, file)


def _classify(content: bytes, thresholds: Thresholds | None, files: Sequence[SoundFile]) -> _Answer:
    """Classify files on a worker."""
    classifier = _classifier(content, thresholds)
    return [_result(classifier, file) if path_exists(file.path) else None for file in files], socket.gethostname()


def _result(classifier: FileClassifier, file: SoundFile) -> FileResult:
    *_, result = classifier.classify(file)
    assert isinstance(result, FileResult)
    return result


@functools.lru_cache(maxsize=2)
def _classifier(content: bytes, thresholds: Thresholds | None) -> FileClassifier:
    """Return the classifier of a model, which is loaded once in each worker."""
    with tempfile.TemporaryDirectory(prefix="mlpsvd-") as folder:
        path = Path(folder) / "model.safetensors"
        path.write_bytes(content)
        return FileClassifier(load_model(path), thresholds)
