"""Graphics of filter handles: dots, shaded bands and description."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import Qt

from mlpsvd_gui.plots.filter_handle import FilterHandle
from mlpsvd_gui.plots.marks import PenFor
from mlpsvd_gui.plots.theme import Theme, small_font, with_alpha

__all__ = ["HandleItems", "HandleLook"]

_DOT_PX = 11
_SELECTED_PX = 15
_TEXT_LIFT_DB = 1.6


@dataclass(frozen=True)
class HandleLook:
    """Display options of the handles."""

    theme: Theme
    pen_for: PenFor
    selected: int | None
    hovered: int | None
    floor_db: float
    """Lower end of the bands."""
    view_x: tuple[float, float]
    """The horizontal range shown, in view coordinates."""


class HandleItems:
    """Dots, bands and one text."""

    def __init__(self, plot_item: Any, to_view: Callable[[float], float]) -> None:
        self._to_view = to_view
        self._bands = pg.BarGraphItem(x0=[], x1=[], y0=[], y1=[])
        self._bands.setZValue(-10)
        self._dots = pg.ScatterPlotItem(pxMode=True, antialias=True)
        self._dots.setZValue(40)
        self._text = pg.TextItem()
        self._text.setZValue(45)
        self._text.setFont(small_font())
        for item in (self._bands, self._dots, self._text):
            plot_item.addItem(item, ignoreBounds=True)

    def show(self, handles: Mapping[int, FilterHandle], look: HandleLook) -> None:
        """Show these handles, by index."""
        self._show_bands(handles, look)
        self._show_dots(handles, look)
        self._show_text(handles, look)

    def _show_bands(self, handles: Mapping[int, FilterHandle], look: HandleLook) -> None:
        self._bands.setVisible(bool(handles))
        if not handles:  # pyqtgraph fails without any bars
            return
        bands = [handle.band() for handle in handles.values()]
        colours = [with_alpha(handle.colour, 0.22 if i == look.selected else 0.07) for i, handle in handles.items()]
        self._bands.setOpts(
            x0=[self._to_view(low) for low, _ in bands],
            x1=[self._to_view(high) for _, high in bands],
            y0=[look.floor_db] * len(bands),
            y1=[0.0] * len(bands),
            brushes=[pg.mkBrush(colour) for colour in colours],
            pens=[pg.mkPen(None)] * len(bands),
        )

    def _show_dots(self, handles: Mapping[int, FilterHandle], look: HandleLook) -> None:
        in_order = sorted(handles.items(), key=lambda pair: pair[0] == look.selected)
        self._dots.setData([self._dot(i, handle, look) for i, handle in in_order])

    def _dot(self, index: int, handle: FilterHandle, look: HandleLook) -> dict[str, Any]:
        is_strong = index in (look.selected, look.hovered)
        edge = look.theme.foreground if is_strong else look.theme.background
        return {
            "pos": (self._to_view(handle.centre_hz), 0.0),
            "size": _SELECTED_PX if index == look.selected else _DOT_PX,
            "brush": pg.mkBrush(handle.colour),
            "pen": look.pen_for(edge, 2.0, Qt.PenStyle.SolidLine),
        }

    def _show_text(self, handles: Mapping[int, FilterHandle], look: HandleLook) -> None:
        index = look.hovered if look.hovered is not None else look.selected
        handle = handles.get(index) if index is not None else None
        self._text.setVisible(handle is not None)
        if handle is None:
            return
        x, (left, right) = self._to_view(handle.centre_hz), look.view_x
        share = (x - left) / max(right - left, 1e-9)
        self._text.setText(handle.description(), color=look.theme.foreground)
        self._text.setAnchor((min(max(share, 0.0), 1.0), 1.0))  # within the edges
        self._text.setPos(x, _TEXT_LIFT_DB)
