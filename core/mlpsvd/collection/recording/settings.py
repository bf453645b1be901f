"""Recording settings: when a take begins and ends, and its file format."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from mlpsvd.settings import setting

__all__ = ["BY_HAND", "FIXED_LENGTH", "TRIGGERED", "FileFormat", "RecordSettings", "RecordingMode"]

RecordingMode = Literal["by hand", "fixed length", "triggered"]
FileFormat = Literal["flac", "wav"]

BY_HAND: Final = "by hand"
FIXED_LENGTH: Final = "fixed length"
TRIGGERED: Final = "triggered"


@dataclass(frozen=True)
class RecordSettings:
    """Settings of a :class:`mlpsvd.collection.recording.recorder.Recorder`; changes apply from the next take."""

    mode: RecordingMode = setting(BY_HAND, label="Mode",
                        help="by hand: from start to stop. fixed length: each start records one clip of this length. "
                        "triggered: every sound above the trigger level becomes a clip.")  # fmt: skip
    length_s: float = setting(1.0, label="Length", unit="s", low=0.01, high=600.0,
                              help="Length of a clip of fixed length, including the pre-roll.")  # fmt: skip
    pre_roll_s: float = setting(0.2, label="Pre-roll", unit="s", low=0.0, high=10.0,
                                help="Sound before the start or trigger that belongs to the clip.")  # fmt: skip
    trigger_dbfs: float = setting(-40.0, label="Trigger level", unit="dBFS", low=-119.0, high=0.0,
                                  help="A level above this, measured over 10 ms, starts a triggered clip; a full-scale "
                                  "sine has 0 dBFS.")  # fmt: skip
    hang_s: float = setting(0.3, label="Release time", unit="s", low=0.01, high=10.0,
                            help="A triggered clip ends after this time below the trigger level, which belongs to the "
                            "clip.")  # fmt: skip
    shortest_s: float = setting(0.05, label="Shortest clip", unit="s", low=0.001, high=60.0,
                                help="Shorter triggered or manual clips are discarded.")  # fmt: skip
    longest_s: float = setting(60.0, label="Longest clip", unit="s", low=0.1, high=600.0,
                               help="A triggered or manual clip ends here; the next one starts with the next "
                               "sample.")  # fmt: skip
    file_format: FileFormat = setting("flac", label="File format",
                               help="flac: 24 bits per sample, half the size, without loss for sound from a converter. "
                               "wav: 32-bit floating point, also above full scale.")  # fmt: skip

    def conflicts(self) -> Iterator[tuple[str, object, str]]:
        """Yield incompatible settings."""
        if self.mode == FIXED_LENGTH and self.pre_roll_s >= self.length_s:
            yield "pre_roll_s", self.pre_roll_s, f"shorter than the clip ({self.length_s:g} s)"
        if self.mode != FIXED_LENGTH and self.pre_roll_s >= self.longest_s:
            yield "pre_roll_s", self.pre_roll_s, f"shorter than the longest clip ({self.longest_s:g} s)"
        if self.shortest_s > self.longest_s:
            yield "shortest_s", self.shortest_s, f"at most the longest clip ({self.longest_s:g} s)"
