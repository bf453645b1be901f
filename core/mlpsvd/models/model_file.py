"""Model files: a safetensors file with named tensors and a JSON header; no executable content.

Tensors are ``layer0.W``, ``layer0.b`` or ``layer0.U``, ``layer0.sigma``, ``layer0.Vt``, ``layer0.b`` … counted from
the input side, ``features.offset``, ``features.scale``, ``features.components`` … if the features are projected, and
``reference.class_means`` … if statistics of the training set are available. The metadata entry ``mlpsvd_model``
contains the rest; its ``temperature`` is optional.
Files of format version 1 have no ``reference``.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlpsvd import __version__
from mlpsvd.errors import FileFormatError
from mlpsvd.features.spectra import FittedFeatures
from mlpsvd.files import require_plain, write_atomically
from mlpsvd.json_fields import Fields, parse_fields
from mlpsvd.models.model import Model
from mlpsvd.models.model_header import Header, read_header, write_header
from mlpsvd.models.training_statistics import TrainingStatistics
from mlpsvd.network.network import parameter_views
from mlpsvd.network.spec import NetworkSpec
from mlpsvd.text import one_line, quoted

__all__ = ["FORMAT_VERSION", "Model", "is_model_file", "load_model", "model_content", "model_digest", "read_tensors",
           "save_model"]  # fmt: skip

FORMAT_VERSION = 3
_KEY = "mlpsvd_model"
_REFERENCE = "reference."
_FLOATS = ("F32", "F64")
_MOST_BYTES = 4 * 2**30

Tensors = dict[str, NDArray[Any]]


def save_model(path: str | Path, model: Model) -> None:
    """Write a model file atomically; equal models give equal bytes.

    Parameters
    ----------
    path : str or Path
        The file to write or to replace, usually with the suffix ``.safetensors``.
    model : Model
        The model.

    Raises
    ------
    FileFormatError
        If a weight is not a finite number, as such a file could not be loaded.
    OSError
        If the file cannot be written; an existing file is then unchanged.

    Examples
    --------
    >>> import mlpsvd
    >>> import tempfile, pathlib
    >>> experiment = mlpsvd.with_value(mlpsvd.Experiment(), "training.epochs", 2)
    >>> experiment = mlpsvd.with_value(experiment, "data.synthetic.train_per_class", 20)
    >>> model = mlpsvd.train(experiment).model("mlp-svd")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     mlpsvd.save_model(pathlib.Path(folder) / "a.safetensors", model)
    ...     mlpsvd.load_model(pathlib.Path(folder) / "a.safetensors").class_names == model.class_names
    True
    """
    path = Path(path)
    write_atomically(path, _content(path, model))


def model_digest(model: Model) -> str:
    """Return a digest of the content of a model file; it is the same for a model and for its file after loading."""
    return hashlib.blake2b(_content(None, model), digest_size=16).hexdigest()


def model_content(model: Model) -> bytes:
    """Return the content of a model file, for a worker on another machine.

    Raises
    ------
    FileFormatError
        If a weight is not a finite number.
    """
    return _content(None, model)


def _content(path: Path | None, model: Model) -> bytes:
    from safetensors.numpy import save

    tensors: Tensors = {}
    for index in range(len(model.spec.layers)):
        for name, view in parameter_views(model.spec, model.theta, index).items():
            tensors[f"layer{index}.{name}"] = np.ascontiguousarray(view)
    for name, array in model.features.to_arrays().items():
        tensors[f"features.{name}"] = np.ascontiguousarray(array)
    measured = {} if model.reference is None else model.reference.to_arrays()
    for name, tensor in measured.items():
        tensors[f"{_REFERENCE}{name}"] = np.ascontiguousarray(tensor)
    for name, tensor in tensors.items():
        _require_finite(path, name, tensor)
    header = {"format_version": FORMAT_VERSION, "program": f"mlpsvd {__version__}", **write_header(model)}
    content: bytes = save(tensors, {_KEY: json.dumps(header)})
    return content


def load_model(path: str | Path) -> Model:
    """Read a model file; the model gives exactly the same results as the one that was saved.

    Parameters
    ----------
    path : str or Path
        The file.

    Returns
    -------
    Model
        The model.

    Raises
    ------
    FileFormatError
        If the file cannot be read, is not a model file of this program, is from a newer version, or a tensor is
        missing, has a shape that does not match the network, or contains values that are not finite.

    Examples
    --------
    >>> import mlpsvd
    >>> import tempfile, pathlib
    >>> experiment = mlpsvd.with_value(mlpsvd.Experiment(), "training.epochs", 2)
    >>> experiment = mlpsvd.with_value(experiment, "data.synthetic.train_per_class", 20)
    >>> model = mlpsvd.train(experiment).model("mlp-svd")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     mlpsvd.save_model(pathlib.Path(folder) / "a.safetensors", model)
    ...     mlpsvd.load_model(pathlib.Path(folder) / "a.safetensors").class_names == model.class_names
    True
    """
    path = Path(path)
    metadata, stored = _read(path)
    try:
        header = read_header(_checked_version(metadata))
        arrays = {
            name: _tensor(stored, f"features.{name}") for name in FittedFeatures.array_shapes(header.feature_settings)
        }
        features = FittedFeatures.from_arrays(header.feature_settings, header.sample_rate_hz, arrays)
        _require_fit(header, features)
        theta = _theta(header.spec, stored)
        reference = _reference(header, stored)
    except FileFormatError as error:
        raise FileFormatError(f"{one_line(str(path), 300)} is not a model that can be used: {error}") from error
    return Model(
        spec=header.spec,
        theta=theta,
        features=features,
        class_names=header.class_names,
        contract=header.contract,
        experiment_table=header.experiment_table,
        summary=header.summary,
        reference=reference,
        temperature=header.temperature,
    )


def _read(path: Path) -> tuple[str, Tensors]:
    """Return our metadata entry and all tensors; the errors for other programs' files and damaged files differ."""
    metadata, tensors = _read_all(path)
    if metadata is None:
        raise FileFormatError(f"{one_line(str(path), 300)} is a safetensors file, but not a model of this program")
    return metadata, tensors


