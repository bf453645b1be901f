from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from mlpsvd_gui.plots.colour_scale import ColourScale, diverging_table, range_of, rounded_range, sequential_table
from mlpsvd_gui.plots.heatmap import Heatmap
from mlpsvd_gui.plots.matrix_view import MatrixView
from mlpsvd_gui.plots.theme import DARK, LIGHT


@pytest.fixture
def heatmap(qtbot: QtBot) -> Heatmap:
    heatmap = Heatmap("Epoch", "Index", "Singular value")
    qtbot.addWidget(heatmap)
    heatmap.set_theme(LIGHT)
    heatmap.resize(500, 300)
    with qtbot.waitExposed(heatmap):
        heatmap.show()
    return heatmap


def settle() -> None:
    for _ in range(4):
        QApplication.processEvents()


def test_columns_append_and_absent_values_stay_absent(heatmap: Heatmap) -> None:
    for epoch in range(200):
        heatmap.set_column(epoch, np.linspace(1.0, 0.1, 20 if epoch < 100 else 5))
    settle()
    image = heatmap.image()
    assert image.shape == (200, 20)
    assert np.isfinite(image[:100]).all()
    assert np.isnan(image[150, 5:]).all()
    assert heatmap.view.viewRange()[0] == [-0.5, 199.5]


def test_a_shorter_column_replaces_a_longer_one(heatmap: Heatmap) -> None:
    heatmap.set_column(0, [1.0, 0.5, 0.2])
    heatmap.set_column(0, [1.0])
    settle()
    assert np.array_equal(heatmap.image(), [[1.0, np.nan, np.nan]], equal_nan=True)


def test_many_columns_in_one_pass_are_drawn_once(heatmap: Heatmap, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[int] = []
    show = heatmap._show

    def counted(values: np.ndarray, scale: ColourScale) -> None:
        drawn.append(values.shape[0])
        show(values, scale)

    monkeypatch.setattr(heatmap, "_show", counted)
    for epoch in range(50):
        heatmap.set_column(epoch, [1.0, 0.5])
    settle()
    assert drawn == [50]


def test_absent_values_show_the_background_and_others_their_colour(heatmap: Heatmap) -> None:
    values = np.full((2, 2), np.nan)
    values[0, 0], values[1, 1] = 1.0, 10.0
    heatmap.set_image(values)
    settle()
    image = heatmap.grab().toImage()
    offset = heatmap.canvas.pos()
    colours = {
        (i, j): image.pixelColor(heatmap.to_pixels(i, j).toPoint() + offset).name() for i in (0, 1) for j in (0, 1)
    }
    assert colours[0, 1] == colours[1, 0] == LIGHT.background.name()
    assert colours[0, 0] == "#440154"  # viridis begins
    assert colours[1, 1] == "#fde725"  # and ends


def test_the_scale_is_logarithmic_unless_said_otherwise(heatmap: Heatmap) -> None:
    heatmap.set_image(np.array([[0.01, 1.0]]))
    assert heatmap.colour_scale == ColourScale(0.01, 1.0, True)
    heatmap.set_log_scale(False)
    assert not heatmap.colour_scale.is_log
    heatmap.set_value_range(0.0, 2.0)
    assert heatmap.colour_scale == ColourScale(0.0, 2.0, False)


def test_the_mouse_reads_a_cell(qtbot: QtBot, heatmap: Heatmap) -> None:
    heatmap.set_image(np.arange(1.0, 13.0).reshape(4, 3), x0=10.0, y0=1.0)
    settle()
    with qtbot.waitSignal(heatmap.cursor_moved) as moved:
        QTest.mouseMove(heatmap.canvas.viewport(), heatmap.to_pixels(12.0, 2.0).toPoint())
    assert moved.args is not None and moved.args[0] == pytest.approx(12, abs=0.1)
    assert "Epoch 12, Index 2" in heatmap._readout.text()
    assert "Singular value 8" in heatmap._readout.text()


def test_a_heatmap_is_empty_until_it_has_something(heatmap: Heatmap) -> None:
    heatmap.set_empty_text("Train to see singular values.")
    assert not heatmap.canvas.isVisible()
    heatmap.set_column(0, [1.0])
    settle()
    assert heatmap.canvas.isVisible()
    heatmap.clear()
    assert not heatmap.canvas.isVisible()
    with pytest.raises(ValueError, match="two dimensions"):
        heatmap.set_image(np.zeros(3))


def test_odd_data_are_drawn_without_a_warning(heatmap: Heatmap) -> None:
    for values in (np.zeros((3, 3)), np.full((3, 3), np.nan), np.full((2, 2), 7.0), np.array([[-1.0, 1.0]])):
        for is_log in (True, False):
            heatmap.set_log_scale(is_log)
            heatmap.set_image(values)
            settle()


@given(st.floats(1e-6, 1e3), st.floats(1.01, 1e6), st.booleans())
def test_a_bar_has_few_round_ticks_inside_its_range(low: float, ratio: float, is_log: bool) -> None:
    scale = ColourScale(low, low * ratio, is_log)
    start, end = scale.position_range
    places = [place for place, _ in scale.ticks()]
    assert len(places) <= 9
    slack = (end - start) * 1e-6 + 1e-9
    assert all(start - slack <= place <= end + slack for place in places)


def test_tables_are_transparent_at_zero_and_diverge_evenly() -> None:
    assert sequential_table()[0, 3] == 0
    for theme in (LIGHT, DARK):
        table = diverging_table(theme)
        background = np.array([theme.background.red(), theme.background.green(), theme.background.blue()])
        assert np.abs(table[128, :3].astype(int) - background).max() < 16
    assert range_of(np.array([np.nan, 0.0, 1e-30, 1.0]), is_log=True) == (1e-8, 1.0)


def test_a_matrix_lies_as_it_is_written(qtbot: QtBot) -> None:
    view = MatrixView("Vᵀ")
    qtbot.addWidget(view)
    matrix = np.array([[1.0, -2.0, 0.5], [0.0, 1.0, 2.0]])
    view.set_matrix(matrix, [0.0, 62.5, 125.0], "Frequency", "Hz", "Singular value")
    assert view.colour_scale == ColourScale(-2.0, 2.0)
    assert view.cell_at(125.0, 2.0) == (2, 1)
    assert view.image()[2, 1] == 2.0
    assert view.view.yInverted()
    table = view.chart().table()
    assert list(table) == ["Singular value", "Frequency (Hz) 0", "Frequency (Hz) 62.5", "Frequency (Hz) 125"]
    assert list(table["Frequency (Hz) 62.5"]) == [-2.0, 1.0]
    view.set_matrix(matrix, [0.0, 1.0, 5.0])
    assert view.cell_at(3.0, 1.0) == (2, 0)
    view.set_value_limit(4.0)
    assert view.colour_scale == ColourScale(-4.0, 4.0)


@given(st.floats(1e-6, 1e3), st.floats(1.01, 1e6), st.booleans())
def test_a_rounded_range_of_colours_holds_the_values(low: float, ratio: float, is_log: bool) -> None:
    ends = rounded_range(low, low * ratio, is_log)
    assert ends[0] <= low * 1.000001 and low * ratio * 0.999999 <= ends[1]
    if is_log:
        assert ends[1] / ends[0] <= ratio * 10**0.2 * 1.000001
