"""Network specifications as plain tables, for the JSON of model files and checkpoints."""

from __future__ import annotations

import dataclasses
from typing import Any

from mlpsvd.errors import FileFormatError, NetworkError
from mlpsvd.json_fields import Fields
from mlpsvd.network.checks import MOST_LAYERS, MOST_WIDTH, check_spec
from mlpsvd.network.layers import Window, family_names
from mlpsvd.network.settings import LOSSES, OUTPUTS
from mlpsvd.network.spec import LayerSpec, NetworkSpec

__all__ = ["spec_from_fields", "spec_to_table"]


def spec_to_table(spec: NetworkSpec) -> dict[str, Any]:
    """Return layers and loss as plain tables."""
    return {"layers": [_layer_table(layer) for layer in spec.layers], "loss": spec.loss}


def spec_from_fields(fields: Fields) -> NetworkSpec:
    """Read what :func:`spec_to_table` wrote; the network is checked as a whole.

    Parameters
    ----------
    fields
        The table, from an untrusted file.

    Raises
    ------
    FileFormatError
        If an entry is missing, of another type or impossible, or the layers do not fit each other; see
        :func:`mlpsvd.network.checks.check_spec`.
    """
    layers = fields.tables("layers")
    if not 1 <= len(layers) <= MOST_LAYERS:
        found = "is empty" if not layers else f"has {len(layers)} entries"
        raise FileFormatError(f"{fields.where}layers {found}; it should hold 1 to {MOST_LAYERS} layers")
    spec = NetworkSpec(tuple(_layer(layer) for layer in layers), fields.text("loss", LOSSES))
    try:
        check_spec(spec)
    except NetworkError as error:
        raise FileFormatError(str(error)) from error
    return spec


def _layer_table(layer: LayerSpec) -> dict[str, Any]:
    """Return a layer as a table; ``window`` is left out where there is none, as in earlier versions."""
    return {name: value for name, value in dataclasses.asdict(layer).items() if name != "window" or value is not None}


def _layer(fields: Fields) -> LayerSpec:
    return LayerSpec(
        kind=fields.text("kind", family_names()),
        n_in=fields.integer("n_in", 1, MOST_WIDTH),
        n_out=fields.integer("n_out", 1, MOST_WIDTH),
        rank=fields.integer("rank", 1, MOST_WIDTH),
        activation=fields.text("activation", OUTPUTS),
        window=_window(fields.table("window")) if "window" in fields else None,
    )


def _window(fields: Fields) -> Window:
    return Window(*(fields.integer(name, 1, MOST_WIDTH) for name in ("width", "stride", "n_segments")))
