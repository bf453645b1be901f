"""The best accuracy that any classifier could have had on an experiment's own test clips."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mlpsvd.analysis.bayes import optimal_classes
from mlpsvd.analysis.evaluation import accuracy, confusion_matrix
from mlpsvd.data.synthetic import synthetic_clips
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.features.spectra import n_samples_needed

__all__ = ["bayes_limit"]


def bayes_limit(experiment: Experiment, progress: Callable[[float], None] | None = None) -> float | None:
    """Return the accuracy (0 to 1) of the best possible rule on the test clips of a synthetic experiment.

    The rule sees the samples that the features are taken from, the network only their magnitudes: the limit holds for
    the network, and need not be reachable by it.

    Parameters
    ----------
    experiment
        A valid experiment.
    progress
        Called now and then with the share done, 0 to 1. It may raise to cancel.

    Returns
    -------
    float or None
        None where the limit is not known: recordings, and noise that is not Gaussian.
    """
    synthetic = experiment.data.synthetic
    if experiment.data.source != "synthetic" or synthetic.noise != "gaussian":
        return None
    clips = synthetic_clips(synthetic, experiment.seed, "test", n_samples_needed(experiment.features))
    estimates = optimal_classes(np.asarray(clips.samples), synthetic.filters, synthetic.sample_rate_hz, progress)
    return accuracy(confusion_matrix(clips.labels, estimates, len(synthetic.filters)))
