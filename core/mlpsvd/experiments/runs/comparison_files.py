"""Tables and the figure of a comparison of runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mlpsvd.drawing import PALETTE, integer_ticks, new_figure, save_figure, style
from mlpsvd.experiments.runs.comparison import Group, RunTest, compare_groups, differing_settings
from mlpsvd.files import write_atomically
from mlpsvd.metrics.uncertainty import accuracy_text, points_text
from mlpsvd.text import counted, csv_text, one_line
from mlpsvd.training.events import EpochEvent

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["CURVES", "accuracy_cell", "contenders_of", "figure", "group_letter", "group_names", "mean_and_spread",
           "test_sentence", "write_comparison"]  # fmt: skip

CURVES: Mapping[str, Callable[[EpochEvent], float]] = {
    "accuracy": lambda event: 100 * event.test_accuracy,
    "loss": lambda event: event.test_loss,
    "rank": lambda event: float(event.ranks[0]),
}
"""What is drawn over the epochs: test accuracy in percent, mean test loss, rank of the first layer."""

_DASHES = ("-", "--", ":", "-.")
_LONGEST_NAME = 30


def group_letter(index: int) -> str:
    """Return the letter of a group: ``A`` for the first one, the reference."""
    return chr(ord("A") + index) if index < 26 else f"A{index + 1}"


def group_names(groups: Sequence[Group]) -> list[str]:
    """Return a letter and the name of the first run of each group, such as ``A: birds``."""
    return [f"{group_letter(index)}: {one_line(group.runs[0].experiment.name, _LONGEST_NAME)}"
            for index, group in enumerate(groups)]  # fmt: skip


def contenders_of(groups: Sequence[Group]) -> dict[str, str]:
    """Return key and title of each network of any run."""
    return {key: one.contender.title for group in groups for run in group.runs for key, one in run.outcomes.items()}


def accuracy_cell(group: Group, key: str) -> str:
    """Return the test accuracy of a network: with its interval for one seed, mean ± deviation for several."""
    runs = [run for run in group.runs if key in run.outcomes]
    values = list(group.accuracies(key).values())
    if not values:
        return "–"
    if len(values) == 1:
        return accuracy_text(values[0], int(runs[0].confusion(key).sum()))
    spread = f" ± {100 * float(np.std(values, ddof=1)):.1f}"
    return f"{100 * float(np.mean(values)):.1f}{spread} % ({counted(len(values), 'seed')})"


def test_sentence(test: RunTest, title: str) -> str:
    """Return what a test found, in one sentence, with its method, and why the clips could not be paired."""
    names = f"{title}: {group_letter(test.second)} against {group_letter(test.first)}"
    ends = " to ".join(points_text(end).removesuffix(" points") for end in (test.low, test.high))
    interval = "" if np.isnan(test.low) else f" (95 % interval {ends})"
    verdict = "within chance" if test.within_chance else "beyond chance"
    reason = f" {test.reason}" if test.reason else ""
    p_value = "p < 0.001" if test.adjusted_p < 0.001 else f"p = {test.adjusted_p:.3f}"
    return f"{names}: {points_text(test.difference)}{interval}, {verdict}, {p_value} ({test.method}).{reason}"


def mean_and_spread(
    group: Group, key: str, value: Callable[[EpochEvent], float]
) -> tuple[NDArray[np.intp], NDArray[np.float64], NDArray[np.float64]]:
    """Return epochs, mean and standard deviation over the runs of a group (0 for one run) of a number per epoch.

    The epochs are those that all runs have.
    """
    tables = [{event.epoch: value(event) for event in run.history(key)} for run in group.runs if key in run.outcomes]
    epochs = sorted(set.intersection(*(set(table) for table in tables))) if tables else []
    values = np.array([[table[epoch] for epoch in epochs] for table in tables], dtype=np.float64).reshape(
        len(tables), len(epochs)
    )
    spread = values.std(axis=0, ddof=1) if len(tables) > 1 else np.zeros(len(epochs))
    return np.array(epochs, dtype=np.intp), values.mean(axis=0) if tables else np.zeros(0), spread


def figure(groups: Sequence[Group]) -> Figure:
    """Draw test accuracy, test loss and first rank over epochs: a colour per group, dashes per network.

    Repeats over seeds are drawn as their mean in a band of one standard deviation.
    """
    titles, names = contenders_of(groups), group_names(groups)
    with style():
        drawn = new_figure(5.2)
        axes = drawn.subplots(3, 1, sharex=True)
        for index, group in enumerate(groups):
            for count, (key, title) in enumerate(titles.items()):
                look = PALETTE[index % len(PALETTE)], _DASHES[count % len(_DASHES)], f"{names[index]}, {title}"
                if any(key in run.outcomes for run in group.runs):
                    _draw(axes, group, key, look)
        for one, label in zip(axes, ("Test accuracy (%)", "Mean test loss", "Rank, layer 1"), strict=True):
            one.set_ylabel(label)
        axes[2].set_ylim(bottom=0)
        axes[2].set_xlabel("Epoch")
        integer_ticks(axes[2].xaxis)
        drawn.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=1)
    return drawn


def write_comparison(folder: Path, groups: Sequence[Group]) -> list[Path]:
    """Write accuracies, differing settings, tests and histories as CSV, and the figure; return the paths.

    Raises
    ------
    OSError
        If a file cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tables = {
        "accuracies": _accuracy_rows(groups),
        "differing-settings": _setting_rows(groups),
        "tests": _test_rows(compare_groups(groups)),
        "histories": _history_rows(groups),
    }
    paths = []
    for stem, rows in tables.items():
        path = folder / f"{stem}.csv"
        write_atomically(path, csv_text(rows).encode())
        paths.append(path)
    return paths + save_figure(figure(groups), folder, "comparison")


