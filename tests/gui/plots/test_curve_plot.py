from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QFocusEvent, QImage, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from mlpsvd_gui.plots.curve_plot import CurvePlot
from mlpsvd_gui.plots.theme import DARK, LIGHT, series_colour

EPOCHS = np.arange(11.0)


@pytest.fixture
def plot(qtbot: QtBot) -> CurvePlot:
    plot = CurvePlot("Epoch", "", "Accuracy", "%")
    qtbot.addWidget(plot)
    plot.set_theme(LIGHT)
    plot.resize(500, 300)
    with qtbot.waitExposed(plot):
        plot.show()
    plot.set_curve("mlp", EPOCHS, EPOCHS * 5, "MLP", series_colour(0, LIGHT))
    plot.set_curve("svd", EPOCHS, EPOCHS * 4, "MLP-SVD", series_colour(1, LIGHT), style=Qt.PenStyle.DashLine)
    settle()
    return plot


def settle() -> None:
    for _ in range(4):
        QApplication.processEvents()


def picture(plot: CurvePlot) -> QImage:
    settle()
    return plot.grab().toImage()


def n_pixels_like(image: QImage, name: str) -> int:
    return sum(image.pixelColor(x, y).name() == name for x in range(image.width()) for y in range(image.height()))


def test_curves_are_drawn_in_their_colours(plot: CurvePlot) -> None:
    assert n_pixels_like(picture(plot), series_colour(0, LIGHT).name()) > 100
    plot.remove_curve("mlp")
    assert n_pixels_like(picture(plot), series_colour(0, LIGHT).name()) == 0
    assert plot.curve_keys() == ("svd",)


def test_the_view_shows_all_data_and_follows_it(plot: CurvePlot) -> None:
    (left, right), (low, high) = plot.view.viewRange()
    assert (left, right) == (0, 10)
    assert low < 0 < 50 < high < 55
    plot.set_curve("mlp", np.arange(21.0), np.arange(21.0) * 5, "MLP")
    assert plot.view.viewRange()[0] == [0, 20]


def test_fixed_ranges_hold_until_released(plot: CurvePlot) -> None:
    plot.set_x_range(0, 100)
    plot.set_y_range(0, 100)
    assert plot.view.viewRange() == [[0, 100], [0, 100]]
    plot.set_x_range(None)
    assert plot.view.viewRange()[0] == [0, 10]


def test_the_legend_names_the_curves(plot: CurvePlot) -> None:
    assert plot.legend_names() == ("MLP", "MLP-SVD")
    plot.set_legend_visible(False)
    assert plot.legend_names() == ()


def test_the_mouse_moves_the_cursor_and_leaving_takes_it_away(qtbot: QtBot, plot: CurvePlot) -> None:
    viewport = plot.canvas.viewport()
    with qtbot.waitSignal(plot.cursor_moved) as moved:
        QTest.mouseMove(viewport, plot.to_pixels(4.0, 20.0).toPoint())
    assert moved.args is not None
    assert moved.args[0] == pytest.approx(4.0, abs=0.05)
    assert plot.cursor_x == pytest.approx(4.0, abs=0.05)
    assert plot._readout.isVisible()
    assert "MLP 20 %" in plot._readout.text() and "MLP-SVD 16 %" in plot._readout.text()
    with qtbot.waitSignal(plot.cursor_left):
        QTest.mouseMove(viewport, QPoint(2, 2))
    assert plot.cursor_x is None


def test_setting_the_cursor_from_outside_emits_nothing(qtbot: QtBot, plot: CurvePlot) -> None:
    with qtbot.assertNotEmitted(plot.cursor_moved):
        plot.set_cursor(3)
    assert plot.cursor_x == 3


