"""All pictures of a run as charts, for export and for the report."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from mlpsvd.chart import Axis, Cells, Chart, Curve, Dash, Marks, cell_edges
from mlpsvd.contenders import Contender
from mlpsvd.drawing import PALETTE, contender_colour
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.runs.comparison import Group
from mlpsvd.experiments.runs.comparison_files import CURVES, contenders_of, group_letter, group_names, mean_and_spread
from mlpsvd.experiments.runs.plots import shown_layers
from mlpsvd.experiments.runs.run import Run
from mlpsvd.metrics.confusion_chart import confusion_chart
from mlpsvd.metrics.scores import accuracy
from mlpsvd.metrics.uncertainty import accuracy_text
from mlpsvd.signals.filter_curves import QUANTITIES, curves
from mlpsvd.training.events import EpochEvent, singular_value_table

__all__ = ["comparison_charts", "filter_chart", "run_charts"]

_DASHES: tuple[Dash, ...] = ("solid", "dashed", "dotted", "dash-dot")
_EPOCH = Axis("Epoch", has_integers=True)
_SPAN_DECADES = 1e-3
"""Range of the colours of singular values, as a share of the largest."""
_FILTER_LIMITS_DB = (-60.0, 5.0)

Value = Callable[[EpochEvent], float]


def run_charts(run: Run) -> dict[str, Chart]:
    """Return the pictures of a run by file stem: training curves, singular values, confusion matrices, filters."""
    histories = {one.contender: run.histories[key] for key, one in run.outcomes.items()}
    charts = {
        "accuracy": _over_epochs(
            histories, Axis("Accuracy", "%"), lambda e: 100 * e.test_accuracy, lambda e: 100 * e.train_accuracy
        ),
        "loss": _over_epochs(histories, Axis("Mean loss"), lambda e: e.test_loss, lambda e: e.train_loss),
        "rank": _ranks(histories),
        "weights": _weights(histories),
    }
    for key, outcome in run.outcomes.items():
        for layer in shown_layers(run.histories[key]):
            chart = _singular_values(run.histories[key], layer, outcome.contender.title)
            charts[f"singular-values-{key}-layer-{layer + 1}"] = chart
    for key, outcome in run.outcomes.items():
        n_clips = int(outcome.confusion.sum())
        title = f"{outcome.contender.title}: {accuracy_text(accuracy(outcome.confusion), n_clips)}"
        charts[f"confusion-{key}"] = confusion_chart(outcome.confusion, run.data.class_names, title)
    if run.experiment.data.source == "synthetic":
        charts["filters"] = filter_chart(run.experiment)
    return charts


def filter_chart(experiment: Experiment) -> Chart:
    """Return the magnitude responses of an experiment's filters."""
    bank, rate_hz = experiment.data.synthetic.filters, experiment.data.synthetic.sample_rate_hz
    frequencies_hz, responses = curves(bank, rate_hz, QUANTITIES[0])
    drawn = tuple(
        Curve(frequencies_hz, response, one.label, PALETTE[index % len(PALETTE)], _DASHES[index // len(PALETTE) % 4])
        for index, (one, response) in enumerate(zip(bank, responses, strict=True))
        if response is not None
    )
    limits = float(frequencies_hz[0]), float(frequencies_hz[-1])
    return Chart(
        "Filters",
        Axis("Frequency", "Hz", is_log=True, limits=limits),
        Axis("Response", "dB", limits=_FILTER_LIMITS_DB),
        drawn,
    )


def _over_epochs(histories: dict[Contender, Sequence[EpochEvent]], axis: Axis, test: Value, training: Value) -> Chart:
    drawn: list[Curve] = []
    for contender, history in histories.items():
        colour, title = contender_colour(contender), contender.title
        drawn.append(_curve(history, test, f"{title}, test", colour))
        drawn.append(_curve(history, training, f"{title}, training", colour, "dashed", 0.7))
    marks = tuple(
        Marks(points, contender_colour(contender))
        for contender, history in histories.items()
        if (points := tuple(float(event.epoch) for event in history if event.discarded))
    )
    return Chart(axis.label, _EPOCH, axis, tuple(drawn), marks=marks)


def _ranks(histories: dict[Contender, Sequence[EpochEvent]]) -> Chart:
    return _from_zero("Rank", tuple(_rank_curves(histories)))


def _rank_curves(histories: dict[Contender, Sequence[EpochEvent]]) -> Iterator[Curve]:
    for contender, history in histories.items():
        for count, layer in enumerate(shown_layers(history)):
            name = f"{contender.title}, layer {layer + 1}"
            dash = _DASHES[count % len(_DASHES)]
            yield _curve(history, _rank_of(layer), name, contender_colour(contender), dash, is_step=True)


def _rank_of(layer: int) -> Value:
    return lambda event: float(event.ranks[layer])


def _weights(histories: dict[Contender, Sequence[EpochEvent]]) -> Chart:
    drawn = tuple(
        _curve(history, lambda event: float(event.n_weights), one.title, contender_colour(one), is_step=True)
        for one, history in histories.items()
    )
    return _from_zero("Trained weights", drawn)


def _from_zero(label: str, drawn: tuple[Curve, ...]) -> Chart:
    most = max((float(curve.y.max(initial=1.0)) for curve in drawn), default=1.0)
    return Chart(label, _EPOCH, Axis(label, limits=(0.0, 1.05 * most), has_integers=True), drawn)


def _curve(
    history: Sequence[EpochEvent],
    value: Value,
    name: str,
    colour: str,
    dash: Dash = "solid",
    width: float = 1.0,
    *,
    is_step: bool = False,
) -> Curve:
    epochs = np.array([event.epoch for event in history], dtype=np.float64)
    values = np.array([value(event) for event in history], dtype=np.float64)
    return Curve(epochs, values, name, colour, dash, width, is_step=is_step)


def _singular_values(history: Sequence[EpochEvent], layer: int, title: str) -> Chart:
    values = singular_value_table(history, layer)
    largest = float(np.nanmax(values, initial=0.0)) or 1.0
    smallest = float(np.nanmin(np.where(values > 0, values, np.nan), initial=largest / 2))
    return Chart(
        f"Singular values, {title}, layer {layer + 1}",
        _EPOCH,
        Axis("Index", has_integers=True),
        cells=Cells(
            values,
            cell_edges(float(history[0].epoch), 1.0, values.shape[0]),
            cell_edges(1.0, 1.0, values.shape[1]),
            "Singular value",
            low=max(smallest, largest * _SPAN_DECADES),
            high=largest,
            is_log=True,
        ),
        title=f"{title}, layer {layer + 1}",
    )


def comparison_charts(groups: Sequence[Group]) -> dict[str, Chart]:
    """Return the pictures of a comparison by file stem.

    Test accuracy, test loss and first rank over epochs: a colour per group, dashes per network, and a band of one
    standard deviation about the mean of repeats; and the confusion matrix of each network and group.
    """
    titles, names = contenders_of(groups), group_names(groups)
    axes = {"accuracy": Axis("Test accuracy", "%"), "loss": Axis("Mean test loss"),
            "rank": Axis("Rank, layer 1", has_integers=True)}  # fmt: skip
    charts = {}
    for stem, axis in axes.items():
        drawn = []
        for index, group in enumerate(groups):
            for count, key in enumerate(titles):
                if any(key in run.outcomes for run in group.runs):
                    epochs, mean, spread = mean_and_spread(group, key, CURVES[stem])
                    look = PALETTE[index % len(PALETTE)], _DASHES[count % len(_DASHES)]
                    name = f"{names[index]}, {titles[key]}"
                    band = spread if spread.any() else None
                    drawn.append(Curve(epochs.astype(np.float64), mean, name, *look, spread=band))
        charts[stem] = Chart(axis.label, _EPOCH, axis, tuple(drawn))
    for index, group in enumerate(groups):
        for key, title in contenders_of([group]).items():
            counts, classes = group.confusion(key), group.runs[0].data.class_names
            name = f"{names[index]}, {title}"
            charts[f"confusion-{group_letter(index).lower()}-{key}"] = confusion_chart(counts, classes, name)
    return charts
