"""Labels and combo boxes that elide their text and show all of it as tooltip."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QHelpEvent, QPaintEvent, QTextDocumentFragment
from PySide6.QtWidgets import (
    QComboBox,
    QLabel,
    QSizePolicy,
    QStyle,
    QStyleOptionComboBox,
    QStylePainter,
    QToolTip,
    QWidget,
)

from mlpsvd_gui.qt_text import plain_tip
from mlpsvd_gui.widgets.choosers import Chooser

__all__ = ["ElidedLabel", "ElidingComboBox"]

_POPUP_ROOM_PX = 28
_TEXT_MARGIN_PX = 4


class ElidedLabel(QLabel):
    """One line of plain text that is elided to the available width.

    Parameters
    ----------
    mode
        Position of the ellipsis.
    least_px
        Below this width nothing is shown.
    """

    def __init__(
        self,
        mode: Qt.TextElideMode = Qt.TextElideMode.ElideRight,
        least_px: int = 0,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._mode = mode
        self._least_px = least_px
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)

    def setText(self, text: str) -> None:
        """Show a text, with the full text as tooltip."""
        super().setText(text)
        self.setToolTip(plain_tip(text))

    def minimumSizeHint(self) -> QSize:
        """Any width will do."""
        return QSize(0, super().minimumSizeHint().height())

    def shown_text(self) -> str:
        """Return the displayed text, which may be shortened."""
        room_px = self.contentsRect().width()
        text = self.fontMetrics().elidedText(self.text(), self._mode, room_px)
        return text if text == self.text() or room_px >= self._least_px else ""

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the elided text."""
        painter = QStylePainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        alignment = self.alignment() | Qt.TextFlag.TextSingleLine
        painter.drawText(self.contentsRect(), int(alignment), self.shown_text())


class ElidingComboBox(Chooser):
    """A combo box of any width that elides its text, where Qt would cut it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)

    def shown_text(self) -> str:
        """Return the displayed text of the current item, which may be shortened."""
        return self._shortened(self._option())

    def _option(self) -> QStyleOptionComboBox:
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        return option

    def _shortened(self, option: QStyleOptionComboBox) -> str:
        area = self.style().subControlRect(
            QStyle.ComplexControl.CC_ComboBox, option, QStyle.SubControl.SC_ComboBoxEditField, self
        )
        icon_px = 0 if self.itemIcon(self.currentIndex()).isNull() else self.iconSize().width() + _TEXT_MARGIN_PX
        room_px = area.width() - icon_px - _TEXT_MARGIN_PX
        return self.fontMetrics().elidedText(self.currentText(), Qt.TextElideMode.ElideRight, room_px)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the box with elided text."""
        painter, option = QStylePainter(self), self._option()
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        option.currentText = self._shortened(option)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)

    def showPopup(self) -> None:
        """Open a list wide enough for its longest entry."""
        self.view().setMinimumWidth(self.view().sizeHintForColumn(0) + _POPUP_ROOM_PX)
        super().showPopup()

    def full_tip(self) -> str:
        """Return the tooltip of an elided text: the full text, and the purpose of the box."""
        own = self.toolTip()
        own = QTextDocumentFragment.fromHtml(own).toPlainText() if "<" in own else own
        return plain_tip(f"{self.currentText()}\n{own}".rstrip())

    def event(self, event: QEvent) -> bool:
        """Show the full text as tooltip if it is elided."""
        if isinstance(event, QHelpEvent) and self.shown_text() != self.currentText():
            QToolTip.showText(event.globalPos(), self.full_tip(), self)
            return True
        return super().event(event)
