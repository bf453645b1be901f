"""Thresholds beyond which sound counts as unlike the training data, for live input and files."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mlpsvd.models.model import Model
from mlpsvd.models.training_statistics import TrainingStatistics

__all__ = [
    "CLIPPED_WINDOWS",
    "FAR_SHARE",
    "LEVEL_DB",
    "SILENT_DBFS",
    "USUALLY_CLIPPED",
    "has_missing_band",
    "level_beyond_db",
    "level_matters",
]

CLIPPED_WINDOWS = 2
"""Minimum number of windows at full scale for clipped sound."""
USUALLY_CLIPPED = 0.2
"""Share of training clips at full scale above which clipping is not a mismatch."""
LEVEL_DB = 6.0
"""Distance from the levels of the training clips above which a level is unusual."""
FAR_SHARE = 0.8
"""Share of the windows outside the training set above which sound is unlike it; of words with pauses, many windows
contain half a word and resemble no clip."""
SILENT_DBFS = -90.0
"""Level below which there is only 16-bit quantisation noise."""


def has_missing_band(source_rate_hz: float, model_rate_hz: float) -> bool:
    """Return whether sound at one sample rate lacks the upper part of the band used in training."""
    return source_rate_hz < 0.999 * model_rate_hz


def level_matters(model: Model) -> bool:
    """Return whether the features of a model depend on the level."""
    settings = model.features.settings
    return not (settings.scaling == "per sample" and settings.magnitude == "linear")


def level_beyond_db(reference: TrainingStatistics, levels_dbfs: Sequence[float]) -> float:
    """Return by how much the levels of windows exceed the range of the training clips; below 0: within.

    Half of the windows are above the 95th percentile by this much, or the loudest one is below the 5th.
    """
    low, high = reference.level_dbfs
    return max(float(np.median(levels_dbfs)) - high, low - max(levels_dbfs))
