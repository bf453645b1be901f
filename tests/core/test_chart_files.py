"""Pictures and tables of charts: the right size, embedded fonts, the numbers shown."""

from __future__ import annotations

import csv
import io
import shutil
import struct
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.image import imread

from mlpsvd.chart import Axis, Bars, Cells, Chart, Curve, Level, Marks, cell_edges
from mlpsvd.chart_files import to_csv, to_npy, to_npz, write_data, write_picture
from mlpsvd.draw_chart import PictureSize, draw, picture
from mlpsvd.errors import SettingError
from mlpsvd.metrics.confusion_chart import confusion_chart

X = np.geomspace(20.0, 8000.0, 50)
LINES = Chart(
    "Response", Axis("Frequency", "Hz", is_log=True), Axis("Response", "dB"),
    (Curve(X, np.sin(X), "low $1"), Curve(X, np.cos(X) / 3, "high", "#D55E00", "dashed")),
    marks=(Marks((100.0, 200.0)),), levels=(Level(0.5, "limit"),),
)  # fmt: skip
POINTS = Chart("Points", Axis("Real"), Axis("Imaginary"), has_equal_scales=True,
               curves=(Curve(np.array([0.1]), np.array([0.2]), "pole", dash="none", marker="cross"),))  # fmt: skip
BARS = Chart(
    "Clips",
    Axis("Clips"),
    Axis(""),
    bars=Bars(("a", "=b"), np.array([3.0, 4.0]), ("#0072B2", "#D55E00"), ("3", "4"), np.ones(2), "Test"),
)
IMAGE = Chart(
    "Levels", Axis("Time", "s"), Axis("Frequency", "Hz"),
    cells=Cells(np.array([[1.0, 2.0, 0.3], [3.0, np.nan, 1 / 3]]), cell_edges(0.0, 0.1, 2), cell_edges(1.0, 1.0, 3),
                "Level", "dB", is_log=True),
)  # fmt: skip
ON_LOG_AXIS = Chart(
    "Levels",
    Axis("Frequency", "Hz", is_log=True),
    Axis("Age", "s", is_reversed=True),
    cells=Cells(np.ones((4, 2)), np.geomspace(20, 2000, 5), np.arange(3.0), "Level", "dB"),
)
CONFUSION = confusion_chart(np.array([[5, 1], [0, 4]]), ("one_1", "x^2$"), "MLP: 90 %")
CHARTS = {"lines": LINES, "points": POINTS, "bars": BARS, "image": IMAGE, "log": ON_LOG_AXIS, "confusion": CONFUSION}


@pytest.mark.parametrize("name", CHARTS)
def test_pictures_have_the_size_and_embedded_fonts(name: str, tmp_path: Path) -> None:
    size = PictureSize(85.0, 60.0, 200)
    png, svg, pdf = (write_picture(tmp_path / f"one.{kind}", CHARTS[name], size) for kind in ("png", "svg", "pdf"))
    width, height = struct.unpack(">II", png.read_bytes()[16:24])
    assert (width, height) == (pytest.approx(85 / 25.4 * 200, abs=1), pytest.approx(60 / 25.4 * 200, abs=1))
    assert imread(png)[2, 2].tolist() == [1.0, 1.0, 1.0, 1.0]
    root = ElementTree.parse(svg).getroot()
    assert float(root.attrib["width"].removesuffix("pt")) == pytest.approx(85 / 25.4 * 72, abs=0.1)
    content = pdf.read_bytes()
    assert b"/FontFile2" in content and b"/Type3" not in content


@pytest.mark.skipif(shutil.which("pdffonts") is None, reason="poppler is not installed")
def test_poppler_finds_embedded_truetype_fonts_only(tmp_path: Path) -> None:
    path = write_picture(tmp_path / "one.pdf", LINES, PictureSize())
    done = subprocess.run(["pdffonts", str(path)], capture_output=True, text=True)
    fonts = [line.split() for line in done.stdout.splitlines()[2:]]
    assert fonts and all("TrueType" in font and font[-5] == "yes" for font in fonts)
    subprocess.run(["pdftoppm", "-r", "100", "-png", "-singlefile", str(path), str(tmp_path / "page")], check=True)
    picture = imread(tmp_path / "page.png")
    assert picture.shape[1] == pytest.approx(85 / 25.4 * 100, abs=2)
    assert picture.min() < 0.5 and picture[1, 1].min() > 0.99  # ink on white


