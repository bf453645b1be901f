"""Experiment files: reading and writing TOML without loss.

A file starts with ``format_version = 1``. Missing keys have their default values; unknown keys and invalid values are
errors. Relative paths are relative to the folder of the file, so that an experiment can be stored
next to its recordings; ``~`` is the home folder.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import tomli_w

from mlpsvd.errors import FileFormatError
from mlpsvd.experiments.experiment import Experiment, experiment_from_table
from mlpsvd.files import expand_home, read_plain, write_atomically
from mlpsvd.settings import check, get, to_table, with_value
from mlpsvd.text import one_line, quoted

__all__ = [
    "FORMAT_VERSION",
    "PATH_KEYS",
    "from_toml",
    "load_experiment",
    "parse_toml",
    "save_experiment",
    "to_toml",
    "with_absolute_paths",
    "with_paths",
]

FORMAT_VERSION = 1
PATH_KEYS = ("data.recordings.path", "network.first_layer")
"""Settings that are paths; an empty text is none."""

_LARGEST = 1_000_000
_DEEP_KEY = re.compile(r"""(?<![\w"'-])(?:(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){20}""")
"""A key of more than 20 parts, for which tomllib needs quadratic time; valid keys have at most 4."""
_HEADER = "# An experiment of MLP-SVD; run it with: mlpsvd train FILE\n"


def to_toml(experiment: Experiment) -> str:
    """Return the text of an experiment file with all settings; the experiment is not validated."""
    return _HEADER + tomli_w.dumps({"format_version": FORMAT_VERSION, **to_table(experiment)})


def from_toml(text: str, checked: bool = True) -> Experiment:
    """Return the experiment of a TOML text; relative paths are not resolved.

    Parameters
    ----------
    text : str
        The text of an experiment file.
    checked : bool
        Whether invalid values are errors. Otherwise they are returned; only their types are checked.

    Raises
    ------
    FileFormatError
        If the text is not TOML (the message names the line), or has no format version or a newer one.
    SettingError
        If a key is unknown or a value is invalid; the message names the key, the value and the valid values.
    """
    table = parse_toml(text, _LARGEST)
    _check_version(table.pop("format_version", None))
    experiment = experiment_from_table(table)
    if checked:
        check(experiment)
    return experiment


def parse_toml(text: str, largest: int) -> dict[str, Any]:
    """Return the table of an untrusted TOML text.

    Raises
    ------
    FileFormatError
        If it is not TOML (the message names the line), has more than ``largest`` characters, or is nested too deeply.
    """
    if len(text) > largest:
        raise FileFormatError(f"it has {len(text)} characters; it should have at most {largest}")
    deep = _DEEP_KEY.search(text)
    if deep:
        raise FileFormatError(f"line {text.count(chr(10), 0, deep.start()) + 1} has a key of more than 20 parts")
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise FileFormatError(f"this is not valid TOML: {error}") from error
    except (ValueError, RecursionError) as error:  # Python's own limits, not caught by tomllib
        raise FileFormatError("this is not valid TOML: a number is too long, or lists are nested too deep") from error


def load_experiment(path: str | Path) -> Experiment:
    """Read an experiment file (TOML).

    Parameters
    ----------
    path : str or Path
        An experiment file, as written by :func:`save_experiment`.

    Returns
    -------
    Experiment
        The settings. Relative paths are resolved relative to the folder of the file.

    Raises
    ------
    FileFormatError
        If the file cannot be read or is not an experiment file of this or an earlier version.
    SettingError
        If a key is unknown or a value is invalid.

    Examples
    --------
    >>> import mlpsvd
    >>> import tempfile, pathlib
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     mlpsvd.save_experiment(pathlib.Path(folder) / "a.toml", mlpsvd.Experiment(seed=7))
    ...     mlpsvd.load_experiment(pathlib.Path(folder) / "a.toml").seed
    7
    """
    path, where = Path(path), one_line(str(path), 300)
    try:
        text = read_plain(path, _LARGEST).decode("utf-8-sig")
    except OSError as error:
        raise FileFormatError(f"{where} cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise FileFormatError(f"{where} is not an experiment file: it is not a text in UTF-8") from error
    try:
        experiment = from_toml(text)
    except FileFormatError as error:
        raise FileFormatError(f"{where} is not an experiment file that can be read: {error}") from error
    return with_absolute_paths(experiment, path.resolve().parent)


def save_experiment(path: str | Path, experiment: Experiment) -> None:
    """Write an experiment file (TOML), atomically.

    Parameters
    ----------
    path : str or Path
        File to write or replace.
    experiment : Experiment
        The settings.

    Raises
    ------
    SettingError
        If a value is invalid.
    OSError
        If the file cannot be written; an existing file is then unchanged.

    Examples
    --------
    >>> import mlpsvd
    >>> import tempfile, pathlib
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     mlpsvd.save_experiment(pathlib.Path(folder) / "a.toml", mlpsvd.Experiment())
    ...     sorted(one.name for one in pathlib.Path(folder).iterdir())
    ['a.toml']
    """
    check(experiment)
    write_atomically(Path(path), to_toml(experiment))


def _check_version(version: Any) -> None:
    if version is None:
        raise FileFormatError(f"format_version is missing; it should be {FORMAT_VERSION}, on the first line")
    if type(version) is not int or version < 1:
        raise FileFormatError(f"format_version is {quoted(version)}; it should be {FORMAT_VERSION}")
    if version > FORMAT_VERSION:
        raise FileFormatError(
            f"format_version is {quoted(version)}, from a newer MLP-SVD; this one reads up to {FORMAT_VERSION}, so "
            "update it"
        )


def with_absolute_paths(experiment: Experiment, folder: Path) -> Experiment:
    """Return an experiment whose relative paths are resolved relative to a folder; ``~`` is the home folder."""
    return with_paths(experiment, lambda text: folder / expand_home(text))


def with_paths(experiment: Experiment, change: Callable[[str], Path | str]) -> Experiment:
    """Return an experiment whose paths are changed by a function; it gets each one that is not empty."""
    for key in PATH_KEYS:
        text = get(experiment, key)
        if text:
            experiment = with_value(experiment, key, str(change(text)))
    return experiment
