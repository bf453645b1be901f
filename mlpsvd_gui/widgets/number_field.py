"""Number field that accepts units and both decimal separators."""

from __future__ import annotations

import math
from typing import Any

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QKeySequence, QPalette, QWheelEvent
from PySide6.QtWidgets import QAbstractSpinBox, QStyle, QStyleOptionSpinBox, QToolTip, QWidget

from mlpsvd.errors import QuantityError
from mlpsvd.quantities import Quantity
from mlpsvd_gui.qt_text import plain_tip

__all__ = ["NumberField", "problem_colour"]

_FEWEST_CHARACTERS = 6
_MOST_CHARACTERS = 18
_TOOLTIP_MS = 8000


def problem_colour(palette: QPalette) -> QColor:
    """Return a red that is legible on a palette's background."""
    is_dark = palette.color(QPalette.ColorRole.Base).lightnessF() < 0.5
    return QColor("#ff8a80" if is_dark else "#b3261e")


class NumberField(QAbstractSpinBox):
    """A number with a unit; invalid text stays as typed, in red, with a message.

    Arrow keys, buttons and, with the focus, the wheel step. A text is read on Enter, Tab or :meth:`commit`; Esc
    restores the last number.

    Parameters
    ----------
    quantity
        Unit and range.
    value
        The first number.
    step
        Step of an arrow key; None for one unit of the second digit (20 → 21, 0.0005 → 0.00051).
    """

    valueChanged = Signal(object)  # noqa: N815 - as Qt's own spin boxes
    """Emits a number entered by the user or set by :meth:`setValue`."""
    refused = Signal(str)
    """Emits why a text was rejected, in one sentence; an empty text once it is valid."""

    def __init__(
        self, quantity: Quantity, value: float = 0.0, step: float | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._quantity = quantity
        self._value = value
        self._step = step
        self._suffix = ""
        self._problem = ""
        self._shown = ""
        self._tip = ""
        self.shows_tip = True
        """Whether the message pops up below the field, instead of beside it."""
        self.setKeyboardTracking(False)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.editingFinished.connect(self.commit)
        self.lineEdit().textEdited.connect(self._on_typed)
        self._show()

    # -- the number

    @property
    def quantity(self) -> Quantity:
        """Unit and range."""
        return self._quantity

    @property
    def problem(self) -> str:
        """Why the text was rejected; otherwise empty."""
        return self._problem

    def value(self) -> Any:
        """Return the last valid number; whole numbers as ``int``."""
        return round(self._value) if self._quantity.is_integer and math.isfinite(self._value) else float(self._value)

    def show_value(self, value: float) -> None:
        """Show a number; emits only the end of an error, if the text was invalid."""
        self._value = value
        self._show()
        self._set_problem("")

    def setValue(self, value: float) -> None:
        """Set the number, clipped to the range, and emit it if it has changed."""
        inside = self._clamped(value)
        is_new = inside != self._value
        self.show_value(inside)
        if is_new:
            self.valueChanged.emit(self.value())

    def setRange(self, low: float | None, high: float | None) -> None:
        """Set the range from ``low`` to ``high``, clipping the number."""
        old = self._quantity
        if (low, high) != (old.low, old.high):
            self._quantity = Quantity(old.unit, old.is_integer, low, high, old.zero)
            self.updateGeometry()
            if not self._is_edited():
                self.setValue(self._value)

    def setSuffix(self, suffix: str) -> None:
        """Set the suffix, which is optional when typing."""
        if suffix != self._suffix:
            is_edited = self._is_edited()
            self._suffix = suffix
            if not is_edited:
                self._show()

    def minimum(self) -> float:
        """Return the lowest number allowed."""
        return -math.inf if self._quantity.low is None else self._quantity.low

    def maximum(self) -> float:
        """Return the highest number allowed."""
        return math.inf if self._quantity.high is None else self._quantity.high

    def _clamped(self, value: float) -> float:
        return min(max(value, self.minimum()), self.maximum())

    # -- the text

    def commit(self) -> bool:
        """Parse the text; return whether the field holds a valid number."""
        text = self.lineEdit().text()
        if text == self._shown:
            self._set_problem("")
            return True
        try:
            value = self._read(text)
        except QuantityError as error:
            self._set_problem(str(error))
            return False
        is_new = value != self._value
        self.show_value(value)
        if is_new:
            self.valueChanged.emit(self.value())
        return True

    def _read(self, text: str) -> float:
        bare = text.removesuffix(self._suffix).removesuffix(self._suffix.strip())
        return self._quantity.parse(bare)

    def _is_edited(self) -> bool:
        return self.lineEdit().text() != self._shown

    def _show(self) -> None:
        self._shown = f"{self._quantity.format(self._value)}{self._suffix}"
        if self.lineEdit().text() != self._shown:
            self.lineEdit().setText(self._shown)
            if not self.hasFocus():
                self.lineEdit().setCursorPosition(0)

    def _on_typed(self, text: str) -> None:
        """Remove the red as soon as a rejected text is valid."""
        if self._problem:
            try:
                self._read(text)
            except QuantityError:
                self._paint(self._problem)
            else:
                self._paint("")

    def _set_problem(self, sentence: str) -> None:
        before, self._problem = self._problem, sentence
        self._paint(sentence)
        if sentence and self.shows_tip and self.isVisible():
            below = self.mapToGlobal(self.rect().bottomLeft())
            QToolTip.showText(below, plain_tip(sentence), self, self.rect(), _TOOLTIP_MS)
        if before != sentence:
            self.refused.emit(sentence)

    def _paint(self, sentence: str) -> None:
        palette = QPalette()
        if sentence:
            palette = QPalette(self.palette())
            palette.setColor(QPalette.ColorRole.Text, problem_colour(self.palette()))
        self.lineEdit().setPalette(palette)
        if self.shows_tip:
            rich_tip = plain_tip(sentence) if sentence else self._tip
            super().setToolTip(rich_tip)

    def setToolTip(self, rich_tip: str) -> None:
        """Set the tooltip of a valid field; may contain markup."""
        self._tip = rich_tip
        super().setToolTip(rich_tip)

    # -- steps

    def stepEnabled(self) -> QAbstractSpinBox.StepEnabledFlag:
        """Return that steps in both directions are enabled."""
        return QAbstractSpinBox.StepEnabledFlag.StepUpEnabled | QAbstractSpinBox.StepEnabledFlag.StepDownEnabled

    def stepBy(self, steps: int) -> None:
        """Step from the number shown, within the range; invalid text stays."""
        if not self.commit():
            return
        value = self._value
        for _ in range(min(abs(steps), 10_000)):
            direction = 1 if steps > 0 else -1
            if self._step is None:
                value = _stepped(value, direction, self._quantity.is_integer)
            else:
                value = float(f"{value + direction * self._step:.12g}")
        self.setValue(value)
        self.lineEdit().selectAll()

    def stepUp(self) -> None:
        """Step up."""
        self.stepBy(1)

    def stepDown(self) -> None:
        """Step down."""
        self.stepBy(-1)

    # -- events

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Ignore the wheel without the focus."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Restore the last number on Esc, if another text was typed."""
        if event.key() == Qt.Key.Key_Escape and self._is_edited():
            self._show()
            self._set_problem("")
            self.selectAll()
            return
        super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """Leave Ctrl+Z to the window if there is no typing to undo."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            keys = (QKeySequence.StandardKey.Undo, QKeySequence.StandardKey.Redo)
            if not self._is_edited() and any(event.matches(key) for key in keys):
                event.ignore()
                return False
        return super().event(event)

    def changeEvent(self, event: QEvent) -> None:
        """Follow a light or dark window."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and self._problem:
            self._paint(self._problem)

    def sizeHint(self) -> QSize:
        """Return a size for both limits."""
        limits = [limit for limit in (self._quantity.low, self._quantity.high) if limit is not None]
        texts = [self._quantity.format(number) + self._suffix for number in (*limits, self._value)]
        n_characters = min(max(_FEWEST_CHARACTERS, *(len(text) for text in texts)), _MOST_CHARACTERS)
        self.ensurePolished()
        inner = QSize(self.fontMetrics().horizontalAdvance("0" * n_characters) + 6, self.lineEdit().sizeHint().height())
        option = QStyleOptionSpinBox()
        self.initStyleOption(option)
        return self.style().sizeFromContents(QStyle.ContentsType.CT_SpinBox, option, inner, self)

    def minimumSizeHint(self) -> QSize:
        """Return the preferred size."""
        return self.sizeHint()


def _stepped(value: float, direction: int, is_integer: bool) -> float:
    """Return the next number of one unit of the second digit more or less: 0.0005 → 0.00051, 20 → 21, 1000 → 1100."""
    if value == 0:
        return direction * (1.0 if is_integer else 0.01)
    magnitude = float(f"{abs(value):.0e}".split("e")[1])
    size = 10.0 ** (magnitude - 1)
    if is_integer:
        size = max(1.0, size)
    if direction < 0 and abs(abs(value) - 10.0**magnitude) < 1e-9 * abs(value) and not (is_integer and size <= 1):
        size /= 10
    return float(f"{value + direction * size:.12g}")
