"""Confusion matrix and Listen with 40 and 300 classes and names of 40 letters: readable, and made at once."""

from __future__ import annotations

import time

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from mlpsvd.contenders import MLP_SVD
from mlpsvd_gui.pages.explore.views.confusion_panel import ClassScores, ConfusionPanel
from mlpsvd_gui.pages.listen.views.probability_history import ProbabilityHistory
from mlpsvd_gui.pages.listen.views.spectra import LiveSpectra
from mlpsvd_gui.plots.theme import DARK
from mlpsvd_gui.widgets.confusion_map import ConfusionMap, pooled

FREEZE_S = 1.5
"""Far above the usual 0.1 s, and far below the former 8 s, also on a busy machine."""


def names(n: int) -> tuple[str, ...]:
    return tuple(f"{index:03d} is a class whose name has 40 letters" for index in range(n))


def confusion(n: int) -> np.ndarray:
    counts = np.diag(np.full(n, 9))
    counts[0, n - 1] = 3
    counts[n - 1, 1] = 1
    return counts


def scores(n: int) -> ClassScores:
    ones = np.ones(n)
    return ClassScores(confusion(n), ones, ones, ones)


@pytest.mark.alone
@pytest.mark.parametrize("n", [16, 40, 300])
def test_a_matrix_of_many_classes_is_a_picture_with_the_most_confused_pairs_beside_it(qtbot: QtBot, n: int) -> None:
    panel = ConfusionPanel()
    qtbot.addWidget(panel)
    panel.resize(900, 500)
    panel.show()
    started_s = time.monotonic()
    panel.show_scores({MLP_SVD: scores(n)}, names(n))
    panel.grab()
    assert time.monotonic() - started_s < FREEZE_S
    assert panel.map.isVisible() and not panel.table.isVisible()
    pairs = [[panel.pairs.item(row, column).text() for column in range(4)] for row in range(panel.pairs.rowCount())]
    assert pairs == [[names(n)[0], names(n)[-1], "3", "25 %"], [names(n)[-1], names(n)[1], "1", "10 %"]]
    assert panel.scores.rowCount() == n
    with qtbot.waitSignal(panel.class_selected) as chosen:
        panel.pairs.cellClicked.emit(1, 0)
    assert chosen.args == [n - 1]
    panel.set_theme(DARK)
    panel.resize(250, 110)
    panel.grab()


def test_fifteen_classes_keep_their_numbers_blank_zeros_and_elided_headings(qtbot: QtBot) -> None:
    panel = ConfusionPanel()
    qtbot.addWidget(panel)
    panel.show_scores({MLP_SVD: scores(15)}, names(15))
    panel.show()
    assert panel.table.isVisible()
    assert panel.table.item(0, 0).text() == "75" and panel.table.item(0, 1).text() == ""
    heading = panel.table.horizontalHeaderItem(3)
    assert heading.text() == "003 is…letters"
    assert heading.toolTip() == f"Predicted class {names(15)[3]}"


def matrix_map(qtbot: QtBot, n: int, side: int = 600) -> ConfusionMap:
    one = ConfusionMap("test clips")
    qtbot.addWidget(one)
    one.resize(side, side)
    one.show_counts(confusion(n), names(n))
    with qtbot.waitExposed(one):
        one.show()
    return one


def cell_centre(one: ConfusionMap, row: int, column: int, n: int) -> QPoint:
    square = one._place().square
    x = square.left() + (column + 0.5) * square.width() / n
    return QPointF(x, square.top() + (row + 0.5) * square.height() / n).toPoint()


def test_zeros_are_blank_and_cells_say_their_numbers(qtbot: QtBot) -> None:
    n = 40
    one = matrix_map(qtbot, n)
    image: QImage = one.grab().toImage()
    blank, full, some = (image.pixelColor(cell_centre(one, *cell, n)) for cell in ((5, 9), (5, 5), (0, n - 1)))
    assert blank.name() == "#ffffff"
    assert full.lightnessF() < some.lightnessF() < 1.0
    assert one.cell_text(0, n - 1) == (
        f"3 of 12 test clips of {names(n)[0]} (25.0 %) were predicted as {names(n)[n - 1]}"
    )


