from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QHelpEvent, QMouseEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolTip, QWidget
from pytestqt.qtbot import QtBot

from mlpsvd_gui.plots.filter_handle import FilterHandle, HandleLimits
from mlpsvd_gui.plots.response_plot import ResponsePlot

LEFT = Qt.MouseButton.LeftButton
NONE = Qt.KeyboardModifier.NoModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
FREQUENCIES_HZ = np.geomspace(20, 8000, 300)


@pytest.fixture
def plot(qtbot: QtBot) -> ResponsePlot:
    plot = ResponsePlot()
    qtbot.addWidget(plot)
    plot.resize(700, 320)
    plot.set_x_range(20, 8000)
    plot.set_limits(20, 7900, 1, 4000)
    plot.set_filters([(500.0, 100.0, "low", "#1e78e1"), (2000.0, 200.0, "high", "#b41e00")])
    plot.set_responses(FREQUENCIES_HZ, [response(500, 100), response(2000, 200)])
    with qtbot.waitExposed(plot):
        plot.show()
    settle()
    return plot


def response(centre_hz: float, bandwidth_hz: float) -> np.ndarray:
    detuning = FREQUENCIES_HZ / centre_hz - centre_hz / FREQUENCIES_HZ
    return -10 * np.log10(1 + (centre_hz / bandwidth_hz * detuning) ** 2)


def settle() -> None:
    for _ in range(4):
        QApplication.processEvents()


def handle(plot: ResponsePlot, index: int) -> QPoint:
    return plot.to_pixels(plot.filters()[index].centre_hz, 0.0).toPoint()


def viewport(plot: ResponsePlot) -> QWidget:
    widget = plot.canvas.viewport()
    assert isinstance(widget, QWidget)
    return widget


def move(plot: ResponsePlot, position: QPoint, modifiers: Qt.KeyboardModifier = NONE) -> None:
    place = QPointF(position)
    event = QMouseEvent(
        QEvent.Type.MouseMove, place, viewport(plot).mapToGlobal(place), Qt.MouseButton.NoButton, LEFT, modifiers
    )
    QCoreApplication.sendEvent(viewport(plot), event)


def test_dragging_a_handle_moves_the_filter(qtbot: QtBot, plot: ResponsePlot) -> None:
    start, target = handle(plot, 0), plot.to_pixels(1000.0, 0.0).toPoint()
    dragged: list[tuple[int, float, float]] = []
    plot.filter_dragged.connect(lambda *change: dragged.append(change))
    with qtbot.waitSignals([plot.filter_selected, plot.filter_drag_finished]):
        QTest.mousePress(viewport(plot), LEFT, NONE, start)
        for share in np.linspace(0, 1, 20):
            QTest.mouseMove(viewport(plot), start + (target - start) * float(share))
            QApplication.processEvents()
        QTest.mouseRelease(viewport(plot), LEFT, NONE, target)
    assert len(dragged) > 10
    index, centre_hz, bandwidth_hz = dragged[-1]
    assert (index, bandwidth_hz) == (0, 100)
    assert centre_hz == pytest.approx(1000, rel=0.02)
    assert [change[1] for change in dragged] == sorted(change[1] for change in dragged)
    assert plot.filters()[0].centre_hz == centre_hz
    assert plot.filters()[1].centre_hz == 2000
    assert plot.selected == 0


def test_movements_within_one_pass_of_the_event_loop_are_one_change(qtbot: QtBot, plot: ResponsePlot) -> None:
    start = handle(plot, 0)
    dragged: list[float] = []
    plot.filter_dragged.connect(lambda _, centre_hz, __: dragged.append(centre_hz))
    QTest.mousePress(viewport(plot), LEFT, NONE, start)
    for k in range(30):
        move(plot, start + QPoint(k, 0))
    settle()
    assert len(dragged) == 1
    QTest.mouseRelease(viewport(plot), LEFT, NONE, start + QPoint(29, 0))
    assert len(dragged) == 1


def test_dragging_elsewhere_moves_no_filter(qtbot: QtBot, plot: ResponsePlot) -> None:
    start = plot.to_pixels(1000.0, -30.0).toPoint()
    with qtbot.assertNotEmitted(plot.filter_dragged):
        QTest.mousePress(viewport(plot), LEFT, NONE, start)
        move(plot, start + QPoint(40, 0))
        settle()
        QTest.mouseRelease(viewport(plot), LEFT, NONE, start + QPoint(40, 0))


def test_a_click_selects_without_moving(qtbot: QtBot, plot: ResponsePlot) -> None:
    with qtbot.assertNotEmitted(plot.filter_dragged), qtbot.assertNotEmitted(plot.filter_drag_finished):
        QTest.mouseClick(viewport(plot), LEFT, NONE, handle(plot, 1) + QPoint(3, 2))
    assert plot.selected == 1
    assert plot.hasFocus() or plot.window().focusWidget() is plot


