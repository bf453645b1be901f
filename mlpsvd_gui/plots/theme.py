"""Colours of the plots, for a light and a dark window.

``Theme``
    Frozen: ``is_dark``, ``background``, ``foreground``, ``muted``, ``grid``, ``accent``, ``discard_mark`` (all QColor).
``LIGHT``, ``DARK``, ``theme_for(palette) -> Theme``
    The theme that belongs to a window's palette; background and foreground are the palette's own.
``class_colour(index, theme) -> QColor``, ``class_line_style(index) -> Qt.PenStyle``
    Ten colours in a fixed order; the eleventh class repeats the first colour with the next line style.
``series_colour(index, theme) -> QColor``, ``series_line_style(index) -> Qt.PenStyle``
    The two networks: 0 is the MLP (solid), 1 the MLP-SVD (dashed).
``apply_theme(plot, theme)``
    Paint a pyqtgraph PlotWidget (or PlotItem) in these colours, with the application's font on its axes.
``mix(first, second, share) -> QColor``, ``with_alpha(colour, alpha) -> QColor``
    Small helpers for tints.

The class colours were found by a search that maximises the smallest distance (OKLab) between any two of them as seen
with normal, protanopic and deuteranopic vision, at a contrast of at least 2.2 against the background.
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
    "series_colour",
    "series_line_style",
    "small_font",
    "theme_for",
    "with_alpha",
]

_CLASS_COLOURS_LIGHT = (
    "#1e78e1",
    "#b41e00",
    "#1ec3b4",
    "#a54ba5",
    "#96870f",
    "#1e2da5",
    "#ff8778",
    "#0f695a",
    "#b496ff",
    "#690f5a",
)
_CLASS_COLOURS_DARK = (
    "#1e78b4",
    "#ff8796",
    "#5affa5",
    "#a587ff",
    "#ffd200",
    "#00c3d2",
    "#c33c78",
    "#78b400",
    "#ffd2ff",
    "#966900",
)
_LINE_STYLES = (Qt.PenStyle.SolidLine, Qt.PenStyle.DashLine, Qt.PenStyle.DotLine, Qt.PenStyle.DashDotLine)

CONTENDER_COLOURS: dict[bool, tuple[str, ...]] = {
    False: ("#1f5fa8", "#c4500a", "#2e7d5b", "#7a4fa0"),
    True: ("#7db4f0", "#f59a4c", "#6fcf9f", "#c49be8"),
}
"""Colours of the networks that race, keyed by whether the window is dark."""


@dataclass(frozen=True)
class Theme:
    """Colours of every part of a plot."""

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
    """Return the colour of a class, the same in every plot; the eleventh begins again (see class_line_style)."""
    colours = _CLASS_COLOURS_DARK if theme.is_dark else _CLASS_COLOURS_LIGHT
    return QColor(colours[index % len(colours)])


def class_line_style(index: int) -> Qt.PenStyle:
    """Return the line style of a class: solid for the first ten, then dashed, dotted, dash-dotted."""
    return _LINE_STYLES[index // len(_CLASS_COLOURS_LIGHT) % len(_LINE_STYLES)]


def series_colour(name_index: int, theme: Theme) -> QColor:
    """Return the colour of a network: 0 the MLP, 1 the MLP-SVD."""
    colours = CONTENDER_COLOURS[theme.is_dark]
    return QColor(colours[name_index % len(colours)])


def series_line_style(name_index: int) -> Qt.PenStyle:
    """Return the line style of a network: the MLP solid, the MLP-SVD dashed."""
    return _LINE_STYLES[name_index % len(_LINE_STYLES)]


def small_font() -> QFont:
    """Return the application's font, a point smaller, never below 8 points (11 px at 96 dpi)."""
    font = QFont(QGuiApplication.font())
    if font.pointSizeF() > 0:
        font.setPointSizeF(max(8.0, font.pointSizeF() - 1.0))
    return font


def apply_theme(plot: Any, theme: Theme) -> None:
    """Paint a PlotWidget or PlotItem: background, axes, labels, tick fonts."""
    if isinstance(plot, pg.PlotWidget):
        plot.setBackground(theme.background)
        plot = plot.getPlotItem()
    for name in ("left", "bottom", "right", "top"):
        _paint_axis(plot.getAxis(name), theme)


def _paint_axis(axis: Any, theme: Theme) -> None:
    font = small_font()
    axis.setPen(pg.mkPen(theme.grid))
    axis.setTickPen(pg.mkPen(theme.grid))
    axis.setTextPen(pg.mkPen(theme.muted))
    axis.setTickFont(font)
    axis.label.setFont(font)
    axis.label.setDefaultTextColor(theme.muted)