@pytest.mark.parametrize(("width", "height", "has_top"), [(320, 180, False), (640, 560, True), (320, 700, False)])
def test_names_above_the_matrix_leave_it_readable(qtbot: QtBot, width: int, height: int, has_top: bool) -> None:
    one = matrix_map(qtbot, 20)
    one.resize(width, height)
    place = one._place()
    assert (place.top > 0) == has_top and place.left > 0
    assert place.square.width() >= 140
    assert one.rect().contains(place.square.toAlignedRect())


def test_cells_are_chosen_by_mouse_and_keyboard(qtbot: QtBot) -> None:
    n = 40
    one = matrix_map(qtbot, n)
    with qtbot.waitSignal(one.cell_chosen) as chosen:
        qtbot.mouseClick(one, Qt.MouseButton.LeftButton, pos=cell_centre(one, 7, 31, n))
    assert chosen.args == [7, 31]
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Left):
        qtbot.keyClick(one, key)
    with qtbot.waitSignal(one.cell_chosen) as chosen:
        qtbot.keyClick(one, Qt.Key.Key_Return)
    assert chosen.args == [7, 32]
    assert "were predicted as 032" in one.accessibleDescription()


@pytest.mark.parametrize("side", [1, 7, 150, 299, 300, 500])
def test_no_cell_is_lost_where_there_are_fewer_pixels_than_classes(side: int) -> None:
    shares = np.zeros((300, 300))
    shares[123, 45] = 0.5
    shares[299, 299] = 1.0
    small = pooled(shares, side)
    assert len(small) == min(side, 300)
    assert small.max() == 1.0
    assert side < 2 or np.count_nonzero(small) == 2


@pytest.mark.parametrize("n", [40, 300])
def test_the_history_shows_the_most_probable_classes_in_rows_that_can_be_read(qtbot: QtBot, n: int) -> None:
    raster = ProbabilityHistory()
    qtbot.addWidget(raster)
    raster.resize(700, 160)
    raster.begin(names(n), 0.1)
    for start, best in enumerate((n - 1, 3, n // 2)):
        probabilities = np.full(n, 0.1 / (n - 1))
        probabilities[best] = 0.9
        raster.append(0.1 * start, probabilities)
    assert {3, n // 2, n - 1} <= set(raster.shown)
    assert list(raster.shown) == sorted(raster.shown)
    assert raster.height() / len(raster.shown) >= raster.fontMetrics().height()
    raster.grab()
    raster.resize(700, 20 * n)
    assert raster.shown == tuple(range(n))


@pytest.mark.alone
@pytest.mark.parametrize("n", [40, 300])
def test_of_many_class_means_only_that_of_the_class_decided_on_is_drawn(qtbot: QtBot, n: int) -> None:
    spectra = LiveSpectra()
    qtbot.addWidget(spectra)
    spectra.resize(800, 400)
    spectra.show()
    frequencies_hz = np.arange(129) * 62.5
    means = np.random.default_rng(0).normal(-60.0, 5.0, (n, 129))
    started_s = time.monotonic()
    spectra.begin(frequencies_hz, names(n), means, ("Level", "dBFS"), 0.1)
    spectra.grab()
    assert time.monotonic() - started_s < FREEZE_S
    for index in (4, n - 1, n - 1):
        spectra.show_class(index)
        spectra.show_live(means[index])
        shown = [name for name in spectra.curves.chart().table() if "40 letters" in name]
        assert len(shown) == 1 and shown[0].startswith(names(n)[index])


def test_a_few_class_means_are_all_drawn(qtbot: QtBot) -> None:
    spectra = LiveSpectra()
    qtbot.addWidget(spectra)
    spectra.begin(np.arange(129) * 62.5, names(5), np.zeros((5, 129)), ("Level", "dBFS"), 0.1)
    spectra.show_class(2)
    assert sum("40 letters" in name for name in spectra.curves.chart().table()) == 5
