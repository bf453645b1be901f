"""Detection and explanation of mismatches between live input and training data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from mlpsvd.classification.live import mismatch_messages as words
from mlpsvd.classification.live.decision import LiveDecision
from mlpsvd.classification.live.history import DecisionSpan, RecentDecisions
from mlpsvd.classification.mismatch_rules import (
    CLIPPED_WINDOWS,
    FAR_SHARE,
    LEVEL_DB,
    USUALLY_CLIPPED,
    has_missing_band,
    level_beyond_db,
    level_matters,
)
from mlpsvd.models.model import Model

__all__ = ["Mismatch", "MismatchKind", "MismatchWatch"]

_SPAN_S = 3.0  # duration of sound evaluated: long enough that one cough is not a mismatch
_LEAST_WINDOWS = 3
_LEAST_SHOWN_S = 5.0
_AGAIN_S = 2.0  # minimum time between two updates of a message, so that it can be read

_LEVEL_BACK_DB, _FAR_BACK = 4.0, 0.6
_SIGNAL_DB, _SIGNAL_BACK_DB = 10.0, 13.0
_NO_SIGNAL_DB = 3.0  # a smaller difference to the background is the background itself
_LEAST_QUIET_S = 1.0
_PAUSE_DB = 20.0  # between words and pauses


class MismatchKind(Enum):
    """Kinds of mismatch between sound and training data."""

    RATE = "sample rate"
    CLIPPING = "clipping"
    LEVEL = "level"
    BACKGROUND = "background"
    SPECTRUM = "spectrum"
    SILENCE = "silence"


@dataclass(frozen=True)
class Mismatch:
    """One mismatch, in one sentence: what was found, what was expected, and what to do."""

    kind: MismatchKind
    sentence: str


class MismatchWatch:
    """Detects mismatches that make live decisions doubtful.

    There is one for each model and source. The only clock is the time of the decisions, so a file played faster than
    real time gives the same messages. The last three seconds of sound without windows below the trigger are evaluated,
    or three windows if they are longer. A message appears when its limit is exceeded and disappears, with hysteresis,
    after at least five seconds; during silence it remains.

    - *sample rate*: the device's own rate is below the model's. Reported before the first decision.
    - *clipping*: two windows reach full scale; none of the training clips did (or few).
    - *level*: half of the windows are over 6 dB above the training clips' 95th percentile, or not even the loudest is
      within 6 dB below their 5th. Not checked for features that do not depend on the level.
    - *background*: the sound is less than 10 dB above the background, which is that of :meth:`set_background` or, with
      a trigger level, of the windows below it.
    - *spectrum*: the distances of over 80 % of the windows are above 1. If these are pauses between louder windows, the
      message says so.

    Parameters
    ----------
    model
        The model used. Without its ``reference`` (an old file), level and spectrum are not checked.
    source_rate_hz
        Native rate of the device; None where it does not matter (a file, the synthetic bank).
    """

    def __init__(self, model: Model, source_rate_hz: float | None = None) -> None:
        self._reference = model.reference
        self._level_matters = level_matters(model)
        self._rate: tuple[Mismatch, ...] = ()
        rate_hz = model.features.sample_rate_hz
        if source_rate_hz is not None and has_missing_band(source_rate_hz, rate_hz):
            self._rate = (Mismatch(MismatchKind.RATE, words.rate(source_rate_hz, rate_hz)),)
        self._background_dbfs: float | None = None
        self._subtracted = False
        self.reset()

    @property
    def current(self) -> tuple[Mismatch, ...]:
        """The present mismatches, the most fundamental first."""
        found = (latch.mismatch(kind) for kind, latch in self._latches.items())
        return self._rate + tuple(one for one in found if one is not None)

    def set_background(self, level_dbfs: float | None, subtracted: bool = False) -> None:
        """Set the measured level of the background (None: not measured) and whether it is subtracted."""
        self._background_dbfs = level_dbfs
        self._subtracted = subtracted

    def add(self, decision: LiveDecision) -> tuple[Mismatch, ...]:
        """Evaluate the next decision and return the present mismatches; decisions must be in order of time."""
        if decision.end_s < self._recent.end_s:
            self.reset()
        if self._recent.add(decision):
            self._check()
        return self.current

    def reset(self) -> None:
        """Reset, as the source restarts."""
        self._recent = RecentDecisions()
        self._latches = {kind: _Latch() for kind in MismatchKind if kind is not MismatchKind.RATE}

    def _check(self) -> None:
        span_s = max(_SPAN_S, _LEAST_WINDOWS * self._recent.window_s)
        sound = self._recent.latest(span_s)
        if not sound.levels_dbfs:
            return
        self._check_clipping(sound)
        if sound.covered_s >= span_s - 1e-6:
            self._check_level(sound)
            self._check_background(sound)
            self._check_spectrum(sound)

    def _check_clipping(self, sound: DecisionSpan) -> None:
        if self._reference is not None and self._reference.clipped_share > USUALLY_CLIPPED:
            return
        self._latches[MismatchKind.CLIPPING].update(
            self._recent.end_s,
            raised=sound.n_clipped >= CLIPPED_WINDOWS,
            cleared=sound.n_clipped == 0,
            sentence=words.clipping(sound.n_clipped, len(sound.levels_dbfs)),
        )

    def _check_level(self, sound: DecisionSpan) -> None:
        if self._reference is None or not self._level_matters:
            return
        low, high = self._reference.level_dbfs
        usual, loudest = float(np.median(sound.levels_dbfs)), max(sound.levels_dbfs)
        beyond_db = level_beyond_db(self._reference, sound.levels_dbfs)
        self._latches[MismatchKind.LEVEL].update(
            self._recent.end_s,
            raised=beyond_db > LEVEL_DB,
            cleared=beyond_db < _LEVEL_BACK_DB,
            sentence=words.level(usual if usual > high else loudest, low, high),
        )

    def _check_background(self, sound: DecisionSpan) -> None:
        background_dbfs = self._background_dbfs
        if background_dbfs is None:
            background_dbfs = self._recent.quiet_level_dbfs(_LEAST_QUIET_S)
        if background_dbfs is None:
            return
        sound_dbfs = float(np.percentile(sound.levels_dbfs, 90.0))
        above_db = sound_dbfs - background_dbfs
        self._latches[MismatchKind.BACKGROUND].update(
            self._recent.end_s,
            raised=_NO_SIGNAL_DB < above_db < _SIGNAL_DB,
            cleared=above_db > _SIGNAL_BACK_DB,
            sentence=words.background(sound_dbfs, background_dbfs, _SIGNAL_DB, self._subtracted),
        )

    def _check_spectrum(self, sound: DecisionSpan) -> None:
        if len(sound.distances) < len(sound.levels_dbfs):
            return
        distances, levels_dbfs = np.array(sound.distances), np.array(sound.levels_dbfs)
        is_far = distances > 1.0
        share = float(np.mean(is_far))
        causes = [one.kind.value for one in self.current if one.kind is not MismatchKind.SPECTRUM]
        self._latches[MismatchKind.SPECTRUM].update(
            self._recent.end_s,
            raised=share > FAR_SHARE,
            cleared=share < _FAR_BACK,
            sentence=words.spectrum(
                share,
                float(np.median(distances[is_far])) if is_far.any() else 1.0,
                causes[0] if causes else "",
                _pause_dbfs(levels_dbfs, is_far),
            ),
        )


def _pause_dbfs(levels_dbfs: NDArray[np.float64], is_far: NDArray[np.bool_]) -> float | None:
    """Median level of the windows outside the training set if they are pauses between louder windows."""
    if not is_far.any():
        return None
    usual = float(np.median(levels_dbfs[is_far]))
    return usual if usual < levels_dbfs.max() - _PAUSE_DB else None


class _Latch:
    """A message with hysteresis, so that it does not flicker."""

    def __init__(self) -> None:
        self._sentence = ""
        self._since_s = self._reported_s = 0.0

    def mismatch(self, kind: MismatchKind) -> Mismatch | None:
        return Mismatch(kind, self._sentence) if self._sentence else None

    def update(self, now_s: float, *, raised: bool, cleared: bool, sentence: str) -> None:
        if not self._sentence:
            if raised:
                self._sentence, self._since_s, self._reported_s = sentence, now_s, now_s
        elif cleared:
            if now_s - self._since_s >= _LEAST_SHOWN_S:
                self._sentence = ""
        elif raised and now_s - self._reported_s >= _AGAIN_S:
            self._sentence, self._reported_s = sentence, now_s
