"""Temporal smoothing of per-window class probabilities: mean, majority vote, hidden Markov model.

Each smoother receives the position and the probabilities of each window and returns the smoothed probabilities. All
settings are in seconds, not in windows, so that they mean the same at any hop. :meth:`Smoother.reset` clears the state.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections import deque
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlpsvd.classification.live.settings import LiveSettings

__all__ = [
    "HiddenMarkov",
    "Majority",
    "Mean",
    "NoSmoothing",
    "Smoothed",
    "Smoother",
    "make_smoother",
]

Vector = NDArray[np.floating[Any]]

_LEAST_PROBABILITY = 1e-9
_TIE = 1e-9


@dataclass(frozen=True, eq=False)
class Smoothed:
    """Smoothed result of the windows so far.

    Attributes
    ----------
    probabilities : np.ndarray [shape=(n_classes,)]
        They sum to 1.
    winner
        Index of the class shown: the most probable one; of equal ones the one that the smoother prefers.
    """

    probabilities: Vector
    winner: int

    @property
    def probability(self) -> float:
        """Probability of the winner."""
        return float(self.probabilities[self.winner])


class Smoother(ABC):
    """Combines the windows so far into one result."""

    @abstractmethod
    def add(self, start_s: float, end_s: float, probabilities: Vector) -> Smoothed:
        """Add the next window's probabilities [shape=(n_classes,)] and return the smoothed result.

        Parameters
        ----------
        start_s, end_s
            Position of the window; ends increase from window to window.
        probabilities
            Network output for this window alone.
        """

    @abstractmethod
    def reset(self) -> None:
        """Reset the state."""


class NoSmoothing(Smoother):
    """No smoothing."""

    def add(self, start_s: float, end_s: float, probabilities: Vector) -> Smoothed:
        """Return the window's own probabilities (the same array)."""
        return Smoothed(probabilities, int(np.argmax(probabilities)))

    def reset(self) -> None:
        """Do nothing, as there is no state."""


class _Recent:
    """The windows of the last ``span_s`` seconds, weighted by duration.

    Overlapping windows contain the same sound several times. Each is therefore weighted by its new sound only: from the
    end of the previous window (at the earliest from its own start) to its own end, as far as that lies within the last
    ``span_s`` seconds. Weights are thus durations: adjacent windows have equal weights, at a quarter of the hop four
    windows share the weight of one, and lost sound has no weight.
    """

    def __init__(self, span_s: float) -> None:
        self._span_s = span_s
        self._intervals: deque[tuple[float, float, Vector]] = deque()

    def reset(self) -> None:
        self._intervals.clear()

    def add(self, start_s: float, end_s: float, probabilities: Vector) -> None:
        first_s = max(start_s, self._intervals[-1][1]) if self._intervals else start_s
        self._intervals.append((first_s, end_s, probabilities))
        while self._intervals[0][1] <= end_s - self._span_s and len(self._intervals) > 1:
            self._intervals.popleft()

    def weights(self) -> Vector:
        """Return each window's share of the time [shape=(n_windows,)], oldest first; they sum to 1."""
        now_s = self._intervals[-1][1]
        times_s = np.array([end_s - max(first_s, now_s - self._span_s) for first_s, end_s, _ in self._intervals])
        total_s = float(times_s.sum())
        # A span of 0 contains no time: only the latest window is left.
        return times_s / total_s if total_s > 0.0 else np.ones(1)

    def probabilities(self) -> Vector:
        """Return the probabilities of each window [shape=(n_windows, n_classes)], oldest first."""
        return np.stack([probabilities for _, _, probabilities in self._intervals])


class Mean(Smoother):
    """The mean of the probabilities over the last ``span_s`` seconds.

    With w_i the share of that time that is new in window i (:class:`_Recent`), p̄(k) = Σ_i w_i p_i(k).
    This is the sum rule for combining classifiers (Kittler, Hatef, Duin and Matas, 1998).
    """

    def __init__(self, span_s: float) -> None:
        self._recent = _Recent(span_s)

    def add(self, start_s: float, end_s: float, probabilities: Vector) -> Smoothed:
        """Add the next window and return the mean."""
        self._recent.add(start_s, end_s, probabilities)
        mean = self._recent.weights() @ self._recent.probabilities()
        return Smoothed(mean, int(np.argmax(mean)))

    def reset(self) -> None:
        """Reset the state."""
        self._recent.reset()


