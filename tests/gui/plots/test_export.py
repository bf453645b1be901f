from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from mlpsvd_gui.plots.bar_plot import BarPlot
from mlpsvd_gui.plots.base_plot import BasePlot
from mlpsvd_gui.plots.curve_plot import CurvePlot
from mlpsvd_gui.plots.export import ExportError, Table, to_csv
from mlpsvd_gui.plots.heatmap import Heatmap
from mlpsvd_gui.plots.matrix_view import MatrixView
from mlpsvd_gui.plots.response_plot import ResponsePlot
from mlpsvd_gui.plots.theme import DARK, LIGHT, class_colour


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


KINDS = [curves, responses, heatmap, matrix, bars]


@pytest.fixture(params=KINDS, ids=lambda kind: kind.__name__)
def plot(request: pytest.FixtureRequest, qtbot: QtBot) -> BasePlot:
    make: Callable[[], BasePlot] = request.param
    plot = make()
    qtbot.addWidget(plot)
    plot.resize(420, 260)
    with qtbot.waitExposed(plot):
        plot.show()
    for _ in range(4):
        QApplication.processEvents()
    return plot


def test_a_png_is_twice_the_size_on_the_screen(plot: BasePlot, tmp_path: Path) -> None:
    plot.export_png(tmp_path / "plot.png")
    image = QImage(str(tmp_path / "plot.png"))
    assert (image.width(), image.height()) == (840, 520)
    colours = {image.pixelColor(x, y).name() for x in range(0, 840, 3) for y in range(0, 520, 3)}
    assert len(colours) > 3


def test_an_svg_can_be_read(plot: BasePlot, tmp_path: Path) -> None:
    plot.export_svg(tmp_path / "plot.svg")
    root = ElementTree.parse(tmp_path / "plot.svg").getroot()
    assert root.tag.endswith("svg")
    assert len(list(root.iter())) > 20
    background = next(element for element in root.iter() if element.tag.endswith("rect"))
    assert float(background.attrib["width"]) > 400


def test_an_export_leaves_the_plot_as_it_was(plot: BasePlot, tmp_path: Path) -> None:
    before = plot.grab().toImage()
    plot.export_svg(tmp_path / "plot.svg")
    plot.export_png(tmp_path / "plot.png")
    assert plot.grab().toImage() == before


def test_a_csv_has_a_header_and_its_numbers(plot: BasePlot, tmp_path: Path) -> None:
    plot.export_csv(tmp_path / "plot.csv")
    header, *rows = list(csv.reader((tmp_path / "plot.csv").read_text(encoding="utf-8").splitlines()))
    assert all(header) and len(rows) >= 2
    assert all(len(row) == len(header) for row in rows)


def test_the_menu_offers_export_and_reset_and_nothing_else(plot: BasePlot) -> None:
    texts = [action.text() for action in plot.context_menu().actions() if action.text()]
    assert texts == ["Export PNG…", "Export SVG…", "Export CSV…", "Copy CSV", "Reset view"]


def test_the_menu_writes_where_a_person_says_and_confirms_it(plot: BasePlot, tmp_path: Path, qtbot: QtBot) -> None:
    received: list[str] = []
    plot.context_menu().saved.connect(received.append)
    for action in plot.context_menu().actions():
        if action.text().startswith("Export"):
            action.trigger()
            dialog = next(one for one in plot.findChildren(QFileDialog) if one.isVisible())
            dialog.selectFile(str(tmp_path / "mine"))
            dialog.accept()
    assert received == [f"Saved plot to {tmp_path / 'mine'}.{kind}." for kind in ("png", "svg", "csv")]
    assert {path.name for path in tmp_path.glob("mine*")} == {"mine.png", "mine.svg", "mine.csv"}


def test_a_dark_plot_is_exported_on_white_in_colours_for_paper(plot: BasePlot, tmp_path: Path) -> None:
    plot.set_theme(DARK)
    before = plot.grab().toImage()
    plot.export_png(tmp_path / "dark.png")
    picture = QImage(str(tmp_path / "dark.png"))
    for corner in ((3, 3), (picture.width() - 4, 3), (3, picture.height() - 4)):
        assert picture.pixelColor(*corner).lightness() > 250
    plot.export_svg(tmp_path / "dark.svg")
    assert plot.theme == DARK and plot.grab().toImage() == before


def test_a_curve_of_a_dark_window_is_exported_in_the_colour_of_a_light_one(qtbot: QtBot, tmp_path: Path) -> None:
    plot = CurvePlot("Time", "s", "Value", "")
    qtbot.addWidget(plot)
    plot.resize(400, 300)
    plot.set_theme(DARK)
    plot.set_curve("one", np.arange(3.0), np.ones(3), "One", class_colour(2, DARK), width=6.0)
    plot.show()
    plot.export_png(tmp_path / "curve.png")
    picture = QImage(str(tmp_path / "curve.png"))
    colours = {picture.pixelColor(x, y).name() for x in range(picture.width()) for y in range(0, picture.height(), 2)}
    assert class_colour(2, LIGHT).name() in colours and class_colour(2, DARK).name() not in colours


def test_copying_puts_the_table_on_the_clipboard(plot: BasePlot) -> None:
    next(action for action in plot.context_menu().actions() if action.text() == "Copy CSV").trigger()
    assert QGuiApplication.clipboard().text() == to_csv(plot.table())


def test_a_missing_folder_gives_one_error_sentence(qtbot: QtBot, tmp_path: Path) -> None:
    plot = curves()
    qtbot.addWidget(plot)
    path = tmp_path / "nowhere" / "plot.csv"
    with pytest.raises(ExportError, match=r"nowhere/plot\.csv could not be written: .+\.$"):
        plot.export_csv(path)
    with qtbot.waitSignal(plot.context_menu().failed) as received:
        plot.context_menu().write(path, plot.export_csv)
    assert "could not be written" in received.args[0]


def test_csv_leaves_absent_values_empty_and_quotes_names() -> None:
    text = to_csv(Table({"x (Hz)": np.array([1.0, 2.5, np.nan]), "a, b": ["é", 2]}))
    assert text == 'x (Hz),"a, b"\n1,é\n2.5,2\n,\n'
    assert next(csv.reader(io.StringIO(text))) == ["x (Hz)", "a, b"]


def test_units_stand_in_the_header(qtbot: QtBot) -> None:
    plot = responses()
    qtbot.addWidget(plot)
    assert list(plot.table().columns) == ["Frequency (Hz)", "low: Response (dB)"]
