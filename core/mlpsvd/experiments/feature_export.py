"""Export of an experiment's feature vectors as NumPy or MATLAB arrays."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from mlpsvd.datasets.mat_file import mat_content, text_cells
from mlpsvd.errors import DataError, SettingError
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.experiment_file import to_toml
from mlpsvd.experiments.prepare import Prepared, prepare
from mlpsvd.files import write_atomically

__all__ = ["FEATURE_FORMATS", "export_features"]

FEATURE_FORMATS = (".npz", ".mat")
"""Suffixes of the files."""

_MOST_MAT_BYTES = 2**31 - 2**16


def export_features(
    path: str | Path, experiment: Experiment, progress: Callable[[float], None] | None = None
) -> Prepared:
    """Write the feature vectors of an experiment, as the networks receive them; the suffix decides the format.

    Both hold ``x_train`` and ``x_test`` [shape=(n_clips, n_features)], ``y_train`` and ``y_test`` (classes, counted
    from 0 in ``.npz`` and from 1 in ``.mat``), ``class_names``, ``frequencies_hz`` and ``parts`` of the entries (of
    images only ``image_shape``), ``offset`` and ``scale`` of the scaling, ``sample_rate_hz`` and ``settings_toml``.
    NumPy reads the ``.npz`` with ``allow_pickle=False``.

    Parameters
    ----------
    path : str or Path
        The file to write or to replace.
    experiment : Experiment
        The experiment.
    progress : callable, optional
        Called with the completed fraction, 0 to 1. An exception cancels the export.

    Returns
    -------
    Prepared
        The data that was written.

    Raises
    ------
    SettingError
        If the suffix is another one, or a setting is invalid.
    DataError
        If the data cannot be prepared, or is too large for a MATLAB file.
    OSError
        If the file cannot be written.
    """
    path = Path(path)
    if path.suffix.lower() not in FEATURE_FORMATS:
        raise SettingError("the file", path.name, f"named with one of the suffixes {', '.join(FEATURE_FORMATS)}")
    prepared = prepare(experiment, progress)
    arrays = _arrays(prepared)
    write_atomically(path, _npz(arrays) if path.suffix.lower() == ".npz" else _mat(arrays))
    return prepared


def _arrays(prepared: Prepared) -> dict[str, Any]:
    data, features = prepared.dataset, prepared.features
    arrays: dict[str, Any] = {
        "x_train": data.x_train,
        "y_train": np.asarray(data.y_train, np.int64),
        "x_test": data.x_test,
        "y_test": np.asarray(data.y_test, np.int64),
        "class_names": np.array(data.class_names),
        "offset": features.offset,
        "scale": features.scale,
        "settings_toml": to_toml(prepared.experiment),
    }
    if features.image_shape is not None:
        return {**arrays, "image_shape": np.array(features.image_shape)}
    return {
        **arrays,
        "frequencies_hz": features.frequencies_hz,
        "parts": features.parts,
        "sample_rate_hz": features.sample_rate_hz,
    }


def _npz(arrays: dict[str, Any]) -> bytes:
    content = io.BytesIO()
    named: dict[str, Any] = {name: np.asarray(value) for name, value in arrays.items()}
    np.savez(content, **named)
    return content.getvalue()


def _mat(arrays: dict[str, Any]) -> bytes:
    largest = max(np.asarray(value).nbytes for value in arrays.values())
    if largest > _MOST_MAT_BYTES:
        raise DataError(f"an array has {largest / 1e9:.1f} GB; a MATLAB file holds at most 2.1 GB, export to .npz")
    from_one = {name: arrays[name] + 1.0 for name in ("y_train", "y_test")}
    if "parts" in arrays:
        from_one["parts"] = arrays["parts"] + 1.0
    return mat_content({**arrays, **from_one, "class_names": text_cells(arrays["class_names"])})
