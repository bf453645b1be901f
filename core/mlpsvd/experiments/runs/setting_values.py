"""Settings of an experiment as text by dotted key, for search and comparison."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

from mlpsvd.contenders import contender_title
from mlpsvd.settings import Settings
from mlpsvd.text import format_number

__all__ = ["search_value", "setting_texts", "value_for_people"]

_MOST_ENTRIES = 400


def setting_texts(settings: Settings) -> dict[str, str]:
    """Return every setting as text, by dotted key, in the order in which they are declared.

    Lists of numbers and words have commas, as on the command line; lists of tables have one key per entry and setting,
    such as ``data.synthetic.filters[2].centre_hz``, up to 400 entries in all.

    Examples
    --------
    >>> import mlpsvd
    >>> texts = setting_texts(mlpsvd.Experiment())
    >>> texts["training.epochs"], texts["network.hidden"], texts["data.synthetic.filters[0].centre_hz"]
    ('100', '20', '710')
    """
    texts: dict[str, str] = {}
    for key, value in _values(settings, ""):
        if len(texts) >= _MOST_ENTRIES:
            break
        texts[key] = value
    return texts


def value_for_people(key: str, text: str) -> str:
    """Return a value of :func:`setting_texts` as people read it: networks by their titles instead of their keys.

    Examples
    --------
    >>> value_for_people("training.contenders", "mlp,mlp-svd"), value_for_people("network.hidden", "40,20")
    ('MLP, MLP-SVD', '40,20')
    """
    return ", ".join(map(contender_title, text.split(","))) if key == "training.contenders" else text


def search_value(text: str) -> str:
    """Return a value that a person typed in the form of :func:`setting_texts`.

    Examples
    --------
    >>> search_value("20.0"), search_value("1e-3"), search_value("40, 20"), search_value("True")
    ('20', '0.001', '40,20', 'true')
    """
    return ",".join(_scalar(part.strip()) for part in text.split(","))


def _scalar(text: str) -> str:
    try:
        return format_number(float(text))
    except ValueError:
        return text.casefold()


def _values(settings: Any, prefix: str) -> Iterator[tuple[str, str]]:
    for field in dataclasses.fields(settings):
        key, value = f"{prefix}{field.name}", getattr(settings, field.name)
        if dataclasses.is_dataclass(value):
            yield from _values(value, f"{key}.")
        elif isinstance(value, tuple) and value and dataclasses.is_dataclass(value[0]):
            for index, entry in enumerate(value):
                yield from _values(entry, f"{key}[{index}].")
        else:
            yield key, _text(value)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return format_number(float(value))
    if isinstance(value, tuple):
        return ",".join(_text(entry) for entry in value)
    return str(value)