def _draw(axes: Sequence[Axes], group: Group, key: str, look: tuple[str, str, str]) -> None:
    colour, dashes, label = look
    for one, value in zip(axes, CURVES.values(), strict=True):
        epochs, mean, spread = mean_and_spread(group, key, value)
        one.plot(epochs, mean, color=colour, linestyle=dashes, label=label)
        if spread.any():
            one.fill_between(epochs, mean - spread, mean + spread, color=colour, alpha=0.2, linewidth=0)


def _accuracy_rows(groups: Sequence[Group]) -> Iterable[Sequence[object]]:
    yield ("group", "name", "network", "seed", "accuracy", "n_test")
    for index, group in enumerate(groups):
        for run in group.runs:
            for key in run.outcomes:
                n_test = int(run.confusion(key).sum())
                yield (group_letter(index), run.experiment.name, key, run.experiment.seed, run.accuracy[key], n_test)


def _setting_rows(groups: Sequence[Group]) -> Iterable[Sequence[object]]:
    yield ("key", "setting", *(group_letter(index) for index in range(len(groups))))
    for key, label, values in differing_settings(groups):
        yield (key, label, *values)


def _test_rows(tests: Sequence[RunTest]) -> Iterable[Sequence[object]]:
    yield ("first", "second", "network", "difference", "low", "high", "p", "adjusted_p", "within_chance", "method")
    for one in tests:
        pair = group_letter(one.first), group_letter(one.second)
        yield (*pair, one.contender, one.difference, one.low, one.high, one.p_value, one.adjusted_p, one.within_chance,
               one.method)  # fmt: skip


def _history_rows(groups: Sequence[Group]) -> Iterable[Sequence[object]]:
    yield ("group", "network", "epoch", "runs", "test_accuracy", "std_accuracy", "test_loss", "std_loss", "rank_layer0")
    for index, group in enumerate(groups):
        for key in contenders_of([group]):
            n_runs = sum(key in run.outcomes for run in group.runs)
            epochs, accuracy, accuracy_std = mean_and_spread(group, key, lambda event: event.test_accuracy)
            _, loss, loss_std = mean_and_spread(group, key, CURVES["loss"])
            _, rank, _ = mean_and_spread(group, key, CURVES["rank"])
            for row in zip(epochs, accuracy, accuracy_std, loss, loss_std, rank, strict=True):
                yield (group_letter(index), key, int(row[0]), n_runs, *(float(one) for one in row[1:]))
