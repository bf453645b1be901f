"""Reading and writing of runs and models; callable from any thread."""

from __future__ import annotations

from pathlib import Path

from mlpsvd.errors import FileFormatError
from mlpsvd.experiments.experiment import Experiment, experiment_from_table
from mlpsvd.experiments.experiment_file import load_experiment
from mlpsvd.experiments.race import Outcome
from mlpsvd.experiments.runs.run import Run, RunData
from mlpsvd.experiments.runs.store import has_run, latest_checkpoint, read_run, write_run

__all__ = ["export_model", "has_run", "read_experiment", "read_run", "save_run"]


def read_experiment(path: Path) -> Experiment:
    """Read the experiment from a TOML file, a run folder or a model file.

    Raises
    ------
    FileFormatError, SettingError
        If there is no readable experiment.
    OSError
        If the file cannot be read.
    """
    if path.is_dir():
        return _experiment_of_folder(path)
    if path.suffix.lower() == ".safetensors":
        return _experiment_of_model(path)
    return load_experiment(path)


def _experiment_of_folder(folder: Path) -> Experiment:
    """Read a run, or its checkpoint if it ended before its results were written."""
    from mlpsvd.experiments.runs.checkpoint import load_checkpoint

    if (folder / "experiment.toml").is_file():
        return load_experiment(folder / "experiment.toml")
    if not has_run(folder):
        raise FileFormatError(f"{folder} is not a run folder: it has no experiment.toml")
    return load_checkpoint(latest_checkpoint(folder)).experiment


def _experiment_of_model(path: Path) -> Experiment:
    from mlpsvd import settings
    from mlpsvd.models.model_file import load_model

    experiment = experiment_from_table(load_model(path).experiment_table)
    settings.check(experiment)
    return experiment


def save_run(folder: Path, run: Run) -> Path:
    """Write a run to ``folder`` and return the folder."""
    write_run(folder, run)
    return folder


def export_model(path: Path, data: RunData, outcome: Outcome, run_id: str) -> Path:
    """Write one trained network as a model file and return its path."""
    from mlpsvd.experiments.runs.results import model_of
    from mlpsvd.models.model_file import save_model

    save_model(path, model_of(data, outcome, run_id))
    return path
