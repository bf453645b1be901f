"""A tour of a window: one panel after another is framed and explained in a bubble."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from mlpsvd_gui.widgets.plain_label import PlainLabel

__all__ = ["Tour", "TourStop"]

_SHADE = QColor(0, 0, 0, 110)
_GAP, _BUBBLE_WIDTH = 10, 340


@dataclass(frozen=True, eq=False)
class TourStop:
    """One step: a widget of the window, what it is called, and what it is for."""

    target: QWidget
    title: str
    text: str


class Tour(QWidget):
    """Covers a window; Next, Back, the arrow keys and Esc move through the stops.

    Parameters
    ----------
    window
        The window to cover.
    stops
        Where the tour leads; those that are hidden when their turn comes are left out.
    """

    ended = Signal()

    def __init__(self, window: QWidget, stops: Sequence[TourStop]) -> None:
        super().__init__(window)
        self._window = window
        self._stops = [stop for stop in stops if stop.target.isVisible()]
        self._index = 0
        self._bubble = QFrame(self)
        self._title, self._text, self._place = PlainLabel(self), PlainLabel(self), PlainLabel(self)
        self.back_button, self.next_button = QPushButton("&Back", self), QPushButton("&Next", self)
        self.close_button = QPushButton("&End tour", self)
        self.setAccessibleName("Tour")
        self._build()
        window.installEventFilter(self)
        self._cover()
        self.show()
        self.raise_()
        self._show_stop()

    @property
    def stop(self) -> TourStop:
        """The present stop."""
        return self._stops[self._index]

    @property
    def text(self) -> str:
        """The text of the bubble."""
        return self._text.text()

    def _build(self) -> None:
        font = self._title.font()
        font.setBold(True)
        self._title.setFont(font)
        self._text.setWordWrap(True)
        self._bubble.setFrameShape(QFrame.Shape.StyledPanel)
        self._bubble.setAutoFillBackground(True)
        self._bubble.setFixedWidth(_BUBBLE_WIDTH)
        row = QHBoxLayout()
        row.addWidget(self._place, 1)
        for button in (self.close_button, self.back_button, self.next_button):
            row.addWidget(button)
        column = QVBoxLayout(self._bubble)
        column.addWidget(self._title)
        column.addWidget(self._text)
        column.addLayout(row)
        self.next_button.setDefault(True)
        self.next_button.clicked.connect(lambda: self._move(1))
        self.back_button.clicked.connect(lambda: self._move(-1))
        self.close_button.clicked.connect(self.end)

    def _move(self, step: int) -> None:
        if self._index + step >= len(self._stops):
            self.end()
            return
        self._index = max(0, self._index + step)
        self._show_stop()

    def end(self) -> None:
        """Leave the tour."""
        self._window.removeEventFilter(self)
        self.hide()
        self.deleteLater()
        self.ended.emit()

    def _show_stop(self) -> None:
        stop, n = self.stop, len(self._stops)
        self._title.setText(stop.title)
        self._text.setText(stop.text)
        self._place.setText(f"{self._index + 1} of {n}")
        self.back_button.setEnabled(self._index > 0)
        self.next_button.setText("&Next" if self._index + 1 < n else "&Done")
        self.next_button.setFocus()
        self._put_bubble()
        self.update()

    @property
    def _framed(self) -> QRect:
        """The place of the target in the window."""
        target = self.stop.target
        return QRect(target.mapTo(self._window, QPoint(0, 0)), target.size()).intersected(self.rect())

    def _put_bubble(self) -> None:
        """Place the bubble beside the target where there is room: right, left, below, above, else inside."""
        self._bubble.adjustSize()
        size, framed = self._bubble.size(), self._framed
        y = max(_GAP, min(framed.top(), self.height() - size.height() - _GAP))
        x = max(_GAP, min(framed.left(), self.width() - size.width() - _GAP))
        places = (
            QPoint(framed.right() + _GAP, y),
            QPoint(framed.left() - _GAP - size.width(), y),
            QPoint(x, framed.bottom() + _GAP),
            QPoint(x, framed.top() - _GAP - size.height()),
        )
        inside = (one for one in places if self.rect().contains(QRect(one, size)))
        self._bubble.move(next(inside, QPoint(x + _GAP, y + _GAP)))
        self._bubble.raise_()

    def _cover(self) -> None:
        self.setGeometry(self._window.rect())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the size of the window."""
        if event.type() == QEvent.Type.Resize:
            self._cover()
            self._put_bubble()
        return False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move by the arrow keys; end by Esc."""
        match event.key():
            case Qt.Key.Key_Escape:
                self.end()
            case Qt.Key.Key_Right | Qt.Key.Key_Down | Qt.Key.Key_PageDown:
                self._move(1)
            case Qt.Key.Key_Left | Qt.Key.Key_Up | Qt.Key.Key_PageUp:
                self._move(-1)
            case _:
                super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Shade the window except for the target."""
        painter = QPainter(self)
        framed = self._framed
        painter.setClipRegion(self.visibleRegion().subtracted(framed))
        painter.fillRect(self.rect(), _SHADE)
        painter.setClipping(False)
        painter.setPen(QPen(self.palette().highlight().color(), 2))
        painter.drawRect(framed.adjusted(1, 1, -1, -1))