def read_tensors(path: Path) -> Tensors:
    """Return all tensors of a safetensors file of another program.

    Raises
    ------
    FileFormatError
        If it cannot be read, or a tensor has another type than float32 or float64.
    """
    return _read_all(path)[1]


def is_model_file(path: Path) -> bool:
    """Return whether a safetensors file says that it is a model of this program.

    Raises
    ------
    FileFormatError
        If it cannot be read.
    """
    return _read_all(path, with_tensors=False)[0] is not None


def _read_all(path: Path, *, with_tensors: bool = True) -> tuple[str | None, Tensors]:
    from safetensors import SafetensorError, safe_open

    name = one_line(str(path), 300)
    try:
        require_plain(path, _MOST_BYTES)
        path.open("rb").close()
    except OSError as error:
        raise FileFormatError(f"{name} cannot be read: {error.strerror or error}") from error
    try:
        with safe_open(path, "numpy") as file:
            metadata = (file.metadata() or {}).get(_KEY)
            keys = file.keys() if with_tensors else ()
            return metadata, {key: _stored(name, file, key) for key in keys}
    except (SafetensorError, OSError, ValueError) as error:
        # The library's message ("header too large") does not help a user who chose the wrong file.
        what = "is not a model file, or is damaged; it should be a .safetensors file that this program has written"
        raise FileFormatError(f"{name} {what}") from error
    except MemoryError as error:
        raise FileFormatError(f"{name} is too large for the memory") from error


def _stored(path: str, file: Any, key: str) -> NDArray[Any]:
    kind = file.get_slice(key).get_dtype()
    if kind not in _FLOATS:
        raise FileFormatError(f"{path}: the tensor {one_line(key)} has the type {kind}; it should be F32 or F64")
    tensor: NDArray[Any] = file.get_tensor(key)
    return tensor


def _checked_version(metadata: str) -> Fields:
    try:
        header = parse_fields(metadata)
    except FileFormatError as error:
        raise FileFormatError(f"its header cannot be read: {error}") from error
    version = header.raw().get("format_version")
    if type(version) is not int or version < 1:
        raise FileFormatError(f"its format_version is {quoted(version)}; it should be from 1 to {FORMAT_VERSION}")
    if version > FORMAT_VERSION:
        raise FileFormatError(
            f"its format_version is {quoted(version)}, from a newer MLP-SVD; this one reads up to {FORMAT_VERSION}, "
            "so update it"
        )
    return header


def _require_fit(header: Header, features: FittedFeatures) -> None:
    if header.spec.n_in != features.n_features:
        raise FileFormatError(
            f"layer0 takes {header.spec.n_in} inputs; it should take the {features.n_features} of the features"
        )
    if header.spec.n_out != len(header.class_names):
        raise FileFormatError(
            f"the last layer has {header.spec.n_out} outputs; it should have one for each of the "
            f"{len(header.class_names)} classes"
        )
    bank = header.contract.bank
    if bank is not None and tuple(one.label for one in bank.filters) != header.class_names:
        raise FileFormatError("input.bank.filters should have one filter for each class, with the names of the classes")


def _reference(header: Header, tensors: Tensors) -> TrainingStatistics | None:
    arrays = {name.removeprefix(_REFERENCE): one for name, one in tensors.items() if name.startswith(_REFERENCE)}
    if not arrays:
        return None
    return TrainingStatistics.from_arrays(header.spec.n_out, header.spec.n_in, arrays)


def _theta(spec: NetworkSpec, tensors: Tensors) -> NDArray[np.floating]:
    """Copy the named tensors into one flat vector."""
    pieces = []
    for index, layer in enumerate(spec.layers):
        for short, shape in layer.shapes.items():
            name = f"layer{index}.{short}"
            tensor = _tensor(tensors, name)
            if tensor.shape != shape:
                raise FileFormatError(f"the tensor {name} has the shape {tensor.shape}; it should be {shape}")
            _require_finite(None, name, tensor)
            pieces.append(tensor.ravel())
    kinds = sorted({piece.dtype.name for piece in pieces})
    if len(kinds) > 1:
        raise FileFormatError(f"its weights are of the types {' and '.join(kinds)}; they should be of one")
    theta = np.concatenate(pieces)
    theta.flags.writeable = False
    return theta


def _tensor(tensors: Tensors, name: str) -> NDArray[Any]:
    if name not in tensors:
        there = one_line(", ".join(sorted(tensors)), 500) or "none"
        raise FileFormatError(f"the tensor {name} is missing; there are {there}")
    return tensors[name]


def _require_finite(path: Path | None, name: str, tensor: NDArray[Any]) -> None:
    if not np.isfinite(tensor).all():
        where = f"{path} is not written: " if path else ""
        raise FileFormatError(f"{where}the tensor {name} holds values that are not finite; all should be numbers")