def test_shift_and_a_vertical_drag_change_the_bandwidth(plot: ResponsePlot) -> None:
    start = handle(plot, 0)
    QTest.mousePress(viewport(plot), LEFT, NONE, start)
    move(plot, start, SHIFT)
    settle()
    move(plot, start + QPoint(0, -60), SHIFT)
    settle()
    QTest.mouseRelease(viewport(plot), LEFT, SHIFT, start)
    assert plot.filters()[0].centre_hz == 500
    assert plot.filters()[0].bandwidth_hz == pytest.approx(200)


def test_escape_takes_a_drag_back(qtbot: QtBot, plot: ResponsePlot) -> None:
    start = handle(plot, 0)
    QTest.mousePress(viewport(plot), LEFT, NONE, start)
    move(plot, start + QPoint(50, 0))
    settle()
    assert plot.filters()[0].centre_hz > 500
    QTest.keyClick(plot, Qt.Key.Key_Escape)
    assert plot.filters()[0].centre_hz == 500


def test_handles_stop_at_their_limits(plot: ResponsePlot) -> None:
    plot.set_limits(100, 600)
    start = handle(plot, 0)
    QTest.mousePress(viewport(plot), LEFT, NONE, start)
    move(plot, start + QPoint(300, 0))
    settle()
    assert plot.filters()[0].centre_hz == 600
    QTest.mouseRelease(viewport(plot), LEFT, NONE, start)


def test_the_wheel_over_a_handle_changes_its_bandwidth_by_a_ratio(qtbot: QtBot, plot: ResponsePlot) -> None:
    place = QPointF(handle(plot, 1))
    view_before = plot.view.viewRange()
    with qtbot.waitSignal(plot.filter_drag_finished):
        for _ in range(2):
            event = QWheelEvent(
                place, viewport(plot).mapToGlobal(place), QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton, NONE,
                Qt.ScrollPhase.NoScrollPhase, False,
            )  # fmt: skip
            QCoreApplication.sendEvent(viewport(plot), event)
    assert plot.filters()[1].bandwidth_hz == pytest.approx(200 * 1.1**2)
    assert plot.view.viewRange() == view_before


def test_the_keyboard_selects_moves_and_widens(qtbot: QtBot, plot: ResponsePlot) -> None:
    plot.setFocus()
    with qtbot.waitSignal(plot.filter_selected) as selected:
        QTest.keyClick(plot, Qt.Key.Key_PageDown)
    assert selected.args == [0]
    with qtbot.waitSignal(plot.filter_dragged) as dragged:
        QTest.keyClick(plot, Qt.Key.Key_Right)
    assert dragged.args == [0, 501, 100]
    QTest.keyClick(plot, Qt.Key.Key_Left, SHIFT)
    assert plot.filters()[0].centre_hz == 491
    QTest.keyClick(plot, Qt.Key.Key_Up)
    assert plot.filters()[0].bandwidth_hz == pytest.approx(110)
    QTest.keyClick(plot, Qt.Key.Key_PageUp)
    assert plot.selected == 1


def test_a_handle_explains_itself(plot: ResponsePlot) -> None:
    place = handle(plot, 0)
    QCoreApplication.sendEvent(
        viewport(plot), QHelpEvent(QEvent.Type.ToolTip, place, viewport(plot).mapToGlobal(place))
    )
    assert "centre frequency" in QToolTip.text()
    QToolTip.hideText()


def test_hidden_filters_cannot_be_taken_hold_of(plot: ResponsePlot) -> None:
    place = QPointF(handle(plot, 1))
    assert plot.handle_at(place) == 1
    plot.set_visible_filters([0])
    assert plot.handle_at(place) is None


def test_fewer_filters_take_their_curves_and_selection_with_them(plot: ResponsePlot) -> None:
    plot.select(1)
    plot.set_filters([(500.0, 100.0, "low", "#1e78e1")])
    plot.set_responses(FREQUENCIES_HZ, [response(500, 100)])
    assert plot.selected is None
    assert plot.curve_keys() == (0,)
    plot.set_filters([])
    plot.set_responses(FREQUENCIES_HZ, [])
    settle()
    assert plot.curve_keys() == ()


def test_a_band_is_as_wide_as_it_says_about_its_geometric_mean() -> None:
    low, high = FilterHandle(710.0, 100.0, "", QColor("red")).band()
    assert high - low == pytest.approx(100)
    assert low * high == pytest.approx(710**2)
    assert HandleLimits(20, 8000).moved(FilterHandle(1, 1, "", QColor()), 9000).centre_hz == 8000