def test_arrow_keys_walk_along_the_data(qtbot: QtBot, plot: CurvePlot) -> None:
    plot.setFocus()
    QTest.keyClick(plot, Qt.Key.Key_Right)
    QTest.keyClick(plot, Qt.Key.Key_Right)
    assert plot.cursor_x == 1
    QTest.keyClick(plot, Qt.Key.Key_End)
    assert plot.cursor_x == 10
    QTest.keyClick(plot, Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    assert plot.cursor_x == 0
    with qtbot.waitSignal(plot.cursor_left):
        QTest.keyClick(plot, Qt.Key.Key_Escape)


def test_tab_focuses_the_plot_and_shows_it(plot: CurvePlot) -> None:
    came, went = (
        QFocusEvent(kind, Qt.FocusReason.TabFocusReason) for kind in (QEvent.Type.FocusIn, QEvent.Type.FocusOut)
    )
    QCoreApplication.sendEvent(plot, came)
    assert picture(plot).pixelColor(0, 0).name() == LIGHT.accent.name()
    QCoreApplication.sendEvent(plot, went)
    assert picture(plot).pixelColor(0, 0).name() == LIGHT.background.name()


def test_the_wheel_zooms_but_never_beyond_the_data(plot: CurvePlot) -> None:
    wheel(plot, plot.to_pixels(5.0, 20.0), 3)
    (left, right), _ = plot.view.viewRange()
    assert 0 < left < right < 10
    wheel(plot, plot.to_pixels(5.0, 20.0), -30)
    assert plot.view.viewRange()[0] == pytest.approx([0, 10])
    plot.reset_view()
    assert plot.view.viewRange()[0] == [0, 10]


def wheel(plot: CurvePlot, position: QPointF, notches: int) -> None:
    viewport = plot.canvas.viewport()
    event = QWheelEvent(
        position,
        viewport.mapToGlobal(position),
        QPoint(),
        QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QCoreApplication.sendEvent(viewport, event)
    settle()


def test_a_zoomed_view_stays_while_data_arrive(plot: CurvePlot) -> None:
    wheel(plot, plot.to_pixels(5.0, 20.0), 3)
    before = plot.view.viewRange()
    plot.set_curve("mlp", np.arange(12.0), np.arange(12.0) * 5, "MLP")
    assert plot.view.viewRange() == before
    plot.reset_view()
    assert plot.view.viewRange()[0] == [0, 11]


def test_marks_describe_their_meaning(plot: CurvePlot) -> None:
    plot.set_markers("svd", [2.0, 5.0], texts=["rank 20 to 17", "rank 17 to 12"])
    settle()
    assert plot.mark_text_at(plot.to_pixels(5.0, 0.0).x() + 2) == "rank 17 to 12"
    assert plot.mark_text_at(plot.to_pixels(3.5, 0.0).x()) == ""
    plot.set_markers("svd", [])
    assert plot.mark_text_at(plot.to_pixels(5.0, 0.0).x()) == ""


def test_an_empty_plot_says_what_will_be_there(plot: CurvePlot) -> None:
    plot.set_empty_text("Press Train to see curves here.")
    assert plot.canvas.isVisible()
    plot.clear_curves()
    settle()
    assert not plot.canvas.isVisible()
    assert plot._empty_label.text() == "Press Train to see curves here."
    plot.set_curve("mlp", EPOCHS, EPOCHS)
    settle()
    assert plot.canvas.isVisible()


def test_highlighting_makes_the_others_faint(plot: CurvePlot) -> None:
    plot.set_legend_visible(False)
    plot.highlight("svd")
    assert n_pixels_like(picture(plot), series_colour(0, LIGHT).name()) == 0
    plot.highlight(None)
    assert n_pixels_like(picture(plot), series_colour(0, LIGHT).name()) > 100


def test_gaps_and_empty_curves_are_no_trouble(plot: CurvePlot) -> None:
    plot.set_curve("gap", [0, 1, 2, 3], [1.0, np.nan, np.nan, 4.0])
    plot.set_curve("none", [], [])
    plot.set_curve("all nan", [0, 1], [np.nan, np.nan])
    plot.set_cursor(1.0)
    picture(plot)
    with pytest.raises(ValueError, match="one length"):
        plot.set_curve("bad", [0, 1], [1])


def test_the_log_axis_leaves_zero_out(qtbot: QtBot) -> None:
    plot = CurvePlot("Frequency", "Hz", "Level", "dB", log_x=True)
    qtbot.addWidget(plot)
    plot.set_curve(0, np.linspace(0, 8000, 129), np.zeros(129))
    low, high = plot.view.viewRange()[0]
    assert 10**low == pytest.approx(62.5)
    assert 10**high == pytest.approx(8000)
    assert plot.chart().table()["Frequency (Hz)"][0] == 0


def test_the_theme_is_painted(plot: CurvePlot) -> None:
    plot.set_theme(DARK)
    assert picture(plot).pixelColor(8, 8).name() == DARK.background.name()


def test_every_plot_has_an_accessible_name(plot: CurvePlot) -> None:
    assert plot.accessibleName() == "Plot of Accuracy (%) over Epoch"
    assert plot.focusPolicy() & Qt.FocusPolicy.TabFocus


def test_a_guide_line_is_in_sight_beyond_the_curves(qtbot: QtBot) -> None:
    plot = CurvePlot("Epoch", "", "Accuracy", "%")
    qtbot.addWidget(plot)
    plot.set_curve("test", [0.0, 1.0], [20.0, 70.0])
    plot.set_horizontal_line("best", 90.0, "Bayes limit")
    low, high = plot.view.viewRange()[1]
    assert low < 20.0 < 90.0 < high
    assert plot.legend_names() == ("Bayes limit",), "the text lies on no curve"
    plot.set_horizontal_line("best", None)
    assert plot.legend_names() == ()
    assert plot.view.viewRange()[1][1] < 90.0


def test_a_steady_axis_keeps_its_range_while_its_curve_grows(plot: CurvePlot) -> None:
    plot.set_steady_y(True)
    plot.set_curve("accuracy", [0.0, 1.0], [10.0, 61.0])
    before = plot.view.viewRange()[1]
    plot.set_curve("accuracy", [0.0, 1.0, 2.0], [10.0, 61.0, 61.2])
    assert plot.view.viewRange()[1] == before
    plot.set_curve("accuracy", [0.0, 1.0, 2.0, 3.0], [10.0, 61.0, 61.2, 90.0])
    assert plot.view.viewRange()[1][1] > 90.0


def test_painting_that_is_put_off_comes_a_moment_later(qtbot: QtBot, plot: CurvePlot) -> None:
    settle()
    before = plot.grab().toImage()
    plot.put_off_painting()
    plot.set_curve("a", [0.0, 1.0], [0.0, 5.0], "a", "red", width=6.0)
    assert not plot.canvas.updatesEnabled()
    qtbot.waitUntil(plot.canvas.updatesEnabled)
    settle()
    assert plot.grab().toImage() != before


def test_drawing_300_curves_paints_each_and_the_legend_once(plot: CurvePlot, monkeypatch: pytest.MonkeyPatch) -> None:
    painted: list[object] = []
    laid_out: list[int] = []
    paint, lay_out = CurvePlot._paint_curve, CurvePlot._update_legend

    def painting(*arguments: Any) -> None:
        painted.append(arguments[1])
        paint(*arguments)

    def laying_out(*arguments: Any) -> None:
        laid_out.append(1)
        lay_out(*arguments)

    monkeypatch.setattr(CurvePlot, "_paint_curve", painting)
    monkeypatch.setattr(CurvePlot, "_update_legend", laying_out)
    plot.clear_curves()
    painted.clear()
    laid_out.clear()
    with plot.changes():
        for index in range(300):
            plot.set_curve(index, EPOCHS, EPOCHS + index, f"Class {index}", series_colour(0, LIGHT))
    assert len(painted) == 600  # each when it came, and all once when they had become many; it was 45 150
    assert len(laid_out) == 1
    assert plot.legend_names() == tuple(f"Class {index}" for index in range(300))
    assert {curve.item.opts["pen"].widthF() for curve in plot._curves.values()} == {1.0}
    with plot.changes():
        for index in range(16, 300):
            plot.remove_curve(index)
    assert {curve.item.opts["pen"].widthF() for curve in plot._curves.values()} == {1.6 * plot.devicePixelRatioF()}


def test_a_curve_of_one_point_is_drawn_as_a_dot(qtbot: QtBot) -> None:
    plot = CurvePlot("X", "", "Y", "")
    qtbot.addWidget(plot)
    plot.set_curve("one", [0.5], [0.5], colour="#ff0000")
    plot.resize(300, 200)
    plot.show()
    image = plot.canvas.grab().toImage()
    pixels = [image.pixelColor(x, y) for x in range(image.width()) for y in range(image.height())]
    assert any(one.red() > 200 and one.green() < 60 and one.blue() < 60 for one in pixels)
