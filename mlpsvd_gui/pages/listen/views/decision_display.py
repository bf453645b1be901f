"""Large display of the predicted label."""

from __future__ import annotations

import time
from collections.abc import Callable
from math import isnan

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from mlpsvd.classification.live.verdict import VerdictKind
from mlpsvd.text import percent
from mlpsvd_gui.plots.theme import LIGHT, Theme, mix

__all__ = ["DecisionDisplay"]

_LARGEST_PT = 46.0
_SMALLEST_PT = 13.0
_MARK_PX = 6.0


class DecisionDisplay(QWidget):
    """Shows the latest label and its probability, or a hint.

    A class is upright beside a bar of its colour; unknown is italic beside a dashed outline; quiet is muted beside a
    thin line, so that they differ without colours. While it is quiet, the previous label stays visible, muted, because
    a short sound would otherwise disappear too soon.
    """

    painted = Signal(float)
    """Emits the time (``time.monotonic``) when a new label has been drawn."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = LIGHT
        self._label = ""
        self._probability = 0.0
        self._kind = VerdictKind.CLASS
        self._detail = ""
        self._before: tuple[str, float] | None = None
        self._colour = QColor()
        self._hint = ""
        self._is_fresh = False
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(190, 78)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)  # otherwise the parent is redrawn each time too
        self.setAccessibleName("Decision")

    @property
    def label(self) -> str:
        """The label shown; empty without one."""
        return self._label

    @property
    def probability(self) -> float:
        """The probability shown."""
        return self._probability

    @property
    def kind(self) -> VerdictKind:
        """Whether a class, unknown or quiet is shown."""
        return self._kind

    @property
    def detail(self) -> str:
        """The detail below the label."""
        return self._detail

    @property
    def before(self) -> str:
        """The previous label with its probability while it is quiet; otherwise empty.

        An example: ``7 (99 %)``.
        """
        if self._kind is not VerdictKind.QUIET or self._before is None:
            return ""
        label, probability = self._before
        return label if isnan(probability) else f"{label} ({_percent(probability)})"

    @property
    def hint(self) -> str:
        """The hint without a label."""
        return self._hint

    def sizeHint(self) -> QSize:
        """Return a size for a short label."""
        return QSize(260, 94)

    def set_theme(self, theme: Theme) -> None:
        """Apply the colours of a theme."""
        self._theme = theme
        self.update()

    def show_decision(
        self,
        label: str,
        probability: float,
        colour: QColor,
        kind: VerdictKind = VerdictKind.CLASS,
        detail: str = "",
    ) -> None:
        """Show a label; a class in its colour.

        Parameters
        ----------
        label
            The class, "unknown" or "quiet".
        probability
            Of the class.
        colour
            The class's colour.
        kind
            The kind of label.
        detail
            The text below it; by default the probability.
        """
        self._label, self._probability, self._colour, self._kind = label, probability, colour, kind
        self._detail = detail or _percent(probability)
        if kind is not VerdictKind.QUIET:
            self._before = (label, probability)
        self._is_fresh = True
        before = f", before: {self.before}" if self.before else ""
        self.setAccessibleDescription(f"{label}, {self._detail}{before}")
        self.repaint()  # immediately: the label does not wait for plots and tables

    def recolour(self, colour_of: Callable[[str], QColor]) -> None:
        """Update the label's colour after a change of theme."""
        self._colour = colour_of(self._label)
        self.update()

    def show_hint(self, hint: str) -> None:
        """Show a hint instead of a label."""
        self._label, self._hint, self._is_fresh = "", hint, False
        self._before = None
        self.setAccessibleDescription(hint)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the label as large as possible, or the hint."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), self.palette().color(QPalette.ColorRole.Window))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._label:
            self._paint_label(painter)
        else:
            painter.setPen(self._theme.muted)
            area = QRectF(self.rect()).adjusted(8.0, 4.0, -8.0, -4.0)
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self._hint)
        painter.end()
        if self._is_fresh:
            self._is_fresh = False
            self.painted.emit(time.monotonic())

    def _paint_label(self, painter: QPainter) -> None:
        large, detail = self._texts()
        font = self._fitted(large, self.width() - 28.0, self.height() * 0.62)
        small = QFont(self.font())
        small.setPointSizeF(self.font().pointSizeF() * (1.4 if self._kind is VerdictKind.CLASS else 1.1))
        large_height = QFontMetricsF(font).height()
        small_height = QFontMetricsF(small).height()
        top = (self.height() - large_height - small_height) / 2.0
        self._paint_mark(painter, QRectF(1.0, top + 4.0, _MARK_PX, large_height + small_height - 8.0))
        painter.setFont(font)
        is_quiet = self._kind is VerdictKind.QUIET
        painter.setPen(self._theme.muted if is_quiet else self._theme.foreground)
        text = QFontMetricsF(font).elidedText(large, Qt.TextElideMode.ElideMiddle, self.width() - 28.0)
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(QRectF(18.0, top, self.width() - 24.0, large_height), left, text)
        painter.setFont(small)
        painter.setPen(self._theme.muted)
        area = QRectF(18.0, top + large_height, self.width() - 24.0, small_height)
        detail = QFontMetricsF(small).elidedText(detail, Qt.TextElideMode.ElideRight, area.width())
        painter.drawText(area, left, detail)

    def _texts(self) -> tuple[str, str]:
        """Return the label and the text below it."""
        if not self.before or self._before is None:
            return self._label, self._detail
        return self._before[0], f"before: {self.before}, now {self._label}"

    def _paint_mark(self, painter: QPainter, area: QRectF) -> None:
        if self._kind is VerdictKind.CLASS:
            painter.fillRect(area, self._colour)
            return
        muted = mix(self._theme.muted, self._theme.background, 0.2)
        if self._kind is VerdictKind.UNKNOWN:
            painter.setPen(QPen(muted, 1.5, Qt.PenStyle.DashLine))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(area.adjusted(0.5, 0.5, -0.5, -0.5))
        else:
            painter.fillRect(QRectF(area.center().x() - 1.0, area.top(), 1.5, area.height()), muted)

    def _fitted(self, text: str, width: float, height: float) -> QFont:
        font = QFont(self.font())
        font.setWeight(QFont.Weight.Light if self._kind is VerdictKind.QUIET else QFont.Weight.DemiBold)
        font.setItalic(self._kind is VerdictKind.UNKNOWN)
        font.setPointSizeF(_LARGEST_PT)
        metrics = QFontMetricsF(font)
        share = min(1.0, width / max(1.0, metrics.horizontalAdvance(text)), height / metrics.height())
        font.setPointSizeF(max(_SMALLEST_PT, _LARGEST_PT * share))
        return font


def _percent(probability: float) -> str:
    return percent(probability, 0) if probability < 0.995 else percent(probability)
