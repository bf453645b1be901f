"""Comparison of runs on the Runs page: curves, tables and tests are those of ``mlpsvd compare``."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from kept_runs import fill, small_run
from PySide6.QtCore import QPointF, Qt
from PySide6.QtWidgets import QTableWidget, QToolButton
from pytestqt.qtbot import QtBot
from runs_page import Page

from mlpsvd.experiments.runs.comparison import compare_groups, group_runs
from mlpsvd.experiments.runs.run import Run
from mlpsvd.metrics.uncertainty import points_text
from mlpsvd_gui.plots.theme import DARK


@pytest.fixture(scope="session")
def repeats() -> list[Run]:
    """Two repeats of the complete run with another learning rate, one of them with its seed."""
    return [small_run({"seed": seed, "training.learning_rate": 0.0001, "name": "Slow"}) for seed in (7, 8)]


def rows(table: QTableWidget) -> list[list[str]]:
    n_rows, columns = table.rowCount(), range(table.columnCount())
    return [[table.item(row, column).text() for column in columns] for row in range(n_rows)]


def compare(page: Page) -> None:
    page.key(Qt.Key.Key_C)
    page.qtbot.waitUntil(page.panel.comparison.isVisible, timeout=10_000)


def test_runs_on_the_same_axes_with_settings_and_tests(
    page: Page, qtbot: QtBot, complete: Run, repeats: list[Run], tmp_path: Path
) -> None:
    for run in repeats:
        fill(page.library, run, 1)
    page.controller.refresh()
    page.wait()
    slow = [row for row, run in enumerate(page.shown) if run.name == "Slow"]
    other = next(row for row, run in enumerate(page.shown) if run.folder.name.startswith("2026-01-03"))
    assert len(slow) == 2
    page.select(*slow, other)
    compare(page)
    view = page.panel.comparison
    groups = group_runs([repeats[0], repeats[1], complete])
    tests = compare_groups(groups)
    shown = rows(view.tests)
    assert [row[1] for row in shown] == ["MLP", "MLP-SVD"]
    assert [row[2] for row in shown] == [points_text(test.difference) for test in tests]
    assert [row[3] == "within chance" for row in shown] == [test.within_chance for test in tests]
    assert rows(view.accuracies)[0][0] == "A: Slow (2 runs)" and "(2 seeds)" in rows(view.accuracies)[0][2]
    assert ["Learning rate", "0.0001", "0.01"] in rows(view.settings)

    assert view.contender_box.currentText() == "MLP-SVD"
    _, values = view.plots["accuracy"].curve_data(1)
    np.testing.assert_allclose(values, [100 * event.test_accuracy for event in complete.history("mlp-svd")])
    assert view.plots["accuracy"].legend_names() == ("A: Slow (2 runs)", "B: Paper: 5 classes, 10 Hz")
    view.contender_box.setCurrentIndex(view.contender_box.findData("mlp"))
    _, losses = view.plots["loss"].curve_data(0)
    means = np.mean([[event.test_loss for event in run.history("mlp")] for run in repeats], axis=0)
    np.testing.assert_allclose(losses, means)
    (button,) = [one for one in view.pages.findChildren(QToolButton) if one.text() == "Rank"]
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert view.plots["rank"].isVisible() and not view.plots["accuracy"].isVisible()

    view.pages.choose(3)
    assert [name.text()[0] for name in view.confusions.names] == ["A", "B"] and view.confusions.maps[1].isVisible()
    total = repeats[0].confusion("mlp") + repeats[1].confusion("mlp")
    np.testing.assert_array_equal(view.confusions.maps[0]._counts, total)
    picture, cell = view.confusions.maps[1], np.unravel_index(np.argmax(complete.confusion("mlp")), total.shape)
    square = picture._place().square
    size = square.width() / len(total)
    place = square.topLeft() + QPointF((cell[1] + 0.5) * size, (cell[0] + 0.5) * size)
    with qtbot.waitSignal(page.controller.comparison.cell_requested) as asked:
        qtbot.mouseDClick(picture, Qt.MouseButton.LeftButton, pos=place.toPoint())
    assert asked.args == [page.shown[other].folder, "mlp", *cell]

    view.export_requested.emit(str(tmp_path / "out"))
    qtbot.waitUntil(lambda: "Saved" in page.panel.messages.text, timeout=60_000)  # the first import of Matplotlib
    assert {"tests.csv", "comparison.svg"} <= {path.name for path in (tmp_path / "out").iterdir()}
    qtbot.keyClick(view, Qt.Key.Key_Escape)
    assert page.panel.table.isVisible() and len(page.selected) == 3


def test_a_difference_within_chance_is_greyed_in_both_themes(page: Page, stopped: Run) -> None:
    page.select(1, 2)  # the stopped run and a complete one
    compare(page)
    view = page.panel.comparison
    results = [row[3] for row in rows(view.tests)]
    for theme in (None, DARK):
        if theme is not None:
            view.set_theme(theme)
        muted = view._theme.muted
        greyed = [view.tests.item(row, 2).foreground().color() == muted for row in range(view.tests.rowCount())]
        assert greyed == [result == "within chance" for result in results] and len(greyed) == 2


def test_repeats_alone_are_one_group_without_tests(page: Page, qtbot: QtBot) -> None:
    page.select(2, 3)
    compare(page)
    view = page.panel.comparison
    assert view.no_tests.isVisible() and not view.tests.isVisible() and view.accuracies.rowCount() == 1


def test_one_run_cannot_be_compared_and_a_damaged_one_is_a_sentence(page: Page, qtbot: QtBot) -> None:
    page.select(2)
    assert page.panel.actions_.compare.toolTip() == "Select two or more runs (Ctrl, Shift)"
    page.select(2, 3)
    (page.shown[3].folder / "checkpoint.safetensors").write_bytes(b"\xff" * 100)
    page.key(Qt.Key.Key_C)
    qtbot.waitUntil(lambda: "checkpoint.safetensors" in page.panel.messages.text, timeout=5000)
    assert page.panel.table.isVisible()
