"""Bayes limit of a synthetic experiment, with its standard error."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlpsvd.analysis.bayes import log_likelihoods
from mlpsvd.datasets.settings import SyntheticSettings
from mlpsvd.datasets.synthetic import clip_length
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.features.spectra import n_samples_needed
from mlpsvd.signals.bandpass import coefficients, difference_equation
from mlpsvd.streams import Purpose, seeds

__all__ = ["DEFAULT_CLIPS", "BayesLimit", "bayes_limit", "bayes_limits"]

DEFAULT_CLIPS = 100_000
"""Number of clips, of all classes together, for a standard error of at most 0.1 points."""

_BLOCK_SAMPLES = 2**17  # per class and block, to fit into the cache
_SMALLEST_BLOCK = 16  # clips; smaller blocks are dominated by the overhead of Python
_MOST_SAMPLES = 2**25  # of all clips; limits the time for long clips
_LONGEST_CLIP = 2**20  # samples; limits the memory
_FIRST_ESTIMATE = 2**20  # samples; each later estimate uses four times as many


@dataclass(frozen=True)
class BayesLimit:
    """An estimate of the Bayes limit.

    Attributes
    ----------
    accuracy
        Estimated limit, 0 to 1.
    standard_error
        Standard error of the estimate, 0 to 1.
    n_clips
        Number of clips used, of all classes together.
    """

    accuracy: float
    standard_error: float
    n_clips: int

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % confidence interval, 0 to 1."""
        half = 1.96 * self.standard_error
        return max(0.0, self.accuracy - half), min(1.0, self.accuracy + half)

    def describe(self) -> str:
        """Return the limit in percent with its 95 % interval, e.g. ``78.8 ± 0.1 %``."""
        return f"{100 * self.accuracy:.1f} ± {max(0.1, 196 * self.standard_error):.1f} %"


def bayes_limit(
    experiment: Experiment, progress: Callable[[float], None] | None = None, n_clips: int = DEFAULT_CLIPS
) -> BayesLimit | None:
    """Return the Bayes limit of a synthetic experiment; see :func:`bayes_limits`.

    Parameters
    ----------
    experiment
        A valid experiment.
    progress
        Called regularly with the completed fraction, 0 to 1. An exception cancels the computation.
    n_clips
        Number of clips, of all classes together.

    Returns
    -------
    BayesLimit or None
        None if the limit is not known: for recordings, noise that is not Gaussian, and clips of over a million samples.
    """
    limit = None
    for limit in bayes_limits(experiment, progress, n_clips):  # noqa: B007  # the last one is returned
        pass
    return limit


def bayes_limits(
    experiment: Experiment, progress: Callable[[float], None] | None = None, n_clips: int = DEFAULT_CLIPS
) -> Iterator[BayesLimit]:
    """Yield estimates of the limit on an increasing number of clips; nothing if it is not known.

    The Bayes classifier selects the class with the largest posterior probability. The mean of that probability over
    clips of all classes estimates its accuracy with a smaller variance than the share of correct predictions does. The
    clips have a separate random stream, the same for every seed, as the limit is a property of the task.

    The Bayes classifier uses the samples from which the features are computed, the network only their magnitudes: the
    limit is valid for the network, but may not be attainable. For long clips, fewer than ``n_clips`` clips are used;
    the standard error accounts for that. Parameters as in :func:`bayes_limit`.
    """
    synthetic = experiment.data.synthetic
    if experiment.data.source != "synthetic" or synthetic.noise != "gaussian":
        return
    n_samples = min(clip_length(synthetic), n_samples_needed(experiment.features) or clip_length(synthetic))
    if n_samples > _LONGEST_CLIP:
        return
    n_classes = len(synthetic.filters)
    per_class = max(2, min(n_clips, _MOST_SAMPLES // n_samples) // n_classes)
    block = min(per_class, max(_SMALLEST_BLOCK, _BLOCK_SAMPLES // n_samples))
    sums, squares, done, wanted = np.zeros(n_classes), np.zeros(n_classes), 0, _FIRST_ESTIMATE
    while done < per_class:
        some = min(block, per_class - done)
        for index in range(n_classes):
            if progress is not None:
                progress((done + some * index / n_classes) / per_class)
            largest = _largest_posteriors(synthetic, index, done // block, some, n_samples)
            sums[index] += largest.sum()
            squares[index] += np.square(largest).sum()
        done += some
        if done == per_class or done * n_classes * n_samples >= wanted:
            wanted = 4 * done * n_classes * n_samples
            yield _estimate(sums, squares, done)


def _largest_posteriors(
    settings: SyntheticSettings, index: int, block: int, n_clips: int, n_samples: int
) -> NDArray[np.float64]:
    """Return the largest posterior probability [shape=(n_clips,)] for clips of one class."""
    rng = np.random.default_rng(seeds(Purpose.BAYES_LIMIT, 0, index, block))
    white = rng.standard_normal((n_samples, n_clips))
    clips = difference_equation(coefficients(settings.filters[index], settings.sample_rate_hz), white).T
    likelihoods = log_likelihoods(clips, settings.filters, settings.sample_rate_hz)
    best = likelihoods.max(axis=1, keepdims=True)
    largest: NDArray[np.float64] = 1.0 / np.exp(likelihoods - best).sum(axis=1)
    return largest


def _estimate(sums: NDArray[np.float64], squares: NDArray[np.float64], per_class: int) -> BayesLimit:
    """Return the estimate over all classes; each has the same number of clips, so that the variances add up."""
    means = sums / per_class
    variances = np.maximum(squares / per_class - means**2, 0.0) / max(per_class - 1, 1)
    return BayesLimit(float(means.mean()), math.sqrt(float(variances.sum())) / len(sums), per_class * len(sums))
