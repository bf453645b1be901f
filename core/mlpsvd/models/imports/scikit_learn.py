"""Weights of a scikit-learn MLPClassifier, in a NumPy archive without pickle."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from mlpsvd.errors import FileFormatError
from mlpsvd.files import require_plain
from mlpsvd.models.imports.weights import ForeignLayer, ForeignWeights
from mlpsvd.text import one_line, quoted

__all__ = ["read_scikit_learn"]

_MOST_BYTES = 2**30
_ACTIVATIONS = {"relu": "relu", "logistic": "sigmoid", "tanh": "tanh", "softmax": "softmax"}


def read_scikit_learn(path: Path) -> ForeignWeights:
    """Read ``coefs_0`` …, ``intercepts_0`` …, ``classes_``, ``activation`` and ``out_activation_`` of an archive.

    Raises
    ------
    FileFormatError
        If the file cannot be read, lacks an array, or holds objects.
    """
    name = one_line(str(path), 300)
    arrays = _arrays(path, name)
    if "coefs_0" not in arrays:
        raise FileFormatError(f"{name} holds no array coefs_0; docs/exports.md shows how an MLPClassifier is written")
    layers: list[ForeignLayer] = []
    while (key := f"coefs_{len(layers)}") in arrays:
        bias = f"intercepts_{len(layers)}"
        if bias not in arrays:
            raise FileFormatError(f"{name} holds no array {bias}; it should hold one for each {key}")
        layers.append(ForeignLayer(key, arrays[key].T, arrays[bias]))  # type: ignore[arg-type]
    hidden = _activation(name, arrays, "activation") if len(layers) > 1 else ""
    output = _activation(name, arrays, "out_activation_")
    return ForeignWeights("scikit-learn", tuple(layers), hidden, output, arrays.get("classes_"))


def _activation(name: str, arrays: dict[str, NDArray[np.generic]], key: str) -> str:
    if key not in arrays:
        raise FileFormatError(f"{name} holds no array {key}; docs/exports.md shows how an MLPClassifier is written")
    found = str(arrays[key])
    if found not in _ACTIVATIONS:
        raise FileFormatError(f"{key} of {name} is {quoted(found)}; it should be one of {', '.join(_ACTIVATIONS)}")
    return _ACTIVATIONS[found]


def _arrays(path: Path, name: str) -> dict[str, NDArray[np.generic]]:
    try:
        require_plain(path, _MOST_BYTES)
        with zipfile.ZipFile(path) as archive:
            _require_plain_arrays(archive, name)
        with np.load(path, allow_pickle=False) as file:
            return dict(file)
    except OSError as error:
        raise FileFormatError(f"{name} cannot be read: {error.strerror or error}") from error
    except (zipfile.BadZipFile, ValueError, KeyError, EOFError, NotImplementedError, RuntimeError) as error:
        raise FileFormatError(f"{name} is not a NumPy archive (.npz), or is damaged") from error


def _require_plain_arrays(archive: zipfile.ZipFile, name: str) -> None:
    """Refuse arrays of objects, and arrays that claim to be larger than their entry, before memory is reserved."""
    if sum(entry.file_size for entry in archive.infolist()) > _MOST_BYTES:
        raise FileFormatError(f"{name} holds more than {_MOST_BYTES / 1e9:.1f} GB; weights should be smaller")
    for entry in archive.infolist():
        with archive.open(entry) as stream:
            read = npy.read_array_header_1_0 if npy.read_magic(stream) == (1, 0) else npy.read_array_header_2_0
            shape, _, kind = read(stream)
        if kind.hasobject:
            what = one_line(entry.filename.removesuffix(".npy"), 100)
            raise FileFormatError(f"the array {what} of {name} holds objects; it should hold numbers or texts")
        if int(np.prod(shape, dtype=object)) * kind.itemsize > entry.file_size:
            raise FileFormatError(f"{name} is not a NumPy archive (.npz), or is damaged")
