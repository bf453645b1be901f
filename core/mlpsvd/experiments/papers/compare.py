"""Comparison with the paper's values, with the sampling error of a mean.

The paper prints means of ten trials without their standard deviation. The sampling error of the difference of two means
is estimated from the available data: the standard deviation of our trials is used for the paper's, too, and its test
set, apparently the same in all trials, adds the binomial error of the number of correct predictions.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from mlpsvd.experiments.papers.finding import Comparison
from mlpsvd.experiments.papers.printed import N_TRIALS, TEST_CLIPS_PER_CLASS

__all__ = ["ALLOWANCE_NOTE", "allowed_points", "compare_accuracy", "compare_claim", "compare_ranks", "mean_std"]

ALLOWANCE_NOTE = (
    "The paper prints means of ten trials but not their spread. What chance allows is estimated as two standard errors "
    "of the difference, under two assumptions: the paper's trials spread as ours do, and its test set, the same in all "
    f"ten trials, has {TEST_CLIPS_PER_CLASS} clips a class. That size is not printed; its accuracies point to it."
)


def mean_std(values: Sequence[float]) -> tuple[float, float]:
    """Return mean and sample standard deviation (NaN for a single value)."""
    return float(np.mean(values)), float(np.std(values, ddof=1)) if len(values) > 1 else math.nan


def allowed_points(
    paper_percent: float, std: float, n_trials: int, n_classes: int, clips_per_class: int = TEST_CLIPS_PER_CLASS
) -> float:
    """Return the sampling error of the difference between our mean and the paper's in points: two standard errors.

    Parameters
    ----------
    paper_percent
        The paper's mean accuracy.
    std
        Standard deviation of our trials, in points; if it is NaN, only the test set counts.
    n_trials
        Our number of trials.
    n_classes
        Number of classes, which determines the size of the paper's test set.
    clips_per_class
        Test clips per class in the paper; not printed.
    """
    from scipy.stats import binom

    n_clips = clips_per_class * n_classes
    test_set = 100 * float(binom.std(n_clips, paper_percent / 100)) / n_clips
    trials = 0.0 if math.isnan(std) else std * math.sqrt(1 / N_TRIALS + 1 / n_trials)
    return 2 * math.hypot(test_set, trials)


def compare_accuracy(what: str, paper_percent: float, percents: Sequence[float], n_classes: int) -> Comparison:
    """Compare the accuracies [%] of our trials with the paper's mean."""
    mean, std = mean_std(percents)
    difference = mean - paper_percent
    allowed = allowed_points(paper_percent, std, len(percents), n_classes)
    agrees = abs(difference) <= allowed
    side = "above" if difference > 0 else "below"
    reach = "within the sampling error" if agrees else "more than the sampling error"
    assumption = f"if the paper tested on {TEST_CLIPS_PER_CLASS} clips a class"
    return Comparison(
        what=what,
        paper=f"{paper_percent:g} %",
        ours=f"{mean:.1f} %" + ("" if math.isnan(std) else f" ± {std:.1f}"),
        verdict=f"{abs(difference):.1f} points {side} the paper, {reach} (±{allowed:.1f} {assumption})",
        agrees=agrees,
        mean=mean,
        std=std,
        n=len(percents),
        difference=difference,
        allowed=allowed,
    )


def compare_ranks(what: str, paper: tuple[int, int], ranks: Sequence[int]) -> Comparison:
    """Compare the range of ranks of our trials with the paper's; it agrees if it lies inside."""
    low, high = min(ranks), max(ranks)
    outside = sum(not paper[0] <= rank <= paper[1] for rank in ranks)
    verdict = "inside the paper's range" if not outside else f"{outside} of {len(ranks)} trials outside it"
    mean, std = mean_std(ranks)
    return Comparison(what, _range(*paper), _range(low, high), verdict, not outside, mean, std, len(ranks))


def compare_claim(what: str, claim: str, found: str, holds: bool | None) -> Comparison:
    """Compare a result with a claim, as text."""
    verdict = {True: "holds", False: "not confirmed", None: "inconclusive"}[holds]
    return Comparison(what, claim, found, verdict, holds)


def _range(low: int, high: int) -> str:
    return str(low) if low == high else f"{low}–{high}"
