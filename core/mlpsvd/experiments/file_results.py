"""What a file is taken for: its windows, and what they come to."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mlpsvd.models.classifier import Decision

__all__ = ["FileResult"]


@dataclass(frozen=True, eq=False)
class FileResult:
    """What one file is taken for.

    Attributes
    ----------
    path
        The file.
    class_names
        Names of the classes, in the order of the probabilities.
    duration_s
        Length of the file in seconds; not-a-number where it could not be used.
    starts_s, durations_s : np.ndarray [shape=(n_windows,)]
        Where each window lies, in seconds.
    probabilities : np.ndarray [shape=(n_windows, n_classes)]
        What each window was taken for.
    truth
        The class that the file is known to be of; None where that is not known.
    problem
        Why the file could not be used, in one clause; empty where it could.
    """

    path: Path
    class_names: tuple[str, ...]
    duration_s: float
    starts_s: NDArray[np.float64] = field(repr=False)
    durations_s: NDArray[np.float64] = field(repr=False)
    probabilities: NDArray[np.float64] = field(repr=False)
    truth: str | None = None
    problem: str = ""

    @property
    def n_windows(self) -> int:
        """How many windows were classified."""
        return len(self.starts_s)

    @cached_property
    def mean_probabilities(self) -> NDArray[np.float64]:
        """Mean of the windows' probabilities [shape=(n_classes,)]; not-a-number where there is no window."""
        if not self.n_windows:
            return np.full(len(self.class_names), np.nan)
        return np.asarray(self.probabilities.mean(axis=0))

    @cached_property
    def window_classes(self) -> NDArray[np.intp]:
        """Index of the most probable class of each window [shape=(n_windows,)]."""
        return np.asarray(self.probabilities.argmax(axis=1), np.intp)

    @cached_property
    def label(self) -> str:
        """The class with the largest mean probability; empty where there is no window."""
        return self.class_names[int(self.mean_probabilities.argmax())] if self.n_windows else ""

    @property
    def probability(self) -> float:
        """Its mean probability; not-a-number where there is no window."""
        return float(self.mean_probabilities.max(initial=-math.inf)) if self.n_windows else math.nan

    @cached_property
    def majority(self) -> str:
        """The class that most windows were taken for; of two equally frequent ones the one with the larger mean."""
        if not self.n_windows:
            return ""
        counts = np.bincount(self.window_classes, minlength=len(self.class_names))
        best = max(range(len(counts)), key=lambda index: (counts[index], self.mean_probabilities[index]))
        return self.class_names[best]

    @cached_property
    def agreement(self) -> float:
        """Share of the windows taken for :attr:`label`; not-a-number where there is no window."""
        if not self.n_windows:
            return math.nan
        return float((self.window_classes == self.class_names.index(self.label)).mean())

    @property
    def is_usable(self) -> bool:
        """Whether it was classified."""
        return not self.problem

    @property
    def is_wrong(self) -> bool:
        """Whether it is known to be of another class than it was taken for."""
        return self.is_usable and self.truth is not None and self.truth != self.label

    @property
    def sentence(self) -> str:
        """Why it could not be used, in one sentence."""
        return f"{self.path} cannot be used: {self.problem}"

    def decisions(self) -> list[Decision]:
        """Return the windows one by one, as :meth:`Classifier.classify_file` does."""
        return [
            Decision(
                path=self.path,
                start_s=float(start_s),
                duration_s=float(duration_s),
                label=self.class_names[best],
                probability=float(probabilities[best]),
                probabilities=probabilities,
            )
            for start_s, duration_s, probabilities, best in zip(
                self.starts_s, self.durations_s, self.probabilities, self.window_classes, strict=True
            )
        ]
