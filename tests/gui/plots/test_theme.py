from __future__ import annotations

from itertools import combinations

import numpy as np
import numpy.typing as npt
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPalette
from pytestqt.qtbot import QtBot

from mlpsvd_gui.plots.theme import (
    DARK,
    LIGHT,
    Theme,
    class_colour,
    class_line_style,
    on_paper,
    series_colour,
    small_font,
    theme_for,
)

# Machado, Oliveira and Fernandes (2009), full severity, for linear sRGB
VISIONS = {
    "normal": np.eye(3),
    "protanopic": np.array([[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]]),
    "deuteranopic": np.array([[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]]),
    "tritanopic": np.array([[1.256, -0.077, -0.179], [-0.078, 0.931, 0.148], [0.005, 0.691, 0.304]]),
}
LEAST_DISTANCE = 0.135
"""In OKLab; two colours that just differ side by side are about 0.02 apart."""
OKABE_ITO = ("#e69f00", "#56b4e9", "#009e73", "#f0e442", "#0072b2", "#d55e00", "#cc79a7", "#000000")


def linear(colour: QColor) -> npt.NDArray[np.float64]:
    rgb = np.array([colour.redF(), colour.greenF(), colour.blueF()])
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def oklab(rgb: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    lms = np.array([[0.4122, 0.5363, 0.0514], [0.2119, 0.6807, 0.1074], [0.0883, 0.2817, 0.6300]]) @ rgb
    mix = np.array([[0.2105, 0.7936, -0.0041], [1.9780, -2.4286, 0.4506], [0.0259, 0.7828, -0.8087]])
    return np.asarray(mix @ np.cbrt(np.clip(lms, 0, None)))


def closest(colours: list[QColor], vision: str) -> float:
    seen = [oklab(np.clip(VISIONS[vision] @ linear(colour), 0, 1)) for colour in colours]
    return min(float(np.linalg.norm(a - b)) for a, b in combinations(seen, 2))


def contrast(first: QColor, second: QColor) -> float:
    weights = np.array([0.2126, 0.7152, 0.0722])
    low, high = sorted(float(weights @ linear(colour)) for colour in (first, second))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("vision", VISIONS)
def test_ten_class_colours_differ_more_than_okabe_and_itos_eight(theme: Theme, vision: str) -> None:
    ours = closest([class_colour(i, theme) for i in range(10)], vision)
    worst_of_theirs = min(closest([QColor(c) for c in OKABE_ITO], v) for v in VISIONS)
    assert ours > worst_of_theirs


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_colours_stand_out_from_the_background(theme: Theme) -> None:
    for i in range(10):
        assert contrast(class_colour(i, theme), theme.background) > 2.0
    for i in range(4):
        assert contrast(series_colour(i, theme), theme.background) > 3.0
    assert contrast(theme.muted, theme.background) > 4.5


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("vision", VISIONS)
def test_any_two_of_ten_class_colours_differ_for_every_kind_of_colour_vision(theme: Theme, vision: str) -> None:
    assert closest([class_colour(i, theme) for i in range(10)], vision) > LEAST_DISTANCE


def test_dashes_are_a_second_cue_from_the_sixth_class_on() -> None:
    assert class_colour(10, LIGHT) == class_colour(0, LIGHT)
    assert [class_line_style(i) for i in (0, 4)] == [Qt.PenStyle.SolidLine] * 2
    assert [class_line_style(i) for i in (5, 9)] == [Qt.PenStyle.DashLine] * 2
    looks = {(class_colour(i, LIGHT).name(), class_line_style(i)) for i in range(40)}
    assert len(looks) == 40


def test_colours_of_a_dark_window_become_those_of_a_light_one_on_paper() -> None:
    for i in range(10):
        assert on_paper(class_colour(i, DARK)) == class_colour(i, LIGHT)
        assert on_paper(class_colour(i, LIGHT)).lightnessF() <= max(0.56, class_colour(i, LIGHT).lightnessF())
    for i in range(4):
        assert on_paper(series_colour(i, DARK)) == series_colour(i, LIGHT)
    assert contrast(on_paper(QColor("#ffff99")), LIGHT.background) > 1.5


def test_the_mlp_and_the_mlp_svd_have_their_own_colours() -> None:
    for theme in (LIGHT, DARK):
        assert series_colour(0, theme) != series_colour(1, theme)


def test_a_palette_gives_its_own_background(qtbot: QtBot) -> None:
    palette = QPalette()
    palette.setColor(QPalette.ColorRole.Base, QColor("#202124"))
    palette.setColor(QPalette.ColorRole.Text, QColor("#eeeeee"))
    theme = theme_for(palette)
    assert theme.is_dark
    assert theme.background == QColor("#202124")
    assert contrast(theme.muted, theme.background) > 4.0


def test_axis_fonts_are_never_tiny(qtbot: QtBot) -> None:
    assert small_font().pointSizeF() >= 8.0
