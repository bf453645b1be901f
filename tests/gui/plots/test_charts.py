"""What plots hand out for pictures and tables, and their context menu."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from mlpsvd.chart import Chart
from mlpsvd.chart_files import to_csv
from mlpsvd.draw_chart import PictureSize, picture
from mlpsvd.drawing import PALETTE
from mlpsvd_gui.plots.bar_plot import BarPlot
from mlpsvd_gui.plots.base_plot import BasePlot
from mlpsvd_gui.plots.curve_plot import CurvePlot
from mlpsvd_gui.plots.heatmap import Heatmap
from mlpsvd_gui.plots.image_grid import ImageGrid
from mlpsvd_gui.plots.matrix_view import MatrixView
from mlpsvd_gui.plots.picture_menu import PictureMenu, PictureRequests
from mlpsvd_gui.plots.pixel_view import PixelView
from mlpsvd_gui.plots.pole_zero_plot import PoleZeroGroup, PoleZeroPlot
from mlpsvd_gui.plots.response_plot import ResponsePlot
from mlpsvd_gui.plots.theme import DARK, LIGHT, class_colour, series_colour
from mlpsvd_gui.plots.waterfall import Waterfall


def curves() -> BasePlot:
    plot = CurvePlot("Epoch", "", "Loss", "")
    plot.set_curve("a", np.arange(5), np.arange(5) ** 2, "MLP")
    plot.set_curve("b", np.arange(3), np.arange(3), "MLP-SVD")
    plot.set_markers("d", [2.0])
    plot.set_horizontal_line("best", 3.0, "best")
    return plot


def responses() -> BasePlot:
    plot = ResponsePlot()
    plot.set_filters([(500.0, 100.0, "low", "#1e78e1")])
    plot.set_responses(np.geomspace(20, 8000, 50), [np.linspace(-40, 0, 50)])
    return plot


def heatmap() -> BasePlot:
    plot = Heatmap("Epoch", "Index", "Value")
    plot.set_image(np.array([[1.0, 2.0], [3.0, np.nan]]))
    return plot


def matrix() -> BasePlot:
    plot = MatrixView("U")
    plot.set_matrix(np.eye(3))
    return plot


def bars() -> BasePlot:
    plot = BarPlot("Clips")
    plot.set_bars(["a", "b"], [3, 4], texts=["3", "4"])
    return plot


def poles() -> BasePlot:
    plot = PoleZeroPlot()
    plot.set_groups([PoleZeroGroup("low", QColor("#1e78e1"), np.array([0.9 + 0.1j]), np.array([1.0 + 0j]))])
    return plot


def waterfall() -> BasePlot:
    plot = Waterfall()
    plot.begin(np.linspace(0.0, 8000.0, 257), 0.1)
    plot.append(0.0, np.full(257, -30.0))
    plot.redraw()
    return plot


KINDS = [curves, responses, heatmap, matrix, bars, poles, waterfall]


@pytest.fixture(params=KINDS, ids=lambda kind: kind.__name__)
def plot(request: pytest.FixtureRequest, qtbot: QtBot) -> BasePlot:
    make: Callable[[], BasePlot] = request.param
    plot = make()
    qtbot.addWidget(plot)
    return plot


def test_the_menu_offers_picture_data_and_reset_and_nothing_else(plot: BasePlot) -> None:
    texts = [action.text() for action in plot.context_menu().actions() if action.text()]
    assert texts == ["Copy picture", "Save picture…", "Copy data", "Save data…", "Reset view"]
    plot.context_menu().follow_content()
    assert all(action.isEnabled() for action in plot.context_menu().actions())


def test_the_table_has_a_header_and_its_numbers(plot: BasePlot) -> None:
    assert not plot.chart().is_empty
    header, *rows = csv.reader(io.StringIO(to_csv(plot.chart())))
    assert all(header) and len(rows) >= 2
    assert all(len(row) == len(header) for row in rows)


def test_the_chart_of_each_plot_is_drawn(plot: BasePlot) -> None:
    image = QImage.fromData(picture(plot.chart(), "png", PictureSize(50.8, dpi=100)))
    colours = {image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())}
    assert image.width() == 200 and len(colours) > 3


@pytest.mark.parametrize("make", [lambda: CurvePlot("x", "", "y", ""), lambda: Heatmap("x", "y", "v"), BarPlot,
                                  Waterfall, PoleZeroPlot, ImageGrid, PixelView])  # fmt: skip
def test_without_content_there_is_nothing_to_save(make: Callable[..., QWidget], qtbot: QtBot) -> None:
    widget = make("Clips") if make is BarPlot else make()
    qtbot.addWidget(widget)
    menu = widget.findChild(PictureMenu)
    menu.follow_content()
    assert not menu.save_picture.isEnabled() and not menu.save_data.isEnabled() and not menu.copy_picture.isEnabled()


def test_requests_reach_the_widget_around_a_plot(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    inner = QWidget(window)
    plot = curves()
    plot.setParent(inner)
    requests = PictureRequests(window)
    with qtbot.waitSignal(requests.picture_requested) as asked:
        plot.context_menu().save_picture.trigger()
    chart, name = asked.args
    assert isinstance(chart, Chart) and name == "Loss"
    with qtbot.waitSignal(requests.data_requested):
        plot.context_menu().save_data.trigger()


def test_curves_keep_their_values_dashes_marks_and_lines(qtbot: QtBot) -> None:
    plot = curves()
    qtbot.addWidget(plot)
    chart = plot.chart()
    np.testing.assert_array_equal(chart.curves[0].y, [0, 1, 4, 9, 16])
    assert chart.marks[0].positions == (2.0,) and (chart.levels[0].y, chart.levels[0].name) == (3.0, "best")
    assert list(chart.table()) == ["MLP: Epoch", "MLP: Loss", "MLP-SVD: Epoch", "MLP-SVD: Loss"]


def test_what_is_zoomed_to_is_what_the_picture_shows(qtbot: QtBot) -> None:
    plot = responses()
    qtbot.addWidget(plot)
    plot.view.setRange(xRange=(2.0, 3.0), padding=0.0)
    assert plot.chart().x.limits == pytest.approx((100.0, 1000.0))
    assert list(plot.chart().table()) == ["Frequency (Hz)", "low: Response (dB)"]


def test_a_dark_plot_has_the_colours_of_paper(qtbot: QtBot) -> None:
    plot = CurvePlot("Time", "s", "Value", "")
    qtbot.addWidget(plot)
    plot.set_theme(DARK)
    plot.set_curve("class", np.arange(3.0), np.ones(3), "Class", class_colour(2, DARK))
    plot.set_curve("network", np.arange(3.0), np.ones(3), "Network", series_colour(1, DARK))
    plot.set_curve("plain", np.arange(3.0), np.ones(3), "Plain", DARK.foreground)
    first, second, third = (curve.colour for curve in plot.chart().curves)
    assert (first, second) == (class_colour(2, LIGHT).name(), PALETTE[1])
    assert QColor(third).lightnessF() < 0.56


def test_images_have_their_captions_and_pixels(qtbot: QtBot) -> None:
    grid = ImageGrid()
    qtbot.addWidget(grid)
    images = [np.eye(3), np.ones((3, 3)), np.zeros((3, 3))]
    grid.show_images(images, ["A", "B", "C"])
    chart = grid.chart()
    assert [text for _, _, text in chart.labels] == ["A", "B", "C"]
    table = chart.table()
    assert list(table["Image"]) == [*"AAABBBCCC"] and list(table["Column 1"])[:3] == [1.0, 0.0, 0.0]
    view = PixelView()
    qtbot.addWidget(view)
    view.show_pixels("A", images[0])
    cells = view.chart().cells
    assert cells is not None
    np.testing.assert_array_equal(cells.values, images[0].T)
