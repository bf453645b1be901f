"""Reading of the experiment of an experiment file, a project, a run folder or a model file."""

from __future__ import annotations

from pathlib import Path

from mlpsvd.errors import FileFormatError
from mlpsvd.experiments.experiment import Experiment, experiment_from_table
from mlpsvd.experiments.experiment_file import load_experiment
from mlpsvd.experiments.projects.project import find_project_file, read_project
from mlpsvd.experiments.runs.files import EXPERIMENT
from mlpsvd.experiments.runs.read_checkpoint import load_checkpoint
from mlpsvd.experiments.runs.run_folder import has_run, latest_checkpoint
from mlpsvd.models.model_file import load_model
from mlpsvd.settings import check

__all__ = ["read_experiment"]


def read_experiment(path: Path) -> Experiment:
    """Read the experiment from a TOML file, a project, a run folder or a model file.

    Raises
    ------
    FileFormatError, SettingError
        If there is no readable experiment.
    OSError
        If the file cannot be read.
    """
    project = find_project_file(path)
    if project is not None:
        experiment = read_project(project).experiment
        check(experiment)
        return experiment
    if path.is_dir():
        return _experiment_of_folder(path)
    if path.suffix.lower() == ".safetensors":
        return _experiment_of_model(path)
    return load_experiment(path)


def _experiment_of_folder(folder: Path) -> Experiment:
    """Read a run, or its checkpoint if it ended before its results were written."""
    if (folder / EXPERIMENT).is_file():
        return load_experiment(folder / EXPERIMENT)
    if not has_run(folder):
        raise FileFormatError(f"{folder} is not a run folder: it has no experiment.toml")
    return load_checkpoint(latest_checkpoint(folder)).experiment


def _experiment_of_model(path: Path) -> Experiment:
    experiment = experiment_from_table(load_model(path).experiment_table)
    check(experiment)
    return experiment