@pytest.mark.skipif(shutil.which("rsvg-convert") is None, reason="librsvg is not installed")
def test_librsvg_draws_the_svg(tmp_path: Path) -> None:
    path = write_picture(tmp_path / "one.svg", IMAGE, PictureSize(180.0))
    subprocess.run(["rsvg-convert", "-w", "900", "-o", str(tmp_path / "page.png"), str(path)], check=True)
    picture = imread(tmp_path / "page.png")
    assert picture.shape[1] == 900
    assert picture.std() > 0.05


def test_csv_and_numpy_files_hold_the_numbers_shown() -> None:
    header, *rows = csv.reader(io.StringIO(to_csv(LINES)))
    assert header == ["Frequency (Hz)", "low $1: Response (dB)", "high: Response (dB)"]
    expected = np.stack([X, np.sin(X), np.cos(X) / 3], axis=1)
    np.testing.assert_array_equal(np.array(rows, dtype=np.float64), expected)  # bit for bit
    with np.load(io.BytesIO(to_npz(LINES)), allow_pickle=False) as arrays:
        assert list(arrays) == header
        np.testing.assert_array_equal(arrays["high: Response (dB)"], np.cos(X) / 3)
    table = np.load(io.BytesIO(to_npy(LINES)), allow_pickle=False)
    np.testing.assert_array_equal(table["low $1: Response (dB)"], np.sin(X))


def test_an_image_is_an_array_of_two_dimensions_and_a_table() -> None:
    header, *rows = csv.reader(io.StringIO(to_csv(IMAGE)))
    assert header == ["Time (s)", *(f"Level (dB) at Frequency (Hz) {y}" for y in (1, 2, 3))]
    assert rows[1] == ["0.1", "3", "", "0.3333333333333333"]
    assert IMAGE.cells is not None
    np.testing.assert_array_equal(np.load(io.BytesIO(to_npy(IMAGE))), IMAGE.cells.values)
    with np.load(io.BytesIO(to_npz(IMAGE))) as arrays:
        assert list(arrays) == ["Time (s)", "Frequency (Hz)", "Level (dB)"]


def test_bars_and_confusion_matrices_have_names() -> None:
    assert to_csv(BARS) == "Name,Clips,Test: Clips\na,3,1\n'=b,4,1\n"
    with np.load(io.BytesIO(to_npz(BARS)), allow_pickle=False) as arrays:
        assert arrays["Name"].tolist() == ["a", "=b"]
    header, first, _ = csv.reader(io.StringIO(to_csv(CONFUSION)))
    assert header == ["Actual class", "Predicted as one_1 (test clips)", "Predicted as x^2$ (test clips)"]
    assert first == ["one_1", "5", "1"]


def test_names_with_tex_are_drawn_as_they_are() -> None:
    figure = draw(LINES, PictureSize())
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["low $1", "high", "limit"]
    assert [text.get_text() for text in draw(CONFUSION, PictureSize()).axes[0].get_xticklabels()] == ["one_1", "x^2$"]


def test_sizes_and_suffixes_are_checked(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="from 30 to 1000 mm"):
        PictureSize(3.0)
    with pytest.raises(SettingError, match="from 50 to 2400"):
        PictureSize(dpi=10)
    with pytest.raises(SettingError, match=r"\.png, \.svg or \.pdf"):
        write_picture(tmp_path / "one.gif", LINES, PictureSize())
    with pytest.raises(SettingError, match=r"\.csv, \.npz or \.npy"):
        write_data(tmp_path / "one.txt", LINES)
    assert not list(tmp_path.iterdir())


def test_an_empty_chart_is_empty() -> None:
    assert Chart("", Axis(""), Axis("")).is_empty
    assert Chart("", Axis(""), Axis(""), (Curve(np.ones(2), np.full(2, np.nan)),)).is_empty
    assert not any(chart.is_empty for chart in CHARTS.values())


def test_an_empty_chart_is_drawn_as_empty_axes() -> None:
    """A picture may be asked for after the last clip or class has gone."""
    bars = Bars((), np.empty(0), ())
    cells = Cells(np.empty((0, 0)), np.empty(1), np.empty(1), "Level", "dB")
    for chart in (Chart("", Axis("x"), Axis("y"), bars=bars), Chart("", Axis("x"), Axis("y"), cells=cells)):
        assert chart.is_empty
        assert picture(chart, "png", PictureSize(85.0)).startswith(b"\x89PNG")
