"""Comparison of recurrent networks over the frames of a clip with an MLP on the mean magnitude and the Bayes limit."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mlpsvd.analysis.result import Progress
from mlpsvd.contenders import DEFAULT_CONTENDERS
from mlpsvd.datasets.dataset import DataSet
from mlpsvd.datasets.synthetic import one_class
from mlpsvd.engines.choice import choose
from mlpsvd.errors import DataError
from mlpsvd.experiments.bayes_limit import BayesLimit, bayes_limits
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.presets import preset
from mlpsvd.features.settings import FeatureSettings
from mlpsvd.network.initialise import build
from mlpsvd.network.layers import DENSE, SVD
from mlpsvd.network.settings import NetworkSettings
from mlpsvd.recurrent.frames import FrameScaling, FrameSettings, frame_magnitudes
from mlpsvd.recurrent.network import RecurrentShape, build_recurrent
from mlpsvd.recurrent.trainer import RecurrentTask, Sequences, train_recurrent
from mlpsvd.settings import check, with_value
from mlpsvd.signals.bank import paper_bank
from mlpsvd.tables import Picture, Table
from mlpsvd.training.events import EpochEvent
from mlpsvd.training.task import TrainingTask
from mlpsvd.training.trainer import Trainer, optimiser_rule

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["MEAN_MLP", "NETWORKS", "Recurrence", "RecurrenceSettings", "compare_recurrence", "recurrence_task"]

MEAN_MLP = "MLP, mean magnitude"

NETWORKS = ("RNN", "RNN-SVD", MEAN_MLP)
"""Names of the networks that are compared."""

_BAYES_STEPS = 10  # counted as so many epochs of the progress


@dataclass(frozen=True)
class RecurrenceSettings:
    """What is compared.

    Attributes
    ----------
    frames
        Short-time magnitudes of a clip.
    units
        Neurons of each recurrent layer; the MLP on the mean magnitude has one hidden layer of the first number.
    factored_rate
        Learning rate of ``RNN-SVD`` relative to the experiment's: Adam on three factors moves W several times as far.
    limit_clips
        Clips of all classes together on which the Bayes limit is estimated.
    """

    frames: FrameSettings = field(default_factory=FrameSettings)
    units: tuple[int, ...] = (32,)
    factored_rate: float = 0.3
    limit_clips: int = 2000


@dataclass(frozen=True, eq=False)
class Recurrence:
    """Result of the comparison.

    Attributes
    ----------
    experiment
        The task.
    histories
        The events of each network, epoch 0 first: ``RNN``, ``RNN-SVD`` (W and U factored, with discarding) and
        ``MLP, mean magnitude``.
    limit
        Bayes limit of the whole clip; None if it is not known.
    """

    experiment: Experiment
    histories: dict[str, tuple[EpochEvent, ...]]
    limit: BayesLimit | None

    @property
    def accuracy(self) -> dict[str, float]:
        """Test accuracy of each network after the last epoch, 0 to 1."""
        return {name: events[-1].test_accuracy for name, events in self.histories.items()}

    def findings(self) -> tuple[str, ...]:
        """Return the result in sentences."""
        best = max((name for name in self.histories if name != MEAN_MLP), key=self.accuracy.__getitem__)
        mean, recurrent = 100 * self.accuracy[MEAN_MLP], 100 * self.accuracy[best]
        n_test = self.experiment.data.synthetic.test_per_class * len(self.experiment.data.synthetic.filters)
        error = 100 * float(np.sqrt(2 * 0.01 * mean * (1 - 0.01 * mean) / n_test))
        if abs(recurrent - mean) <= 2 * error:
            verdict = f"the two do not differ by more than the error of {n_test} test clips (±{2 * error:.1f} points)"
        else:
            verdict = (
                "the order of the frames helps" if recurrent > mean else "reading the frames in order does not help"
            )
        sentences = [
            f"The best recurrent network ({best}) classifies {recurrent:.1f} % of the test clips correctly, an MLP on "
            f"the mean magnitude of the same frames {mean:.1f} %: {verdict}."
        ]
        if self.limit is not None:
            sentences.append(f"No classifier of whole clips can be right more often than {self.limit.describe()}.")
        return tuple(sentences)

    def table(self) -> Table:
        """Return one row a network, and the limit."""
        columns = ("Network", "Test accuracy (%)", "Training accuracy (%)", "Ranks of W and U", "Weights", "Time (s)")
        rows: list[tuple[object, ...]] = []
        for name, events in self.histories.items():
            last = events[-1]
            ranks = ", ".join(str(rank) for rank in last.ranks[:-1])
            percents = tuple(round(100 * float(one), 1) for one in (last.test_accuracy, last.train_accuracy))
            seconds = round(sum(event.train_s for event in events), 1)
            rows.append((name, *percents, ranks, last.n_weights, seconds))
        if self.limit is not None:
            rows.append(("Bayes limit, whole clip", round(100 * self.limit.accuracy, 1), "", "", "", ""))
        return Table("recurrence", "Recurrent networks and the mean magnitude", columns, tuple(rows), shown=True)

    def picture(self) -> Picture:
        """Return the test accuracies over the epochs."""
        return Picture("recurrence", "Test accuracy over the epochs; dash-dotted: Bayes limit of the whole clip.",
                       self._draw)  # fmt: skip

    def _draw(self) -> Figure:
        from mlpsvd.drawing import PALETTE, new_figure, style

        with style():
            figure = new_figure(2.6)
            axes = figure.subplots()
            for (name, events), colour in zip(self.histories.items(), PALETTE, strict=False):
                epochs, percents = [one.epoch for one in events], [100 * one.test_accuracy for one in events]
                axes.plot(epochs, percents, color=colour, label=name)
            if self.limit is not None:
                axes.axhline(
                    100 * self.limit.accuracy, color="black", linewidth=0.6, linestyle="-.", label="Bayes limit"
                )
            axes.set_xlabel("Epoch")
            axes.set_ylabel("Test accuracy (%)")
            figure.legend(loc="outside upper center", ncols=2)
        return figure


def recurrence_task(spacing_hz: float = 30.0, bandwidth_hz: float = 100.0, n_classes: int = 10) -> Experiment:
    """Return a task for the comparison: the paper's filter bank, whole clips of 0.3 s, 800 training clips a class.

    Examples
    --------
    >>> recurrence_task(5.0).data.synthetic.filters[1].centre_hz
    705.0
    """
    experiment = preset("Paper: 5 classes, 10 Hz")
    for key, value in {
        "training.contenders": DEFAULT_CONTENDERS,
        "name": f"Recurrence: {n_classes} classes, {bandwidth_hz:g} Hz, Δf {spacing_hz:g} Hz",
        "data.synthetic.filters": paper_bank(n_classes, spacing_hz, bandwidth_hz),
        "data.synthetic.train_per_class": 800,
        "data.synthetic.test_per_class": 200,
        "training.epochs": 30,
        "training.learning_rate": 0.001,
        "discarding.last": 20,
        "discarding.points": 8,
    }.items():
        experiment = with_value(experiment, key, value)
    return experiment


def compare_recurrence(
    experiment: Experiment, settings: RecurrenceSettings | None = None
) -> Generator[Progress | Recurrence, None, None]:
    """Train recurrent networks and the MLP on the mean magnitude on the same clips; estimate the limit of whole clips.

    Parameters
    ----------
    experiment
        A synthetic task; training and discarding settings apply to all networks. Its features and network settings are
        not used.
    settings
        Frames and recurrent layers.

    Yields
    ------
    Progress or Recurrence
        Progress, and last the result. To cancel, close the generator.

    Raises
    ------
    SettingError
        If a setting is invalid.
    DataError
        If the task is not synthetic, or a clip shorter than a frame.
    TrainingError
        If a network's loss is no longer finite.
    """
    settings = RecurrenceSettings() if settings is None else settings
    check(experiment)
    if experiment.data.source != "synthetic":
        raise DataError("the comparison of recurrent networks needs synthetic clips; the experiment has recordings")
    n_classes, epochs = len(experiment.data.synthetic.filters), experiment.training.epochs
    total = 2 * n_classes + 3 * (epochs + 1) + _BAYES_STEPS
    data: dict[str, Sequences] = {}
    for done, split in enumerate(("train", "test")):
        data[split] = yield from _sequences(experiment, settings, split, done * n_classes, total)
    scaling = FrameScaling.of(data["train"].x)
    scaled = {split: Sequences(scaling(one.x), one.labels) for split, one in data.items()}
    networks = {
        "RNN": _recurrent(experiment, settings, DENSE.name, 1.0, scaled),
        "RNN-SVD": _recurrent(experiment, settings, SVD.name, settings.factored_rate, scaled),
        MEAN_MLP: _mean_mlp(experiment, settings, data),
    }
    histories: dict[str, tuple[EpochEvent, ...]] = {}
    done = 2 * n_classes
    for name, events in networks.items():
        history = []
        for event in events:
            history.append(event)
            done += 1
            yield Progress(done, total)
        histories[name] = tuple(history)
    whole = replace(experiment, features=FeatureSettings(segments="mean"))
    limit = None
    for estimate in bayes_limits(whole, None, settings.limit_clips):
        limit = estimate
        yield Progress(done, total)
    yield Recurrence(experiment, histories, limit)


def _sequences(
    experiment: Experiment, settings: RecurrenceSettings, split: str, done: int, total: int
) -> Generator[Progress, None, Sequences]:
    """Make the frames of a split class by class, so that the samples of only one class are kept."""
    synthetic, parts = experiment.data.synthetic, []
    for index in range(len(synthetic.filters)):
        parts.append(frame_magnitudes(one_class(synthetic, experiment.seed, split, index), settings.frames))
        yield Progress(done + index + 1, total)
    labels: NDArray[np.intp] = np.repeat(np.arange(len(parts), dtype=np.intp), [len(part) for part in parts])
    return Sequences(np.concatenate(parts), labels)


def _recurrent(
    experiment: Experiment, settings: RecurrenceSettings, kind: str, relative_rate: float, data: dict[str, Sequences]
) -> Iterator[EpochEvent]:
    n_classes = len(experiment.data.synthetic.filters)
    shape = RecurrentShape(data["train"].x.shape[2], n_classes, settings.units, "tanh", kind)
    network = build_recurrent(shape, experiment.seed)
    training = replace(experiment.training, learning_rate=relative_rate * experiment.training.learning_rate)
    return train_recurrent(
        RecurrentTask(network, shape.kinds, data["train"], data["test"], n_classes, training,
                      experiment.discarding, experiment.seed)
    )  # fmt: skip


def _mean_mlp(experiment: Experiment, settings: RecurrenceSettings, data: dict[str, Sequences]) -> Iterator[EpochEvent]:
    """The network that every recurrent one has to beat: it cannot know the order of the frames."""
    means = {split: one.x.mean(axis=1) for split, one in data.items()}
    scaling = FrameScaling.of(means["train"])
    names = tuple(one.label for one in experiment.data.synthetic.filters)
    dataset = DataSet(
        x_train=scaling(means["train"]), y_train=data["train"].labels, x_test=scaling(means["test"]),
        y_test=data["test"].labels, class_names=names,
    )  # fmt: skip
    network_settings = NetworkSettings(hidden=settings.units[:1], initial="glorot")
    kinds = (DENSE.name,) * 2
    network = build(network_settings, dataset.x_train.shape[1], len(names), kinds, experiment.seed)
    needs = optimiser_rule(experiment.training, dataset).needs_reference
    engine, _ = choose(experiment.training.engine, experiment.training.precision, [network.spec], needs)
    task = TrainingTask(network, kinds, dataset, experiment.training, experiment.discarding, experiment.seed)
    return Trainer(task, engine).run()
