"""Survey of a folder of paper results, and reading of those that are kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mlpsvd.errors import MlpSvdError
from mlpsvd.experiments.papers.finding import Finding, Reproduction, Results
from mlpsvd.experiments.papers.registry import REPRODUCTIONS, chosen
from mlpsvd.experiments.papers.reproduce import check_folder, written_reproductions
from mlpsvd.experiments.trials.measurements import Measurement
from mlpsvd.experiments.trials.trials import Trial, TrialStore

__all__ = ["Completion", "KeptPicture", "KeptResult", "Survey", "Tracker", "load_result", "survey"]


_NOWHERE = "not a results folder"


@dataclass(frozen=True)
class Completion:
    """Progress of one reproduction.

    Attributes
    ----------
    n_done, n_trials
        Finished and requested trials.
    n_trainings
        Number of networks trained in all its trials.
    cost_left
        Remaining work, in the unit of :attr:`~mlpsvd.experiments.trials.trials.Trial.cost`.
    left_s
        Remaining seconds; None if unknown.
    n_written
        Trials per task of the written result; None without one.
    written_at
        Time at which it was written, in seconds since 1970.
    """

    n_done: int
    n_trials: int
    n_trainings: int
    cost_left: float
    left_s: float | None = None
    n_written: int | None = None
    written_at: float | None = None


@dataclass(frozen=True)
class Survey:
    """Progress of all reproductions in a folder.

    Attributes
    ----------
    completions
        By name.
    n_left, cost_left
        Remaining trials of the ticked reproductions, and their work.
    has_report
        Whether the report exists.
    problem
        Why the folder cannot be used, in one sentence; otherwise empty.
    """

    completions: Mapping[str, Completion]
    n_left: int = 0
    cost_left: float = 0.0
    has_report: bool = False
    problem: str = ""


@dataclass(frozen=True)
class KeptPicture:
    """A written figure: caption and content of its SVG file."""

    caption: str
    svg: bytes


@dataclass(frozen=True)
class KeptResult:
    """A result of ``n_trials`` per task, and when it was written."""

    reproduction: Reproduction
    finding: Finding
    n_trials: int
    written_at: float
    pictures: tuple[KeptPicture, ...]


class Tracker:
    """Counts the trials of some reproductions in a folder.

    Parameters
    ----------
    reproductions
        The requested reproductions, in the order of computing.
    n_trials
        Trials per task.
    folder
        Folder for the results.
    """

    def __init__(self, reproductions: Sequence[Reproduction], n_trials: int, folder: Path) -> None:
        self._folder = folder
        self._trials = {one.name: {trial.key: trial for trial in one.trials(n_trials)} for one in reproductions}
        self._order = {key: trial for trials in self._trials.values() for key, trial in trials.items()}

    def completions(self, left_s: float | None = None) -> dict[str, Completion]:
        """Return the progress of each; trials are computed in order, so early ones finish first.

        Parameters
        ----------
        left_s
            Remaining seconds in total.
        """
        kept = self._kept()
        cumulative = _cumulative_costs(trial for key, trial in self._order.items() if key not in kept)
        per_cost = left_s / max(cumulative.values()) if left_s is not None and cumulative else None
        written = _written(self._folder)
        return {name: self._completion_of(name, kept, cumulative, per_cost, written) for name in self._trials}

    def left(self) -> tuple[int, float]:
        """Return the number of missing trials in total, and their work."""
        kept = self._kept()
        costs = [trial.cost for key, trial in self._order.items() if key not in kept]
        return len(costs), sum(costs)

    def _kept(self) -> set[str]:
        try:
            return {path.stem for path in (self._folder / "trials").iterdir()}
        except OSError:
            return set()

    def _completion_of(
        self,
        name: str,
        kept: set[str],
        cumulative: Mapping[str, float],
        per_cost: float | None,
        written: Mapping[str, int],
    ) -> Completion:
        trials = self._trials[name]
        missing = [key for key in trials if key not in kept]
        return Completion(
            len(trials) - len(missing),
            len(trials),
            sum(_n_trainings(trial) for trial in trials.values()),
            sum(trials[key].cost for key in missing),
            max(cumulative[key] for key in missing) * per_cost if missing and per_cost is not None else None,
            written.get(name),
            _written_at(self._folder / name) if name in written else None,
        )


def survey(folder: Path, n_trials: int, ticked: Sequence[str] = ()) -> Survey:
    """Survey all reproductions in a folder, which need not exist yet, and the ticked ones together."""
    everything = list(REPRODUCTIONS.values())
    try:
        check_folder(folder)
    except (MlpSvdError, OSError) as error:
        return Survey(Tracker(everything, n_trials, folder / _NOWHERE).completions(), problem=str(error))
    completions = Tracker(everything, n_trials, folder).completions()
    n_left, cost_left = Tracker(chosen(ticked), n_trials, folder).left()
    return Survey(completions, n_left, cost_left, (folder / "report.html").is_file())


def load_result(folder: Path, name: str) -> KeptResult | None:
    """Return the last written result, from its kept trials; None if there is none.

    Raises
    ------
    OSError
        If a figure cannot be read.
    """
    n_trials = _written(folder).get(name)
    if n_trials is None:
        return None
    one, store = REPRODUCTIONS[name], TrialStore(folder / "trials")
    results = {}
    for trial in one.trials(n_trials):
        result = store.get(trial)
        if result is None:
            return None
        results[trial.key] = result
    finding = one.find(n_trials, Results(results))
    pictures = tuple(
        KeptPicture(picture.caption, (folder / name / f"{picture.stem}.svg").read_bytes())
        for picture in finding.pictures
    )
    return KeptResult(one, finding, n_trials, _written_at(folder / name) or 0.0, pictures)


def _cumulative_costs(missing: Iterable[Trial]) -> dict[str, float]:
    """Return the cumulative work of the trials, in order."""
    cumulative, cost = {}, 0.0
    for trial in missing:
        cost += trial.cost
        cumulative[trial.key] = cost
    return cumulative


def _n_trainings(trial: Trial) -> int:
    is_trained = trial.measurement is not Measurement.BAYES
    return len(trial.experiment.training.contenders) if is_trained else 0


def _written(folder: Path) -> dict[str, int]:
    """Return the trials per task of the written result; empty if it cannot be read."""
    try:
        return {name: n for name, n in written_reproductions(folder).items() if name in REPRODUCTIONS}
    except (OSError, MlpSvdError):
        return {}


def _written_at(folder: Path) -> float | None:
    """Return the modification time of the newest file of a result."""
    try:
        return max(path.stat().st_mtime for path in folder.iterdir())
    except (OSError, ValueError):
        return None
