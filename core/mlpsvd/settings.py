"""Settings: frozen dataclasses whose fields carry label, unit, symbol, help text and allowed range.

The TOML reader and writer, ``--set key=value`` on the command line, the forms and tooltips of the window, and the
messages about invalid values are all derived from these fields.
"""

from __future__ import annotations

import dataclasses
import difflib
import functools
import math
import types
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Protocol, TypeVar, get_args, get_origin, get_type_hints

from mlpsvd.errors import SettingError
from mlpsvd.text import format_number, is_unicode

__all__ = [
    "SettingInfo",
    "Settings",
    "check",
    "describe",
    "from_table",
    "get",
    "impossible_values",
    "is_impossible",
    "parse_text",
    "problems",
    "setting",
    "to_table",
    "with_value",
]


_LONGEST_NAME = 100


class Settings(Protocol):
    """Any frozen dataclass whose fields were made with :func:`setting`."""

    __dataclass_fields__: ClassVar[dict[str, Any]]


S = TypeVar("S", bound=Settings)


@dataclass(frozen=True)
class SettingInfo:
    """Description of one setting.

    Attributes
    ----------
    name
        Name of the field, the last part of its key.
    type
        The field's Python type, e.g. ``int`` or ``tuple[int, ...]``; ``str`` where it is annotated with a ``Literal``.
    default
        The default value; that of the paper where the paper gives one.
    label, unit, symbol, help
        Short label, unit ("Hz", "s", "" for none), the paper's symbol ("η") and a sentence of help.
    low, high
        Inclusive range of a number, or of every number in a tuple; None for no limit.
    choices
        Allowed values of a text; empty if any text is allowed.
    zero
        Meaning of 0 if it is a special value, e.g. "whole recording"; otherwise empty.
    """

    name: str
    type: Any
    default: Any
    label: str
    unit: str
    symbol: str
    help: str
    low: float | None
    high: float | None
    choices: tuple[str, ...]
    zero: str

    def expected(self) -> str:
        """Return a description of valid values, e.g. ``a whole number of at least 1``."""
        if self.choices:
            one = "one of " + ", ".join(self.choices)
            return f"a list, each {one}" if get_origin(self.type) is tuple else one
        element = get_args(self.type)[0] if get_origin(self.type) is tuple else self.type
        noun = {int: "a whole number", float: "a number", str: "a text", bool: "true or false"}.get(element, "a table")
        if self.low is not None and self.high is not None:
            noun += f" from {format_number(self.low)} to {format_number(self.high)}"
        elif self.low is not None:
            noun += f" of at least {format_number(self.low)}"
        elif self.high is not None:
            noun += f" of at most {format_number(self.high)}"
        if self.unit:
            noun += f" ({self.unit})"
        return f"a list, each {noun}" if get_origin(self.type) is tuple else noun


