"""Mismatches between a whole file and the training data."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mlpsvd.classification.live.mismatch import Mismatch, MismatchKind
from mlpsvd.classification.mismatch_rules import (
    CLIPPED_WINDOWS,
    FAR_SHARE,
    LEVEL_DB,
    SILENT_DBFS,
    USUALLY_CLIPPED,
    has_missing_band,
    level_beyond_db,
    level_matters,
)
from mlpsvd.models.model import Model
from mlpsvd.text import frequency_text

__all__ = ["file_mismatches"]


def file_mismatches(
    model: Model,
    sample_rate_hz: float,
    levels_dbfs: Sequence[float],
    distances: Sequence[float],
    n_clipped: int,
) -> tuple[Mismatch, ...]:
    """Return the reasons why the classification of a file is doubtful, the most fundamental first, one clause each.

    The limits are those of :class:`mlpsvd.classification.live.mismatch.MismatchWatch`, over all windows of the file
    instead of the last seconds. Checks for which a model without ``reference`` (an old file) has no data are omitted.

    Parameters
    ----------
    model
        The model used for the classification.
    sample_rate_hz
        Rate of the file itself.
    levels_dbfs, distances
        Root mean square level and distance from the training set of each window, at least one.
    n_clipped
        Number of windows that reach full scale.
    """
    found = []
    model_rate_hz = model.features.sample_rate_hz
    if has_missing_band(sample_rate_hz, model_rate_hz):
        found.append(Mismatch(MismatchKind.RATE, _rate(sample_rate_hz, model_rate_hz)))
    if max(levels_dbfs) <= SILENT_DBFS:
        found.append(Mismatch(MismatchKind.SILENCE, f"it is silent ({_rounded(max(levels_dbfs))} dBFS)"))
        return tuple(found)
    reference = model.reference
    if n_clipped >= min(CLIPPED_WINDOWS, len(levels_dbfs)) and (
        reference is None or reference.clipped_share <= USUALLY_CLIPPED
    ):
        windows = f"{n_clipped} of {len(levels_dbfs)} windows reach" if len(levels_dbfs) > 1 else "it reaches"
        found.append(Mismatch(MismatchKind.CLIPPING, f"{windows} full scale (clipped)"))
    if reference is not None and level_matters(model) and level_beyond_db(reference, levels_dbfs) > LEVEL_DB:
        found.append(Mismatch(MismatchKind.LEVEL, _level(levels_dbfs, *reference.level_dbfs)))
    if float(np.mean(np.asarray(distances) > 1.0)) > FAR_SHARE:
        found.append(Mismatch(MismatchKind.SPECTRUM, _spectrum(float(np.median(distances)))))
    return tuple(found)


def _rate(file_hz: float, model_hz: float) -> str:
    return (
        f"it has a sample rate of {frequency_text(file_hz)} and the model was trained at {frequency_text(model_hz)}, "
        f"so everything above {frequency_text(file_hz / 2)} is missing"
    )


def _level(levels_dbfs: Sequence[float], low_dbfs: float, high_dbfs: float) -> str:
    usual, loudest = float(np.median(levels_dbfs)), max(levels_dbfs)
    training = f"of the training clips ({_rounded(low_dbfs)} to {_rounded(high_dbfs)} dBFS)"
    if usual > high_dbfs:
        return f"its level of {_rounded(usual)} dBFS is {_rounded(usual - high_dbfs)} dB above that {training}"
    return f"its level of {_rounded(loudest)} dBFS is {_rounded(low_dbfs - loudest)} dB below that {training}"


def _spectrum(distance: float) -> str:
    far = f"a distance of {distance:.3g}" if distance < 1e3 else "an immeasurable distance"
    return f"its spectrum is unlike every class ({far}; 99 % of the training clips lie within 1)"


def _rounded(number: float) -> str:
    return f"{number:.0f}".replace("-0", "0").replace("-", "\N{MINUS SIGN}")
