"""The JSON header of a model file, written and read strictly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from mlpsvd.datasets.settings import RecordingsSettings
from mlpsvd.errors import FileFormatError, SettingError
from mlpsvd.features.settings import FeatureSettings, complete_features
from mlpsvd.json_fields import Fields
from mlpsvd.models.model import Model
from mlpsvd.network.spec import NetworkSpec
from mlpsvd.network.spec_table import spec_from_fields, spec_to_table
from mlpsvd.settings import check, from_table, to_table

__all__ = ["Header", "read_header", "write_header"]

S = TypeVar("S", FeatureSettings, RecordingsSettings)

# What sound can plausibly be; far beyond these a single clip would not fit into the memory.
_RATES_HZ = (1.0, 768_000.0)
_LONGEST_CLIP_S = 86_400.0
_MOST_CLIP_SAMPLES = 2**30

_DEEPEST = 32
"""Tables within tables: an experiment has five."""


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
    return {
        "network": spec_to_table(model.spec),
        "features": to_table(model.features.settings),
        "sample_rate_hz": model.features.sample_rate_hz,
        "class_names": list(model.class_names),
        "clip_s": model.clip_s,
        "experiment": dict(model.experiment_table),
        "summary": dict(model.summary),
    }


def read_header(fields: Fields) -> Header:
    """Read what :func:`write_header` wrote.

    Raises
    ------
    FileFormatError
        If an entry is missing, of another type, impossible or not plausible; it names the entry, the value and what is
        expected.
    """
    _check_depth(fields.raw())
    rate_hz = fields.number("sample_rate_hz", *_RATES_HZ)
    clip_s = fields.number("clip_s", 1e-6, _LONGEST_CLIP_S)
    if clip_s * rate_hz > _MOST_CLIP_SAMPLES:
        raise FileFormatError(f"a clip of {clip_s:g} s at {rate_hz:g} Hz is too long; at most 2^30 samples are allowed")
    return Header(
        spec=spec_from_fields(fields.table("network")),
        feature_settings=_settings(FeatureSettings, complete_features(fields.table("features").raw()), "features."),
        sample_rate_hz=rate_hz,
        class_names=fields.texts("class_names"),
        clip_s=clip_s,
        experiment_table=_experiment(fields.table("experiment")),
        summary=fields.table("summary").raw(),
    )


def _check_depth(table: Mapping[str, Any]) -> None:
    """Refuse tables nested so deep that whoever walks through them, or writes them, runs out of stack."""
    level: list[Any] = [table]
    for _ in range(_DEEPEST):
        level = [entry for one in level for entry in (one.values() if isinstance(one, dict) else one)]
        level = [one for one in level if isinstance(one, dict | list)]
        if not level:
            return
    raise FileFormatError(f"it is nested too deeply; at most {_DEEPEST} levels are allowed")


def _experiment(fields: Fields) -> dict[str, Any]:
    """Return the table; how it cuts recordings is checked, since classifying does the same."""
    table = fields.raw()
    data = table.get("data")
    if isinstance(data, dict) and data.get("source") == "recordings":
        _settings(RecordingsSettings, fields.table("data").table("recordings").raw(), "experiment.data.recordings.")
    return table


def _settings(cls: type[S], table: Mapping[str, Any], prefix: str) -> S:
    try:
        settings = from_table(cls, table, prefix)
        check(settings, prefix)
    except SettingError as error:
        raise FileFormatError(str(error)) from error
    return settings
