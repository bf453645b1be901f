from __future__ import annotations

from importlib.resources import files
from xml.etree import ElementTree

import pytest
from PySide6.QtGui import QColor, QIcon
from pytestqt.qtbot import QtBot

from mlpsvd_gui.widgets.icons import ICON_NAMES, app_icon, icon, svg_text


@pytest.mark.parametrize("name", ICON_NAMES)
def test_an_icon_takes_the_colour_it_is_given(qtbot: QtBot, name: str) -> None:
    image = icon(name, QColor("#ff0000")).pixmap(32, 32).toImage()
    solid = {
        image.pixelColor(x, y).name()
        for x in range(image.width())
        for y in range(image.height())
        if image.pixelColor(x, y).alpha() == 255
    }
    assert solid == {"#ff0000"}


def test_a_disabled_icon_is_fainter(qtbot: QtBot) -> None:
    stop = icon("stop", QColor("black"))
    normal, disabled = (
        stop.pixmap(32, mode).toImage().pixelColor(16, 16).alpha() for mode in (QIcon.Mode.Normal, QIcon.Mode.Disabled)
    )
    assert disabled < normal / 2


def test_an_icon_is_drawn_once_in_each_colour(qtbot: QtBot) -> None:
    key = icon("play", QColor("#123456")).pixmap(16, 16).cacheKey()
    assert icon("play", QColor("#123456")).pixmap(16, 16).cacheKey() == key
    assert icon("play", QColor("#654321")).pixmap(16, 16).cacheKey() != key


def test_every_drawing_has_a_name_and_is_plain_svg() -> None:
    folder = files("mlpsvd_resources") / "icons"
    names = {entry.name.removesuffix(".svg") for entry in folder.iterdir() if entry.name.endswith(".svg")}
    assert names == {*ICON_NAMES, "app"}
    for name in names:
        assert ElementTree.fromstring(svg_text(name)).attrib["viewBox"]


def test_an_unknown_icon_is_named() -> None:
    with pytest.raises(KeyError, match="no icon 'dragon'"):
        svg_text("dragon")


def test_the_program_has_an_icon_of_its_own(qtbot: QtBot) -> None:
    assert not app_icon().pixmap(64, 64).isNull()
