"""Survey of recordings before training: properties that bias an accuracy.

If classes differ in sample rate, level or background, a network may learn the device or the room instead of the sound.
If copies of one recording are in both the training and the test set, the test accuracy is too high.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlpsvd.text import frequency_text, one_line

__all__ = ["RecordingFacts", "copies", "listed", "survey", "survey_recording", "unbalanced"]

_UNBALANCED = 4  # times as many clips
_ALIKE, _RARE = 0.9, 0.1  # shares of a class's recordings
_DIFFERENCE_DB = 10.0
_SEPARATED = 0.95  # probability that a recording of one class has more of it than one of the other
_FEWEST = 3  # recordings of a class, for its levels to say anything
_FRAME_S = 0.02
_FEWEST_FRAMES = 10
_QUIETEST_PERCENT = 10.0
_SILENCE_DB = -120.0


@dataclass(frozen=True)
class RecordingFacts:
    """What the survey measures of one recording.

    Attributes
    ----------
    name, label
        The recording and its class.
    rate_hz
        Sample rate of the file.
    digest
        Digest of its samples; equal for copies.
    level_db
        RMS level relative to full scale.
    background_db
        Level of its quietest tenth of frames of 20 ms; not-a-number where the recording has fewer than 10.
    """

    name: str
    label: str
    rate_hz: float
    digest: bytes
    level_db: float
    background_db: float


def survey_recording(
    name: str, label: str, file_rate_hz: float, clips: Sequence[NDArray[np.float32]], rate_hz: float
) -> RecordingFacts:
    """Measure one recording.

    Parameters
    ----------
    name, label, file_rate_hz
        The recording, its class and the sample rate of its file.
    clips
        Its clips, each of shape=(n_samples,), at ``rate_hz``.
    rate_hz
        Sample rate of the clips.
    """
    digest = hashlib.blake2b(digest_size=16)
    length = max(1, round(_FRAME_S * rate_hz))
    powers: list[NDArray[np.float64]] = []
    total, n_samples = 0.0, 0
    for clip in clips:
        digest.update(len(clip).to_bytes(8, "little") + np.ascontiguousarray(clip).tobytes())
        frames = clip[: len(clip) // length * length].reshape(-1, length)
        powers.append(np.einsum("nk,nk->n", frames, frames, dtype=np.float64) / length)
        total += float(np.einsum("k,k->", clip, clip, dtype=np.float64))
        n_samples += len(clip)
    power = np.concatenate(powers) if powers else np.empty(0)
    quietest = float(np.percentile(power, _QUIETEST_PERCENT)) if len(power) >= _FEWEST_FRAMES else float("nan")
    level = total / n_samples if n_samples else 0.0
    return RecordingFacts(name, label, file_rate_hz, digest.digest(), _in_db(level), _in_db(quietest))


def copies(recordings: Sequence[RecordingFacts]) -> list[tuple[RecordingFacts, ...]]:
    """Return the groups of two and more recordings that hold the same samples."""
    groups = defaultdict(list)
    for one in recordings:
        groups[one.digest].append(one)
    return [tuple(group) for group in groups.values() if len(group) > 1]


def survey(
    recordings: Sequence[RecordingFacts], sides: Mapping[str, str], class_names: Sequence[str]
) -> tuple[str, ...]:
    """Return warnings before training, one sentence each.

    Parameters
    ----------
    recordings
        The usable recordings.
    sides
        ``train`` or ``test`` for each recording's name.
    class_names
        The classes in their order.
    """
    by_class = {name: [one for one in recordings if one.label == name] for name in class_names}
    counts = {name: len(own) for name, own in by_class.items()}
    return (
        *unbalanced(counts), *_copied(copies(recordings), sides), *_rates(by_class), *_levels(by_class),
    )  # fmt: skip


def unbalanced(counts: Mapping[str, int]) -> Iterator[str]:
    """Yield a sentence where one class has at least four times as many clips as another."""
    if len(counts) < 2:
        return
    least, most = min(counts, key=lambda label: counts[label]), max(counts, key=lambda label: counts[label])
    if counts[most] >= _UNBALANCED * counts[least] and counts[most] > _UNBALANCED:
        times = counts[most] / max(1, counts[least])
        yield (
            f"The class {one_line(most)} has {counts[most]} clips, {times:.0f} times as many as {one_line(least)} "
            f"({counts[least]}): the network will favour it; record more of {one_line(least)}."
        )


def listed(names: Sequence[str]) -> str:
    """Return names in a row, the first three by name."""
    shown = ", ".join(one_line(name) for name in names[:3])
    return shown if len(names) <= 3 else f"{shown} and {len(names) - 3} more"


def _copied(groups: Sequence[tuple[RecordingFacts, ...]], sides: Mapping[str, str]) -> Iterator[str]:
    mixed = [group for group in groups if len({one.label for one in group}) > 1]
    for group in mixed[:1]:
        others = f" So do {len(mixed) - 1} more groups." if len(mixed) > 1 else ""
        yield (
            f"{listed([one.name for one in group])} hold the same samples but belong to the classes "
            f"{listed(sorted({one.label for one in group}))}: correct their labels.{others}"
        )
    groups = [group for group in groups if group not in mixed]
    if not groups:
        return
    n_copies = sum(len(group) - 1 for group in groups)
    count = "1 recording is a copy" if n_copies == 1 else f"{n_copies} recordings are copies"
    example = listed([one.name for one in groups[0]])
    apart = [group for group in groups if len({sides[one.name] for one in group}) > 1]
    if apart:
        example = listed([one.name for one in apart[0]])
        yield (
            f"{count} of another ({example}), and copies lie on both sides of the split: the test accuracy is too "
            "high; remove them."
        )
    else:
        yield f"{count} of another, sample for sample ({example}); copies are kept on one side of the split."


def _rates(by_class: Mapping[str, Sequence[RecordingFacts]]) -> Iterator[str]:
    """Warn where a rate is usual in one class and rare in another."""
    shares = {
        label: {rate: count / len(own) for rate, count in Counter(one.rate_hz for one in own).items()}
        for label, own in by_class.items()
        if own
    }
    for label, own in shares.items():
        for rate, share in own.items():
            others = [other for other in shares if shares[other].get(rate, 0.0) <= _RARE]
            if share >= _ALIKE and others:
                usual = max(shares[others[0]], key=lambda one: shares[others[0]][one])
                yield (
                    f"The classes differ in sample rate: {one_line(label)} has {frequency_text(rate)}, "
                    f"{listed(others)} {frequency_text(usual)}. The network may learn the device instead; "
                    "record all classes at one rate."
                )
                return


def _levels(by_class: Mapping[str, Sequence[RecordingFacts]]) -> Iterator[str]:
    levels = {label: np.array([one.level_db for one in own]) for label, own in by_class.items()}
    found = _extremes(levels)
    if found is not None:
        high, low = found
        yield (
            f"The class {one_line(high)} is {_median(levels[high]) - _median(levels[low]):.0f} dB louder than "
            f"{one_line(low)} (medians {_median(levels[high]):.0f} and {_median(levels[low]):.0f} dB re full scale): "
            "the network may learn the level instead; record all classes alike if it should not."
        )
    # In recordings that are filled with sound, the quietest frames are not background.
    backgrounds = {
        label: np.array([one.background_db for one in own if one.level_db - one.background_db >= _DIFFERENCE_DB])
        for label, own in by_class.items()
    }
    found = _extremes(backgrounds)
    if found is not None:
        high, low = found
        difference = _median(backgrounds[high]) - _median(backgrounds[low])
        yield (
            f"The background of the class {one_line(high)} is {difference:.0f} dB louder than that of {one_line(low)}: "
            "the network may learn the room or the device instead; record all classes in the same conditions."
        )


def _extremes(values: Mapping[str, NDArray[np.float64]]) -> tuple[str, str] | None:
    """Return the classes of the highest and the lowest median, where their recordings hardly overlap."""
    usable = {label: own for label, own in values.items() if len(own) >= _FEWEST}
    if len(usable) < 2:
        return None
    high, low = (choose(usable, key=lambda label: _median(usable[label])) for choose in (max, min))
    above = (usable[high][:, np.newaxis] > usable[low]).mean()
    far = _median(usable[high]) - _median(usable[low]) >= _DIFFERENCE_DB
    return (high, low) if far and above >= _SEPARATED else None


def _median(values: NDArray[np.float64]) -> float:
    return float(np.median(values))


def _in_db(power: float) -> float:
    return max(_SILENCE_DB, 10.0 * float(np.log10(power))) if power > 0.0 else (_SILENCE_DB if power == 0.0 else power)
