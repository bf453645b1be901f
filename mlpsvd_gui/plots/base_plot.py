"""Base class of the plots: canvas, axes, empty state, cursor, zoom, theme and context menu."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QFocusEvent, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget

from mlpsvd.chart import Axis, Chart
from mlpsvd_gui.plots.deferred_painting import DeferredPainting
from mlpsvd_gui.plots.frequency_axis import FrequencyAxis, PlainAxis
from mlpsvd_gui.plots.picture_menu import PictureMenu
from mlpsvd_gui.plots.readout import Readout
from mlpsvd_gui.plots.theme import Theme, apply_theme, theme_for

__all__ = ["BasePlot", "axis_text"]

Range = tuple[float, float]


def axis_text(label: str, unit: str) -> str:
    """Return an axis label: "Frequency (Hz)"."""
    return f"{label} ({unit})" if unit else label


class BasePlot(QWidget):
    """A plot with one pair of axes."""

    cursor_moved = Signal(float)
    """The cursor was moved here, by mouse or keyboard, to this x."""
    cursor_left = Signal()
    """The mouse left the plot, or Esc was pressed."""

    def __init__(self, x_text: str, y_text: str, log_x: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._log_x = log_x
        self._theme = theme_for(self.palette())
        self._empty_text: str | None = None
        self._fixed: dict[str, Range | None] = {"x": None, "y": None}
        self._empty_y: Range = (0.0, 1.0)
        self._shown: tuple[Range, Range] | None = None
        self._is_zoomed = False
        self._cursor: float | None = None
        self._focus_by_key = False
        self._build_canvas(x_text, y_text)
        self._build_cursor()
        self._build_layout()
        self._painting = DeferredPainting(self.canvas)
        self._menu = PictureMenu(self, self.chart)
        self._menu.addSeparator()
        self._menu.addAction("Reset view", self.reset_view)
        self.setAccessibleName(f"Plot of {y_text} over {x_text}")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(160, 110)
        self._paint_theme()

    def _build_canvas(self, x_text: str, y_text: str) -> None:
        bottom = FrequencyAxis("bottom") if self._log_x else PlainAxis("bottom")
        self.canvas = pg.PlotWidget(self, axisItems={"bottom": bottom, "left": PlainAxis("left")}, enableMenu=False)
        self.canvas.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.canvas.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        self.plot_item = self.canvas.getPlotItem()
        self.view = self.plot_item.getViewBox()
        for action in self.canvas.scene().contextMenu:  # pyqtgraph's own export
            action.deleteLater()
        self.canvas.scene().contextMenu = []
        self.plot_item.hideButtons()
        self.plot_item.setContentsMargins(2, 4, 16, 2)
        self.plot_item.showGrid(x=True, y=True, alpha=1.0)
        self.plot_item.setLabel("bottom", x_text)
        self.plot_item.setLabel("left", y_text)
        for name in ("bottom", "left"):
            self.plot_item.getAxis(name).setZValue(-1)  # the grid belongs behind the curves
        self.view.disableAutoRange()
        self.view.setDefaultPadding(0.0)
        self.view.sigRangeChangedManually.connect(self._on_zoomed)
        self.view.sigResized.connect(self._on_view_resized)
        self.canvas.scene().sigMouseMoved.connect(self._on_mouse_moved)
        self.canvas.scene().sigMouseClicked.connect(self._on_clicked)
        self.canvas.viewport().installEventFilter(self)

    def _build_cursor(self) -> None:
        self._cursor_line = pg.InfiniteLine(angle=90, movable=False)
        self._cursor_line.setZValue(50)
        self._cursor_line.hide()
        self.plot_item.addItem(self._cursor_line, ignoreBounds=True)
        self._readout = Readout(self.canvas)

    def _build_layout(self) -> None:
        self._empty_label = QLabel(self)
        self._empty_label.setTextFormat(Qt.TextFormat.PlainText)
        self._empty_label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty_label.setWordWrap(True)
        self._empty_label.setMargin(16)
        self._empty_label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        self._empty_label.setAutoFillBackground(True)
        self._empty_label.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(1, 1, 1, 1)  # the focus frame
        layout.addWidget(self.canvas)
        layout.addWidget(self._empty_label)

    def _data_bounds(self) -> tuple[Range, Range] | None:
        """Return the x range (view coordinates) and y range to show, or None without data."""
        return None

    def _cursor_positions(self) -> npt.NDArray[np.float64]:
        """Return the x values that the keyboard walks along."""
        return np.empty(0)

    def _readout_lines(self, x: float) -> list[str]:
        """Return the readout at a cursor position, as lines of rich text."""
        return []

    def chart(self) -> Chart:
        """Return what is shown, for pictures and tables."""
        raise NotImplementedError

    def _axis(self, which: str, label: str, unit: str = "", *, is_reversed: bool = False) -> Axis:
        """Return the horizontal ("x") or vertical axis, with the range that is shown."""
        low, high = self.view.viewRange()[0 if which == "x" else 1]
        is_log = which == "x" and self._log_x
        drawn = self.plot_item.getAxis("bottom" if which == "x" else "left")
        limits = (10.0**low, 10.0**high) if is_log else (low, high)
        has_integers = isinstance(drawn, PlainAxis) and drawn.has_integers
        return Axis(label, unit, is_log, limits, has_integers=has_integers, is_reversed=is_reversed)

    @property
    def theme(self) -> Theme:
        """The current theme."""
        return self._theme

    def set_theme(self, theme: Theme) -> None:
        """Apply the colours of a theme; colours passed with the data are unchanged."""
        if theme != self._theme:
            self._theme = theme
            self._paint_theme()

    def _paint_theme(self) -> None:
        theme = self._theme
        apply_theme(self.canvas, theme)
        self._cursor_line.setPen(self._pen(theme.accent, 1.0))
        self._readout.set_theme(theme)
        self._empty_label.setStyleSheet(
            f"background: {theme.background.name()}; color: {theme.muted.name()}; border: none;"
        )

    def _pen(self, colour: Any, width: float, style: Qt.PenStyle = Qt.PenStyle.SolidLine) -> QPen:
        """Return a pen of a width in pixels of the layout; pyqtgraph's pens count the device's."""
        pen: QPen = pg.mkPen(colour, width=width * self.devicePixelRatioF(), style=style)
        return pen

    def event(self, event: QEvent) -> bool:
        """Follow the window to another screen."""
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self._paint_theme()
        return super().event(event)

    def set_empty_text(self, text: str | None) -> None:
        """Set the text shown without data."""
        self._empty_text = text
        self._empty_label.setText(text or "")
        self._update_empty()

    def _update_empty(self) -> None:
        is_empty = self._empty_text is not None and self._data_bounds() is None
        self.canvas.setVisible(not is_empty)
        self._empty_label.setVisible(is_empty)

    def set_x_range(self, low: float | None, high: float | None = None) -> None:
        """Fix the horizontal range (data units); None follows the data."""
        fixed = None if low is None or high is None else (self._to_view(low), self._to_view(high))
        self._fix("x", fixed)

    def set_y_range(self, low: float | None, high: float | None = None) -> None:
        """Fix the vertical range; None follows the data."""
        self._fix("y", None if low is None or high is None else (low, high))

    def set_empty_y_range(self, low: float, high: float) -> None:
        """Set the vertical range of axes without data."""
        self._empty_y = (low, high)
        self._fit()

    def _fix(self, axis: str, fixed: Range | None) -> None:
        if self._fixed[axis] != fixed:
            self._fixed[axis] = fixed
            self._fit()

    def put_off_painting(self) -> None:
        """Defer painting to a later pass of the event loop."""
        self._painting.put_off()

    def reset_view(self) -> None:
        """Reset the view."""
        self._is_zoomed = False
        self._shown = None
        self._fit()

    def _on_zoomed(self, *_: Any) -> None:
        self._is_zoomed = True

    def _fit(self) -> None:
        """Show all data unless the user has zoomed; zooming is limited to the data."""
        self._update_empty()
        bounds = self._data_bounds() or ((0.0, 1.0), self._empty_y)
        x = self._fixed["x"] or bounds[0]
        y = self._fixed["y"] or bounds[1]
        if (x, y) == self._shown:
            return
        self._shown = (x, y)
        self.view.setLimits(xMin=x[0], xMax=x[1], yMin=y[0], yMax=y[1])
        if not self._is_zoomed:
            self.view.setRange(xRange=x, yRange=y, padding=0.0, disableAutoRange=True)
        self.view.prepareForPaint()  # during painting it would request another repaint of all curves

    def _to_view(self, x: float) -> float:
        return float(np.log10(max(x, 1e-12))) if self._log_x else float(x)

    def _from_view(self, x: float) -> float:
        return float(10.0**x) if self._log_x else float(x)

    # -- cursor

    @property
    def cursor_x(self) -> float | None:
        """Position of the cursor, or None."""
        return self._cursor

    def set_cursor(self, x: float | None) -> None:
        """Move the cursor to x (data units), or remove it; emits nothing."""
        self._cursor = None if x is None else float(x)
        if self._cursor is None:
            self._cursor_line.hide()
            self._readout.hide()
            return
        self._cursor_line.setPos(self._to_view(self._cursor))
        self._cursor_line.show()
        self._show_readout(self._cursor)

    def _show_readout(self, x: float) -> None:
        area = self._view_area()
        left, right = self.view.viewRange()[0]
        is_left_half = self._to_view(x) < (left + right) / 2.0
        self._readout.show_lines(self._readout_lines(x), area, at_right=is_left_half)

    def _refresh_readout(self) -> None:
        if self._cursor is not None:
            self._show_readout(self._cursor)

    def _view_area(self) -> QRectF:
        """Return the rectangle inside the axes, in pixels of the canvas."""
        return QRectF(self.canvas.mapFromScene(self.view.sceneBoundingRect()).boundingRect())

    def to_pixels(self, x: float, y: float) -> QPointF:
        """Return the pixel position of a point (data units) in the canvas's viewport."""
        scene = self.view.mapViewToScene(QPointF(self._to_view(x), y))
        transform = self.canvas.viewportTransform()
        return QPointF(transform.map(scene))

    def from_pixels(self, position: QPointF) -> tuple[float, float]:
        """Return the point (data units) at a pixel of the canvas's viewport."""
        inverse, _ = self.canvas.viewportTransform().inverted()
        point = self.view.mapSceneToView(inverse.map(position))
        return self._from_view(point.x()), float(point.y())

    def _on_mouse_moved(self, scene_position: QPointF) -> None:
        if self._data_bounds() is None or not self.view.sceneBoundingRect().contains(scene_position):
            self._leave()
            return
        self._move_cursor(self._from_view(self.view.mapSceneToView(scene_position).x()))

    def _move_cursor(self, x: float) -> None:
        self.set_cursor(x)
        self.cursor_moved.emit(x)

    def _leave(self) -> None:
        if self._cursor is not None:
            self.set_cursor(None)
            self.cursor_left.emit()

    def _step_cursor(self, steps: int) -> None:
        positions = self._cursor_positions()
        if positions.size == 0:
            return
        if self._cursor is None:
            index = 0 if steps > 0 else positions.size - 1
        else:
            index = int(np.argmin(np.abs(positions - self._cursor))) + steps
        self._move_cursor(float(positions[min(max(index, 0), positions.size - 1)]))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Watch the canvas for tooltips and the mouse leaving it."""
        if event.type() == QEvent.Type.Leave:
            self._leave()
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move the cursor with the arrow keys."""
        if not self._handle_key(event):
            super().keyPressEvent(event)

    def _handle_key(self, event: QKeyEvent) -> bool:
        many = 10 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1
        far = self._cursor_positions().size
        steps = {Qt.Key.Key_Left: -many, Qt.Key.Key_Right: many, Qt.Key.Key_Home: -far, Qt.Key.Key_End: far}
        key = Qt.Key(event.key())
        if key in steps:
            self._step_cursor(steps[key])
        elif key == Qt.Key.Key_Escape and self._cursor is not None:
            self._leave()
        else:
            return False
        return True

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Open the menu by keyboard; with the mouse it opens on click, so that a right drag can zoom."""
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            self._menu.popup(self.mapToGlobal(self.rect().center()))
        event.accept()

    def _on_clicked(self, event: Any) -> None:
        if event.button() == Qt.MouseButton.RightButton:
            event.accept()
            self._menu.popup(QPoint(int(event.screenPos().x()), int(event.screenPos().y())))
        elif event.double():
            self.reset_view()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show a frame when the focus came by keyboard."""
        keys = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason, Qt.FocusReason.ShortcutFocusReason)
        self._focus_by_key = event.reason() in keys
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Remove the frame."""
        self._focus_by_key = False
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the background, and the focus frame around the canvas."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), self._theme.accent if self._focus_by_key else self._theme.background)

    def _on_view_resized(self, *_: Any) -> None:
        """Move the readout back to its corner."""
        self._refresh_readout()

    def context_menu(self) -> PictureMenu:
        """Return the context menu."""
        return self._menu
