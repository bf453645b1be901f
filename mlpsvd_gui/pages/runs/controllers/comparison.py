"""Controller of the comparison of runs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from mlpsvd.experiments.runs.comparison import RunTest
from mlpsvd.experiments.runs.comparison_files import group_letter
from mlpsvd.experiments.runs.kept_run import KeptRun
from mlpsvd.experiments.runs.setting_values import value_for_people
from mlpsvd.metrics.uncertainty import points_text
from mlpsvd.text import counted, one_line, with_minus
from mlpsvd_gui.log import error_sentence
from mlpsvd_gui.pages.runs.views.comparison import ComparisonView, ShownComparison, ShownCurve, ShownRow, ShownTable
from mlpsvd_gui.pages.runs.views.confusions import ShownConfusion
from mlpsvd_gui.pages.runs.workers.comparison_work import RunsCompared, compare_runs, report_runs, write_comparison
from mlpsvd_gui.threads.background_jobs import BackgroundJobs
from mlpsvd_gui.threads.serial_jobs import SerialJobs

__all__ = ["ComparisonController"]

_LONGEST = 40


class ComparisonController(QObject):
    """Compares runs in the background and shows the result."""

    shown = Signal()
    """Emitted when a comparison is shown."""
    failed = Signal(str)
    """Emits why runs could not be compared, in one sentence."""
    noted = Signal(str)
    """Emits what was done."""
    cell_requested = Signal(object, str, int, int)
    """Emits the folder of a run, the key of a network, and actual and predicted class: their clips are wanted."""

    def __init__(self, view: ComparisonView, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._view = view
        self._found: RunsCompared | None = None
        self._folders: dict[str, Path] = {}
        self._comparing = BackgroundJobs("comparison of runs", self)
        self._writing = SerialJobs("comparison files", self)
        view.export_requested.connect(self._export)
        view.confusions.cell_opened.connect(self._open_cell)

    @property
    def is_busy(self) -> bool:
        """Whether runs are being compared, or a comparison is written."""
        return self._comparing.is_busy or self._writing.is_busy

    def compare(self, runs: list[KeptRun]) -> None:
        """Compare runs."""
        folders = {one.id: one.folder for one in runs}
        self._comparing.submit(
            partial(compare_runs, runs),
            partial(self._show, folders),
            lambda error: self.failed.emit(error_sentence(error)),
        )

    def close(self) -> None:
        """Finish pending writes."""
        self._comparing.close()
        self._writing.close()

    def _show(self, folders: dict[str, Path], found: RunsCompared) -> None:
        self._found, self._folders = found, folders
        self._view.show_comparison(shown_comparison(found))
        self.shown.emit()

    def _open_cell(self, group: int, contender: str, row: int, column: int) -> None:
        """Ask for the clips of the first run of a group that has any in this cell."""
        runs = () if self._found is None else self._found.groups[group].runs
        found = (one.id for one in runs if contender in one.outcomes and one.outcomes[contender].confusion[row, column])
        folder = self._folders.get(next(found, ""))
        if folder is not None:
            self.cell_requested.emit(folder, contender, row, column)

    def save_report(self, runs: list[KeptRun], path: Path) -> None:
        """Write a report of runs as an HTML file."""
        path = path if path.suffix.lower() in (".html", ".htm") else path.with_name(f"{path.name}.html")
        self.noted.emit(f"Writing {path}…")
        self._writing.submit(
            partial(report_runs, runs, path),
            lambda _: self.noted.emit(f"Saved {path}."),
            lambda error: self.failed.emit(error_sentence(error)),
        )

    def _export(self, folder: str) -> None:
        if self._found is not None:
            self._writing.submit(
                partial(write_comparison, Path(folder), self._found.groups),
                lambda _: self.noted.emit(f"Saved {folder}."),
                lambda error: self.failed.emit(error_sentence(error)),
            )


def shown_comparison(found: RunsCompared) -> ShownComparison:
    """Return a comparison as texts and curves."""
    n_runs = sum(len(names) for names in found.names)
    groups = [group_letter(index) for index in range(len(found.names))]
    names = [f"{letter}: {_name(runs)}" for letter, runs in zip(groups, found.names, strict=True)]
    keys = list(found.titles)
    accuracies = [
        ShownRow((names[index], *(found.cells.get((index, key), "–") for key in keys)), _group_tip(found, index), index)
        for index in range(len(groups))
    ]
    titles = [one_line(found.titles[key], _LONGEST) for key in keys]
    return ShownComparison(
        title=f"{counted(n_runs, 'run')} compared" + (f", reference {names[0]}" if len(groups) > 1 else ""),
        contenders=list(zip(keys, titles, strict=True)),
        chosen=found.preferred,
        curves=[ShownCurve(page, index, key, names[index], *curve)
                for (page, index, key), curve in found.curves.items()],
        confusions=[
            ShownConfusion(index, key, names[index], group.confusion(key), group.runs[0].data.class_names)
            for index, group in enumerate(found.groups)
            for key in keys
            if (index, key) in found.cells
        ],
        accuracies=ShownTable(("Runs", *titles), tuple(accuracies)),
        tests=ShownTable(
            ("Runs", "Network", "Difference", "Result", "95 % interval", "p"),
            tuple(_test_row(test, text, found.titles[test.contender]) for test, text in found.tests),
        ),
        settings=ShownTable(
            ("Setting", *groups),
            tuple(_differing(*one) for one in found.settings),
        ),
    )  # fmt: skip


def _differing(key: str, label: str, values: Sequence[str]) -> ShownRow:
    return ShownRow((label, *(value_for_people(key, value) for value in values)), f"{label}\n{key}")


def _test_row(test: RunTest, text: str, title: str) -> ShownRow:
    interval = "–"
    if math.isfinite(test.low):
        interval = with_minus(f"{100 * test.low:+.1f} to {100 * test.high:+.1f}")
    result = "more accurate" if test.difference > 0 else "less accurate"
    p_value = "–" if math.isnan(test.adjusted_p) else "< 0.001" if test.adjusted_p < 0.001 else f"{test.adjusted_p:.3f}"
    cells = (
        f"{group_letter(test.second)} against {group_letter(test.first)}",
        one_line(title, _LONGEST),
        points_text(test.difference),
        "within chance" if test.within_chance else result,
        interval,
        p_value,
    )
    return ShownRow(cells, text, test.second, test.within_chance)


def _group_tip(found: RunsCompared, index: int) -> str:
    runs = zip(found.names[index], found.groups[index].runs, strict=True)
    return "\n".join(f"{name}, seed {run.experiment.seed}" for name, run in runs)


def _name(names: tuple[str, ...]) -> str:
    first = one_line(names[0], _LONGEST)
    return first if len(names) == 1 else f"{first} ({len(names)} runs)"
