"""Parts of charts from what plots show: colours and dashes for print, images on white."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor

from mlpsvd.chart import Axis, Cells, Chart, Dash, cell_edges
from mlpsvd.drawing import PALETTE
from mlpsvd_gui.plots.theme import CONTENDER_COLOURS, on_paper

__all__ = ["dash_of", "image_chart", "images_chart", "print_colour", "print_width"]

_DASHES: dict[Qt.PenStyle, Dash] = {
    Qt.PenStyle.DashLine: "dashed",
    Qt.PenStyle.DashDotLine: "dash-dot",
    Qt.PenStyle.DashDotDotLine: "dash-dot",
    Qt.PenStyle.DotLine: "dotted",
    Qt.PenStyle.NoPen: "none",
}
_GREY = 0.15
"""Saturation below which a colour is grey."""
_DARK_GREY = "#404040"
_POINTS_PER_PIXEL = 0.625
_LEAST_WIDTH = 0.5
_ROW_GAP = 4

Floats = npt.NDArray[np.floating[Any]]


def print_colour(colour: QColor) -> str:
    """Return a colour for white paper: networks have those of the figures of runs, others those of a light window."""
    name = colour.name()
    for colours in CONTENDER_COLOURS.values():
        if name in colours:
            return PALETTE[colours.index(name) % len(PALETTE)]
    if colour.saturationF() < _GREY and colour.lightnessF() > 0.5:
        return _DARK_GREY  # the text of a dark window
    return on_paper(colour).name()


def print_width(width_px: float) -> float:
    """Return the width of a line in points."""
    return max(_LEAST_WIDTH, _POINTS_PER_PIXEL * width_px)


def dash_of(style: Qt.PenStyle) -> Dash:
    """Return the dashes of a pen's style."""
    return _DASHES.get(style, "solid")


def image_chart(name: str, pixels: Floats, title: str = "") -> Chart:
    """Return an image of values from 0, the background, to 1 [shape=(height, width)] as a chart."""
    height, width = pixels.shape
    values = np.array(pixels.T, dtype=np.float64)
    edges = cell_edges(1.0, 1.0, width), cell_edges(1.0, 1.0, height)
    return Chart(
        name,
        Axis("Column", has_integers=True),
        Axis("Row", has_integers=True, is_reversed=True),
        cells=Cells(values, *edges, "Value", low=0.0, high=max(1.0, float(values.max(initial=0.0))), palette="ink"),
        title=title,
        has_equal_scales=True,
        columns=_matrix_columns(pixels),
    )


def images_chart(name: str, images: Sequence[Floats], captions: Sequence[str]) -> Chart:
    """Return images of one shape [shape=(height, width)] as a chart: in rows, with their captions below them."""
    if not images:
        return Chart(name, Axis("Column"), Axis("Row"))
    height, width = images[0].shape
    n_columns = int(np.ceil(np.sqrt(1.5 * len(images))))
    n_rows = -(-len(images) // n_columns)
    step_x, step_y = width + 1, height + max(_ROW_GAP, height // 5)
    values = np.full((n_columns * step_x, n_rows * step_y), np.nan)
    labels = []
    for index, (image, caption) in enumerate(zip(images, captions, strict=True)):
        row, column = divmod(index, n_columns)
        values[column * step_x : column * step_x + width, row * step_y : row * step_y + height] = image.T
        labels.append((column * step_x + width / 2 + 0.5, row * step_y + height + 0.8, caption))
    columns: dict[str, Any] = {"Image": np.repeat(list(captions), height), **_matrix_columns(np.concatenate(images))}
    columns["Row"] = np.tile(np.arange(1, height + 1), len(images))
    edges = cell_edges(1.0, 1.0, values.shape[0]), cell_edges(1.0, 1.0, values.shape[1])
    no_ticks = ((-1.0, ""),)
    return Chart(
        name,
        Axis("", limits=(0.5, values.shape[0] + 0.5), ticks=no_ticks),
        Axis("", limits=(0.5, values.shape[1] + 0.5), is_reversed=True, ticks=no_ticks),
        cells=Cells(values, *edges, "Value", low=0.0, high=max(1.0, float(np.nanmax(values))), palette="ink"),
        labels=tuple(labels),
        has_equal_scales=True,
        columns=columns,
    )


def _matrix_columns(pixels: Floats) -> dict[str, Any]:
    columns: dict[str, Any] = {"Row": np.arange(1, len(pixels) + 1)}
    return columns | {f"Column {index + 1}": pixels[:, index] for index in range(pixels.shape[1])}
