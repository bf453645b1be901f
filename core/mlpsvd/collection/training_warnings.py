"""Warnings about training on a collection as it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from mlpsvd.collection.recorded_clip import RecordedClip
from mlpsvd.datasets.labels import natural_key
from mlpsvd.datasets.survey import listed, unbalanced
from mlpsvd.text import frequency_text

__all__ = ["FEWEST_CLASSES", "FEWEST_CLIPS", "warnings_for_training"]

FEWEST_CLASSES = 2
FEWEST_CLIPS = 2
"""Of each class: one to train on, one to test on."""


def warnings_for_training(clips: Sequence[RecordedClip]) -> tuple[str, ...]:
    """Return warnings before training; those that make it impossible come first.

    Fewer than two classes, a class with fewer than two clips (one to train on, one to test on), classes of very
    different size, clips that reach full scale, different sample rates.
    """
    found = Counter(one.label for one in clips)
    counts = {label: found[label] for label in sorted(found, key=natural_key)}
    return (
        *_too_few_classes(counts), *_too_few_clips(counts), *unbalanced(counts), *_clipped(clips), *_rates(clips),
    )  # fmt: skip


def _too_few_classes(counts: Mapping[str, int]) -> Iterator[str]:
    if not counts:
        yield "There are no clips yet; a training needs at least two classes with two clips each."
    elif len(counts) == 1:
        yield f"There is only the class {next(iter(counts))}; training requires at least two."


def _too_few_clips(counts: Mapping[str, int]) -> Iterator[str]:
    single = [label for label, count in counts.items() if count < FEWEST_CLIPS]
    needs = f"needs at least {FEWEST_CLIPS}, one to train on and one to test on"
    if len(single) == 1:
        yield f"The class {single[0]} has only 1 clip; it {needs}."
    elif single:
        yield f"The classes {listed(single)} have only 1 clip each; each {needs}."


def _clipped(clips: Sequence[RecordedClip]) -> Iterator[str]:
    names = [one.name for one in clips if one.clipped]
    if names:
        reach, them = ("1 clip reaches", "it") if len(names) == 1 else (f"{len(names)} clips reach", "them")
        yield (
            f"{reach} full scale and may be distorted ({listed(names)}): listen to {them}, or record again with less "
            "gain."
        )


def _rates(clips: Sequence[RecordedClip]) -> Iterator[str]:
    rates = Counter(one.sample_rate_hz for one in clips if one.sample_rate_hz > 0.0)
    if len(rates) > 1:
        listed = ", ".join(f"{frequency_text(rate)} ({rates[rate]})" for rate in sorted(rates))
        yield (
            f"The clips have different sample rates, {listed}: frequencies above the lowest rate may reveal "
            "the device instead of the sound."
        )
