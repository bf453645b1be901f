"""The JSON header of a model file: writing, and strict reading."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mlpsvd.errors import FileFormatError
from mlpsvd.features.settings import FeatureSettings, complete_features
from mlpsvd.json_fields import Fields
from mlpsvd.models.input_contract import (
    InputContract,
    checked_settings,
    contract_from_experiment,
    contract_from_fields,
    contract_to_table,
)
from mlpsvd.models.model import Model
from mlpsvd.models.temperature import LARGEST, SMALLEST
from mlpsvd.network.spec import NetworkSpec
from mlpsvd.network.spec_table import spec_from_fields, spec_to_table
from mlpsvd.settings import to_table
from mlpsvd.text import frequency_text

__all__ = ["Header", "read_header", "write_header"]

# Plausible ranges for sound; far beyond them a single clip would not fit into memory.
_RATES_HZ = (1.0, 768_000.0)
_LONGEST_CLIP_S = 86_400.0
_MOST_CLIP_SAMPLES = 2**30

_DEEPEST = 32
"""Maximum nesting of tables; an experiment has five levels."""


@dataclass(frozen=True)
class Header:
    """Contents of a header; see :class:`mlpsvd.models.model.Model`."""

    spec: NetworkSpec
    feature_settings: FeatureSettings
    sample_rate_hz: float
    class_names: tuple[str, ...]
    contract: InputContract
    experiment_table: dict[str, Any]
    summary: dict[str, Any]
    temperature: float


def write_header(model: Model) -> dict[str, Any]:
    """Return the header of ``model`` as plain tables for JSON; a temperature of 1 is left out."""
    return {
        "network": spec_to_table(model.spec),
        "features": to_table(model.features.settings),
        "sample_rate_hz": model.features.sample_rate_hz,
        "class_names": list(model.class_names),
        "clip_s": model.clip_s,
        "input": contract_to_table(model.contract),
        "experiment": dict(model.experiment_table),
        "summary": dict(model.summary),
        **({} if model.temperature == 1.0 else {"temperature": float(model.temperature)}),
    }


def read_header(fields: Fields) -> Header:
    """Read a header that :func:`write_header` wrote.

    Raises
    ------
    FileFormatError
        If an entry is missing, has the wrong type, or is invalid or implausible; the message names the entry, the value
        and what is expected.
    """
    _check_depth(fields.raw())
    rate_hz = fields.number("sample_rate_hz", *_RATES_HZ)
    clip_s = fields.number("clip_s", 1e-6, _LONGEST_CLIP_S)
    if clip_s * rate_hz > _MOST_CLIP_SAMPLES:
        raise FileFormatError(
            f"a clip of {clip_s:g} s at {frequency_text(rate_hz)} is too long; at most 2^30 samples are allowed"
        )
    features = checked_settings(FeatureSettings, complete_features(fields.table("features").raw()), "features.")
    class_names, experiment = fields.texts("class_names"), fields.table("experiment")
    if "input" in fields:
        contract = contract_from_fields(fields.table("input"), rate_hz, clip_s)
    else:
        contract = contract_from_experiment(experiment, features, rate_hz, clip_s, class_names)
    return Header(
        spec=spec_from_fields(fields.table("network")),
        feature_settings=features,
        sample_rate_hz=rate_hz,
        class_names=class_names,
        contract=contract,
        experiment_table=experiment.raw(),
        summary=fields.table("summary").raw(),
        temperature=fields.number("temperature", SMALLEST, LARGEST) if "temperature" in fields else 1.0,
    )


def _check_depth(table: Mapping[str, Any]) -> None:
    """Raise FileFormatError for tables nested so deeply that recursion over them would overflow the stack."""
    level: list[Any] = [table]
    for _ in range(_DEEPEST):
        level = [entry for one in level for entry in (one.values() if isinstance(one, dict) else one)]
        level = [one for one in level if isinstance(one, dict | list)]
        if not level:
            return
    raise FileFormatError(f"it is nested too deeply; at most {_DEEPEST} levels are allowed")
