"""Calibration: whether a network's probabilities agree with its accuracy, and the temperature that makes them agree."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlpsvd.analysis.predictions import probabilities_on_test_set
from mlpsvd.datasets.dataset import DataSet
from mlpsvd.errors import DataError
from mlpsvd.models.temperature import LARGEST, SMALLEST, tempered
from mlpsvd.network.network import Network

__all__ = ["Calibration", "Reliability", "calibrate", "fit_temperature", "mean_cross_entropy", "reliability"]

Array = NDArray[np.float64]

_N_BINS = 10
_FEWEST = 20
_HALVINGS = 40
"""Of a range of e^9.2: T is exact to 1e-11."""


@dataclass(frozen=True, eq=False)
class Reliability:
    """Accuracy against the probability shown for the predicted class, in bins of equal width.

    Attributes
    ----------
    edges : np.ndarray [shape=(n_bins + 1,)]
        Limits of the bins, 0 to 1.
    confidence, accuracy : np.ndarray [shape=(n_bins,)]
        Mean probability of the predicted class, and share of clips classified correctly; not-a-number in empty bins.
    counts : np.ndarray [shape=(n_bins,)]
        Clips in each bin.
    expected_error
        Expected calibration error: mean of \\|accuracy − confidence\\| over the clips.
    mean_confidence, mean_accuracy
        Over all clips.
    error_by_chance
        Expected calibration error that these clips would show on average if each were correct with the probability
        shown: √(2/π) Σ_b √(Σ_i p_i (1 − p_i)) / n over the bins b and their clips i, in the normal approximation.
    """

    edges: Array
    confidence: Array
    accuracy: Array
    counts: NDArray[np.intp]
    expected_error: float
    error_by_chance: float
    mean_confidence: float
    mean_accuracy: float


@dataclass(frozen=True, eq=False)
class Calibration:
    """Calibration of a network: a temperature fitted on half of the test clips, judged on the other half.

    Attributes
    ----------
    temperature
        Fitted temperature; above 1 where the network is too certain.
    before, after
        Reliability on the clips that the temperature was not fitted on, without and with it.
    cross_entropy_before, cross_entropy_after
        Mean cross-entropy on these clips, in nats.
    n_fitted, n_judged
        Number of clips of each half.
    """

    temperature: float
    before: Reliability
    after: Reliability
    cross_entropy_before: float
    cross_entropy_after: float
    n_fitted: int
    n_judged: int


def reliability(probabilities: Array, labels: NDArray[np.intp], n_bins: int = _N_BINS) -> Reliability:
    """Return the reliability diagram and the expected calibration error.

    Parameters
    ----------
    probabilities : np.ndarray [shape=(n_clips, n_classes)]
        Probability of each class.
    labels : np.ndarray [shape=(n_clips,)]
        Actual classes.
    n_bins
        Number of bins between 0 and 1.

    References
    ----------
    Guo, Pleiss, Sun and Weinberger (2017), On calibration of modern neural networks, equation (3).

    Examples
    --------
    >>> import numpy as np
    >>> from mlpsvd.analysis.calibration import reliability
    >>> sure = np.array([[0.9, 0.1], [0.9, 0.1]])
    >>> round(reliability(sure, np.array([0, 1])).expected_error, 3)
    0.4
    """
    shown = probabilities.max(axis=1)
    is_correct = (probabilities.argmax(axis=1) == labels).astype(np.float64)
    bins = np.minimum((shown * n_bins).astype(np.intp), n_bins - 1)
    counts = np.bincount(bins, minlength=n_bins)
    with np.errstate(invalid="ignore"):
        confidence = np.bincount(bins, shown, n_bins) / counts
        accuracy = np.bincount(bins, is_correct, n_bins) / counts
    gaps = np.nan_to_num(np.abs(accuracy - confidence))
    return Reliability(
        edges=np.linspace(0.0, 1.0, n_bins + 1),
        confidence=confidence,
        accuracy=accuracy,
        counts=counts,
        expected_error=float((gaps * counts).sum() / counts.sum()),
        error_by_chance=float(
            np.sqrt(2.0 / np.pi * np.bincount(bins, shown * (1.0 - shown), n_bins)).sum() / len(shown)
        ),
        mean_confidence=float(shown.mean()),
        mean_accuracy=float(is_correct.mean()),
    )


def mean_cross_entropy(probabilities: Array, labels: NDArray[np.intp]) -> float:
    """Return the mean of −log p of the actual class, in nats."""
    own = probabilities[np.arange(len(labels)), labels]
    return float(-np.log(np.maximum(own, np.finfo(np.float64).tiny)).mean())


def fit_temperature(probabilities: Array, labels: NDArray[np.intp]) -> float:
    """Return the temperature with the smallest mean cross-entropy, from 0.01 to 100.

    The cross-entropy is convex in β = 1/T; its derivative, the mean of E[log p] under p^β minus log p of the actual
    class, rises with β and is 0 at the minimum, which is found by bisection.

    Parameters
    ----------
    probabilities : np.ndarray [shape=(n_clips, n_classes)]
        Probabilities of held-out clips, without a temperature.
    labels : np.ndarray [shape=(n_clips,)]
        Actual classes.
    """
    logarithms = np.log(np.maximum(probabilities, np.finfo(np.float64).tiny))
    own = logarithms[np.arange(len(labels)), labels].mean()
    low, high = np.log(1.0 / LARGEST), np.log(1.0 / SMALLEST)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2.0
        expected = (tempered(probabilities, float(np.exp(-middle))) * logarithms).sum(axis=1).mean()
        low, high = (low, middle) if expected > own else (middle, high)
    return float(np.exp(-(low + high) / 2.0))


def calibrate(network: Network, dataset: DataSet) -> Calibration:
    """Fit a temperature on every second test clip of each class and judge it on the others.

    Raises
    ------
    DataError
        If there are fewer than 20 test clips.
    """
    n = len(dataset.y_test)
    if n < _FEWEST:
        raise DataError(f"a temperature needs at least {_FEWEST} test clips; there are {n}")
    probabilities = probabilities_on_test_set(network, dataset)
    order = np.argsort(dataset.y_test, kind="stable")
    fitted, judged = order[0::2], order[1::2]
    temperature = fit_temperature(probabilities[fitted], dataset.y_test[fitted])
    before, labels = probabilities[judged], dataset.y_test[judged]
    after = tempered(before, temperature)
    return Calibration(
        temperature=temperature,
        before=reliability(before, labels),
        after=reliability(after, labels),
        cross_entropy_before=mean_cross_entropy(before, labels),
        cross_entropy_after=mean_cross_entropy(after, labels),
        n_fitted=len(fitted),
        n_judged=len(judged),
    )
