"""Filter responses over log frequency, with a handle on each filter's peak.

Drag a handle to change the centre frequency, with Shift the bandwidth; the wheel changes the bandwidth by a tenth, and
Esc reverts a drag. Keys: ← → 1 Hz (Shift: 10 Hz), ↑ ↓ bandwidth, PgUp PgDn previous or next filter.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Sequence
from dataclasses import dataclass

import numpy.typing as npt
from PySide6.QtCore import QEvent, QObject, QPointF, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QWidget

from mlpsvd_gui.plots.curve_plot import Curve, CurvePlot
from mlpsvd_gui.plots.filter_handle import FilterHandle, HandleLimits
from mlpsvd_gui.plots.handle_items import HandleItems, HandleLook

__all__ = ["ResponsePlot"]

_REACH_PX = 12.0
_BANDWIDTH_STEP = 1.1
_OCTAVE_PX = 60.0
"""Pixels of a vertical drag that double the bandwidth."""
_HELP = (
    "Drag: centre frequency\n"
    "Scroll, or Shift-drag up or down: −3 dB bandwidth\n"
    "← → 1 Hz, with Shift 10 Hz; ↑ ↓ bandwidth; PgUp PgDn: select a filter; Esc: cancel the drag"
)
_SETTLED_MS = 250
_Y_RANGE_DB = (-60.0, 9.0)


@dataclass(frozen=True)
class _Drag:
    index: int
    start: FilterHandle
    """Handle to which Esc reverts."""
    anchor: FilterHandle
    """Handle at the start of the movement."""
    mouse: QPointF
    """Mouse position at the start of the movement."""
    is_vertical: bool


class ResponsePlot(CurvePlot):
    """Filter responses with draggable handles."""

    filter_dragged = Signal(int, float, float)
    filter_drag_finished = Signal(int)
    filter_selected = Signal(int)

    def __init__(self, log_x: bool = True, parent: QWidget | None = None) -> None:
        self._handles: list[FilterHandle] = []
        self._visible: frozenset[int] | None = None
        self._selected: int | None = None
        self._limits = HandleLimits()
        self._drag: _Drag | None = None
        self._drag_mouse: tuple[QPointF, bool] | None = None
        self._hovered: int | None = None
        super().__init__("Frequency", "Hz", "Response", "dB", log_x=log_x, parent=parent)
        self.setAccessibleName("Filter responses")
        self.setAccessibleDescription(
            "PgUp and PgDn select a filter; left and right move it; up and down change its bandwidth."
        )
        self._items = HandleItems(self.plot_item, self._to_view)
        self._drag_timer = self._timer(0, self._follow_mouse)
        self._settled_timer = self._timer(_SETTLED_MS, self._settle)
        self.view.sigXRangeChanged.connect(self._on_x_range_changed)
        self.set_legend_visible(False)
        self.set_y_range(*_Y_RANGE_DB)
        self._paint_handles()

    def _timer(self, interval_ms: int, slot: object) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(interval_ms)
        timer.timeout.connect(slot)
        return timer

    # -- display

    def set_filters(self, filters: Sequence[tuple[float, float, str, QColor | str]]) -> None:
        """Show a handle for each filter: centre (Hz), −3 dB bandwidth (Hz), label, colour."""
        handles = [FilterHandle(float(c), float(b), label, QColor(colour)) for c, b, label, colour in filters]
        if handles == self._handles:  # unchanged after a drag: painting ten takes 10 ms
            return
        self._handles = handles
        if self._selected is not None and self._selected >= len(self._handles):
            self._selected = None
        if self._drag is not None and self._drag.index >= len(self._handles):
            self._drag = None
        self._paint_handles()

    def filters(self) -> tuple[FilterHandle, ...]:
        """Return the filters as shown."""
        return tuple(self._handles)

    def set_responses(self, frequencies_hz: npt.ArrayLike, responses_db: Sequence[npt.ArrayLike | None]) -> None:
        """Draw a curve for each filter.

        Parameters
        ----------
        frequencies_hz : array_like [shape=(n,)]
        responses_db : sequence of array_like [shape=(n,)] or None
            In the order of the filters.
        """
        with self.changes():
            for key in self.curve_keys():
                if isinstance(key, int) and (key >= len(responses_db) or responses_db[key] is None):
                    self.remove_curve(key)
            for index, response in enumerate(responses_db):
                if response is not None:
                    handle = self._handles[index] if index < len(self._handles) else None
                    colour = handle.colour if handle else self._theme.foreground
                    label = handle.label if handle else f"Filter {index + 1}"
                    self.set_curve(index, frequencies_hz, response, label, colour)

    def set_visible_filters(self, indices: Collection[int] | None) -> None:
        """Show only these filters; None shows all."""
        visible = None if indices is None else frozenset(indices)
        if visible == self._visible:
            return
        self._visible = visible
        self._paint_curves()
        self._paint_handles()

    def set_limits(
        self, lowest_hz: float, highest_hz: float, narrowest_hz: float = 0.1, widest_hz: float = 20_000.0
    ) -> None:
        """Set the limits of the handles."""
        self._limits = HandleLimits(lowest_hz, highest_hz, narrowest_hz, widest_hz)

    @property
    def selected(self) -> int | None:
        """Index of the selected filter, or None."""
        return self._selected

    def select(self, index: int | None) -> None:
        """Select a filter; emits nothing."""
        if index != self._selected:
            self._selected = index
            self.highlight(index)
            self._paint_handles()

    def _select_by_hand(self, index: int) -> None:
        if index != self._selected:
            self.select(index)
            self.filter_selected.emit(index)

    def _is_visible(self, index: int) -> bool:
        return self._visible is None or index in self._visible

    # -- painting

    def _paint_theme(self) -> None:
        super()._paint_theme()
        if hasattr(self, "_items"):
            self._paint_handles()

    def _paint_curve(self, key: Hashable, curve: Curve) -> None:
        super()._paint_curve(key, curve)
        curve.item.setVisible(not isinstance(key, int) or self._is_visible(key))

    def _on_x_range_changed(self, *_: object) -> None:
        """Keep the description within the plot."""
        self._paint_handles()

    def _paint_handles(self) -> None:
        left, right = self.view.viewRange()[0]
        look = HandleLook(
            theme=self._theme,
            pen_for=self._pen,
            selected=self._selected,
            hovered=self._hovered,
            floor_db=(self._fixed["y"] or _Y_RANGE_DB)[0],
            view_x=(left, right),
        )
        handles = {i: handle for i, handle in enumerate(self._handles) if self._is_visible(i)}
        self._items.show(handles, look)

    def _readout_lines(self, x: float) -> list[str]:
        return [] if self._hovered is not None else super()._readout_lines(x)

    def _tool_tip_at(self, position: QPointF) -> str:
        return super()._tool_tip_at(position) if self.handle_at(position) is None else _HELP

    # -- mouse

    def handle_at(self, position: QPointF) -> int | None:
        """Return the filter whose handle is under a pixel of the canvas, the selected one first."""
        distances = {
            i: (self.to_pixels(handle.centre_hz, 0.0) - position).manhattanLength()
            for i, handle in enumerate(self._handles)
            if self._is_visible(i)
        }
        near = {i: distance for i, distance in distances.items() if distance <= _REACH_PX}
        if not near:
            return None
        return self._selected if self._selected in near else min(near, key=near.__getitem__)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Handle the events of handles; leave the rest to the plot."""
        if isinstance(event, QWheelEvent):
            return self._wheel(event)
        if isinstance(event, QMouseEvent) and self._mouse(event):
            return True
        return super().eventFilter(watched, event)

    def _mouse(self, event: QMouseEvent) -> bool:
        kind, is_left = event.type(), event.button() == Qt.MouseButton.LeftButton
        if kind in (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonDblClick) and is_left:
            return self._begin_drag(event.position())
        if kind == QEvent.Type.MouseMove and self._drag is not None:
            is_vertical = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self._drag_mouse = (event.position(), is_vertical)
            self._drag_timer.start()
            return True
        if kind == QEvent.Type.MouseMove:
            self._hover(self.handle_at(event.position()))
        if kind == QEvent.Type.MouseButtonRelease and is_left and self._drag is not None:
            self._follow_mouse()
            self._end_drag()
            return True
        return False

    def _hover(self, index: int | None) -> None:
        if index != self._hovered:
            self._hovered = index
            viewport = self.canvas.viewport()
            viewport.unsetCursor() if index is None else viewport.setCursor(Qt.CursorShape.SizeHorCursor)
            self._paint_handles()

    def _leave(self) -> None:
        self._hover(None)
        super()._leave()

    def _begin_drag(self, position: QPointF) -> bool:
        index = self.handle_at(position)
        if index is None:
            return False
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        self._select_by_hand(index)
        self.set_cursor(None)
        handle = self._handles[index]
        self._drag = _Drag(index, handle, handle, position, is_vertical=False)
        return True

    def _follow_mouse(self) -> None:
        """Move the dragged handle to the mouse position."""
        self._drag_timer.stop()
        if self._drag is None or self._drag_mouse is None:
            return
        (mouse, is_vertical), self._drag_mouse = self._drag_mouse, None
        if is_vertical != self._drag.is_vertical:
            current = self._handles[self._drag.index]
            self._drag = _Drag(self._drag.index, self._drag.start, current, mouse, is_vertical)
        self._change(self._drag.index, self._dragged_to(self._drag, mouse))

    def _dragged_to(self, drag: _Drag, mouse: QPointF) -> FilterHandle:
        moved = mouse - drag.mouse
        if drag.is_vertical:
            return self._limits.widened(drag.anchor, drag.anchor.bandwidth_hz * 2.0 ** (-moved.y() / _OCTAVE_PX))
        if moved.x() == 0.0:
            return drag.anchor
        start = self.to_pixels(drag.anchor.centre_hz, 0.0)
        centre_hz, _ = self.from_pixels(QPointF(start.x() + moved.x(), start.y()))
        return self._limits.moved(drag.anchor, centre_hz)

    def _end_drag(self) -> None:
        drag, self._drag = self._drag, None
        if drag is not None and self._handles[drag.index] != drag.start:
            self.filter_drag_finished.emit(drag.index)

    def _cancel_drag(self, drag: _Drag) -> None:
        self._drag, self._drag_mouse = None, None
        self._change(drag.index, drag.start)
        self.filter_drag_finished.emit(drag.index)

    def _change(self, index: int, handle: FilterHandle) -> None:
        before = self._handles[index]
        if (handle.centre_hz, handle.bandwidth_hz) == (before.centre_hz, before.bandwidth_hz):
            return
        self._handles[index] = handle
        self._paint_handles()
        self.filter_dragged.emit(index, handle.centre_hz, handle.bandwidth_hz)

    def _wheel(self, event: QWheelEvent) -> bool:
        index = self.handle_at(event.position())
        if index is None:
            return False
        self._select_by_hand(index)
        self._widen(index, event.angleDelta().y() / 120.0)
        event.accept()
        return True

    def _widen(self, index: int, steps: float) -> None:
        handle = self._handles[index]
        self._change(index, self._limits.widened(handle, handle.bandwidth_hz * _BANDWIDTH_STEP**steps))
        self._settled_timer.start()

    def _move(self, index: int, by_hz: float) -> None:
        handle = self._handles[index]
        self._change(index, self._limits.moved(handle, handle.centre_hz + by_hz))
        self._settled_timer.start()

    def _settle(self) -> None:
        """Emit the end of a change by wheel or keys."""
        if self._selected is not None:
            self.filter_drag_finished.emit(self._selected)

    # -- keyboard

    def _handle_key(self, event: QKeyEvent) -> bool:
        key = Qt.Key(event.key())
        if key == Qt.Key.Key_Escape and self._drag is not None:
            self._cancel_drag(self._drag)
            return True
        if key in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown) and self._handles:
            self._select_neighbour(-1 if key == Qt.Key.Key_PageUp else 1)
            return True
        if self._selected is None:
            return super()._handle_key(event)
        hertz = 10.0 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1.0
        if key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self._move(self._selected, -hertz if key == Qt.Key.Key_Left else hertz)
        elif key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self._widen(self._selected, 1.0 if key == Qt.Key.Key_Up else -1.0)
        else:
            return super()._handle_key(event)
        return True

    def _select_neighbour(self, step: int) -> None:
        shown = [i for i in range(len(self._handles)) if self._is_visible(i)]
        if not shown:
            return
        if self._selected not in shown:
            self._select_by_hand(shown[0])
            return
        self._select_by_hand(shown[(shown.index(self._selected) + step) % len(shown)])

    def show_filters(self) -> None:
        """Zoom to the octaves around all filters."""
        if self._handles:
            low = min(handle.band()[0] for handle in self._handles) / 1.5
            high = max(handle.band()[1] for handle in self._handles) * 1.5
            self.set_x_range(low, high)
