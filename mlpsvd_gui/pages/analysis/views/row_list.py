"""Rows of directions or neurons under column headings."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractItemView, QListWidget, QListWidgetItem, QToolTip, QVBoxLayout, QWidget

from mlpsvd_gui.pages.analysis.views.row import LEAST_PX, MOST_PX, LearnedRow, columns
from mlpsvd_gui.pages.analysis.views.shown_row import ShownFrame, ShownRow
from mlpsvd_gui.plots.theme import LIGHT, Theme, small_font
from mlpsvd_gui.qt_text import plain_tip

__all__ = ["RowList"]

_HEADS_PX = 22


class _Heads(QWidget):
    """Headings, aligned with the rows below."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.texts: tuple[str, ...] = ()
        self.tips: tuple[str, ...] = ()
        self.row_width = 0
        self.has_images = False
        self._theme = LIGHT
        self.setFixedHeight(_HEADS_PX)

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setFont(small_font())
        painter.setPen(self._theme.muted)
        metrics = painter.fontMetrics()
        for text, place in zip(self.texts, self._places(), strict=False):
            shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, int(place.width()))
            painter.drawText(place, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)
        painter.end()

    def event(self, event: QEvent) -> bool:
        """Tell the meaning of the heading under the mouse."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            tip = self.tip_at(QPointF(event.pos()))
            if tip:
                QToolTip.showText(event.globalPos(), plain_tip(tip, is_long=True), self)
                return True
        return super().event(event)

    def tip_at(self, position: QPointF) -> str:
        """Return the meaning of the heading at a point; empty where there is none."""
        found = (tip for tip, place in zip(self.tips, self._places(), strict=False) if place.contains(position))
        return next(found, "")

    def _places(self) -> tuple[QRectF, ...]:
        return columns(self.row_width or self.width(), self.height(), self.has_images)


class RowList(QWidget):
    """A list with one row a direction; the arrow keys move, Space plays the selected one."""

    hear_requested = Signal(int)
    """Emits the index of the direction to play."""
    meaning_changed = Signal(str)
    """Emits the meaning of the selected row in words; empty without one."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = LIGHT
        self.heads = _Heads(self)
        self.list = _List(self)
        self.list.space_pressed.connect(self._hear_current)
        self.list.currentRowChanged.connect(self._tell_meaning)
        self.rows: list[LearnedRow] = []
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.heads)
        layout.addWidget(self.list, 1)

    def show_rows(
        self, rows: Sequence[ShownRow], frame: ShownFrame, x_range: tuple[float, float], chosen: int = 0
    ) -> None:
        """Show rows, the lines between the two ends of ``x_range``; ``chosen`` is selected unless another one was."""
        at, place = self.list.currentRow(), self.list.verticalScrollBar().value()
        self.list.clear()
        self.rows = []
        self.heads.texts, self.heads.has_images = frame.heads, frame.image_shape is not None
        self.heads.tips = frame.tips
        for index, one in enumerate(rows):
            row = LearnedRow(index, one, frame, x_range, self.list)
            row.set_theme(self._theme)
            row.hear_requested.connect(self.hear_requested)
            item = QListWidgetItem(self.list)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, row.accessibleName())
            self.list.setItemWidget(item, row)
            self.rows.append(row)
        if rows:
            self.list.setCurrentRow(min(at if at >= 0 else chosen, len(rows) - 1))
            self.list.verticalScrollBar().setValue(place)
        self._align()
        self._share_height()

    def show_sound(self, problem: str) -> None:
        """Disable Hear with a reason; an empty text enables it."""
        for row in self.rows:
            row.show_sound(problem)

    def set_theme(self, theme: Theme) -> None:
        """Apply the colours of a theme."""
        self._theme = theme
        self.heads.set_theme(theme)
        accent = theme.accent
        tint = f"rgba({accent.red()}, {accent.green()}, {accent.blue()}, 28)"
        self.list.setStyleSheet(f"QListWidget::item:selected {{ background: {tint}; }}")
        for row in self.rows:
            row.set_theme(theme)

    def _tell_meaning(self, index: int) -> None:
        self.meaning_changed.emit(self.rows[index].shown.meaning if 0 <= index < len(self.rows) else "")

    def _hear_current(self) -> None:
        index = self.list.currentRow()
        if 0 <= index < len(self.rows) and self.rows[index].hear_button.isEnabled():
            self.rows[index].hear_button.click()

    def resizeEvent(self, event: object) -> None:
        """Align the headings with the rows, and share the height among few of them."""
        self._align()
        self._share_height()

    def _share_height(self) -> None:
        height = self.list.viewport().height() // max(len(self.rows), 1)
        for number in range(self.list.count()):
            self.list.item(number).setSizeHint(QSize(0, min(max(height, LEAST_PX), MOST_PX)))

    def _align(self) -> None:
        self.heads.row_width = self.list.viewport().width()
        self.heads.update()

    def picture_area(self) -> QRectF:
        """Return the area of the first row's line, for tests."""
        return columns(self.list.viewport().width(), self.rows[0].height(), self.heads.has_images)[1]


class _List(QListWidget):
    space_pressed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.setAccessibleName("Directions")

    def keyPressEvent(self, event) -> None:  # type: ignore[no-untyped-def]
        if event.key() == Qt.Key.Key_Space:
            self.space_pressed.emit()
            return
        super().keyPressEvent(event)
