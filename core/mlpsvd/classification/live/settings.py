"""Settings of live classification."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from mlpsvd.audio.level import SILENCE_DBFS
from mlpsvd.settings import setting

__all__ = ["SMOOTHINGS", "WINDOWS", "LiveSettings"]

WINDOWS = ("running", "whole sounds")
SMOOTHINGS = ("none", "mean", "majority", "hidden Markov")


@dataclass(frozen=True)
class LiveSettings:
    """From the windows of a sound to what is shown; the defaults show what the network says, window by window."""

    hop_share: float = setting(
        1.0, label="Hop", unit="of a window", low=0.05, high=1.0,
        help="Distance between the starts of neighbouring running windows as a share of one: 1 is end to end, 0.25 "
        "gives four decisions in the time of one window.",
    )  # fmt: skip
    windows: str = setting(
        "running", label="Windows", choices=WINDOWS,
        help="running: as long as the training clips, one every hop, for sounds that go on. whole sounds: each sound "
        "from where it rises above the trigger level to where it falls silent, for words, calls and knocks.",
    )  # fmt: skip
    smoothing: str = setting(
        "none", label="Smoothing", choices=SMOOTHINGS,
        help="none: each window stands for itself. mean: the mean of the probabilities over the smoothing time. "
        "majority: the class that most windows in the smoothing time were taken for. hidden Markov: classes last, "
        "and a change costs.",
    )  # fmt: skip
    smoothing_s: float = setting(
        1.0, label="Smoothing time", unit="s", low=0.0, high=60.0, zero="latest window only",
        help="How far back mean and majority look.",
    )  # fmt: skip
    switching_cost: float = setting(
        1.0, label="Switching cost", unit="nats", low=-5.0, high=10.0,
        help="What a change of class costs the hidden Markov model, whatever the hop: a class is expected to last "
        "e^cost seconds (0: 1 s, 1: 2.7 s, 3: 20 s).",
    )  # fmt: skip
    hold_s: float = setting(
        0.0, label="Hold time", unit="s", low=0.0, high=60.0, zero="no hold",
        help="How long a class stays at least once it is shown.",
    )  # fmt: skip
    unknown_below: float = setting(
        0.0, label="Unknown below", low=0.0, high=1.0, zero="never",
        help="A class less probable than this is shown as unknown.",
    )  # fmt: skip
    trigger_dbfs: float = setting(
        SILENCE_DBFS, label="Trigger level", unit="dBFS", low=SILENCE_DBFS, high=0.0,
        help="A window whose root mean square is below this is quiet and not classified; -120 classifies everything.",
    )  # fmt: skip
    hang_s: float = setting(
        0.15, label="Hang time", unit="s", low=0.0, high=10.0,
        help="How long it must be silent for a whole sound to be over; longer than the pauses within one.",
    )  # fmt: skip
    unknown_beyond: float = setting(
        0.0, label="Unknown beyond", low=0.0, high=1000.0, zero="never",
        help="A window farther than this from all classes of the training set is shown as unknown; 1 is the distance "
        "within which 99 of 100 training clips lie.",
    )  # fmt: skip

    def conflicts(self) -> Iterator[tuple[str, object, str]]:
        """Yield what is impossible together: whole sounds need a level that tells them from silence."""
        if self.windows == "whole sounds" and self.trigger_dbfs <= SILENCE_DBFS:
            expected = f"above {SILENCE_DBFS:g} (dBFS): whole sounds begin and end at it"
            yield "trigger_dbfs", self.trigger_dbfs, expected

    @property
    def dwell_s(self) -> float:
        """How long the hidden Markov model expects a class to last."""
        return math.exp(self.switching_cost)
