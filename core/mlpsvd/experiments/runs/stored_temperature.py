"""Storing of a fitted temperature in a run folder."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from mlpsvd.errors import DataError, FileFormatError, SettingError
from mlpsvd.experiments.runs.read_checkpoint import load_checkpoint
from mlpsvd.experiments.runs.run import Run
from mlpsvd.experiments.runs.run_folder import RunFolder, has_run, latest_checkpoint
from mlpsvd.models.temperature import LARGEST, SMALLEST

__all__ = ["store_temperature"]


def store_temperature(folder: str | Path, contender: str, temperature: float, run_id: str = "") -> None:
    """Store the temperature of a contender's model in a run folder; all other content stays as it is.

    The checkpoint and the model file are replaced together: after a crash, the folder has both old or both new files.

    Parameters
    ----------
    folder
        The run folder.
    contender
        Key of the contender, e.g. ``mlp-svd``.
    temperature
        The temperature, 0.01 to 100; 1 removes it.
    run_id
        Identity of the run that the folder must contain; empty for any.

    Raises
    ------
    SettingError
        If the run has no such contender, or the temperature is outside its range.
    FileFormatError
        If the folder contains no run, or damaged files.
    DataError
        If the folder contains another run, a run of format version 1, or another program is writing into it.
    OSError
        If a file cannot be written; the folder is then unchanged.

    Examples
    --------
    >>> import mlpsvd, tempfile
    >>> from mlpsvd.experiments.runs.stored_temperature import store_temperature
    >>> experiment = mlpsvd.with_value(mlpsvd.Experiment(), "training.epochs", 1)
    >>> run = mlpsvd.train(mlpsvd.with_value(experiment, "data.synthetic.train_per_class", 5))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = run.save(folder, with_figures=False)
    ...     store_temperature(folder, "mlp", 2.5)
    ...     mlpsvd.load_run(folder).model("mlp").temperature
    2.5
    """
    if not SMALLEST <= temperature <= LARGEST:
        raise SettingError("temperature", temperature, f"a number from {SMALLEST} to {LARGEST:g}")
    folder = Path(folder)
    if not has_run(folder):
        raise FileFormatError(f"{folder} holds no run; it should be a folder that a training has written")
    with RunFolder(folder) as opened:
        run = load_checkpoint(latest_checkpoint(folder))
        if not isinstance(run, Run):
            raise DataError(f"{folder} holds a run of an old format; open it, save it as a new run and use that one")
        if run_id and run.id != run_id:
            raise DataError(f"{folder} holds another run now; save the run again to keep the temperature")
        if contender not in run.outcomes:
            raise SettingError("contender", contender, "one of " + ", ".join(run.outcomes))
        outcome = dataclasses.replace(run.outcomes[contender], temperature=float(temperature))
        opened.replace_model(dataclasses.replace(run, outcomes={**run.outcomes, contender: outcome}), contender)
