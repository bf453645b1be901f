"""A run: settings, data and results of one execution of an experiment."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mlpsvd.contenders import Contender
from mlpsvd.datasets.clips import Skipped
from mlpsvd.errors import DataError, SettingError
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.prepare import Prepared
from mlpsvd.experiments.race import ContenderState, Outcome, Race
from mlpsvd.features.spectra import FittedFeatures
from mlpsvd.metrics.scores import accuracy
from mlpsvd.models.model import Model
from mlpsvd.models.training_statistics import TrainingStatistics
from mlpsvd.streams import NUMERICS_VERSION
from mlpsvd.text import one_line
from mlpsvd.training.events import EpochEvent, singular_value_table

__all__ = ["Run", "RunData", "new_run_id", "require_same_data"]

_MOST_NAMES = 12


@dataclass(frozen=True, eq=False)
class RunData:
    """Description of the data set of a run, without the feature vectors.

    Attributes
    ----------
    experiment
        The settings of the run.
    class_names
        Name of each class, in the order of the networks' outputs.
    features
        The feature extractor, fitted on the training set.
    clip_s
        Median length of the training clips in seconds.
    reference
        Statistics of the training clips in feature space; None if they do not vary.
    skipped
        Skipped recordings, with reasons.
    n_train, n_test
        Number of training and test clips.
    identity
        Digest of the clips, see :func:`mlpsvd.experiments.clip_identity.clip_identity`; empty if it is not known
        (runs of format version 1).
    numerics_version
        Version of the random streams and of the split.
    """

    experiment: Experiment
    class_names: tuple[str, ...]
    features: FittedFeatures = field(repr=False)
    clip_s: float
    reference: TrainingStatistics | None = field(default=None, repr=False)
    skipped: tuple[Skipped, ...] = ()
    n_train: int = 0
    n_test: int = 0
    identity: str = ""
    numerics_version: int = NUMERICS_VERSION

    @classmethod
    def of(cls, prepared: Prepared) -> RunData:
        """Return the description of a prepared data set."""
        return cls(
            experiment=prepared.experiment,
            class_names=prepared.class_names,
            features=prepared.features,
            clip_s=prepared.clip_s,
            reference=prepared.reference,
            skipped=prepared.skipped,
            n_train=prepared.n_train,
            n_test=prepared.n_test,
            identity=prepared.identity,
        )


@dataclass(frozen=True, eq=False)
class Run:
    """One execution of an experiment: settings, histories, results and networks.

    A run can be shown, saved and loaded without its recordings.

    Attributes
    ----------
    id
        Identity of the run, which every file of a run folder contains.
    data
        The experiment and the description of its data set.
    histories
        The events of each contender, epoch 0 first.
    outcomes
        The result of each contender at its last epoch.
    contenders
        The networks that were trained.
    states
        State from which each contender can continue; empty if the run cannot be continued.
    engine
        Description of the processor and engine.
    notes
        Notes for the user, e.g. that the requested engine was replaced.

    Examples
    --------
    >>> import mlpsvd, tempfile
    >>> experiment = mlpsvd.with_value(mlpsvd.Experiment(), "training.epochs", 3)
    >>> experiment = mlpsvd.with_value(experiment, "data.synthetic.train_per_class", 20)
    >>> run = mlpsvd.train(experiment)
    >>> run.singular_values("mlp-svd").shape
    (4, 20)
    >>> int(run.confusion("mlp-svd").sum()) == run.data.n_test
    True
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = run.save(folder, with_figures=False)
    ...     mlpsvd.load_run(folder).accuracy == run.accuracy
    True
    """

    id: str
    data: RunData
    histories: Mapping[str, Sequence[EpochEvent]]
    outcomes: Mapping[str, Outcome]
    contenders: tuple[Contender, ...]
    states: Mapping[str, ContenderState] = field(default_factory=dict)
    engine: str = ""
    notes: tuple[str, ...] = ()

    @classmethod
    def of(cls, run_id: str, prepared: Prepared, race: Race) -> Run:
        """Return the current state of a race as a run.

        Parameters
        ----------
        run_id : str
            Identity of the run.
        prepared : Prepared
            The data of the race.
        race : Race
            A race, between two of its events.
        """
        return cls(
            id=run_id,
            data=RunData.of(prepared),
            histories={name: tuple(history) for name, history in race.histories.items() if history},
            outcomes=race.outcomes(),
            contenders=race.contenders,
            states=race.states(),
            engine=race.engine_description,
            notes=race.notes,
        )

    @property
    def experiment(self) -> Experiment:
        """The settings of the run."""
        return self.data.experiment

    @property
    def epoch(self) -> int:
        """Number of epochs that all contenders have completed."""
        return min((history[-1].epoch for history in self.histories.values() if history), default=0)

    @property
    def accuracy(self) -> dict[str, float]:
        """Test accuracy of each contender, 0 to 1."""
        return {name: accuracy(outcome.confusion) for name, outcome in self.outcomes.items()}

    def history(self, contender: str) -> tuple[EpochEvent, ...]:
        """Return the events of a contender, epoch 0 first.

        Parameters
        ----------
        contender : str
            Key of the contender, e.g. ``mlp-svd``.

        Returns
        -------
        tuple of EpochEvent
            One event per epoch, with losses, accuracies, ranks and singular values.

        Raises
        ------
        SettingError
            If the run has no such contender; the message lists the run's contenders.
        """
        self._require(contender)
        return tuple(self.histories.get(contender, ()))

    def confusion(self, contender: str) -> NDArray[np.intp]:
        """Return the confusion matrix of the test clips.

        Parameters
        ----------
        contender : str
            Key of the contender, e.g. ``mlp-svd``.

        Returns
        -------
        np.ndarray [shape=(n_classes, n_classes)]
            Counts; rows are actual classes, columns predicted ones (Paul and Nelson 2021, Table I).

        Raises
        ------
        SettingError
            If the run has no such contender.
        """
        self._require(contender)
        return self.outcomes[contender].confusion.copy()

    def singular_values(self, contender: str, layer: int = 0) -> NDArray[np.float64]:
        """Return the singular values of a layer's weight matrix over the epochs.

        Parameters
        ----------
        contender : str
            Key of the contender, e.g. ``mlp-svd``.
        layer : int
            Index of the layer, input side first.

        Returns
        -------
        np.ndarray [shape=(n_epochs + 1, n_values)]
            Largest first; row 0 is the state before training. Discarded values are NaN.

        Raises
        ------
        SettingError
            If the run has no such contender, or the network has no such layer.
        """
        history = self.history(contender)
        n_layers = len(history[0].singular_values)
        if not 0 <= layer < n_layers:
            raise SettingError("layer", layer, f"a whole number from 0 to {n_layers - 1}")
        return singular_value_table(history, layer)

    def model(self, contender: str) -> Model:
        """Return the trained network of a contender with its preprocessing.

        Parameters
        ----------
        contender : str
            Key of the contender, e.g. ``mlp-svd``.

        Returns
        -------
        Model
            The model, for :class:`mlpsvd.Classifier` and :func:`mlpsvd.save_model`.

        Raises
        ------
        SettingError
            If the run has no such contender.
        """
        from mlpsvd.experiments.runs.results import model_of

        self._require(contender)
        return model_of(self.data, self.outcomes[contender], self.id)

    def save(self, folder: str | Path, *, with_figures: bool = True) -> list[Path]:
        """Write a run folder, replacing an earlier run in it.

        The window, the command line and :func:`mlpsvd.load_run` read the folder.

        Parameters
        ----------
        folder : str or Path
            The folder; created if it does not exist.
        with_figures : bool
            Whether to write figures and tables as well, which takes some seconds.

        Returns
        -------
        list of Path
            The written files.

        Raises
        ------
        FileFormatError
            If the folder is a file, or contains files with names of a run's files that this program has not written.
        DataError
            If another run is being written into the folder.
        OSError
            If a file cannot be written.
        """
        from mlpsvd.experiments.runs.store import write_run

        return write_run(Path(folder), self, with_figures=with_figures)

    def _require(self, contender: str) -> None:
        if contender not in self.outcomes:
            raise SettingError("contender", contender, "one of " + ", ".join(self.outcomes))

    @property
    def is_finished(self) -> bool:
        """Whether all contenders have completed the last epoch."""
        return bool(self.histories) and self.epoch >= self.experiment.training.epochs


def new_run_id() -> str:
    """Return a new, random identity of a run."""
    return secrets.token_hex(8)


def require_same_data(run: RunData, prepared: Prepared) -> None:
    """Check that a data set is the same as that of a run.

    Raises
    ------
    DataError
        If the classes or the clips differ.
    """
    if run.class_names != prepared.class_names:
        raise DataError(
            f"the classes have changed since this run began: they were {_names(run.class_names)} and are now "
            f"{_names(prepared.class_names)}; restore the recordings or train a new run"
        )
    if run.identity and run.identity != prepared.identity:
        before, now = f"{run.n_train} training and {run.n_test} test clips", f"{prepared.n_train} and {prepared.n_test}"
        counts = f" ({before}, now {now})" if (run.n_train, run.n_test) != (prepared.n_train, prepared.n_test) else ""
        raise DataError(
            f"the clips have changed since this run began{counts}; restore the recordings or train a new run"
        )


def _names(names: Sequence[str]) -> str:
    shown = ", ".join(one_line(name, 40) for name in names[:_MOST_NAMES])
    return shown if len(names) <= _MOST_NAMES else f"{shown} … ({len(names)} classes)"
