"""The filters panel: a real widget, moved by a real mouse and real keys."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QLineEdit, QMenu

from mlpsvd.signals.bank import BandPass, paper_bank
from mlpsvd_gui.pages.explore.controllers.filters import FiltersController
from mlpsvd_gui.pages.explore.views.filter_view import POLES_AND_ZEROS
from mlpsvd_gui.pages.explore.views.filters_panel import FiltersPanel
from mlpsvd_gui.pages.explore.views.spacing_dialog import SpacingDialog
from mlpsvd_gui.state.experiment_state import ExperimentState
from mlpsvd_gui.state.selection_state import SelectionState

LEFT = Qt.MouseButton.LeftButton


@dataclass
class Desk:
    panel: FiltersPanel
    model: ExperimentState
    selection: SelectionState
    controller: FiltersController

    @property
    def bank(self) -> tuple[BandPass, ...]:
        return self.model.experiment.data.synthetic.filters

    @property
    def centres(self) -> list[float]:
        return [one.centre_hz for one in self.bank]


@pytest.fixture
def desk(qtbot: Any) -> Iterator[Desk]:
    panel, model, selection = FiltersPanel(), ExperimentState(), SelectionState()
    qtbot.addWidget(panel)
    controller = FiltersController(panel, model, selection)
    panel.resize(900, 420)
    with qtbot.waitExposed(panel):
        panel.show()
    yield Desk(panel, model, selection, controller)
    controller.close()


def _type_into(qtbot: Any, desk: Desk, row: int, column: int, text: str) -> None:
    table = desk.panel.table
    index = table.model().index(row, column)
    place = table.visualRect(index).center()
    qtbot.mouseClick(table.viewport(), LEFT, pos=place)
    qtbot.mouseDClick(table.viewport(), LEFT, pos=place)
    editor = table.findChild(QLineEdit)
    assert editor is not None
    editor.selectAll()
    qtbot.keyClicks(editor, text)
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: table.findChild(QLineEdit) is None)  # Qt commits once the key press is over


def _shown(desk: Desk, row: int, column: int) -> str:
    return str(desk.panel.table.model().index(row, column).data())


def test_it_shows_the_papers_filters(desk: Desk) -> None:
    assert [row.label for row in desk.panel.table.rows] == ["710 Hz", "680 Hz", "650 Hz", "620 Hz", "590 Hz"]
    assert _shown(desk, 0, 3) == "71"
    x, y = desk.panel.view.response_plot.curve_data(0)
    assert abs(x[np.argmax(y)] - 710.0) < 1.0
    assert abs(y.max()) < 0.01


def test_dragging_a_dot_moves_model_table_label_and_curve(qtbot: Any, desk: Desk) -> None:
    plot = desk.panel.view.response_plot
    viewport = plot.canvas.viewport()
    start = plot.to_pixels(710.0, 0.0).toPoint()
    goal = plot.to_pixels(800.0, 0.0).toPoint()
    qtbot.mousePress(viewport, LEFT, pos=start)
    for step in range(1, 6):
        qtbot.mouseMove(viewport, start + QPoint((goal.x() - start.x()) * step // 5, 0))
        QApplication.processEvents()
    qtbot.mouseRelease(viewport, LEFT, pos=goal)
    assert desk.centres[0] == pytest.approx(800.0, abs=5.0)
    assert desk.centres[0] == round(desk.centres[0])
    assert desk.centres[1:] == [680.0, 650.0, 620.0, 590.0]
    assert desk.bank[0].label == _shown(desk, 0, 0) == f"{desk.centres[0]:g} Hz"
    assert _shown(desk, 0, 1) == f"{desk.centres[0]:g}"
    x, y = plot.curve_data(0)
    assert abs(x[np.argmax(y)] - desk.centres[0]) < 1.0
    assert desk.selection.class_index == 0
    assert f"{desk.centres[0]:g} Hz" in desk.panel.view.bandwidth_text.text()


def test_arrow_keys_move_the_selected_filter(qtbot: Any, desk: Desk) -> None:
    desk.selection.select_class(1)
    desk.panel.view.response_plot.setFocus()
    qtbot.keyClick(desk.panel.view.response_plot, Qt.Key.Key_Right)
    qtbot.keyClick(desk.panel.view.response_plot, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert desk.centres[1] == 691.0


@pytest.mark.parametrize(
    ("column", "text", "expected"),
    [
        (0, "owl", BandPass("owl", 680.0, 10.0)),
        (1, "1000", BandPass("1000 Hz", 1000.0, 10.0)),
        (2, "20,5 Hz", BandPass("680 Hz", 680.0, 20.5)),
        (3, "34", BandPass("680 Hz", 680.0, 20.0)),
    ],
)
def test_cells_are_edited_in_place(qtbot: Any, desk: Desk, column: int, text: str, expected: BandPass) -> None:
    _type_into(qtbot, desk, 1, column, text)
    assert desk.bank[1] == expected
    assert desk.panel.problem.text() == ""


@pytest.mark.parametrize(
    ("column", "text", "word"),
    [(1, "9000", "8000 Hz"), (1, "loud", "number"), (1, "-3", "above 0"), (0, "710 Hz", "no other class"),
     (2, "5000", "quarter"), (3, "0", "above 0"), (0, " ", "empty")],
)  # fmt: skip
def test_impossible_entries_are_refused_in_words(qtbot: Any, desk: Desk, column: int, text: str, word: str) -> None:
    before, shown = desk.bank, _shown(desk, 1, column)
    _type_into(qtbot, desk, 1, column, text)
    assert desk.bank == before
    assert desk.panel.problem.isVisible() and word in desk.panel.problem.text()
    assert _shown(desk, 1, column) == shown
    _type_into(qtbot, desk, 1, 1, "700")
    assert not desk.panel.problem.isVisible()


def test_a_name_of_its_own_stays_when_the_centre_moves(qtbot: Any, desk: Desk) -> None:
    _type_into(qtbot, desk, 0, 0, "owl")
    _type_into(qtbot, desk, 0, 1, "900")
    assert desk.bank[0] == BandPass("owl", 900.0, 10.0)


def test_two_filters_on_one_centre_keep_different_names(qtbot: Any, desk: Desk) -> None:
    _type_into(qtbot, desk, 0, 1, "680")
    assert [one.label for one in desk.bank[:2]] == ["680 Hz (2)", "680 Hz"]
    _type_into(qtbot, desk, 0, 1, "700")
    assert desk.bank[0].label == "700 Hz"


def test_add_duplicate_remove(qtbot: Any, desk: Desk) -> None:
    qtbot.mouseClick(desk.panel.add_button, LEFT)
    assert desk.centres[-1] == 560.0 and desk.selection.class_index == 5
    qtbot.mouseClick(desk.panel.duplicate_button, LEFT)
    assert desk.bank[-1] == BandPass("550 Hz", 550.0, 10.0)
    qtbot.mouseClick(desk.panel.remove_button, LEFT)
    assert len(desk.bank) == 6
    table = desk.panel.table
    qtbot.mouseClick(table.viewport(), LEFT, pos=table.visualRect(table.model().index(0, 4)).center())
    assert desk.centres == [680.0, 650.0, 620.0, 590.0, 560.0]


def test_the_last_two_classes_stay(qtbot: Any, desk: Desk) -> None:
    desk.model.set_value("data.synthetic.filters", paper_bank(2))
    desk.selection.select_class(1)
    qtbot.mouseClick(desk.panel.remove_button, LEFT)
    assert len(desk.bank) == 2
    assert "at least 2 classes" in desk.panel.problem.text()


def test_every_preset_of_the_paper_is_in_the_menu(desk: Desk) -> None:
    menu = desk.panel.preset_button.menu()
    assert isinstance(menu, QMenu)
    seen = set()
    for action in menu.actions():
        submenu = action.menu()
        for choice in submenu.actions() if isinstance(submenu, QMenu) else ():
            choice.trigger()
            seen.add(desk.bank)
            assert desk.bank == paper_bank(*choice.data())
    assert len(seen) == 18


def test_all_or_one_curve_and_other_quantities(qtbot: Any, desk: Desk) -> None:
    desk.selection.select_class(2)
    for quantity in (1, 2, 3):
        desk.panel.view.quantity.setCurrentIndex(quantity)
        plot = desk.panel.view.curve_plots[quantity - 1]
        desk.panel.view.which.choose(0)
        assert set(plot.curve_keys()) == {0, 1, 2, 3, 4}
        desk.panel.view.which.choose(1)
        assert plot.curve_keys() == (2,)
    time_ms, amplitude = desk.panel.view.curve_plots[2].curve_data(2)
    assert time_ms[1] == pytest.approx(1000.0 / 16000.0)
    assert np.abs(amplitude).max() > 0.001


def test_spacing_dialog_makes_filters(qtbot: Any, desk: Desk) -> None:
    desk.panel.spacing_requested.emit()
    dialog = desk.panel.findChild(SpacingDialog)
    assert isinstance(dialog, SpacingDialog)
    dialog.n_classes.setValue(3)
    dialog.low_hz.setValue(250.0)
    dialog.high_hz.setValue(1000.0)
    dialog.accept()
    assert desk.centres == [1000.0, 500.0, 250.0]


def test_recordings_as_source_are_said_and_left_by_a_button(qtbot: Any, desk: Desk) -> None:
    assert not desk.panel.banner.isVisible()
    desk.model.set_value("data.source", "recordings")
    assert desk.panel.banner.isVisible() and not desk.panel.table.isVisible()
    qtbot.mouseClick(desk.panel.use_filters_button, LEFT)
    assert desk.model.experiment.data.source == "synthetic"
    assert desk.panel.table.isVisible()


def test_a_filter_above_nyquist_of_a_lower_sample_rate_does_not_break_it(desk: Desk) -> None:
    synthetic = replace(desk.model.experiment.data.synthetic, sample_rate_hz=1300.0)
    desk.model.set_value("data.synthetic", synthetic)
    desk.selection.select_class(0)
    assert "is not possible" in desk.panel.view.bandwidth_text.text()
    assert desk.panel.view.response_plot.curve_keys() == (3, 4)


def test_poles_and_zeros_lie_where_the_filter_puts_them(qtbot: Any, desk: Desk) -> None:
    desk.panel.view.quantity.setCurrentIndex(POLES_AND_ZEROS)
    plot = desk.panel.view.pole_zero_plot
    assert plot.isVisible()
    assert [group.name for group in plot.groups()] == [one.label for one in desk.bank]
    for group, one in zip(plot.groups(), desk.bank, strict=True):
        angles_hz = np.abs(np.angle(group.poles)) / (2 * np.pi) * 16000.0
        assert angles_hz == pytest.approx([one.centre_hz] * 2, rel=1e-3)
        assert np.all(np.abs(group.poles) < 1.0)
        assert sorted(group.zeros.real) == [-1.0, 1.0]
    desk.selection.select_class(2)
    desk.panel.view.which.choose(1)
    assert [group.name for group in plot.groups()] == [desk.bank[2].label]


def test_the_unit_circle_is_round_and_a_pole_is_read_in_hertz(qtbot: Any, desk: Desk) -> None:
    desk.panel.view.quantity.setCurrentIndex(POLES_AND_ZEROS)
    plot = desk.panel.view.pole_zero_plot
    qtbot.waitUntil(lambda: plot.view.width() > 50)
    right, top, middle = plot.to_pixels(1.0, 0.0), plot.to_pixels(0.0, 1.0), plot.to_pixels(0.0, 0.0)
    assert right.x() - middle.x() == pytest.approx(middle.y() - top.y(), rel=0.02)
    area = plot.view.viewRange()
    assert area[0][0] < -1.0 < 1.0 < area[0][1] and area[1][0] < -1.0 < 1.0 < area[1][1]
    pole = plot.groups()[0].poles[0]
    place = plot.to_pixels(pole.real, pole.imag)
    qtbot.mouseMove(plot.canvas.viewport(), place.toPoint())
    qtbot.waitUntil(plot._readout.isVisible)
    assert "710 Hz: radius 0.99" in plot._readout.text()


@pytest.mark.parametrize(("row", "other"), [(0, 2), (2, 0)])
def test_a_rename_to_an_existing_name_blames_the_filter_that_was_renamed(
    qtbot: Any, desk: Desk, row: int, other: int
) -> None:
    names = [one.label for one in desk.bank]
    _type_into(qtbot, desk, row, 0, names[other])
    assert [one.label for one in desk.bank] == names
    sentence = desk.panel.problem.text()
    assert (
        sentence == f"The name of {names[row]} cannot be “{names[other]}”; it should be a name that no other class has."
    )
