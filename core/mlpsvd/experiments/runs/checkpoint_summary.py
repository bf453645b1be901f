"""Experiment, epochs and accuracies in a checkpoint, read without its networks and histories."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mlpsvd.contenders import contender_title
from mlpsvd.errors import FileFormatError, SettingError
from mlpsvd.experiments.experiment import Experiment, experiment_from_table
from mlpsvd.experiments.runs.checkpoint import metadata_fields, open_checkpoint
from mlpsvd.json_fields import Fields

__all__ = ["CheckpointSummary", "read_checkpoint_summary"]

_MOST_COUNTS = 10**8


@dataclass(frozen=True, eq=False)
class CheckpointSummary:
    """What a checkpoint says about its run.

    Attributes
    ----------
    run_id
        Identity of the run; empty in format version 1.
    experiment
        The settings, not range-checked.
    epochs, titles
        Completed epochs and title of each contender.
    confusions
        Confusion matrices of the contenders that have one.
    """

    run_id: str
    experiment: Experiment
    epochs: Mapping[str, int]
    titles: Mapping[str, str]
    confusions: Mapping[str, NDArray[np.intp]]


def read_checkpoint_summary(path: Path) -> CheckpointSummary:
    """Read the summary of a checkpoint of any format version.

    Raises
    ------
    FileFormatError
        If the file is missing, damaged or not a checkpoint.
    """
    with open_checkpoint(path) as (metadata, file):
        names = [name for name in list(file.keys()) if name.endswith(".confusion")]
        confusions = {name.removesuffix(".confusion"): _counts(file.get_tensor(name)) for name in names}
    try:
        experiment = experiment_from_table(metadata_fields(metadata, "experiment").raw())
        tables = metadata_fields(metadata, "contenders")
        titles = metadata_fields(metadata, "definitions") if "definitions" in metadata else Fields({})
        return CheckpointSummary(
            run_id=metadata.get("run_id", ""),
            experiment=experiment,
            epochs={key: tables.table(key).integer("epoch") for key in tables.names()},
            titles={
                key: titles.table(key).text("title") if key in titles else contender_title(key)
                for key in tables.names()
            },
            confusions={key: counts for key, counts in confusions.items() if counts is not None},
        )
    except (FileFormatError, SettingError) as error:
        raise FileFormatError(f"{path} is damaged: {error}") from error


def _counts(found: NDArray[np.generic]) -> NDArray[np.intp] | None:
    """Return a confusion matrix; None for an array that is not one."""
    is_square = found.ndim == 2 and found.shape[0] == found.shape[1]
    if not is_square or found.dtype.kind != "i":
        return None
    counts = found.astype(np.intp)
    return counts if counts.size and 0 <= counts.min() <= counts.max() <= _MOST_COUNTS else None
