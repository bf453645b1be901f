"""Colours of the plots, for a light and a dark window.

The class colours were found by a search that maximises the smallest distance (OKLab) between any two of them as seen
with normal, protanopic, deuteranopic and tritanopic vision (Machado, Oliveira and Fernandes 2009), at a contrast of at
least 2.2 against the background. The smallest distance of the ten is 0.138.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QGuiApplication, QPalette

__all__ = [
    "CONTENDER_COLOURS",
    "DARK",
    "LIGHT",
    "Theme",
    "apply_theme",
    "class_colour",
    "class_line_style",
    "mix",
    "on_paper",
    "series_colour",
    "small_font",
    "theme_for",
    "with_alpha",
]

_CLASS_COLOURS_LIGHT = (
    "#3c3ca5",
    "#f09600",
    "#008796",
    "#f01e3c",
    "#b487ff",
    "#4b0000",
    "#3cc3a5",
    "#960fff",
    "#960f1e",
    "#001e4b",
)
_CLASS_COLOURS_DARK = (
    "#4b87f0",
    "#f0b41e",
    "#4bffd2",
    "#ff2d00",
    "#b4b4ff",
    "#a51e1e",
    "#b47896",
    "#3c1eff",
    "#ffff00",
    "#783c96",
)
_CLASS_LINE_STYLES = (
    Qt.PenStyle.SolidLine,
    Qt.PenStyle.DashLine,
    Qt.PenStyle.DashDotLine,
    Qt.PenStyle.DotLine,
    Qt.PenStyle.DashLine,
    Qt.PenStyle.SolidLine,
    Qt.PenStyle.DotLine,
    Qt.PenStyle.DashDotLine,
)
"""One style per five classes, so that forty classes differ."""

CONTENDER_COLOURS: dict[bool, tuple[str, ...]] = {
    False: ("#1f5fa8", "#c4500a", "#2e7d5b", "#7a4fa0", "#8a6d00", "#b03060", "#3f6f7f"),
    True: ("#7db4f0", "#f59a4c", "#6fcf9f", "#c49be8", "#d8c050", "#f08fb0", "#8fc3d0"),
}
"""Colours of the networks, keyed by whether the window is dark."""


@dataclass(frozen=True)
class Theme:
    """Colours of a plot."""

    is_dark: bool
    background: QColor
    foreground: QColor
    muted: QColor
    grid: QColor
    accent: QColor
    discard_mark: QColor


LIGHT = Theme(
    is_dark=False,
    background=QColor("#ffffff"),
    foreground=QColor("#1c1c1e"),
    muted=QColor("#6a6d73"),
    grid=QColor("#dfe1e5"),
    accent=QColor("#1668c7"),
    discard_mark=QColor("#8a8d94"),
)
DARK = Theme(
    is_dark=True,
    background=QColor("#1e1f22"),
    foreground=QColor("#e8e8ea"),
    muted=QColor("#9a9da5"),
    grid=QColor("#3a3c41"),
    accent=QColor("#6cb0ff"),
    discard_mark=QColor("#8b8f98"),
)


def theme_for(palette: QPalette) -> Theme:
    """Return the theme of a palette: the palette's own base and text, our colours for the rest."""
    base = palette.color(QPalette.ColorRole.Base)
    text = palette.color(QPalette.ColorRole.Text)
    is_dark = base.lightnessF() < 0.5
    pattern = DARK if is_dark else LIGHT
    return Theme(
        is_dark=is_dark,
        background=base,
        foreground=text,
        muted=mix(text, base, 0.42),
        grid=mix(text, base, 0.86),
        accent=pattern.accent,
        discard_mark=mix(text, base, 0.5),
    )


def mix(first: QColor, second: QColor, share: float) -> QColor:
    """Return ``first`` with a ``share`` (0 to 1) of ``second`` in it."""
    keep = 1.0 - share
    return QColor.fromRgbF(
        first.redF() * keep + second.redF() * share,
        first.greenF() * keep + second.greenF() * share,
        first.blueF() * keep + second.blueF() * share,
    )


def with_alpha(colour: QColor, alpha: float) -> QColor:
    """Return the colour at an opacity from 0 to 1."""
    tinted = QColor(colour)
    tinted.setAlphaF(alpha)
    return tinted


def class_colour(index: int, theme: Theme) -> QColor:
    """Return the colour of a class; colours repeat after ten classes (see class_line_style)."""
    colours = _CLASS_COLOURS_DARK if theme.is_dark else _CLASS_COLOURS_LIGHT
    return QColor(colours[index % len(colours)])


def class_line_style(index: int) -> Qt.PenStyle:
    """Return the line style of a class: solid for the first five, dashed for the next five; forty differ in all."""
    return _CLASS_LINE_STYLES[index // 5 % len(_CLASS_LINE_STYLES)]


def on_paper(colour: QColor) -> QColor:
    """Return a colour for white paper: that of the light theme, or a darker one if it is too light."""
    name = colour.name()
    for dark, light in (
        (_CLASS_COLOURS_DARK, _CLASS_COLOURS_LIGHT),
        (CONTENDER_COLOURS[True], CONTENDER_COLOURS[False]),
    ):
        if name in dark:
            return with_alpha(QColor(light[dark.index(name)]), colour.alphaF())
    darker = QColor(colour)
    while darker.lightnessF() > 0.55:
        darker = darker.darker(120)
    return darker


def series_colour(name_index: int, theme: Theme) -> QColor:
    """Return the colour of a network: that of its contender's colour index."""
    colours = CONTENDER_COLOURS[theme.is_dark]
    return QColor(colours[name_index % len(colours)])


def small_font() -> QFont:
    """Return the application's font, a point smaller, never below 8 points (11 px at 96 dpi)."""
    font = QFont(QGuiApplication.font())
    if font.pointSizeF() > 0:
        font.setPointSizeF(max(8.0, font.pointSizeF() - 1.0))
    return font


def apply_theme(plot: Any, theme: Theme) -> None:
    """Paint a PlotWidget or PlotItem: background, axes, labels, tick fonts; no plot shows other axes."""
    if isinstance(plot, pg.PlotWidget):
        plot.setBackground(theme.background)
        plot = plot.getPlotItem()
    for name in ("left", "bottom"):
        _paint_axis(plot.getAxis(name), theme)


def _paint_axis(axis: Any, theme: Theme) -> None:
    font = small_font()
    axis.label.setFont(font)  # before the pens, which let the axis measure its label
    axis.label.setDefaultTextColor(theme.muted)
    axis.setPen(pg.mkPen(theme.grid))
    axis.setTickPen(pg.mkPen(theme.grid))
    axis.setTextPen(pg.mkPen(theme.muted))
    axis.setTickFont(font)
