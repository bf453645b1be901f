"""Models from the weights of other programs, with the features of a model of this one."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mlpsvd.errors import DataError, FileFormatError, NetworkError, SettingError
from mlpsvd.models.imports.pytorch import read_pytorch
from mlpsvd.models.imports.scikit_learn import read_scikit_learn
from mlpsvd.models.imports.weights import ForeignLayer, ForeignWeights
from mlpsvd.models.model import Model
from mlpsvd.models.model_file import is_model_file, read_tensors
from mlpsvd.network.checks import check_network
from mlpsvd.network.layers import DENSE
from mlpsvd.network.settings import Activation, Output
from mlpsvd.network.spec import LayerSpec, NetworkSpec
from mlpsvd.text import one_line

__all__ = ["IMPORTED", "import_model", "is_foreign"]

IMPORTED = (".npz", ".safetensors")
"""Suffixes of the files: a NumPy archive of an MLPClassifier, or safetensors."""


def is_foreign(path: Path) -> bool:
    """Return whether a file holds the weights of another program, and not a model with its features.

    Raises
    ------
    FileFormatError
        If it is a safetensors file that cannot be read.
    SettingError
        If it has neither suffix of :data:`IMPORTED`.
    """
    if path.suffix.lower() not in IMPORTED:
        raise SettingError("the file", path.name, f"named with one of the suffixes {', '.join(IMPORTED)}")
    return path.suffix.lower() == ".npz" or not is_model_file(path)


def import_model(
    path: Path,
    like: Model,
    activation: Activation | None = None,
    output: Output | None = None,
    layers: Sequence[str] = (),
) -> Model:
    """Return a model with the weights of another program's network.

    A single output with the logistic function, as scikit-learn and PyTorch have it for two classes, becomes two outputs
    with softmax: σ(z) is the second entry of softmax(0, z).

    Parameters
    ----------
    path
        Archive of a scikit-learn ``MLPClassifier`` (``.npz``), or a PyTorch ``state_dict`` (``.safetensors``).
    like
        Model that gives features, classes and the lengths of clips; the network was trained on its feature vectors.
    activation, output
        Activations of the hidden and of the last layer. Required for PyTorch, except that the output is softmax by
        default; an archive of scikit-learn states them.
    layers
        Names of PyTorch's layers from the input on; in the order of their names by default.

    Raises
    ------
    FileFormatError, SettingError, DataError
        If the file cannot be read, an activation is missing or contradicts the file, or inputs or classes differ.
    """
    foreign = _read(path, layers)
    hidden = _stated("activation of the hidden layers", foreign.activation, activation) if foreign.layers[1:] else ""
    last = _stated("output activation", foreign.output, output or (None if foreign.output else "softmax"))
    _require_one_label(foreign, path)
    found, last = _two_outputs(foreign.layers, last, len(like.class_names))
    _require_inputs(found, like, path)
    found = (*found[:-1], _in_order(found[-1], foreign, like, path))
    spec, theta = _network(found, hidden, last, path)
    summary = {"contender": foreign.program, "imported_from": path.name}
    return dataclasses.replace(like, spec=spec, theta=theta, temperature=1.0, summary=summary)


def _read(path: Path, layers: Sequence[str]) -> ForeignWeights:
    if path.suffix.lower() != ".npz":
        return read_pytorch(path, read_tensors(path), layers)
    if layers:
        raise DataError("the order of the layers is given; an archive of scikit-learn states it, so leave it out")
    return read_scikit_learn(path)


def _stated(what: str, of_file: str, given: str | None) -> str:
    if given and of_file and given != of_file:
        raise DataError(f"the {what} is {of_file} in the file, and {given} is given; leave it out")
    if not (given or of_file):
        raise DataError(f"the {what} is not stated in the file; give relu, sigmoid or tanh, as in the network")
    return given or of_file


def _require_one_label(foreign: ForeignWeights, path: Path) -> None:
    n_out = foreign.layers[-1].weights.shape[0]
    if foreign.program == "scikit-learn" and foreign.output == "sigmoid" and n_out > 1:
        raise DataError(f"{one_line(str(path), 300)} gives a clip several labels; a model here gives it one")


def _two_outputs(layers: tuple[ForeignLayer, ...], output: str, n_classes: int) -> tuple[tuple[ForeignLayer, ...], str]:
    last = layers[-1]
    if (
        (last.weights.ndim, last.biases.ndim) != (2, 1)
        or last.weights.shape[0] != 1
        or n_classes != 2
        or output not in ("sigmoid", "softmax")
    ):
        return layers, output
    weights, biases = (np.concatenate([np.zeros_like(one[:1]), one]) for one in (last.weights, last.biases))
    both = ForeignLayer(last.name, weights, biases)
    return (*layers[:-1], both), "softmax"


def _require_inputs(layers: tuple[ForeignLayer, ...], like: Model, path: Path) -> None:
    name = one_line(str(path), 300)
    for layer in layers:
        for what, array, n_dimensions in (("weights", layer.weights, 2), ("biases", layer.biases, 1)):
            if array.ndim != n_dimensions or array.dtype.kind != "f" or not np.isfinite(array).all():
                raise FileFormatError(
                    f"the {what} of {layer.name} in {name} should be finite numbers in {n_dimensions} dimension"
                    f"{'s' if n_dimensions > 1 else ''}"
                )
        n_out = layer.weights.shape[0]
        if len(layer.biases) != n_out:
            raise FileFormatError(
                f"the biases of {layer.name} in {name} have {len(layer.biases)} entries; they should have {n_out}"
            )
    n_in, n_out = layers[0].weights.shape[1], layers[-1].weights.shape[0]
    if n_in != like.features.n_features:
        raise DataError(f"{name} takes {n_in} inputs; the features have {like.features.n_features} entries")
    if n_out != len(like.class_names):
        raise DataError(f"{name} has {n_out} outputs; there are {len(like.class_names)} classes")


def _in_order(last: ForeignLayer, foreign: ForeignWeights, like: Model, path: Path) -> ForeignLayer:
    """Return the last layer with its outputs in the order of the classes."""
    if foreign.classes is None:
        return last
    names, found = list(like.class_names), [str(one) for one in foreign.classes.ravel()]
    if foreign.classes.dtype.kind in "iu":
        names = [str(index) for index in range(len(names))]
    if sorted(found) != sorted(names):
        raise DataError(
            f"the classes of {one_line(str(path), 300)} are {one_line(', '.join(found), 200)}; those of the features "
            f"are {one_line(', '.join(like.class_names), 200)}"
        )
    rows = [found.index(name) for name in names]
    return ForeignLayer(last.name, last.weights[rows], last.biases[rows])


def _network(
    layers: tuple[ForeignLayer, ...], hidden: str, output: str, path: Path
) -> tuple[NetworkSpec, NDArray[np.floating]]:
    specs, pieces = [], []
    for layer, activation in zip(layers, [*[hidden] * (len(layers) - 1), output], strict=True):
        n_out, n_in = layer.weights.shape
        specs.append(LayerSpec(DENSE.name, n_in, n_out, min(n_in, n_out), activation))  # type: ignore[arg-type]
        pieces += [layer.weights.ravel(), layer.biases.ravel()]
    theta: NDArray[np.floating] = np.concatenate(pieces)
    if theta.dtype != np.float64:
        theta = theta.astype(np.float32)
    spec = NetworkSpec(tuple(specs), "cross-entropy" if output in ("softmax", "sigmoid") else "squared error")
    try:
        check_network(spec, theta)
    except NetworkError as error:
        raise FileFormatError(f"the network in {one_line(str(path), 300)} cannot be used: {error}") from error
    theta.flags.writeable = False
    return spec, theta
