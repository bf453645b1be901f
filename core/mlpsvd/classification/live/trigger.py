"""Suggestion of a trigger level from the levels of the background."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["ABOVE_BACKGROUND_DB", "TriggerSuggestion", "suggested_trigger"]

ABOVE_BACKGROUND_DB = 12.0
"""Distance of the suggested trigger level from the background."""

_DEFAULT_DBFS = -50.0
_HIGHEST_DBFS = -20.0
_LOWEST_DBFS = -79.0
_BACKGROUND_SHARE = 0.2
"""Percentile of the levels that estimates the background."""


@dataclass(frozen=True)
class TriggerSuggestion:
    """A trigger level, and the background that it was derived from.

    Attributes
    ----------
    trigger_dbfs
        The level.
    background_dbfs
        The measured background; None where the level is a default.
    """

    trigger_dbfs: float
    background_dbfs: float | None = None


def suggested_trigger(levels_dbfs: Sequence[float]) -> TriggerSuggestion:
    """Return a trigger level 12 dB above the background, from −79 to −20 dBFS.

    Parameters
    ----------
    levels_dbfs
        RMS levels of the last seconds. Without levels, or with digital silence only, the suggestion is −50 dBFS.

    Examples
    --------
    >>> suggested_trigger([-60.0] * 80 + [-10.0] * 20)
    TriggerSuggestion(trigger_dbfs=-48.0, background_dbfs=-60.0)
    >>> suggested_trigger([])
    TriggerSuggestion(trigger_dbfs=-50.0, background_dbfs=None)
    """
    if not levels_dbfs:
        return TriggerSuggestion(_DEFAULT_DBFS)
    background_dbfs = sorted(levels_dbfs)[int(_BACKGROUND_SHARE * len(levels_dbfs))]
    trigger_dbfs = float(round(background_dbfs + ABOVE_BACKGROUND_DB))
    if trigger_dbfs < _LOWEST_DBFS:
        return TriggerSuggestion(_DEFAULT_DBFS)
    return TriggerSuggestion(min(trigger_dbfs, _HIGHEST_DBFS), background_dbfs)
