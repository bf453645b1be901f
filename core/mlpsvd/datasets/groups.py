"""Groups of recordings (speakers, sites, days), which stay together on one side of every split."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

from mlpsvd.datasets.name_patterns import normalised, text_from_name
from mlpsvd.datasets.settings import RecordingsSettings
from mlpsvd.datasets.split import split_key
from mlpsvd.text import is_unicode

__all__ = ["group_of", "joined_units", "with_groups"]


def group_of(name: str, folder: Path, settings: RecordingsSettings, cell: str = "") -> tuple[str, str]:
    """Return the group of a recording, and why it has none; both are empty if the settings name no groups.

    Parameters
    ----------
    name
        Path of the recording as the user knows it: relative to ``folder``, or as the manifest has it.
    folder
        The chosen folder, or that of the manifest.
    settings
        Where the groups are.
    cell
        The manifest's entry in the column of the groups.

    Raises
    ------
    SettingError
        If the pattern does not hold ``{group}`` exactly once.
    """
    if settings.groups_from == "none":
        return "", ""
    group, reason = _found(PurePosixPath(split_key(name, folder)), settings, cell)
    if group and not is_unicode(group):
        return "", "the name of its group is not Unicode text"
    return group, "" if group else reason


def _found(path: PurePosixPath, settings: RecordingsSettings, cell: str) -> tuple[str, str]:
    if settings.groups_from == "manifest":
        return normalised(cell), f"it has no {settings.group_column.strip()}"
    if settings.groups_from == "folders":
        folders, level = path.parts[:-1], settings.group_level
        group = folders[level - 1] if len(folders) >= level else ""
        return group, f"it is not in a folder of level {level} (its group)"
    found = text_from_name(path.stem, settings.group_pattern, "group")
    return found or "", f"its name does not match {settings.group_pattern} (its group)"


def with_groups(settings: RecordingsSettings, text: str) -> RecordingsSettings:
    """Return settings whose groups come from a pattern, a folder level or a column of the manifest.

    Parameters
    ----------
    settings
        The settings to change.
    text
        A pattern with ``{group}``, a whole number (the level of a folder), or else the name of a column.

    Examples
    --------
    >>> with_groups(RecordingsSettings(), "*_{group}_*").groups_from
    'file names'
    >>> with_groups(RecordingsSettings(), "2").groups_from
    'folders'
    """
    if "{group}" in text:
        return replace(settings, groups_from="file names", group_pattern=text)
    if text.isdecimal():
        return replace(settings, groups_from="folders", group_level=int(text))
    return replace(settings, groups_from="manifest", group_column=text)


def joined_units(units: Mapping[str, str], copied: Iterable[Sequence[str]]) -> tuple[dict[str, str], dict[str, str]]:
    """Join the units (groups, or single recordings) that hold copies of one recording.

    Parameters
    ----------
    units
        Unit of each recording, by name.
    copied
        Names of recordings that are copies of each other.

    Returns
    -------
    units : dict
        Unit of each recording; a joined unit is named after the first of its units.
    titles : dict
        By unit, the names of all units that were joined into it: ``a + b``.

    Examples
    --------
    >>> joined_units({"1.wav": "a", "2.wav": "b", "3.wav": "c"}, [("1.wav", "2.wav")])
    ({'1.wav': 'a', '2.wav': 'a', '3.wav': 'c'}, {'a': 'a + b', 'c': 'c'})
    """
    parent: dict[str, str] = {}

    def root(unit: str) -> str:
        while unit in parent:
            unit = parent[unit]
        return unit

    for names in copied:
        first, *others = sorted({root(units[name]) for name in names})
        parent.update(dict.fromkeys(others, first))
    members: dict[str, list[str]] = {}
    for unit in sorted(set(units.values())):
        members.setdefault(root(unit), []).append(unit)
    return {name: root(unit) for name, unit in units.items()}, {key: " + ".join(own) for key, own in members.items()}
