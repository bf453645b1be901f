"""Uncertainty of accuracies: Wilson intervals and exact tests of differences.

They are implemented as closed forms because the window computes them while it repaints, and the first import of
``scipy.stats`` takes over a second; the tests compare them with SciPy. All of them assume that the test clips are
independent. Clips from one recording, or recordings of one speaker, are not: the true uncertainty is then larger.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlpsvd.text import with_minus

__all__ = [
    "ASSUMPTION",
    "SIGNIFICANCE",
    "Comparison",
    "accuracy_text",
    "compare_accuracies",
    "compare_answers",
    "interval_text",
    "mcnemar_p",
    "points_text",
    "wilson_interval",
]

ASSUMPTION = "Intervals of 95 % (Wilson) for independent test clips like these."
"""Explanation of the interval of an accuracy, for tooltips and notes."""

SIGNIFICANCE = 0.05
_Z_95 = 1.959963984540054  # the 97.5 % quantile of the normal distribution


def wilson_interval(n_correct: float, n: int) -> tuple[float, float]:
    """Return the 95 % Wilson score interval of a share.

    Parameters
    ----------
    n_correct, n
        Correct answers, and all of them.

    Returns
    -------
    (float, float)
        Lower and upper end, 0 to 1; (0, 1) where ``n`` is 0.

    References
    ----------
    E. B. Wilson, "Probable inference, the law of succession, and statistical inference", J. Am. Stat. Assoc. 22 (1927).
    """
    if n <= 0:
        return 0.0, 1.0
    share, z2 = n_correct / n, _Z_95**2
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = _Z_95 / (1 + z2 / n) * math.sqrt(share * (1 - share) / n + z2 / (4 * n**2))
    low = 0.0 if n_correct <= 0 else max(0.0, centre - half)
    return low, 1.0 if n_correct >= n else min(1.0, centre + half)


def interval_text(share: float, n: int, decimals: int = 1) -> str:
    """Return the interval of a share in percent, e.g. ``71.8–75.5``; empty without clips."""
    if n <= 0 or not math.isfinite(share):
        return ""
    low, high = (100 * end for end in wilson_interval(share * n, n))
    return f"{low:.{decimals}f}–{high:.{decimals}f}"


def accuracy_text(share: float, n: int, decimals: int = 1) -> str:
    """Return an accuracy in percent with its 95 % interval, e.g. ``73.7 % (71.8–75.5)``.

    Parameters
    ----------
    share
        0 to 1; NaN gives a dash.
    n
        Number of test clips; for 0 the interval is omitted.
    decimals
        Digits after the decimal point.
    """
    if not math.isfinite(share):
        return "–"
    interval = interval_text(share, n, decimals)
    return f"{100 * share:.{decimals}f} %" + (f" ({interval})" if interval else "")


@dataclass(frozen=True)
class Comparison:
    """Comparison of two classifiers on the same test clips.

    Attributes
    ----------
    difference
        Accuracy of the second minus that of the first, −1 to 1.
    p_value
        Probability of a difference at least as large if both classifiers are equally accurate.
    method
        ``McNemar, exact`` for paired predictions, ``two proportions`` if only the accuracies are known. The latter is
        more conservative, as it ignores the correlation between predictions for the same clips.
    n_clips
        Number of test clips.
    """

    difference: float
    p_value: float
    method: str
    n_clips: int

    @property
    def within_chance(self) -> bool:
        """Whether the difference is not significant at the 5 % level."""
        return not self.p_value < SIGNIFICANCE

    def describe(self) -> str:
        """Return one sentence on the significance of the difference and its assumption."""
        clips = "1 test clip" if self.n_clips == 1 else f"{self.n_clips:,} test clips"
        verdict = "within chance" if self.within_chance else "more than chance"
        p = "p < 0.001" if self.p_value < 0.001 else f"p = {self.p_value:.2g}"
        return f"{points_text(self.difference)}: {verdict} ({self.method}, {p}; {clips}, assumed independent)"


def points_text(difference: float) -> str:
    """Write a difference of two accuracies (0 to 1) in percentage points.

    Examples
    --------
    >>> points_text(0.0142), points_text(-0.0142), points_text(-0.0001)
    ('+1.4 points', '−1.4 points', '0.0 points')
    """
    points = round(100 * difference, 1)
    return with_minus(f"{points:+.1f} points") if points else "0.0 points"


def mcnemar_p(only_first: int, only_second: int) -> float:
    """Return the two-sided p-value of McNemar's exact test.

    Under the null hypothesis of equal accuracy, the clips that only one of the two classifiers predicts correctly
    follow a binomial distribution with probability ½.

    Parameters
    ----------
    only_first, only_second
        Number of clips that only the first, or only the second classifier predicts correctly.
    """
    n, fewer = only_first + only_second, min(only_first, only_second)
    if 2 * fewer >= n:
        return 1.0
    k = np.arange(1, fewer + 1)
    log_binomials = np.concatenate(([0.0], np.cumsum(np.log((n - k + 1) / k))))  # log C(n, 0 … fewer)
    return min(1.0, 2.0 * float(np.exp(log_binomials - n * math.log(2.0)).sum()))


def compare_answers(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> Comparison:
    """Compare two classifiers by their predictions for the same clips (McNemar's exact test).

    Parameters
    ----------
    first, second : np.ndarray [shape=(n_clips,)]
        Whether the prediction of each classifier is correct.
    """
    only_first, only_second = int((first & ~second).sum()), int((second & ~first).sum())
    difference = (only_second - only_first) / len(first) if len(first) else math.nan
    return Comparison(difference, mcnemar_p(only_first, only_second), "McNemar, exact", len(first))


def compare_accuracies(first: float, second: float, n_clips: int) -> Comparison:
    """Compare two accuracies (0 to 1) on sets of ``n_clips`` clips (pooled two-proportion z-test).

    For use if the predictions for individual clips are not known.
    """
    pooled = (first + second) / 2
    spread = math.sqrt(2 * pooled * (1 - pooled) / n_clips) if n_clips else 0.0
    difference = second - first
    p_value = math.erfc(abs(difference) / spread / math.sqrt(2)) if spread > 0 else 1.0
    return Comparison(difference, p_value, "two proportions", n_clips)
