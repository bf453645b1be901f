"""Train an experiment in one call."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mlpsvd.contenders import Contender
from mlpsvd.experiments.cross_validation import cross_validate
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.prepare import prepare
from mlpsvd.experiments.race import Race, RaceEvent
from mlpsvd.experiments.runs.run import Run
from mlpsvd.experiments.runs.run_data import new_run_id

__all__ = ["train"]


def train(
    experiment: Experiment,
    progress: Callable[[RaceEvent], object] | None = None,
    stop: Callable[[], bool] | None = None,
    contenders: Sequence[Contender] | None = None,
) -> Run:
    """Prepare the data of an experiment, train all its contenders and return the run.

    The results equal those of the window and of ``mlpsvd train`` for the same experiment. Small sets of recordings are
    also cross-validated after the last epoch.

    Parameters
    ----------
    experiment : Experiment
        The settings, seed included.
    progress : callable, optional
        Called with a :class:`RaceEvent` after every epoch of every contender, epoch 0 first. An exception cancels the
        training.
    stop : callable, optional
        Called after every event; when it returns True, training ends and the run contains the networks trained so far.
    contenders : sequence of Contender, optional
        The networks to train; by default those that the experiment names (``training.contenders``).

    Returns
    -------
    Run
        Histories, accuracies and models of all contenders.

    Raises
    ------
    SettingError
        If a setting is invalid, ``contenders`` is empty, or two contenders have the same key.
    DataError
        If the recordings do not give at least two classes with training and test clips.
    TrainingError
        If a loss is no longer a finite number.

    References
    ----------
    V. S. Paul and P. A. Nelson, J. Acoust. Soc. Am. 149(6), 4119-4133 (2021), section III.

    Examples
    --------
    >>> import mlpsvd
    >>> experiment = mlpsvd.with_value(mlpsvd.Experiment(), "training.epochs", 2)
    >>> experiment = mlpsvd.with_value(experiment, "data.synthetic.train_per_class", 20)
    >>> epochs = []
    >>> run = mlpsvd.train(experiment, progress=lambda one: epochs.append(one.event.epoch))
    >>> run.epoch, epochs
    (2, [0, 0, 1, 1, 2, 2])
    """
    prepared = prepare(experiment)
    race = Race(prepared, contenders=contenders)
    is_stopped = False
    for event in race.run():
        if progress is not None:
            progress(event)
        if stop is not None and stop():
            is_stopped = True
            break
    if not is_stopped:
        race.validations = cross_validate(prepared, contenders=race.contenders)
    return Run.of(new_run_id(), prepared, race)
