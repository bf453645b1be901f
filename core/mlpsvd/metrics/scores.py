"""Confusion matrix (Table I), accuracy, precision, recall and F1."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["ClassReport", "accuracy", "balanced_accuracy", "class_report", "confusion_matrix"]


@dataclass(frozen=True)
class ClassReport:
    """Precision, recall and F1 of each class; NaN if the denominator is 0.

    Attributes
    ----------
    precision : np.ndarray [shape=(n_classes,)]
        Share of the clips predicted as the class that belong to it.
    recall : np.ndarray [shape=(n_classes,)]
        Share of the clips of the class that are predicted as it.
    f1 : np.ndarray [shape=(n_classes,)]
        Harmonic mean of precision and recall.
    support : np.ndarray [shape=(n_classes,)]
        Number of clips of the class.
    """

    precision: NDArray[np.float64]
    recall: NDArray[np.float64]
    f1: NDArray[np.float64]
    support: NDArray[np.intp]


def confusion_matrix(targets: NDArray[np.intp], estimates: NDArray[np.intp], n_classes: int) -> NDArray[np.intp]:
    """Return the confusion matrix: rows are actual classes, columns predicted ones, as in Table I.

    Parameters
    ----------
    targets, estimates : np.ndarray [shape=(n_clips,)]
        Class indices.
    n_classes
        Number of classes, K.

    Returns
    -------
    confusion : np.ndarray [shape=(n_classes, n_classes)]
    """
    counts = np.bincount(targets * n_classes + estimates, minlength=n_classes * n_classes)
    return counts.reshape(n_classes, n_classes)


def accuracy(confusion: NDArray[np.intp]) -> float:
    """Return the accuracy, 0 to 1; NaN without clips."""
    total = confusion.sum()
    return float(np.trace(confusion) / total) if total else float("nan")


def balanced_accuracy(confusion: NDArray[np.intp]) -> float:
    """Return the mean recall of the classes that have clips, 0 to 1; NaN without clips.

    Examples
    --------
    >>> balanced_accuracy(np.array([[8, 2], [0, 1]]))
    0.9
    """
    counts = confusion.sum(axis=1)
    recalls = np.diag(confusion)[counts > 0] / counts[counts > 0]
    return float(recalls.mean()) if recalls.size else float("nan")


def class_report(confusion: NDArray[np.intp]) -> ClassReport:
    """Return precision, recall and F1 of every class of a confusion matrix [shape=(n_classes, n_classes)]."""
    hits = np.diag(confusion).astype(np.float64)
    estimated = confusion.sum(axis=0)
    support = confusion.sum(axis=1)
    return ClassReport(
        precision=_ratio(hits, estimated),
        recall=_ratio(hits, support),
        f1=_ratio(2 * hits, estimated + support),
        support=support,
    )


def _ratio(numerator: NDArray[np.float64], denominator: NDArray[np.intp]) -> NDArray[np.float64]:
    out: NDArray[np.float64] = np.full(len(numerator), np.nan)
    return np.divide(numerator, denominator, out=out, where=denominator > 0)
