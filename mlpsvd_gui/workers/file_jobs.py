"""Reading and writing that may take a while; runs in any thread."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mlpsvd.errors import FileFormatError
from mlpsvd.experiments.checkpoint import CHECKPOINT, load_checkpoint, save_checkpoint
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.experiment_file import load_experiment
from mlpsvd.experiments.prepare import Prepared, prepare
from mlpsvd.experiments.race import ContenderState, Outcome, Race
from mlpsvd.training.events import EpochEvent

__all__ = ["SavedRun", "export_model", "has_results", "read_experiment", "read_run", "save_run"]


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
    states: Mapping[str, ContenderState],
) -> Path:
    """Write everything of a run into ``folder`` and return the folder."""
    from mlpsvd.experiments.run_files import write_run  # draws with Matplotlib: imported late

    write_run(folder, prepared, histories, outcomes, engine=engine)
    if states:
        save_checkpoint(folder / CHECKPOINT, prepared.experiment, states)
    return folder


@dataclass(frozen=True)
class SavedRun:
    """A run read back from its folder."""

    prepared: Prepared
    histories: Mapping[str, Sequence[EpochEvent]]
    outcomes: Mapping[str, Outcome]
    states: Mapping[str, ContenderState]
    engine: str


def has_results(folder: Path) -> bool:
    """Whether :func:`read_run` has anything to read in ``folder``."""
    return (folder / CHECKPOINT).is_file()


def read_run(folder: Path) -> SavedRun:
    """Read a saved run with its histories; its data set is made or read anew, and the test clips classified anew.

    Raises
    ------
    MlpSvdError
        If the folder is damaged, or its recordings cannot be had any more.
    """
    experiment, states = load_checkpoint(folder / CHECKPOINT)
    prepared = prepare(experiment)
    race = Race(prepared, states)
    return SavedRun(prepared, race.histories, race.outcomes(), states, race.engine_description)


def export_model(path: Path, prepared: Prepared, outcome: Outcome) -> Path:
    """Write one trained network as a model file and return its path."""
    from mlpsvd.experiments.results import model_of
    from mlpsvd.models.model_file import save_model

    save_model(path, model_of(prepared, outcome))
    return path
