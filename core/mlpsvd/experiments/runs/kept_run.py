"""Summary of a kept run, read from its folder without its networks."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from mlpsvd.contenders import contender_title
from mlpsvd.errors import MlpSvdError
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.experiment_file import load_experiment
from mlpsvd.experiments.presets import new_experiment
from mlpsvd.experiments.runs.about import About, read_about
from mlpsvd.experiments.runs.checkpoint_summary import CheckpointSummary, read_checkpoint_summary
from mlpsvd.experiments.runs.files import EXPERIMENT, read_results
from mlpsvd.experiments.runs.run_folder import finish_interrupted_swap, latest_checkpoint
from mlpsvd.experiments.runs.setting_values import setting_texts
from mlpsvd.files import remove_leftovers
from mlpsvd.json_fields import Fields
from mlpsvd.metrics.scores import accuracy

__all__ = [
    "RUN_NAME",
    "STATUSES",
    "TIME_FORMAT",
    "KeptRun",
    "RunStatus",
    "kept_run_of_table",
    "read_kept_run",
    "run_folders",
]

RUN_NAME = re.compile(r"(\d{4}-\d\d-\d\d_\d{6})(?:_(.*))?")
"""Names of the folders in a library."""

TIME_FORMAT = "%Y-%m-%d_%H%M%S"

RunStatus = Literal["complete", "stopped", "interrupted", "training"]

STATUSES: Mapping[RunStatus, str] = {
    "complete": "All networks have completed the last epoch.",
    "stopped": "Stopped before the last epoch, and saved; it can go on.",
    "interrupted": "The program ended during the training; it can go on from the last checkpoint.",
    "training": "Being trained now.",
}
"""What each status means."""


@dataclass(frozen=True)
class KeptRun:
    """A run in the library.

    Attributes
    ----------
    folder
        The run folder.
    name
        The title that a person gave it, or the name of the experiment.
    started
        Start time.
    epochs, accuracies
        Completed epochs and test accuracy (0 to 1) by contender.
    titles
        Titles of the contenders.
    id
        Identity of the run; empty for runs of format version 1.
    status
        One of :data:`STATUSES`.
    n_epochs
        Number of epochs of the experiment; 0 if it is not known.
    seed
        Seed of the experiment; None if it is not known.
    n_test
        Number of test clips; 0 if it is not known.
    about
        Title, note, tags and star.
    problem
        Why a part of it cannot be read, in one sentence; empty for sound runs.
    settings
        Every setting of the experiment as text, by dotted key; empty if it cannot be read.
    """

    folder: Path
    name: str
    started: datetime
    epochs: Mapping[str, int] = field(default_factory=dict)
    accuracies: Mapping[str, float] = field(default_factory=dict)
    titles: Mapping[str, str] = field(default_factory=dict)
    id: str = ""
    status: RunStatus = "interrupted"
    n_epochs: int = 0
    seed: int | None = None
    n_test: int = 0
    about: About = field(default_factory=About)
    problem: str = ""
    settings: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def can_resume(self) -> bool:
        """Whether the training can go on."""
        return self.status in ("stopped", "interrupted")

    @property
    def changed_settings(self) -> dict[str, str]:
        """The settings that differ from those of a new experiment, except for the name."""
        is_noise = self.settings.get("data.source") == "synthetic"
        defaults = setting_texts(new_experiment() if is_noise else Experiment())
        return {key: value for key, value in self.settings.items() if value != defaults.get(key) and key != "name"}

    def to_table(self) -> dict[str, Any]:
        """Return everything except the settings, for JSON; :func:`kept_run_of_table` reads it."""
        return {
            "folder": str(self.folder),
            "id": self.id,
            "name": self.name,
            "started": self.started.isoformat(),
            "status": self.status,
            "seed": self.seed,
            "n_epochs": self.n_epochs,
            "n_test": self.n_test,
            "contenders": {
                key: {"title": title, "epochs": self.epochs.get(key, 0), "test_accuracy": self.accuracies.get(key)}
                for key, title in self.titles.items()
            },
            "title": self.about.title,
            "note": self.about.note,
            "tags": list(self.about.tags),
            "star": self.about.is_starred,
            "problem": self.problem,
        }


def run_folders(parent: Path) -> list[Path]:
    """Return the folders with names of runs in a library or its trash, newest first; links are left out."""
    try:
        found = [path for path in parent.iterdir() if RUN_NAME.fullmatch(path.name)]
    except OSError:
        return []
    return sorted((path for path in found if path.is_dir() and not path.is_symlink()), reverse=True)


def kept_run_of_table(fields: Fields, folder: Path) -> KeptRun:
    """Return the summary of a table of :meth:`KeptRun.to_table`, whose run is now in ``folder``.

    Raises
    ------
    FileFormatError, SettingError, ValueError
        If a field is missing or has another type.
    """
    contenders = fields.table("contenders")
    tables = {key: contenders.table(key) for key in contenders.names()}
    raw = fields.raw()
    return KeptRun(
        folder=folder,
        name=fields.text("name"),
        started=datetime.fromisoformat(fields.text("started")),
        epochs={key: one.integer("epochs") for key, one in tables.items()},
        accuracies={
            key: one.number("test_accuracy", 0.0, 1.0)
            for key, one in tables.items()
            if one.raw().get("test_accuracy") is not None
        },
        titles={key: one.text("title") for key, one in tables.items()},
        id=fields.text("id"),
        status=fields.text("status", tuple(STATUSES)),
        n_epochs=fields.integer("n_epochs"),
        seed=None if raw.get("seed") is None else fields.integer("seed", high=2**32 - 1),
        n_test=fields.integer("n_test"),
        about=About(fields.text("title"), fields.text("note"), fields.texts("tags"), fields.flag("star")),
        problem=fields.text("problem"),
    )


def read_kept_run(folder: Path) -> KeptRun:
    """Return the summary of a run folder; what is damaged is named in :attr:`KeptRun.problem` and raises no error."""
    finish_interrupted_swap(folder)
    remove_leftovers(folder)
    problems: list[str] = []
    started, name = _name_and_time(folder)
    about = About()
    try:
        about = read_about(folder)
    except (OSError, MlpSvdError) as error:
        problems.append(str(error))
    found: dict[str, Any] = {}
    with contextlib.suppress(OSError, MlpSvdError):
        found = _of_results(read_results(folder))
    try:
        summary: CheckpointSummary | None = read_checkpoint_summary(latest_checkpoint(folder))
    except MlpSvdError as error:
        problems.append(str(error))
        summary = None
    is_interrupted = not found
    if summary is not None and (not found or _is_newer(summary, found)):
        found, is_interrupted = _of_checkpoint(summary), True
    experiment = summary.experiment if summary is not None else None
    if experiment is None:
        with contextlib.suppress(OSError, MlpSvdError):
            experiment = load_experiment(folder / EXPERIMENT)
    n_epochs = (
        experiment.training.epochs if experiment is not None else max(found.get("epochs", {}).values(), default=0)
    )
    epochs = found.get("epochs", {})
    is_complete = bool(epochs) and min(epochs.values()) >= n_epochs and not is_interrupted
    found = {"name": name, **found}
    if about.title:
        found["name"] = about.title
    return KeptRun(
        folder=folder,
        started=started,
        status="complete" if is_complete else "interrupted" if is_interrupted else "stopped",
        n_epochs=n_epochs,
        seed=experiment.seed if experiment is not None else None,
        about=about,
        problem="; ".join(problems),
        settings=setting_texts(experiment) if experiment is not None else {},
        **found,
    )


def _name_and_time(folder: Path) -> tuple[datetime, str]:
    match = RUN_NAME.fullmatch(folder.name)
    if match is not None:
        with contextlib.suppress(ValueError):
            return datetime.strptime(match[1], TIME_FORMAT), match[2] or ""
    with contextlib.suppress(OSError):
        return datetime.fromtimestamp(folder.stat().st_mtime).replace(microsecond=0), folder.name
    return datetime.min, folder.name


def _of_results(results: Fields) -> dict[str, Any]:
    contenders = results.table("contenders")
    found: dict[str, Any] = {"name": results.text("experiment"), "epochs": {}, "accuracies": {}, "titles": {}}
    if "run_id" in results:
        found["id"] = results.text("run_id")
    if "n_test" in results:
        found["n_test"] = results.integer("n_test")
    for key in contenders.names():
        table = contenders.table(key)
        found["titles"][key] = table.text("title") if "title" in table else contender_title(key)
        found["epochs"][key] = table.integer("epochs")
        if table.raw().get("test_accuracy") is not None:
            found["accuracies"][key] = table.number("test_accuracy", 0.0, 1.0)
    return found


def _of_checkpoint(summary: CheckpointSummary) -> dict[str, Any]:
    confusions = summary.confusions
    return {
        "name": summary.experiment.name,
        "id": summary.run_id,
        "epochs": dict(summary.epochs),
        "titles": dict(summary.titles),
        "accuracies": {key: accuracy(one) for key, one in confusions.items() if one.sum()},
        "n_test": max((int(one.sum()) for one in confusions.values()), default=0),
    }


def _is_newer(summary: CheckpointSummary, found: Mapping[str, Any]) -> bool:
    """Return whether a checkpoint is of another run than the results, or of a later epoch."""
    if summary.run_id != found.get("id", ""):
        return True
    return any(epoch > found["epochs"].get(key, 0) for key, epoch in summary.epochs.items())
