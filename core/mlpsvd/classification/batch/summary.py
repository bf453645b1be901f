"""Summary of many classified files: counts, accuracy and confusion matrix where the actual classes are known."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mlpsvd.classification.batch.results import FileResult
from mlpsvd.metrics.uncertainty import interval_text
from mlpsvd.text import percent

__all__ = ["ClassificationTotals", "totals_of"]


@dataclass(frozen=True, eq=False)
class ClassificationTotals:
    """Totals over files.

    Attributes
    ----------
    class_names
        The classes.
    n_files, n_unusable
        Files, and those among them that could not be used.
    n_windows, duration_s
        Windows and seconds that were classified.
    counts : np.ndarray [shape=(n_classes,)]
        Files predicted as each class.
    confusion : np.ndarray [shape=(n_classes, n_classes)]
        Files whose class is known; rows are actual classes, columns predicted classes.
    n_unknown, n_doubtful
        Files whose verdict is "unknown", and doubtful files (unknown or with a note).
    n_training
        Files that the model was trained on.
    n_unseen, n_unseen_right
        Files whose class is known and that the model was not trained on, and those of them predicted correctly.
    """

    class_names: tuple[str, ...]
    n_files: int
    n_unusable: int
    n_windows: int
    duration_s: float
    counts: NDArray[np.intp] = field(repr=False)
    confusion: NDArray[np.intp] = field(repr=False)
    n_unknown: int = 0
    n_doubtful: int = 0
    n_training: int = 0
    n_unseen: int = 0
    n_unseen_right: int = 0

    @property
    def n_known(self) -> int:
        """Number of usable files whose class is known."""
        return int(self.confusion.sum())

    @property
    def n_right(self) -> int:
        """Number of them predicted correctly."""
        return int(np.trace(self.confusion))

    @property
    def accuracy(self) -> float:
        """Share of correct predictions, 0 to 1; NaN if no class is known."""
        return self.n_right / self.n_known if self.n_known else math.nan

    @property
    def sentence(self) -> str:
        """The accuracy as text; empty if no class is known."""
        if not self.n_known:
            return ""
        files = "file" if self.n_known == 1 else "files"
        known = f"{self.n_right:,} of {self.n_known:,} {files} whose class is known"
        interval = interval_text(self.accuracy, self.n_known)
        return f"accuracy {percent(self.accuracy, 2)} (95 % interval {interval}; {known}){self.unseen}"

    @property
    def unseen(self) -> str:
        """Accuracy for files that the model was not trained on, as text; empty if it was trained on none of them."""
        if self.n_unseen == self.n_known:
            return ""
        if not self.n_unseen:
            return "; the model was trained on all of them"
        share = percent(self.n_unseen_right / self.n_unseen, 2)
        return f"; {share} of the {self.n_unseen:,} that the model was not trained on"

    @property
    def doubts(self) -> str:
        """Number of doubtful files as text; empty if none."""
        n_usable = self.n_files - self.n_unusable
        if not self.n_doubtful:
            return ""
        unknown = f", {self.n_unknown:,} of them unknown" if self.n_unknown else ""
        return f"{self.n_doubtful:,} of {n_usable:,} classified files are doubtful{unknown}"


def totals_of(results: Iterable[FileResult], class_names: Sequence[str]) -> ClassificationTotals:
    """Summarise results of a model with these classes."""
    index = {name: number for number, name in enumerate(class_names)}
    counts = np.zeros(len(index), np.intp)
    confusion = np.zeros((len(index), len(index)), np.intp)
    n_files = n_unusable = n_windows = n_unknown = n_doubtful = n_training = n_unseen = n_unseen_right = 0
    duration_s = 0.0
    for one in results:
        n_files += 1
        if one.problem:
            n_unusable += 1
            continue
        n_windows += len(one.starts_s)
        duration_s += one.duration_s
        counts[index[one.label]] += 1
        n_unknown += one.is_unknown
        n_doubtful += one.is_doubtful
        n_training += one.is_training
        if one.truth is not None:
            confusion[index[one.truth], index[one.label]] += 1
            n_unseen += not one.is_training
            n_unseen_right += not one.is_training and one.truth == one.label
    return ClassificationTotals(
        tuple(class_names), n_files, n_unusable, n_windows, duration_s, counts, confusion,
        n_unknown, n_doubtful, n_training, n_unseen, n_unseen_right,
    )  # fmt: skip
