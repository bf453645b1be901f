"""Split of recordings into training and test set by a hash of each recording's name."""

from __future__ import annotations

import contextlib
import hashlib
import os
import posixpath
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path

__all__ = ["split_class", "split_key"]


def split_key(name: str, folder: Path) -> str:
    """Return what decides a recording's side of the split: its path relative to ``folder``.

    In Unicode NFC, with ``/`` between folders and without ``.`` and ``..`` in the middle: a data set keeps its split
    when it is moved, or copied to another operating system.

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

    A recording is held out where the hash of the seed and its key, as a number from 0 to 1, is below ``test_fraction``.
    Adding or removing a recording therefore moves no other one, and the number held out is binomially distributed
    around ``test_fraction``. Where a class of two or more recordings would lack a side, the recording whose hash is
    nearest to that side is moved to it. What a manifest has fixed is kept.

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
    _move_where_lacking(sides, places, present)
    return [side or known.get(key) or sides[key] for key, side in zip(keys, fixed, strict=True)]


def _move_where_lacking(sides: dict[str, str], places: Mapping[str, float], fixed: set[str]) -> None:
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
