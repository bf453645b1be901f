"""Confusion matrix (Table I), accuracy, precision, recall and F1."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["ClassReport", "accuracy", "class_report", "confusion_matrix"]


@dataclass(frozen=True)
class ClassReport:
    """Figures of merit for each class; not-a-number where a class has nothing to divide by.

    Attributes
    ----------
    precision : np.ndarray [shape=(n_classes,)]
        Of the clips estimated as this class, the share that is.
    recall : np.ndarray [shape=(n_classes,)]
        Of the clips of this class, the share found.
    f1 : np.ndarray [shape=(n_classes,)]
        Harmonic mean of both.
    support : np.ndarray [shape=(n_classes,)]
        Clips of this class.
    """

    precision: NDArray[np.float64]
    recall: NDArray[np.float64]
    f1: NDArray[np.float64]
    support: NDArray[np.intp]


def confusion_matrix(targets: NDArray[np.intp], estimates: NDArray[np.intp], n_classes: int) -> NDArray[np.intp]:
    """Count clips; rows are targets, columns estimates, as in Table I.

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
    """Return the share of clips on the diagonal, 0 to 1; not-a-number for no clips at all."""
    total = confusion.sum()
    return float(np.trace(confusion) / total) if total else float("nan")


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