class Majority(Smoother):
    """The class predicted for most of the last ``span_s`` seconds.

    Each window votes for its most probable class, with the weight w_i of :class:`Mean`: s(k) = Σ_i w_i [k = argmax
    p_i] is the share of the time predicted as class k. Of classes with equal shares (to within a billionth)
    the one with the highest mean probability wins.
    """

    def __init__(self, span_s: float) -> None:
        self._recent = _Recent(span_s)

    def add(self, start_s: float, end_s: float, probabilities: Vector) -> Smoothed:
        """Add the next window and return the shares of the votes."""
        self._recent.add(start_s, end_s, probabilities)
        weights, recent = self._recent.weights(), self._recent.probabilities()
        shares = weights @ (recent.argmax(axis=1)[:, np.newaxis] == np.arange(recent.shape[1]))
        in_front = shares >= shares.max() - _TIE
        return Smoothed(shares, int(np.argmax(np.where(in_front, weights @ recent, -1.0))))

    def reset(self) -> None:
        """Reset the state."""
        self._recent.reset()


class HiddenMarkov(Smoother):
    """The forward filter of a hidden Markov model whose states are the classes (Rabiner, 1989, section III A).

    *Transitions.* A class lasts ``dwell_s`` seconds on average and is followed by each of the K - 1 others with equal
    probability: a Markov chain in continuous time with the rate 1 / dwell_s. Over a time Δ it has

        A_same = 1/K + (1 - 1/K) e^-x,   A_other = (1 - e^-x) / K,   x = Δ/dwell_s · K/(K - 1),

    and A(Δ₁) A(Δ₂) = A(Δ₁ + Δ₂): the dwell time has the same meaning at any hop, and also if sound was lost between two
    windows. In nats, a change costs ln(dwell_s / 1 s) against a rate of one a second.

    *Observations.* The filter needs the likelihood p(x|k) of the observation, and a classification network gives the
    posterior p(k|x) = p(x|k) p(k) / p(x). Divided by the prior p(k), the posterior is the likelihood up
    to p(x), which is the same for all k and drops out (Bourlard and Morgan, 1994). The prior is assumed uniform, 1/K;
    then division by it changes nothing either, and the posterior itself can be used. (Training sets here are balanced,
    or nearly so; an unbalanced one biases the filter towards its larger classes, as it biases the network itself.)

    *Overlap.* The filter assumes independent observations, and overlapping windows are not. Each log likelihood is
    therefore weighted by the share of its window that no earlier window contains (1 for adjacent windows); otherwise
    the same sound would count once for every window that contains it.

    The recursion uses logarithms to avoid overflow and underflow:

        ln α(k) = share · ln p(k|x) + ln[A_other Σ_j α'(j) + e^-x α'(k)],   normalised to Σ_k α(k) = 1,

    as A_same = A_other + e^-x. A probability below 1e-9 counts as 1e-9, so that no single window excludes a class
    permanently.
    """

    def __init__(self, dwell_s: float) -> None:
        self._dwell_s = dwell_s
        self._log_alpha: Vector | None = None
        self._end_s = 0.0

    def add(self, start_s: float, end_s: float, probabilities: Vector) -> Smoothed:
        """Add the next window and return the probability of each class, given all windows so far."""
        share, log_alpha = 1.0, np.full(len(probabilities), -math.log(len(probabilities)))
        if self._log_alpha is not None:
            share = min(1.0, (end_s - self._end_s) / (end_s - start_s))
            log_alpha = self._predicted(self._log_alpha, end_s - self._end_s)
        observed = np.log(np.maximum(np.asarray(probabilities, np.float64), _LEAST_PROBABILITY))
        log_alpha = log_alpha + share * observed
        log_alpha -= np.logaddexp.reduce(log_alpha)
        self._log_alpha, self._end_s = log_alpha, end_s
        alpha = np.exp(log_alpha)
        return Smoothed(alpha / alpha.sum(), int(np.argmax(log_alpha)))

    def reset(self) -> None:
        """Reset the state: all classes are equally probable."""
        self._log_alpha = None

    def _predicted(self, log_alpha: Vector, elapsed_s: float) -> Vector:
        """Advance the chain without an observation."""
        n = len(log_alpha)
        if n < 2 or elapsed_s <= 0.0:
            return log_alpha
        x = elapsed_s / self._dwell_s * n / (n - 1)
        predicted: Vector = np.logaddexp(math.log(-math.expm1(-x) / n), log_alpha - x)
        return predicted


def make_smoother(settings: LiveSettings) -> Smoother:
    """Return a new smoother for ``settings``."""
    if settings.smoothing == "mean":
        return Mean(settings.smoothing_s)
    if settings.smoothing == "majority":
        return Majority(settings.smoothing_s)
    if settings.smoothing == "hidden Markov":
        return HiddenMarkov(settings.dwell_s)
    return NoSmoothing()
