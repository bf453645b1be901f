"""Checked reading of named arrays from files."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from mlpsvd.errors import FileFormatError

__all__ = ["checked_array"]


def checked_array(
    arrays: Mapping[str, NDArray[np.floating]],
    name: str,
    shape: tuple[int, ...],
    *,
    group: str,
    largest: float = math.inf,
) -> NDArray[np.float64]:
    """Return a read-only copy of an array in float64.

    Parameters
    ----------
    arrays
        The arrays of a file by name.
    name
        The name to look up.
    shape
        The shape that the array should have.
    group
        Prefix of the name in the file, for messages.
    largest
        The largest magnitude that is plausible.

    Raises
    ------
    FileFormatError
        If the array is missing, has another shape, or holds values that are not finite or not plausible.
    """
    tensor = f"the tensor {group}.{name}"
    if name not in arrays:
        raise FileFormatError(f"{tensor} is missing; it should have the shape {shape}")
    found = arrays[name]
    if found.shape != shape:
        raise FileFormatError(f"{tensor} has the shape {found.shape}; it should be {shape}")
    if not np.isfinite(found).all():
        raise FileFormatError(f"{tensor} holds values that are not finite; all should be numbers")
    if np.abs(found).max(initial=0.0) > largest:
        raise FileFormatError(f"{tensor} holds values that are not plausible, above {largest:g}")
    array = np.array(found, dtype=np.float64)
    array.flags.writeable = False
    return array
