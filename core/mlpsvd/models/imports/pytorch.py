"""Weights of a PyTorch state_dict of Linear layers, in a safetensors file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np

from mlpsvd.errors import DataError, FileFormatError
from mlpsvd.models.imports.weights import ForeignLayer, ForeignWeights
from mlpsvd.models.model_file import Tensors
from mlpsvd.text import one_line

__all__ = ["read_pytorch"]


def read_pytorch(path: Path, tensors: Tensors, names: Sequence[str] = ()) -> ForeignWeights:
    """Return the layers of a state_dict: ``NAME.weight`` [shape=(n_out, n_in)], and ``NAME.bias`` where there is one.

    Parameters
    ----------
    path
        The file, for messages.
    tensors
        Its tensors.
    names
        Names of the layers from the input on; otherwise in the order of their names, with numbers by value.

    Raises
    ------
    FileFormatError, DataError
        If there are other tensors than those of Linear layers, or the layers do not follow each other.
    """
    where = one_line(str(path), 300)
    found = {key.removesuffix(".weight"): one for key, one in tensors.items() if key.endswith(".weight")}
    linear = {name: one for name, one in found.items() if one.ndim == 2}
    known = {f"{name}.{part}" for name in linear for part in ("weight", "bias")}
    other = sorted(set(tensors) - known)
    if other or not linear:
        what = f"the tensor {one_line(other[0])}" if other else "no tensor"
        raise FileFormatError(f"{where} holds {what}; it should hold NAME.weight and NAME.bias of Linear layers only")
    ordered = list(names) or sorted(linear, key=_by_number)
    if sorted(ordered) != sorted(linear):
        there = ", ".join(sorted(linear, key=_by_number))
        raise DataError(f"the layers {one_line(', '.join(names), 200)} are given; {where} has {one_line(there, 300)}")
    for one, following in pairwise(ordered):
        if linear[one].shape[0] != linear[following].shape[1]:
            raise FileFormatError(
                f"the layer {one_line(following)} of {where} takes {linear[following].shape[1]} inputs and does not "
                f"follow {one_line(one)}, which gives {linear[one].shape[0]}; give the layers in their order"
            )
    return ForeignWeights("PyTorch", tuple(_layer(name, tensors) for name in ordered))


def _layer(name: str, tensors: Tensors) -> ForeignLayer:
    weights = tensors[f"{name}.weight"]
    return ForeignLayer(name, weights, tensors.get(f"{name}.bias", np.zeros(len(weights), weights.dtype)))


def _by_number(name: str) -> list[tuple[int, str]]:
    return [(int(one), "") if one.isdecimal() else (-1, one) for one in re.split(r"(\d+)", name)]
