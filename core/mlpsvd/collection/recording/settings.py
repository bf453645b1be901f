"""Recording settings: when a take begins and ends, and its file format."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mlpsvd.settings import setting

__all__ = ["BY_HAND", "FIXED_LENGTH", "TRIGGERED", "RecordSettings"]

BY_HAND = "by hand"
FIXED_LENGTH = "fixed length"
TRIGGERED = "triggered"


@dataclass(frozen=True)
class RecordSettings:
    """What a :class:`mlpsvd.collection.recording.recorder.Recorder` is told; changes count from the next take on."""

    mode: str = setting(BY_HAND, label="Mode", choices=(BY_HAND, FIXED_LENGTH, TRIGGERED),
                        help="by hand: from start to stop. fixed length: each start records one clip of exactly that "
                        "length. triggered: every sound above the trigger level becomes a clip.")  # fmt: skip
    length_s: float = setting(1.0, label="Length", unit="s", low=0.01, high=600.0,
                              help="Length of a clip of fixed length, pre-roll included.")  # fmt: skip
    pre_roll_s: float = setting(0.2, label="Pre-roll", unit="s", low=0.0, high=10.0,
                                help="How much of what was heard before the start or the trigger belongs to the "
                                "clip.")  # fmt: skip
    trigger_dbfs: float = setting(-40.0, label="Trigger level", unit="dBFS", low=-119.0, high=0.0,
                                  help="A sound above this level starts a triggered clip, measured over 10 ms; a "
                                  "sine at full scale has 0 dBFS.")  # fmt: skip
    hang_s: float = setting(0.3, label="Silence that ends a clip", unit="s", low=0.01, high=10.0,
                            help="A triggered clip ends when it was below the trigger level for this long; the "
                            "silence belongs to it.")  # fmt: skip
    shortest_s: float = setting(0.05, label="Shortest clip", unit="s", low=0.001, high=60.0,
                                help="Sounds over the trigger level, and clips by hand, that are shorter are not "
                                "kept.")  # fmt: skip
    longest_s: float = setting(60.0, label="Longest clip", unit="s", low=0.1, high=600.0,
                               help="A clip by hand or triggered ends here, and the next goes on with the very next "
                               "sample.")  # fmt: skip
    file_format: str = setting("flac", label="File format", choices=("flac", "wav"),
                               help="flac: 24 bits a sample, half the size, nothing lost that a converter gives. wav: "
                               "32-bit floating point, also above full scale.")  # fmt: skip

    def conflicts(self) -> Iterator[tuple[str, object, str]]:
        """Yield what does not fit together: a pre-roll that leaves nothing to come, a shortest above the longest."""
        if self.mode == FIXED_LENGTH and self.pre_roll_s >= self.length_s:
            yield "pre_roll_s", self.pre_roll_s, f"shorter than the clip ({self.length_s:g} s)"
        if self.mode != FIXED_LENGTH and self.pre_roll_s >= self.longest_s:
            yield "pre_roll_s", self.pre_roll_s, f"shorter than the longest clip ({self.longest_s:g} s)"
        if self.shortest_s > self.longest_s:
            yield "shortest_s", self.shortest_s, f"at most the longest clip ({self.longest_s:g} s)"
