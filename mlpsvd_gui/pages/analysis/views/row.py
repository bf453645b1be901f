"""One row: value, line over frequency, column, activation by class, effect on the accuracy, and a button."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QHelpEvent, QPainter, QPaintEvent, QPen, QPolygonF, QResizeEvent
from PySide6.QtWidgets import QPushButton, QToolTip, QWidget

from mlpsvd.chart import Axis, Chart, Curve, Dash
from mlpsvd.drawing import PALETTE
from mlpsvd_gui.pages.analysis.views.shown_row import ShownFrame, ShownRow
from mlpsvd_gui.plots.chart_parts import image_chart
from mlpsvd_gui.plots.image_grid import paint_image, pixel_text
from mlpsvd_gui.plots.picture_menu import offer_picture
from mlpsvd_gui.plots.readout import number_text
from mlpsvd_gui.plots.theme import LIGHT, Theme, class_colour, mix, small_font, with_alpha
from mlpsvd_gui.qt_text import plain_tip

__all__ = ["LEAST_PX", "MOST_PX", "LearnedRow", "columns"]

LEAST_PX, MOST_PX = 104, 280
_GAP_PX = 14
_NAME_PX, _COLUMN_PX, _CLASSES_PX, _EFFECT_PX = 112, 130, 150, 108
_BUTTON_PX = 62
_IMAGE_PX = 150
_AXIS_PX = 15
_BAR_PX = 8
_MOST_DOTS = 60
_FEWEST_TICKS_PX = 62


def columns(width: float, height: float, has_images: bool = False) -> tuple[QRectF, QRectF, QRectF, QRectF, QRectF]:
    """Return the rectangles of the five columns of a row; the line takes the rest of the width, an image shares it."""
    fixed = _NAME_PX + _COLUMN_PX + _CLASSES_PX + _EFFECT_PX + _BUTTON_PX + 7 * _GAP_PX
    places, x = [], float(_GAP_PX)
    rest = max(80.0, width - fixed)
    more = max(0.0, rest - _IMAGE_PX) / 2.0 if has_images else 0.0
    for column in (_NAME_PX, rest - 2.0 * more, _COLUMN_PX + more, _CLASSES_PX + more, _EFFECT_PX):
        places.append(QRectF(x, 0.0, column, height))
        x += column + _GAP_PX
    return places[0], places[1], places[2], places[3], places[4]


class LearnedRow(QWidget):
    """Paints a row itself: plots of their own would take seconds for a network with many directions."""

    hear_requested = Signal(int)

    def __init__(
        self, index: int, shown: ShownRow, frame: ShownFrame, x_range: tuple[float, float], parent: QWidget
    ) -> None:
        super().__init__(parent)
        self.index, self.shown, self._frame, self._x_range = index, shown, frame, x_range
        self._theme = LIGHT
        self.hear_button = QPushButton("Hear", self)
        self.hear_button.setVisible(shown.can_be_heard)
        self.hear_button.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # Space in the list
        self.hear_button.clicked.connect(lambda: self.hear_requested.emit(self.index))
        self.show_sound("")
        self.setAccessibleName(
            " ".join(part for part in (shown.name, shown.value, *shown.effect, shown.meaning) if part)
        )
        offer_picture(self, self.chart)

    def chart(self) -> Chart:
        """Return the line, one curve for each part, or the image."""
        shown, frame = self.shown, self._frame
        if frame.image_shape is not None:
            return image_chart(shown.name, self._image(), shown.name)
        dashes: tuple[Dash, ...] = ("solid", "dashed", "dotted", "dash-dot")
        names = [f"Part {part + 1}" if len(shown.line) > 1 else shown.name for part in range(len(shown.line))]
        drawn = tuple(
            Curve(frame.x, values, name, PALETTE[part % len(PALETTE)], dashes[part // len(PALETTE) % 4])
            for part, (name, values) in enumerate(zip(names, shown.line, strict=True))
        )
        label = "Frequency" if frame.unit == "Hz" else "Feature"
        return Chart(shown.name, Axis(label, frame.unit, limits=self._x_range), Axis("Value"), drawn, title=shown.name)

    def sizeHint(self) -> QSize:
        """Return the least height of a row."""
        return QSize(0, LEAST_PX)

    def set_theme(self, theme: Theme) -> None:
        """Apply the colours of a theme."""
        self._theme = theme
        self.update()

    def show_sound(self, problem: str) -> None:
        """Disable Hear with a reason; an empty text enables it."""
        self.hear_button.setEnabled(not problem)
        tip = problem or "Play noise with the magnitude of this row of Vᵀ (Space); the sign is not audible"
        self.hear_button.setToolTip(plain_tip(tip))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Place the button."""
        size = self.hear_button.sizeHint()
        self.hear_button.setGeometry(
            self.width() - _BUTTON_PX - _GAP_PX, (self.height() - size.height()) // 2, _BUTTON_PX, size.height()
        )

    def event(self, event: QEvent) -> bool:
        """Tell the value under the mouse."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            text = self.text_at(QPointF(event.pos()))
            if text:
                QToolTip.showText(event.globalPos(), plain_tip(text), self)
                return True
        return super().event(event)

    def text_at(self, position: QPointF) -> str:
        """Return what is at a point, in words; empty where there is nothing."""
        words, line, column, classes, effect = self._places()
        if words.contains(position) or effect.contains(position):
            return self.shown.meaning
        if self._frame.image_shape is not None and self._image_place(line).contains(position):
            return pixel_text(self._image_place(line), self._image(), position)
        if self._frame.image_shape is None and line.contains(position):
            part_px = line.width() / len(self.shown.line)
            part = min(int((position.x() - line.left()) / part_px), len(self.shown.line) - 1)
            low, high = self._x_range
            x = low + (position.x() - line.left() - part * part_px) / part_px * (high - low)
            nearest = int(np.argmin(np.abs(self._frame.x - x)))
            where = f", part {part + 1}" if len(self.shown.line) > 1 else ""
            at = number_text(self._frame.x[nearest], self._frame.unit)
            return f"{at}{where}: {number_text(self.shown.line[part, nearest])}"
        if column.contains(position) and len(self.shown.column):
            n = min(
                int((position.x() - column.left()) / column.width() * len(self.shown.column)),
                len(self.shown.column) - 1,
            )
            name = self._frame.class_names[n] if self._frame.column_is_classes else f"Neuron {n + 1}"
            return f"{name}: {number_text(self.shown.column[n])}"
        if classes.contains(position) and len(self.shown.mean):
            n = min(
                int((position.x() - classes.left()) / classes.width() * len(self.shown.mean)), len(self.shown.mean) - 1
            )
            mean, spread = number_text(self.shown.mean[n]), number_text(self.shown.spread[n])
            return f"{self._frame.class_names[n]}: {mean} ± {spread} (mean and standard deviation)"
        return ""

    def _places(self) -> tuple[QRectF, QRectF, QRectF, QRectF, QRectF]:
        name, line, column, classes, effect = columns(self.width(), self.height(), self._frame.image_shape is not None)
        inner = [one.adjusted(0, 6, 0, -8) for one in (name, column, classes, effect)]
        return inner[0], line.adjusted(0, 6, 0, -_AXIS_PX - 3), inner[1], inner[2], inner[3]

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the columns."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        name, line, column, classes, effect = self._places()
        self._paint_name(painter, name)
        if self._frame.image_shape is None:
            self._paint_line(painter, line)
        else:
            self._paint_image(painter, self._image_place(line))
        colours = self._class_colours() if self._frame.column_is_classes else None
        self._paint_bars(painter, column, self.shown.column, np.zeros(0), colours)
        self._paint_bars(painter, classes, self.shown.mean, self.shown.spread, self._class_colours())
        self._paint_texts(painter, effect, self.shown.effect)
        painter.setPen(QPen(self._theme.grid, 1.0))
        painter.drawLine(QPointF(0, self.height() - 0.5), QPointF(self.width(), self.height() - 0.5))
        painter.end()

    def _class_colours(self) -> list[QColor]:
        return [class_colour(index, self._theme) for index in range(len(self._frame.class_names))]

    def _paint_name(self, painter: QPainter, place: QRectF) -> None:
        self._paint_texts(painter, place, (self.shown.name, self.shown.value))
        if self.shown.share >= 0.0:
            bar = QRectF(place.left(), place.center().y() + 22, place.width(), _BAR_PX)
            painter.fillRect(bar, with_alpha(self._theme.muted, 0.25))
            painter.fillRect(QRectF(bar.left(), bar.top(), bar.width() * self.shown.share, _BAR_PX), self._theme.accent)

    def _paint_texts(self, painter: QPainter, place: QRectF, texts: tuple[str, ...]) -> None:
        height = painter.fontMetrics().lineSpacing() + 1
        top = place.center().y() - height * len(texts) / 2.0 - (6 if len(texts) == 2 else 0)
        for number, text in enumerate(texts):
            font = self.font()
            font.setBold(number == 0)
            painter.setFont(font)
            painter.setPen(
                self._theme.foreground if number == 0 else mix(self._theme.foreground, self._theme.background, 0.2)
            )
            painter.drawText(QRectF(place.left(), top + number * height, place.width(), height), 0, text)

    def _paint_line(self, painter: QPainter, place: QRectF) -> None:
        n_parts = len(self.shown.line)
        largest = float(np.abs(self.shown.line).max(initial=0.0)) or 1.0
        means = self._frame.class_means
        mean_scale = float(np.abs(means).max(initial=0.0)) or 1.0
        low, high = self._x_range
        inside = np.flatnonzero((self._frame.x >= low) & (self._frame.x <= high))
        width = place.width() / n_parts
        for part in range(n_parts):
            own = QRectF(place.left() + part * width, place.top(), width - (4 if n_parts > 1 else 0), place.height())
            painter.fillRect(own, self._theme.background)
            painter.setPen(QPen(self._theme.grid, 1.0))
            painter.drawLine(QPointF(own.left(), own.center().y()), QPointF(own.right(), own.center().y()))
            painter.save()
            painter.setClipRect(own)
            for index, centre in enumerate(self._frame.centres):
                painter.setPen(QPen(with_alpha(class_colour(index, self._theme), 0.75), 1.0, Qt.PenStyle.DashLine))
                x = own.left() + (centre - low) / (high - low) * own.width()
                painter.drawLine(QPointF(x, own.top()), QPointF(x, own.bottom()))
            for index in range(len(means)):
                pen = QPen(with_alpha(class_colour(index, self._theme), 0.55), 1.0)
                self._paint_curve(painter, own, means[index, part] / mean_scale, inside, pen)
            self._paint_curve(
                painter, own, self.shown.line[part] / largest, inside, QPen(self._theme.foreground, 1.8), dots=True
            )
            painter.restore()
            self._paint_ticks(painter, own, part, n_parts)

    def _image_place(self, place: QRectF) -> QRectF:
        """Return the rectangle of the image at the left of the second column, with whole pixels where it fits."""
        height, width = self._frame.image_shape or (1, 1)
        room = min((place.height() + _AXIS_PX) / height, place.width() / width)
        side = float(int(room)) if room >= 2.0 else room
        return QRectF(float(int(place.left())), place.top(), side * width, side * height)

    def _paint_image(self, painter: QPainter, place: QRectF) -> None:
        paint_image(painter, place, self._image(), self._theme, is_signed=True)
        painter.setPen(QPen(self._theme.grid, 1.0))
        painter.drawRect(place.adjusted(-1, -1, 1, 1))

    def _image(self) -> NDArray[np.float64]:
        return self.shown.line.reshape(self._frame.image_shape or (1, -1))

    def _paint_curve(
        self,
        painter: QPainter,
        place: QRectF,
        values: NDArray[np.float64],
        inside: NDArray[np.intp],
        pen: QPen,
        dots: bool = False,
    ) -> None:
        low, high = self._x_range
        first, last = max(int(inside[0]) - 1, 0), min(int(inside[-1]) + 2, len(values))  # lines reach the border
        xs = place.left() + (self._frame.x[first:last] - low) / (high - low) * place.width()
        ys = place.center().y() - 0.46 * place.height() * values[first:last]
        points = [QPointF(float(x), float(y)) for x, y in zip(xs, ys, strict=True)]
        painter.setPen(pen)
        painter.drawPolyline(QPolygonF(points))
        if dots and len(points) <= _MOST_DOTS:
            painter.setBrush(pen.color())
            for point in points:
                painter.drawEllipse(point, 2.2, 2.2)
            painter.setBrush(Qt.BrushStyle.NoBrush)

    def _paint_ticks(self, painter: QPainter, place: QRectF, part: int, n_parts: int) -> None:
        low, high = self._x_range
        painter.setFont(small_font())
        painter.setPen(self._theme.muted)
        n_ticks = max(2, min(6, int(place.width() // _FEWEST_TICKS_PX)))
        for number in range(n_ticks):
            x = low + (high - low) * number / (n_ticks - 1)
            last = number == n_ticks - 1
            text = f"{x:.0f}{' ' + self._frame.unit if last and self._frame.unit and part == n_parts - 1 else ''}"
            at = place.left() + number / (n_ticks - 1) * place.width()
            side = (
                Qt.AlignmentFlag.AlignLeft
                if not number
                else (Qt.AlignmentFlag.AlignRight if last else Qt.AlignmentFlag.AlignHCenter)
            )
            box = {
                Qt.AlignmentFlag.AlignLeft: QRectF(at, place.bottom() + 1, 70, _AXIS_PX),
                Qt.AlignmentFlag.AlignRight: QRectF(at - 70, place.bottom() + 1, 70, _AXIS_PX),
            }.get(side, QRectF(at - 35, place.bottom() + 1, 70, _AXIS_PX))
            painter.drawText(box, side, text)
        if n_parts > 1:
            text, metrics = f"Part {part + 1}", painter.fontMetrics()
            ground = QRectF(place.left() + 1, place.top() + 1, metrics.horizontalAdvance(text) + 4, metrics.height())
            painter.fillRect(ground, with_alpha(self._theme.background, 0.8))
            painter.drawText(ground, Qt.AlignmentFlag.AlignCenter, text)

    def _paint_bars(
        self,
        painter: QPainter,
        place: QRectF,
        values: NDArray[np.float64],
        spreads: NDArray[np.float64],
        colours: list[QColor] | None,
    ) -> None:
        if not len(values):
            return
        tops = np.abs(np.nan_to_num(values)) + (np.nan_to_num(spreads) if len(spreads) else 0.0)
        scale = 0.48 * place.height() / (float(tops.max()) or 1.0)
        middle, step = place.center().y(), place.width() / len(values)
        painter.setPen(QPen(self._theme.grid, 1.0))
        painter.drawLine(QPointF(place.left(), middle), QPointF(place.right(), middle))
        for index, value in enumerate(np.nan_to_num(values)):
            x = place.left() + index * step
            bar = QRectF(x + 0.12 * step, middle, 0.76 * step, -float(value) * scale).normalized()
            painter.fillRect(bar, colours[index] if colours else self._theme.accent)
            if len(spreads) and np.isfinite(spreads[index]):
                centre, reach = middle - float(value) * scale, float(spreads[index]) * scale
                painter.setPen(QPen(self._theme.foreground, 1.2))
                painter.drawLine(QPointF(x + step / 2, centre - reach), QPointF(x + step / 2, centre + reach))
