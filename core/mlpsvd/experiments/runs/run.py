"""A run: settings, data and results of one execution of an experiment."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mlpsvd.errors import SettingError
from mlpsvd.experiments.runs.run_contents import RunContents
from mlpsvd.experiments.runs.run_folder import write_run
from mlpsvd.experiments.runs.trained_model import model_of
from mlpsvd.metrics.scores import accuracy
from mlpsvd.models.model import Model
from mlpsvd.training.events import EpochEvent, singular_value_table

__all__ = ["Run"]


@dataclass(frozen=True, eq=False)
class Run(RunContents):
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
        return write_run(Path(folder), self, with_figures=with_figures)

    def _require(self, contender: str) -> None:
        if contender not in self.outcomes:
            raise SettingError("contender", contender, "one of " + ", ".join(self.outcomes))

    @property
    def is_finished(self) -> bool:
        """Whether all contenders have completed the last epoch."""
        return bool(self.histories) and self.epoch >= self.experiment.training.epochs
