"""What is heard held against what the model was trained on, and what to do about it, in words."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from mlpsvd.models.live import LiveDecision
from mlpsvd.models.model import Model

__all__ = ["Mismatch", "MismatchKind", "MismatchWatch"]


class MismatchKind(Enum):
    """In what way a sound is not what the model was trained on."""

    RATE = "sample rate"
    CLIPPING = "clipping"
    LEVEL = "level"
    BACKGROUND = "background"
    SPECTRUM = "spectrum"


@dataclass(frozen=True)
class Mismatch:
    """One thing that does not fit, in one sentence: what was found, against what, and what to do."""

    kind: MismatchKind
    sentence: str


class MismatchWatch:
    """Watches live decisions for what makes them doubtful.

    One for each model and source; pure: the only clock is the decisions' own time.

    Parameters
    ----------
    model
        The model that decides.
    source_rate_hz
        Rate at which the device itself delivers; None where it is of no interest (a file, the synthetic bank).
    """

    def __init__(self, model: Model, source_rate_hz: float | None = None) -> None:
        self._model = model
        self._source_rate_hz = source_rate_hz

    @property
    def current(self) -> tuple[Mismatch, ...]:
        """What does not fit at present, the most fundamental first."""
        return ()

    def set_background(self, level_dbfs: float | None, subtracted: bool = False) -> None:
        """Tell the level of the background as measured, and whether it is being subtracted; None: not measured."""

    def add(self, decision: LiveDecision) -> tuple[Mismatch, ...]:
        """Look at one more decision and return what does not fit now; decisions come in the order of their time."""
        return self.current

    def reset(self) -> None:
        """Forget what was heard: the source begins anew."""
