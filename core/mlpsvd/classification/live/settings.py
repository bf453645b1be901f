"""Settings of live classification."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, get_args

from mlpsvd.audio.level import SILENCE_DBFS
from mlpsvd.settings import setting

__all__ = ["SMOOTHINGS", "LiveSettings", "Smoothing", "Windows"]

Windows = Literal["running", "whole sounds"]
Smoothing = Literal["none", "mean", "majority", "hidden Markov"]
SMOOTHINGS: tuple[Smoothing, ...] = get_args(Smoothing)


@dataclass(frozen=True)
class LiveSettings:
    """Settings of live classification; the defaults show the prediction of each window."""

    hop_share: float = setting(
        1.0, label="Hop", unit="of a window", low=0.05, high=1.0,
        help="Distance between the starts of consecutive windows in continuous mode, as a fraction of the window "
        "length; 0.25 gives four decisions per window length.",
    )  # fmt: skip
    windows: Windows = setting(
        "running", label="Mode",
        help="running (continuous): windows of the length of the training clips, one per hop, for sustained sounds. "
        "whole sounds (events): from the moment when the level exceeds the trigger until it is silent, for words, "
        "calls and knocks.",
    )  # fmt: skip
    smoothing: Smoothing = setting(
        "none", label="Smoothing",
        help="none: each window by itself. mean: mean of the probabilities over the smoothing time. majority: the "
        "class predicted for most windows in the smoothing time. hidden Markov: a change of class has a cost.",
    )  # fmt: skip
    smoothing_s: float = setting(
        1.0, label="Smoothing time", unit="s", low=0.0, high=60.0, zero="latest window only",
        help="Duration over which mean and majority are computed.",
    )  # fmt: skip
    switching_cost: float = setting(
        1.0, label="Switching cost", unit="nats", low=-5.0, high=10.0,
        help="Cost of a change of class in the hidden Markov model, independent of the hop: the expected duration of a "
        "class is e^cost seconds (0: 1 s, 1: 2.7 s, 3: 20 s).",
    )  # fmt: skip
    hold_s: float = setting(
        0.0, label="Hold time", unit="s", low=0.0, high=60.0, zero="no hold",
        help="Minimum time that a class is shown.",
    )  # fmt: skip
    unknown_below: float = setting(
        0.0, label="Unknown below", low=0.0, high=1.0, zero="never",
        help="Classes with a lower probability are shown as unknown.",
    )  # fmt: skip
    trigger_dbfs: float = setting(
        SILENCE_DBFS, label="Trigger level", unit="dBFS", low=SILENCE_DBFS, high=0.0,
        help="Windows with a lower RMS level are quiet and not classified; -120 classifies everything.",
    )  # fmt: skip
    hang_s: float = setting(
        0.15, label="Release time", unit="s", low=0.0, high=10.0,
        help="Silence after which an event ends; longer than the pauses within an event.",
    )  # fmt: skip
    unknown_beyond: float = setting(
        0.0, label="Unknown beyond", low=0.0, high=1000.0, zero="never",
        help="Windows farther than this from all classes of the training set are shown as unknown; 99 of 100 training "
        "clips lie within a distance of 1.",
    )  # fmt: skip

    def conflicts(self) -> Iterator[tuple[str, object, str]]:
        """Yield incompatible settings: events need a trigger level."""
        if self.windows == "whole sounds" and self.trigger_dbfs <= SILENCE_DBFS:
            expected = f"above {SILENCE_DBFS:g} (dBFS) for events"
            yield "trigger_dbfs", self.trigger_dbfs, expected

    @property
    def dwell_s(self) -> float:
        """How long the hidden Markov model expects a class to last."""
        return math.exp(self.switching_cost)
