"""Classification of many recordings, on all cores.

The numbers of a file follow from it and the model alone, so they do not depend on how many processes there are; only
the order in which files are finished does.

Processes and not threads, measured on two cores with ``benchmarks/classify.py``: 10,000 short files take 2.8 s in one
process, 3.1 s with two threads, which wait for the interpreter's lock, and 2.0 s in two processes; six hours of sound
take 4.3, 4.3 and 3.0 s.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Sequence

from mlpsvd.classification.batch.file_classifier import FileClassifier
from mlpsvd.classification.batch.find_files import SoundFile, find_sound_files
from mlpsvd.classification.batch.process_pool import TELL_S, classify_in_processes
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
"""Work, in bytes, below which starting processes (0.4 s each) takes longer than they save: about a second of it."""


def processes_that_pay(files: Sequence[SoundFile]) -> int:
    """Return how many processes to classify these files with: 0, none but this one, where there is little to do."""
    pays = len(files) > 1 and sum(costs_of(files)) >= _PAYS_FROM
    return min(n_usable_cores(), len(files)) if pays else 0


def classify_files(
    model: Model,
    files: Sequence[SoundFile],
    n_processes: int = 0,
    is_polite: bool = False,
    thresholds: Thresholds | None = None,
) -> Generator[ClassifyEvent, None, None]:
    """Classify files and tell how far it is, ten times a second; closing the generator stops at once.

    Parameters
    ----------
    model
        What decides; it may be in memory only.
    files
        What to classify. Those that cannot be used have results that say why.
    n_processes
        How many processes work; 0 works in this one, between one event and the next.
    is_polite
        Whether processes let go first what else runs on this machine, such as a window.
    thresholds
        From where on a prediction is "unknown".

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
        yield from _here(FileClassifier(model, thresholds), files, count)


def in_order(events: Iterator[ClassifyEvent]) -> Iterator[tuple[ClassifyEvent, list[FileResult]]]:
    """Yield every event with the results whose turn it is: together they come in the order of the list."""
    waiting: dict[int, FileResult] = {}
    following = 0
    for event in events:
        waiting.update(event.finished)
        ready = []
        while following in waiting:
            ready.append(waiting.pop(following))
            following += 1
        yield event, ready


def _here(classifier: FileClassifier, files: Sequence[SoundFile], count: WorkCount) -> Iterator[ClassifyEvent]:
    finished: list[Finished] = []
    told_at = time.monotonic()
    for index, file in enumerate(files):
        for news in classifier.classify(file):
            if isinstance(news, FileResult):
                finished.append((index, news))
            else:
                count.begun(index, news)
            if time.monotonic() - told_at >= TELL_S:
                yield count.event(finished)
                finished, told_at = [], time.monotonic()
    yield count.event(finished)