def setting(
    default: Any,
    *,
    label: str,
    help: str,
    unit: str = "",
    symbol: str = "",
    low: float | None = None,
    high: float | None = None,
    choices: tuple[str, ...] = (),
    zero: str = "",
) -> Any:
    """Declare one field of a settings dataclass; see :class:`SettingInfo` for the parameters.

    Fixed choices belong in the annotation, as a ``Literal``; ``choices`` is for the names in a registry.
    """
    metadata = {"label": label, "help": help, "unit": unit, "symbol": symbol, "low": low, "high": high,
                "choices": choices, "zero": zero}  # fmt: skip
    if dataclasses.is_dataclass(default) and not isinstance(default, type):
        return dataclasses.field(default_factory=lambda: default, metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


@functools.cache  # resolving the hints takes 0.2 ms, and a run's end asked 54 times
def describe(cls: type[Settings]) -> tuple[SettingInfo, ...]:
    """Return what is known about every field of a settings class, in their order."""
    hints = get_type_hints(cls)
    infos = []
    for field in dataclasses.fields(cls):
        if field.default is not dataclasses.MISSING:
            default = field.default
        elif field.default_factory is not dataclasses.MISSING:
            default = field.default_factory()
        else:
            default = None
        kind, literals = _without_literal(hints[field.name])
        choices = literals or field.metadata["choices"]
        infos.append(SettingInfo(name=field.name, type=kind, default=default, **{**field.metadata, "choices": choices}))
    return tuple(infos)


def _without_literal(hint: Any) -> tuple[Any, tuple[str, ...]]:
    """Return a field's type with ``Literal`` replaced by ``str``, and the texts that the ``Literal`` allows."""
    is_list = get_origin(hint) is tuple
    element = get_args(hint)[0] if is_list else hint
    if get_origin(element) is not Literal:
        return hint, ()
    return tuple[str, ...] if is_list else str, get_args(element)


def problems(settings: Settings, prefix: str = "") -> Iterator[SettingError]:
    """Yield an error for every invalid value in ``settings`` and its nested settings.

    A settings class can define rules between its fields in a method ``conflicts()`` that yields
    ``(field name, found, expected)``. The method is called only if every value has the right type and is within its
    range, so it need not check for that. ``prefix`` is the key of the parent with a trailing dot.
    """
    impossible = False
    for problem in _value_errors(settings, prefix, problems):
        impossible = True
        yield problem
    conflicts = getattr(settings, "conflicts", None)
    if conflicts is not None and not impossible:
        for name, found, expected in conflicts():
            yield SettingError(f"{prefix}{name}", found, expected)


def impossible_values(settings: Settings, prefix: str = "") -> Iterator[SettingError]:
    """Yield an error for every value of the wrong type or out of range; rules between fields are not checked."""
    yield from _value_errors(settings, prefix, impossible_values)


def _value_errors(
    settings: Settings, prefix: str, of_nested: Callable[[Settings, str], Iterator[SettingError]]
) -> Iterator[SettingError]:
    """Yield errors of type and range of one settings class, and the errors that ``of_nested`` yields."""
    for info in describe(type(settings)):
        value = getattr(settings, info.name)
        key = f"{prefix}{info.name}"
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            yield from of_nested(value, f"{key}.")
        elif isinstance(value, tuple) and value and dataclasses.is_dataclass(value[0]):
            for index, entry in enumerate(value):
                yield from of_nested(entry, f"{key}[{index}].")
        elif not _fits(value, info):
            yield SettingError(key, value, info.expected())


def is_impossible(settings: Settings, key: str) -> bool:
    """Whether the value at a dotted key has the wrong type or is out of range, regardless of other settings."""
    parent_key, _, name = key.rpartition(".")
    parent = get(settings, parent_key) if parent_key else settings
    infos = describe(type(parent))  # type: ignore[arg-type]
    return any(info.name == name and not _fits(getattr(parent, name), info) for info in infos)


def check(settings: Settings, prefix: str = "") -> None:
    """Raise the first of :func:`problems`, if there is one.

    Raises
    ------
    SettingError
        With the key's dotted name, the value found and what would be right.
    """
    for problem in problems(settings, prefix):
        raise problem


def to_table(settings: Settings) -> dict[str, Any]:
    """Return ``settings`` as nested plain tables (dict, list, str, int, float, bool), ready for TOML or JSON."""
    return {field.name: _to_plain(getattr(settings, field.name)) for field in dataclasses.fields(settings)}


def from_table(cls: type[S], table: Mapping[str, Any], prefix: str = "") -> S:
    """Build settings from nested plain tables; absent keys take their defaults. Values are not yet range-checked.

    Parameters
    ----------
    cls : type
        The dataclass to build.
    table : mapping of str
        Plain values by the names of the settings, as a TOML or JSON parser returns them.
    prefix : str
        What precedes the names in messages, e.g. ``data.recordings.``.

    Returns
    -------
    cls
        The settings.

    Raises
    ------
    SettingError
        If a key is unknown or a value has the wrong type.
    """
    infos = {info.name: info for info in describe(cls)}
    for key in table:
        if key not in infos:
            raise _unknown(f"{prefix}{key}", table[key], infos)
    values = {name: _from_plain(infos[name], value, f"{prefix}{name}") for name, value in table.items()}
    for name, info in infos.items():
        if name not in values and info.default is None:
            raise SettingError(f"{prefix}{name}", None, info.expected())
    return cls(**values)


def get(settings: Settings, key: str) -> Any:
    """Return the value under a dotted key such as ``training.batch_size``."""
    value: Any = settings
    for name in key.split("."):
        if not dataclasses.is_dataclass(value):
            raise SettingError(key, name, "left out: what stands before it holds no further settings")
        infos = {field.name: field for field in dataclasses.fields(value)}
        if name not in infos:
            raise _unknown(key, name, infos)
        value = getattr(value, name)
    return value


def with_value(settings: S, key: str, value: Any) -> S:
    """Return a copy of ``settings`` in which the setting under a dotted key has another value (not range-checked).

    Parameters
    ----------
    settings : dataclass
        An :class:`~mlpsvd.experiments.experiment.Experiment` or any other settings; it stays as it is.
    key : str
        Names from the outside in, separated by dots, e.g. ``training.batch_size``.
    value
        The new value.

    Raises
    ------
    SettingError
        If the key is unknown; the message names the nearest known ones.

    Examples
    --------
    >>> import mlpsvd
    >>> mlpsvd.with_value(mlpsvd.Experiment(), "training.epochs", 20).training.epochs
    20
    """
    name, dot, rest = key.partition(".")
    current = get(settings, name)
    return dataclasses.replace(settings, **{name: with_value(current, rest, value) if dot else value})


def parse_text(settings: S, key: str, text: str) -> S:
    """Return a copy of ``settings`` with ``key`` set from text, as in ``--set training.epochs=20``.

    Lists are written with commas: ``network.hidden=40,20``.

    Parameters
    ----------
    settings : dataclass
        The settings; they stay as they are.
    key : str
        A dotted key.
    text : str
        The new value as a person writes it.

    Raises
    ------
    SettingError
        If the key is unknown, names a table, or the text does not fit the setting's type.
    """
    parent_key, _, name = key.rpartition(".")
    parent = get(settings, parent_key) if parent_key else settings
    if not dataclasses.is_dataclass(parent):
        raise SettingError(key, text, f"left out: {parent_key} holds no further settings")
    infos = {info.name: info for info in describe(type(parent))}  # type: ignore[arg-type]
    if name not in infos:
        raise _unknown(key, text, infos)
    info = infos[name]
    if get_origin(info.type) is tuple:
        element = get_args(info.type)[0]
        value: Any = [_scalar_from_text(element, part.strip(), key, info) for part in text.split(",") if part.strip()]
    else:
        value = _scalar_from_text(info.type, text.strip(), key, info)
    return with_value(settings, key, _from_plain(info, value, key))


def _unknown(key: str, found: object, known: Mapping[str, object]) -> SettingError:
    parent, dot, name = key.rpartition(".")
    close = difflib.get_close_matches(name[:_LONGEST_NAME], known, n=1)  # its time grows with the square of the length
    if close:
        return SettingError(key, found, f"left out, or written {parent}{dot}{close[0]}")
    return SettingError(key, found, f"left out: known here are {', '.join(known)}")


def _scalar_from_text(kind: Any, text: str, key: str, info: SettingInfo) -> Any:
    try:
        if kind is bool:
            return {"true": True, "false": False}[text.lower()]
        if kind in (int, float):
            return kind(text)
    except (ValueError, KeyError):
        raise SettingError(key, text, info.expected()) from None
    if kind is str:
        return text
    raise SettingError(key, text, "set in an experiment file: it is a table, not a single value")


def _to_plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return to_table(value)
    if isinstance(value, tuple):
        return [_to_plain(entry) for entry in value]
    return value


def _from_plain(info: SettingInfo, value: Any, key: str) -> Any:
    if get_origin(info.type) is tuple:
        element = get_args(info.type)[0]
        if not isinstance(value, list | tuple):
            raise SettingError(key, value, info.expected())
        return tuple(_element(element, entry, f"{key}[{index}]", info) for index, entry in enumerate(value))
    return _element(info.type, value, key, info)


def _element(kind: Any, value: Any, key: str, info: SettingInfo) -> Any:
    if dataclasses.is_dataclass(kind):
        if not isinstance(value, Mapping):
            raise SettingError(key, value, "a table")
        return from_table(kind, value, f"{key}.")  # type: ignore[arg-type]
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        try:
            return float(value)
        except OverflowError:
            raise SettingError(key, value, info.expected()) from None
    if type(value) is not kind:
        raise SettingError(key, value, info.expected())
    return value


def _fits(value: Any, info: SettingInfo) -> bool:
    kind = info.type
    if get_origin(kind) is tuple:
        element = get_args(kind)[0]
        return isinstance(value, tuple) and all(_scalar_fits(entry, element, info) for entry in value)
    return _scalar_fits(value, kind, info)


def _scalar_fits(value: Any, kind: Any, info: SettingInfo) -> bool:
    if isinstance(kind, types.GenericAlias) or type(value) is not kind:
        return False
    if kind in (int, float):
        inside = (info.low is None or value >= info.low) and (info.high is None or value <= info.high)
        return inside and math.isfinite(value)
    if kind is str and not is_unicode(value):
        return False
    return not info.choices or value in info.choices
