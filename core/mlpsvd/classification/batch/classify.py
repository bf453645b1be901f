"""Classification of many recordings on all cores.

The result of a file depends only on the file and the model, not on the number of processes; only the order in which
files are finished does.

Processes are used instead of threads (measured on two cores with ``benchmarks/classify.py``: 10,000 short files take
2.8 s in one
process, 3.1 s with two threads, which contend for the interpreter lock, and 2.0 s in two processes; six hours of sound
take 4.3, 4.3 and 3.0 s).
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Sequence

from mlpsvd.classification.batch.file_classifier import FileClassifier
from mlpsvd.classification.batch.find_files import SoundFile, find_sound_files
from mlpsvd.classification.batch.process_pool import REPORT_INTERVAL_S, classify_in_processes
from mlpsvd.classification.batch.progress import ClassifyEvent, Finished, WorkCount, costs_of
from mlpsvd.classification.batch.results import FileResult, Thresholds
from mlpsvd.executors import n_usable_cores
from mlpsvd.models.model import Model

__all__ = [
    "ClassifyEvent",
    "FileResult",
    "SoundFile",
    "Thresholds",
    "classify_files",
    "find_sound_files",
    "in_order",
    "processes_that_pay",
]

_PAYS_FROM = 150_000_000
"""Amount of work, in bytes, below which one process is faster, as starting another takes 0.4 s."""


def processes_that_pay(files: Sequence[SoundFile]) -> int:
    """Return the number of worker processes for these files; 0 (only this process) if there is little to do."""
    pays = len(files) > 1 and sum(costs_of(files)) >= _PAYS_FROM
    return min(n_usable_cores(), len(files)) if pays else 0


def classify_files(
    model: Model,
    files: Sequence[SoundFile],
    n_processes: int = 0,
    is_polite: bool = False,
    thresholds: Thresholds | None = None,
) -> Generator[ClassifyEvent, None, None]:
    """Classify files and report the progress ten times a second; closing the generator stops at once.

    Parameters
    ----------
    model
        The model; it may exist in memory only.
    files
        The files. The result of an unusable file contains the reason.
    n_processes
        Number of worker processes; with 0, this process classifies between two events.
    is_polite
        Whether the worker processes run at low priority, so that a window stays responsive.
    thresholds
        Thresholds beyond which a prediction is "unknown".

    Raises
    ------
    MlpSvdError
        If no process can be started, or the model cannot be handed to them.
    """
    count = WorkCount(files)
    yield count.event(())
    if n_processes:
        n_processes = min(n_processes, max(1, len(files)))
        yield from classify_in_processes(model, files, n_processes, count, is_polite, thresholds)
    else:
        yield from _in_this_process(FileClassifier(model, thresholds), files, count)


def in_order(events: Iterator[ClassifyEvent]) -> Iterator[tuple[ClassifyEvent, list[FileResult]]]:
    """Yield every event with the results that are next in the order of the list."""
    waiting: dict[int, FileResult] = {}
    following = 0
    for event in events:
        waiting.update(event.finished)
        ready = []
        while following in waiting:
            ready.append(waiting.pop(following))
            following += 1
        yield event, ready


def _in_this_process(
    classifier: FileClassifier, files: Sequence[SoundFile], count: WorkCount
) -> Iterator[ClassifyEvent]:
    finished: list[Finished] = []
    reported_at = time.monotonic()
    for index, file in enumerate(files):
        for news in classifier.classify(file):
            if isinstance(news, FileResult):
                finished.append((index, news))
            else:
                count.begun(index, news)
            if time.monotonic() - reported_at >= REPORT_INTERVAL_S:
                yield count.event(finished)
                finished, reported_at = [], time.monotonic()
    yield count.event(finished)
