"""Labels of settings for the user interface, instead of the dotted keys of files and ``--set``."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from typing import Any, get_args, get_origin

from mlpsvd import settings
from mlpsvd.errors import SettingError
from mlpsvd.settings import Settings
from mlpsvd.text import quoted

__all__ = [
    "ListedSetting", "differences", "every_setting", "inside_sentence", "label", "label_with_unit", "sentence",
    "value_text",
]  # fmt: skip

_SENTENCES = {("data.recordings.path", ""): "Choose a folder of recordings first."}
"""Specific messages, by key and value found."""

_NAMES = ("Adam", "Bayes", "Marchenko-Pastur", "Hessian")


@dataclass(frozen=True)
class ListedSetting:
    """One setting of a list of all settings.

    Attributes
    ----------
    key
        Dotted key; ``[]`` follows a list of tables, e.g. ``data.synthetic.filters[].centre_hz``.
    type
        Name of the type: ``int``, ``float``, ``str``, ``bool``, or ``list of`` one of these or ``tables``.
    allowed
        Description of valid values.
    low, high, choices
        Range of a number, and allowed texts; None and empty without a limit.
    default
        Default value, as in TOML.
    label, unit, help
        Label, unit and meaning.
    """

    key: str
    type: str
    allowed: str
    low: float | None
    high: float | None
    choices: tuple[str, ...]
    default: Any
    label: str
    unit: str
    help: str

    def to_table(self) -> dict[str, Any]:
        """Return the attributes by name, ready for JSON."""
        return dataclasses.asdict(self)


def every_setting(cls: type[Settings], prefix: str = "") -> list[ListedSetting]:
    """Return every setting of a settings class and of the settings inside it, in the order of their declaration."""
    listed: list[ListedSetting] = []
    for info in settings.describe(cls):
        key, kind = f"{prefix}{info.name}", info.type
        if dataclasses.is_dataclass(kind):
            listed += every_setting(kind, f"{key}.")  # type: ignore[arg-type]
            continue
        element = get_args(kind)[0] if get_origin(kind) is tuple else kind
        is_table = dataclasses.is_dataclass(element)
        name = "tables" if is_table else element.__name__
        default = settings.to_table(_Default(info.default))["value"]
        listed.append(ListedSetting(
            key, f"list of {name}" if element is not kind else name, info.expected(), info.low, info.high,
            info.choices, default, info.label, info.unit, info.help,
        ))  # fmt: skip
        if is_table:
            listed += every_setting(element, f"{key}[].")
    return listed


@dataclass(frozen=True)
class _Default:
    """A default value, to be converted to plain values."""

    value: Any


def inside_sentence(text: str) -> str:
    """Return a label as it stands inside a sentence: with a small initial, unless it is a name or an abbreviation.

    Examples
    --------
    >>> [inside_sentence(text) for text in ("Learning rate", "FFT size", "Adam β₁")]
    ['learning rate', 'FFT size', 'Adam β₁']
    """
    is_name = text.split(" ")[0] in _NAMES or not text[1:2].islower()
    return text if is_name else f"{text[:1].lower()}{text[1:]}"


def differences(before: Settings, after: Settings, prefix: str = "") -> list[str]:
    """Return the dotted keys of all settings that differ between two settings of one class; a list is one key.

    Parameters
    ----------
    before, after : Settings
        Two instances of the same class.
    prefix : str
        What to put before every key.

    Returns
    -------
    list of str
        In the order in which the settings are declared.
    """
    keys: list[str] = []
    for field in dataclasses.fields(before):
        first, second = getattr(before, field.name), getattr(after, field.name)
        if first == second:
            continue
        is_table = dataclasses.is_dataclass(first) and type(first) is type(second)
        key = f"{prefix}{field.name}"
        keys += differences(first, second, f"{key}.") if is_table else [key]
    return keys


def label(cls: type[Settings], key: str) -> str:
    """Return the label of a dotted key, for example "Centre frequency of class 3".

    Parameters
    ----------
    cls : type
        The settings class in which the key begins.
    key : str
        A dotted key such as ``training.batch_size`` or ``data.synthetic.filters[2].centre_hz``. A part that is
        unknown is returned as it is.

    Returns
    -------
    str
    """
    return _label_and_unit(cls, key)[0]


def label_with_unit(cls: type[Settings], key: str) -> str:
    """Return the label of a dotted key as it heads values without unit in a table, for example "Clip length (s)"."""
    text, unit = _label_and_unit(cls, key)
    return f"{text} ({unit})" if unit else text


def _label_and_unit(cls: type[Settings], key: str) -> tuple[str, str]:
    kind: Any = cls
    text, entry, unit = "", "", ""
    for part in key.split("."):
        name, index = _name_and_index(part)
        info = next((info for info in settings.describe(kind) if info.name == name), None) if kind else None
        if info is None:
            return key, ""
        text, unit = info.label, info.unit
        is_list = get_origin(info.type) is tuple
        kind = get_args(info.type)[0] if is_list else info.type
        kind = kind if dataclasses.is_dataclass(kind) else None
        if index is not None:
            entry = f"class {index + 1}" if kind else f"entry {index + 1}"
    return (f"{text} of {entry}" if entry else text), unit


def sentence(error: SettingError, cls: type[Settings]) -> str:
    """Return a message for an invalid value, with the setting's label instead of its key.

    Parameters
    ----------
    error : SettingError
        The problem, for example one of :func:`mlpsvd.settings.problems`.
    cls : type
        The settings class in which the error's key begins.

    Returns
    -------
    str
        One sentence that ends with a full stop.
    """
    special = _SENTENCES.get((error.key, error.found)) if isinstance(error.found, str) else None
    if special is not None:
        return special
    return f"{label(cls, error.key)} is {value_text(error.found)}; it should be {error.expected.rstrip('.')}."


def value_text(value: object) -> str:
    """Return a value as a user would write it: lists with commas, nothing for an empty text."""
    if isinstance(value, tuple | list):
        return ", ".join(value_text(entry) for entry in value) or "empty"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, str):
        return quoted(value) if value else "empty"
    return quoted(str(value)) if len(str(value)) > 40 else str(value)


def _name_and_index(part: str) -> tuple[str, int | None]:
    match = re.fullmatch(r"(\w+)\[(\d+)\]", part)
    return (match[1], int(match[2])) if match else (part, None)
