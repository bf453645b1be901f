"""Split of recordings into training and test set by a hash of each recording's name."""

from __future__ import annotations

import contextlib
import hashlib
import os
import posixpath
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path

__all__ = ["split_class", "split_groups", "split_key"]


def split_key(name: str, folder: Path) -> str:
    """Return the key that assigns a recording to training or test: its path relative to ``folder``.

    The path is in Unicode NFC, with ``/`` between folders and without ``.`` and ``..``, so that a data set keeps its
    split when it is moved or copied to another operating system.

    Parameters
    ----------
    name
        The recording's path as a manifest or a search of ``folder`` has it, relative or absolute.
    folder
        The chosen folder, or the folder of the manifest.
    """
    with contextlib.suppress(ValueError):  # another drive on Windows
        if Path(name).is_absolute():
            name = os.path.relpath(name, folder)
    return posixpath.normpath(unicodedata.normalize("NFC", name).replace("\\", "/"))


def split_class(
    keys: Sequence[str],
    fixed: Sequence[str | None],
    test_fraction: float,
    seed: int,
) -> list[str]:
    """Split the recordings of one class into training and test.

    A recording is held out if the hash of the seed and its key, as a number from 0 to 1, is below ``test_fraction``.
    Adding or removing a recording therefore does not move others, and the number of held-out recordings has a binomial
    distribution. If a class of two or more recordings would have no training or no test recording, the recording with
    the nearest hash is moved. Assignments in a manifest are kept.

    Recordings with equal keys are kept on the same side: copies of one recording share the key of one of them.

    Parameters
    ----------
    keys
        What identifies each recording, from :func:`split_key`.
    fixed
        ``train``, ``test`` or None for each. Recordings without a side take that of a recording with the same key.
    test_fraction
        Expected share of the recordings without a fixed side that goes to the test set.
    seed
        The experiment's seed.

    Returns
    -------
    list of str
        ``train`` or ``test`` for each recording.
    """
    known = {key: side for key, side in zip(keys, fixed, strict=True) if side is not None}
    places = {key: _place(seed, key) for key in sorted(set(keys) - set(known))}
    sides = {key: "test" if place < test_fraction else "train" for key, place in places.items()}
    present = set(known.values())
    _fill_empty_side(sides, places, present)
    return [side or known.get(key) or sides[key] for key, side in zip(keys, fixed, strict=True)]


def split_groups(
    groups: Sequence[str], labels: Sequence[str], fixed: Sequence[str | None], test_fraction: float, seed: int
) -> dict[str, str]:
    """Split whole groups of recordings into training and test.

    A group is held out if the hash of the seed and its name, as a number from 0 to 1, is below ``test_fraction``, so
    that added recordings and groups do not move others. If a class would lack a side, the group of this class with the
    nearest hash is moved, unless that takes the other side from a class.

    Parameters
    ----------
    groups, labels, fixed
        Of each recording: its group, its class, and ``train``, ``test`` or None if a manifest assigns no side.
    test_fraction
        Expected share of the groups that is held out.
    seed
        The experiment's seed.

    Returns
    -------
    dict
        ``train`` or ``test`` by group. A class may lack a side, if all its recordings are of one group.
    """
    known: dict[str, str] = {}
    for group, side in zip(groups, fixed, strict=True):
        if side is not None:
            known.setdefault(group, side)
    places = {group: _place(seed, group) for group in sorted(set(groups))}
    sides = {group: known.get(group, "test" if place < test_fraction else "train") for group, place in places.items()}
    of_class: dict[str, set[str]] = {}
    for group, label in zip(groups, labels, strict=True):
        of_class.setdefault(label, set()).add(group)

    def may_move(group: str) -> bool:
        return group not in known and all(
            any(sides[other] == sides[group] for other in own - {group}) for own in of_class.values() if group in own
        )

    for own in of_class.values():
        for wanted, nearest in (("train", max), ("test", min)):
            movable = [group for group in own if sides[group] != wanted and may_move(group)]
            if movable and all(sides[group] != wanted for group in own):
                sides[nearest(movable, key=lambda group: (places[group], group))] = wanted
    return sides


def _fill_empty_side(sides: dict[str, str], places: Mapping[str, float], fixed: set[str]) -> None:
    """Give the class a training recording first, then a test recording; never empty one side for the other."""
    for wanted, other, nearest in (("train", "test", max), ("test", "train", min)):
        movable = [key for key, side in sides.items() if side == other]
        lacking = wanted not in fixed and wanted not in sides.values()
        if lacking and movable and (len(movable) > 1 or other in fixed or wanted == "train"):
            sides[nearest(movable, key=lambda key: (places[key], key))] = wanted


def _place(seed: int, key: str) -> float:
    """A number in [0, 1), uniformly distributed over the keys."""
    digest = hashlib.sha256(f"{seed}\n{key}".encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:6], "big") / 2**48
