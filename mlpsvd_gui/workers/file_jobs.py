"""Reading and writing that may take a while; runs in any thread."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from mlpsvd.errors import FileFormatError
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.experiment_file import load_experiment
from mlpsvd.experiments.prepare import Prepared
from mlpsvd.experiments.race import Outcome
from mlpsvd.training.events import EpochEvent

__all__ = ["export_model", "read_experiment", "save_run"]


def read_experiment(path: Path) -> Experiment:
    """Read the experiment in a TOML file, in the folder of a saved run, or sealed into a model file.

    Raises
    ------
    FileFormatError, SettingError
        If there is no readable experiment.
    OSError
        If the file cannot be read.
    """
    if path.is_dir():
        if not (path / "experiment.toml").is_file():
            raise FileFormatError(f"{path} is not the folder of a saved run: it has no experiment.toml.")
        return load_experiment(path / "experiment.toml")
    if path.suffix.lower() == ".safetensors":
        return _experiment_of_model(path)
    return load_experiment(path)


def _experiment_of_model(path: Path) -> Experiment:
    from mlpsvd import settings
    from mlpsvd.models.model_file import load_model

    experiment = settings.from_table(Experiment, load_model(path).experiment_table)
    settings.check(experiment)
    return experiment


def save_run(
    folder: Path,
    prepared: Prepared,
    histories: Mapping[str, Sequence[EpochEvent]],
    outcomes: Mapping[str, Outcome],
    engine: str,
) -> Path:
    """Write everything of a run into ``folder`` and return the folder."""
    from mlpsvd.experiments.run_files import write_run  # draws with Matplotlib: imported late

    write_run(folder, prepared, histories, outcomes, engine=engine)
    return folder


def export_model(path: Path, prepared: Prepared, outcome: Outcome) -> Path:
    """Write one trained network as a model file and return its path."""
    from mlpsvd.experiments.results import model_of
    from mlpsvd.models.model_file import save_model

    save_model(path, model_of(prepared, outcome))
    return path
