"""Levels of the training clips, for comparison with live levels."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from mlpsvd.audio.level import Level, measure_level
from mlpsvd.datasets.clips import ClipSet
from mlpsvd.datasets.settings import SyntheticSettings
from mlpsvd.datasets.synthetic import clip_length
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.signals.bandpass import coefficients, difference_equation
from mlpsvd.signals.noise import noise
from mlpsvd.streams import Purpose, seeds

__all__ = ["levels_of_whole_clips", "quick_training_levels"]

# Percentiles of a few hundred levels are accurate enough and fast to compute.
_MOST_CLIPS = 1000
_MOST_FILTERS = 20
_MADE_PER_FILTER = 20
_LONGEST_MADE = 2**16  # samples; every filter reaches its steady state much earlier
_MOST_NOISE = 2**18  # samples


def quick_training_levels(experiment: Experiment, clips: ClipSet) -> tuple[Level, ...]:
    """Return the levels of at most about a thousand training clips; empty if the clips are not complete.

    Synthetic clips have only the samples that the features need, e.g. the first 256 in the paper, in which the filters
    have not reached their steady state. :func:`levels_of_whole_clips` then returns levels comparable with live sound.
    """
    synthetic = experiment.data.synthetic
    if experiment.data.image_shape is not None:
        return ()
    if experiment.data.source == "synthetic" and len(clips.samples[0]) < clip_length(synthetic):
        return ()
    return tuple(measure_level(samples) for samples in clips.samples[:: -(-len(clips) // _MOST_CLIPS)])


def levels_of_whole_clips(experiment: Experiment) -> tuple[Level, ...]:
    """Return the levels of some complete synthetic clips, synthesised for this purpose; images have none."""
    if experiment.data.image_shape is not None:
        return ()
    return tuple(measure_level(samples) for samples in _whole_clips(experiment.data.synthetic, experiment.seed))


def _whole_clips(settings: SyntheticSettings, seed: int) -> Iterator[NDArray[np.float64]]:
    """Yield the same noise, filtered from rest with each filter."""
    n_samples = min(clip_length(settings), _LONGEST_MADE)
    n_clips = min(_MADE_PER_FILTER, settings.train_per_class, max(2, _MOST_NOISE // n_samples))
    rng = np.random.default_rng(seeds(Purpose.TRAINING_LEVELS, seed))
    white = noise(settings.noise, n_samples, n_clips, rng)
    for one in settings.filters[:: -(-len(settings.filters) // _MOST_FILTERS)]:
        yield from difference_equation(coefficients(one, settings.sample_rate_hz), white).T
