"""Summary of skipped files and of notes about files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

from mlpsvd.datasets.clips import FileNote, Skipped
from mlpsvd.errors import DataError
from mlpsvd.text import one_line, quoted

__all__ = ["counts_text", "left_out_lines", "require_no_lost_class"]

K = TypeVar("K")
V = TypeVar("V")

_MOST_LINES = 12


def left_out_lines(skipped: Sequence[Skipped], notes: Sequence[FileNote] = ()) -> tuple[str, ...]:
    """Return lines that list skipped files and notes, one line for each class and reason.

    Parameters
    ----------
    skipped
        Recordings that were left out.
    notes
        Notes about recordings that are used.

    Examples
    --------
    >>> left_out_lines([Skipped(f"a/{number}.wav", "it is empty (0 bytes)", "a") for number in (1, 2)])
    ("left out: 2 files of class 'a' (a/1.wav, a/2.wav): it is empty (0 bytes)",)
    """
    out = _grouped(((_of_class(one.label), _kind(one.reason)), (one.path, one.reason)) for one in skipped)
    odd = _grouped((("", _kind(one.note)), (one.path, one.note)) for one in notes)
    lines = [f"left out: {_line(of_class, kind, found)}" for (of_class, kind), found in out.items()]
    lines += [f"note: {_line(of_class, kind, found)}" for (of_class, kind), found in odd.items()]
    more = len(lines) - _MOST_LINES
    return (*lines[:_MOST_LINES], *([f"and {more} more such lines"] if more > 0 else []))


def counts_text(skipped: Sequence[Skipped], notes: Sequence[FileNote]) -> str:
    """Return how many files were left out and how many have a note.

    Examples
    --------
    >>> counts_text([], [FileNote("a.wav", "it is silent: every sample is 0")])
    'none skipped, 1 with a note'
    """
    n_odd = len({one.path for one in notes})
    odd = f", {n_odd} with a note" if n_odd else ""
    return f"{len(skipped) or 'none'} skipped{odd}"


def require_no_lost_class(class_names: Iterable[str], skipped: Sequence[Skipped]) -> None:
    """Reject a data set in which all recordings of a class were left out, as the network would lack this class.

    Raises
    ------
    DataError
        The message names the class, the number of files, and the reason for one of them.
    """
    known = set(class_names)
    lost = _grouped((one.label, one) for one in skipped if one.label and one.label not in known)
    for label, files in lost.items():
        count = "its only file was" if len(files) == 1 else f"all of its {len(files)} files were"
        others = f" (and {len(lost) - 1} more classes likewise)" if len(lost) > 1 else ""
        raise DataError(
            f"class {quoted(label)} has no usable recording: {count} left out, {one_line(files[0].path)} because "
            f"{files[0].reason}{others}; replace them, or move the class out of the data set"
        )


def _grouped(pairs: Iterable[tuple[K, V]]) -> dict[K, list[V]]:
    groups: dict[K, list[V]] = {}
    for key, value in pairs:
        groups.setdefault(key, []).append(value)
    return groups


def _of_class(label: str) -> str:
    return f" of class {quoted(label)}" if label else ""


def _kind(reason: str) -> str:
    """What a reason has in common with others: ``it is too short`` of ``it is too short: 0.01 s``."""
    return reason.partition(":")[0].partition(" after ")[0]


def _line(of_class: str, kind: str, found: Sequence[tuple[str, str]]) -> str:
    reasons = {reason for _, reason in found}
    count = "1 file" if len(found) == 1 else f"{len(found)} files"
    listed = ", ".join(one_line(name) for name, _ in found[:2]) + (", …" if len(found) > 2 else "")
    return f"{count}{of_class} ({listed}): {reasons.pop() if len(reasons) == 1 else kind}"
