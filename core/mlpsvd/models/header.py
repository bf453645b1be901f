"""The JSON header of a model file: all of a model that is no array, written and read strictly."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeVar

from mlpsvd.data.settings import RecordingsSettings
from mlpsvd.errors import FileFormatError, SettingError
from mlpsvd.features.settings import FeatureSettings
from mlpsvd.models.model import Model
from mlpsvd.network.settings import LAYER_KINDS, LOSSES, OUTPUTS
from mlpsvd.network.spec import LayerSpec, NetworkSpec
from mlpsvd.settings import check, from_table, to_table

__all__ = ["Header", "read_header", "write_header"]

S = TypeVar("S", FeatureSettings, RecordingsSettings)
_SIZES = ("n_in", "n_out", "rank")


@dataclass(frozen=True)
class Header:
    """What a header says; see :class:`mlpsvd.models.model.Model`."""

    spec: NetworkSpec
    feature_settings: FeatureSettings
    sample_rate_hz: float
    class_names: tuple[str, ...]
    clip_s: float
    experiment_table: dict[str, Any]
    summary: dict[str, Any]


def write_header(model: Model) -> dict[str, Any]:
    """Return the header of ``model`` as plain tables for JSON."""
    layers = [
        {"kind": layer.kind, **{name: getattr(layer, name) for name in _SIZES}, "activation": layer.activation}
        for layer in model.spec.layers
    ]
    return {
        "network": {"layers": layers, "loss": model.spec.loss},
        "features": to_table(model.features.settings),
        "sample_rate_hz": model.features.sample_rate_hz,
        "class_names": list(model.class_names),
        "clip_s": model.clip_s,
        "experiment": dict(model.experiment_table),
        "summary": dict(model.summary),
    }


def read_header(table: Mapping[str, Any]) -> Header:
    """Read what :func:`write_header` wrote.

    Raises
    ------
    FileFormatError
        If an entry is missing, of another type, or impossible; it names the entry, the value and what would be right.
    """
    network = _entry(table, "network", dict)
    layers = [_layer(index, one) for index, one in enumerate(_entry(network, "layers", list))]
    if not layers:
        raise FileFormatError("network.layers is empty; it should hold at least one layer")
    for index, (one, following) in enumerate(pairwise(layers)):
        if one.n_out != following.n_in:
            raise FileFormatError(
                f"layer{index + 1} takes {following.n_in} inputs; it should take the {one.n_out} of layer{index}"
            )
    return Header(
        spec=NetworkSpec(tuple(layers), _choice("network.loss", network.get("loss"), LOSSES)),
        feature_settings=_settings(FeatureSettings, _entry(table, "features", dict), "features."),
        sample_rate_hz=_positive(table, "sample_rate_hz"),
        class_names=_class_names(_entry(table, "class_names", list)),
        clip_s=_positive(table, "clip_s"),
        experiment_table=_experiment(_entry(table, "experiment", dict)),
        summary=_entry(table, "summary", dict),
    )


def _layer(index: int, table: Any) -> LayerSpec:
    where = f"network.layers[{index}]"
    if not isinstance(table, dict):
        raise FileFormatError(f"{where} is {table!r}; it should be a table")
    kind = _choice(f"{where}.kind", table.get("kind"), LAYER_KINDS)
    activation = _choice(f"{where}.activation", table.get("activation"), OUTPUTS)
    n_in, n_out, rank = (_size(f"{where}.{name}", table.get(name)) for name in _SIZES)
    return LayerSpec(kind, n_in, n_out, rank, activation)


def _size(name: str, value: Any) -> int:
    if type(value) is not int or not 1 <= value < 2**31:
        raise FileFormatError(f"{name} is {value!r}; it should be a whole number of at least 1")
    return value


def _choice(name: str, value: Any, choices: tuple[str, ...]) -> str:
    if value not in choices:
        raise FileFormatError(f"{name} is {value!r}; it should be one of {', '.join(choices)}")
    return str(value)


def _experiment(table: dict[str, Any]) -> dict[str, Any]:
    """Return ``table``; how it cuts recordings is checked, since classifying does the same."""
    data = table.get("data")
    if isinstance(data, dict) and data.get("source") == "recordings":
        _settings(RecordingsSettings, _entry(data, "recordings", dict), "experiment.data.recordings.")
    return table


def _settings(cls: type[S], table: dict[str, Any], prefix: str) -> S:
    try:
        settings = from_table(cls, table, prefix)
        check(settings, prefix)
    except SettingError as error:
        raise FileFormatError(str(error)) from error
    return settings


def _class_names(names: list[Any]) -> tuple[str, ...]:
    if not all(isinstance(name, str) for name in names):
        raise FileFormatError(f"class_names is {names!r}; it should be a list of texts")
    return tuple(names)


def _positive(table: Mapping[str, Any], name: str) -> float:
    value = table.get(name)
    if type(value) not in (int, float) or not 0 < value < math.inf:  # type: ignore[operator]
        raise FileFormatError(f"{name} is {value!r}; it should be a number above 0")
    return float(value)  # type: ignore[arg-type]


def _entry(table: Mapping[str, Any], name: str, kind: type) -> Any:
    value = table.get(name)
    if type(value) is not kind:
        raise FileFormatError(f"{name} is {value!r}; it should be a {'table' if kind is dict else 'list'}")
    return value
