from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from mlpsvd_gui.plots.bar_plot import BarPlot
from mlpsvd_gui.plots.theme import LIGHT, class_colour


@pytest.fixture
def plot(qtbot: QtBot) -> BarPlot:
    plot = BarPlot("Clips")
    qtbot.addWidget(plot)
    plot.set_theme(LIGHT)
    plot.resize(400, 240)
    with qtbot.waitExposed(plot):
        plot.show()
    plot.set_bars(["one", "two", "three"], [10, 20, 30], [class_colour(i, LIGHT) for i in range(3)])
    settle()
    return plot


def settle() -> None:
    for _ in range(4):
        QApplication.processEvents()


def test_bars_lie_from_the_top_down_in_their_colours(plot: BarPlot) -> None:
    image, offset = plot.grab().toImage(), plot.canvas.pos()
    for row in range(3):
        inside = image.pixelColor(plot.to_pixels(5.0, row).toPoint() + offset)
        assert inside.name() == class_colour(row, LIGHT).name()
    beyond = image.pixelColor(plot.to_pixels(25.5, 0).toPoint() + offset)
    assert beyond.name() == LIGHT.background.name()
    assert plot.to_pixels(0, 0).y() < plot.to_pixels(0, 2).y()


def test_a_click_names_the_bar(qtbot: QtBot, plot: BarPlot) -> None:
    with qtbot.waitSignal(plot.bar_clicked) as clicked:
        QTest.mouseClick(
            plot.canvas.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier,
            plot.to_pixels(5.0, 1.0).toPoint(),
        )  # fmt: skip
    assert clicked.args == [1]


def test_keys_walk_along_the_bars(qtbot: QtBot, plot: BarPlot) -> None:
    for expected in (0, 1):
        with qtbot.waitSignal(plot.bar_clicked) as clicked:
            QTest.keyClick(plot, Qt.Key.Key_Down)
        assert clicked.args == [expected]


def test_values_change_without_the_rest(plot: BarPlot) -> None:
    plot.set_value_range(0, 100)
    plot.set_values([50, np.nan, 70], ["50", "", "70"])
    settle()
    assert plot.view.viewRange()[0] == [0, 100]
    with pytest.raises(ValueError, match="3 bars"):
        plot.set_values([1, 2])


def test_no_bars_are_an_empty_plot(plot: BarPlot) -> None:
    plot.set_empty_text("No clips yet.")
    plot.clear()
    settle()
    assert not plot.canvas.isVisible()
    assert plot.chart().table()["Name"] == []


def test_a_second_series_continues_the_bars(plot: BarPlot) -> None:
    plot.set_bars(["one"], [10], more_values=[5], more_name="Test")
    assert plot.view.viewRange()[0][1] >= 15
    assert list(plot.chart().table()) == ["Name", "Clips", "Test: Clips"]
