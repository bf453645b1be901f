"""Assignment of recordings to the training and the test set: by recording, or by whole groups."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from mlpsvd.datasets.groups import joined_units
from mlpsvd.datasets.settings import RecordingsSettings
from mlpsvd.datasets.split import split_class, split_groups, split_key
from mlpsvd.errors import DataError
from mlpsvd.files import expand_home
from mlpsvd.text import counted, one_line, quoted

__all__ = ["Sides", "assign_sides"]


class SplitRecording(Protocol):
    """What the split needs to know of a recording."""

    @property
    def name(self) -> str:
        """Path as the user knows it."""

    @property
    def label(self) -> str:
        """Name of its class."""

    @property
    def split(self) -> str | None:
        """``train`` or ``test`` if a manifest says so."""

    @property
    def group(self) -> str:
        """Its group; empty without groups."""


@dataclass(frozen=True)
class Sides:
    """The split of recordings.

    Attributes
    ----------
    sides
        ``train`` or ``test`` by the recording's name.
    units
        What each recording must stay together with, by its name: its group, or itself; copies share a unit.
    warnings
        Notes for the user, one sentence each.
    """

    sides: Mapping[str, str]
    units: Mapping[str, str]
    warnings: tuple[str, ...] = ()


def assign_sides(
    recordings: Sequence[SplitRecording],
    class_names: Iterable[str],
    settings: RecordingsSettings,
    seed: int,
    copied: Sequence[Sequence[str]],
) -> Sides:
    """Split recordings into training and test set.

    Parameters
    ----------
    recordings
        The usable recordings.
    class_names
        The classes.
    settings
        Test fraction and source of the groups.
    seed
        Seed of the split.
    copied
        Names of recordings that are copies of each other.

    Raises
    ------
    DataError
        If a class has no training or no test recording.
    """
    if settings.groups_from == "none":
        units, _ = joined_units({one.name: one.name for one in recordings}, copied)
        return Sides(_by_recording(recordings, class_names, settings, seed, copied), units)
    units, titles = joined_units({one.name: one.group for one in recordings}, copied)
    sides = _by_group(recordings, class_names, settings, seed, units)
    titled = {name: titles[unit] for name, unit in units.items()}
    return Sides(sides, titled, (*_joined_warnings(titles), *_divided_warnings(sides, titled)))


def _by_recording(
    recordings: Sequence[SplitRecording],
    class_names: Iterable[str],
    settings: RecordingsSettings,
    seed: int,
    copied: Sequence[Sequence[str]],
) -> dict[str, str]:
    sides: dict[str, str] = {}
    chosen = expand_home(settings.path)
    folder: Path = chosen.parent if settings.labels_from == "manifest" else chosen
    keys = {one.name: split_key(one.name, folder) for one in recordings}
    shared = {name: min(keys[each] for each in names) for names in copied for name in names}
    for label in class_names:
        own = [one for one in recordings if one.label == label]
        names = [one.name for one in own]
        group_keys = [shared.get(name, keys[name]) for name in names]
        if len(set(group_keys)) < 2:  # all are copies of one recording
            group_keys = [keys[name] for name in names]
        side = split_class(group_keys, [one.split for one in own], settings.test_fraction, seed)
        for wanted in ("train", "test"):
            if wanted not in side:
                raise DataError(_missing_side_text(label, len(own), wanted, settings))
        sides.update(zip(names, side, strict=True))
    return sides


def _by_group(
    recordings: Sequence[SplitRecording],
    class_names: Iterable[str],
    settings: RecordingsSettings,
    seed: int,
    units: Mapping[str, str],
) -> dict[str, str]:
    of_group = split_groups(
        [units[one.name] for one in recordings],
        [one.label for one in recordings],
        [one.split for one in recordings],
        settings.test_fraction,
        seed,
    )
    sides = {one.name: one.split or of_group[units[one.name]] for one in recordings}
    for label in class_names:
        own = [one for one in recordings if one.label == label]
        for wanted in ("train", "test"):
            if wanted not in {sides[one.name] for one in own}:
                raise DataError(_missing_group_text(label, sorted({one.group for one in own}), wanted))
    return sides


def _missing_side_text(label: str, n_recordings: int, wanted: str, settings: RecordingsSettings) -> str:
    """Return the error message for a class without training or test clips."""
    what = "training" if wanted == "train" else "test"
    remedy = "add recordings to this class or leave it out (every class needs at least 2)"
    if n_recordings > 1 and settings.labels_from == "manifest":
        remedy = f"give some of its rows in the manifest the split {wanted}"
    return f"class {quoted(label)} has {counted(n_recordings, 'recording')} and no {what} clip; {remedy}"


def _missing_group_text(label: str, groups: Sequence[str], wanted: str) -> str:
    what = "training" if wanted == "train" else "test"
    only = f"recordings of one group only ({one_line(groups[0])})" if len(groups) == 1 else f"{len(groups)} groups"
    return (
        f"class {quoted(label)} has {only} and no {what} clip, as groups are not divided; add recordings of this class "
        "from another group, or choose other groups"
    )


def _joined_warnings(titles: Mapping[str, str]) -> Iterable[str]:
    for key, title in titles.items():
        if title != key:
            yield f"The groups {one_line(title)} hold copies of the same recordings and are kept together as one group."


def _divided_warnings(sides: Mapping[str, str], units: Mapping[str, str]) -> Iterable[str]:
    both = sorted({units[name] for name, side in sides.items() if side == "train"}
                  & {units[name] for name, side in sides.items() if side == "test"})  # fmt: skip
    if both:
        yield (
            f"The split of the manifest divides {counted(len(both), 'group')} ({one_line(both[0])}): the test accuracy "
            "is not that of unknown groups."
        )
