"""Editors for single settings, chosen by the setting's type."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, get_origin

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QValidator, QWheelEvent
from PySide6.QtWidgets import QCheckBox, QDoubleSpinBox, QHBoxLayout, QLineEdit, QSizePolicy, QWidget

from mlpsvd.settings import SettingInfo
from mlpsvd_gui.views.eliding import ElidingComboBox

__all__ = ["ChoiceEditor", "NumberEditor", "SettingEditor", "TextEditor", "editor_for"]

_STEPS = (1.0, 2.0, 5.0)
_WIDEST = 1e12
_NARROWEST = 72


class SettingEditor(QWidget):
    """A widget that shows one value and tells when a person changes it."""

    edited = Signal(object)
    """Emits the new value."""
    text_edited = Signal(str)
    """Emits text that somebody else has to make a value of (lists)."""

    def __init__(self, editor: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(editor)
        self.editor = editor
        editor.setMinimumWidth(_NARROWEST)
        editor.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setFocusProxy(editor)

    @abstractmethod
    def show_value(self, value: Any) -> None:
        """Show a value without telling anybody."""

    def show_again(self, value: Any) -> None:
        """Show a value even over what is being typed or was refused."""
        self.show_value(value)

    def commit(self) -> None:
        """Take over what is typed but not yet confirmed."""


class _NumberSpinBox(QDoubleSpinBox):
    """Accepts any number, writes it as short as possible, steps 1-2-5 for wide ranges.

    Typing is not clamped to the allowed range: a person is told what is wrong instead of being silently corrected.
    Stepping is.
    """

    def __init__(self, info: SettingInfo) -> None:
        super().__init__()
        self._whole = info.type is int
        self._low = info.low if info.low is not None else -_WIDEST
        self._high = info.high if info.high is not None else _WIDEST
        self.setDecimals(0 if self._whole else 20)
        self.setRange(-_WIDEST, _WIDEST)
        self.setKeyboardTracking(False)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        if info.unit:
            self.setSuffix(f" {info.unit}")
        if info.zero:
            self.setMinimum(0.0)
            self.setSpecialValueText(info.zero)

    def textFromValue(self, value: float) -> str:
        return str(round(value)) if self._whole else f"{value:.10g}"

    def valueFromText(self, text: str) -> float:
        if text == self.specialValueText() != "":
            return 0.0
        try:
            return float(self._bare(text))
        except ValueError:
            return self.value()

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        if text == self.specialValueText() != "":
            return QValidator.State.Acceptable, text, position
        bare = self._bare(text)
        try:
            number = float(bare)
        except ValueError:
            allowed = set("+-0123456789" if self._whole else "+-.0123456789eE")
            state = QValidator.State.Intermediate if set(bare) <= allowed else QValidator.State.Invalid
            return state, text, position
        whole_enough = not self._whole or number == round(number)
        return (QValidator.State.Acceptable if whole_enough else QValidator.State.Invalid), text, position

    def _bare(self, text: str) -> str:
        return text.removesuffix(self.suffix()).strip().replace(",", ".")

    def stepBy(self, steps: int) -> None:
        value = self.value()
        for _ in range(abs(steps)):
            value = _stepped(value, 1 if steps > 0 else -1, self._whole)
        self.setValue(min(max(value, self._low), self._high))
        self.selectAll()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Leave the wheel to the scroll area: a setting must not change because somebody scrolled past it."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


def _stepped(value: float, direction: int, whole: bool) -> float:
    """Return the next number of one leading digit more or less: 0.0005 → 0.0006, 20 → 21, 1000 → 1100."""
    if value == 0:
        return direction * (1.0 if whole else 0.01)
    magnitude = float(f"{abs(value):.0e}".split("e")[1])
    size = 10.0 ** (magnitude - 1)
    if whole:
        size = max(1.0, size)
    if direction < 0 and abs(abs(value) - 10.0**magnitude) < 1e-9 * abs(value) and not (whole and size <= 1):
        size /= 10
    return float(f"{value + direction * size:.12g}")


class NumberEditor(SettingEditor):
    """A spin box with the unit behind the number."""

    def __init__(self, info: SettingInfo) -> None:
        self._box = _NumberSpinBox(info)
        super().__init__(self._box)
        self._whole = info.type is int
        self._box.valueChanged.connect(self._tell)

    def show_value(self, value: Any) -> None:
        if float(value) != self._box.value():  # the same value again must not wipe out what is being typed
            self.show_again(value)

    def show_again(self, value: Any) -> None:
        blocked = self._box.blockSignals(True)
        self._box.setValue(float(value))
        self._box.blockSignals(blocked)

    def commit(self) -> None:
        self._box.interpretText()

    def _tell(self, value: float) -> None:
        self.edited.emit(round(value) if self._whole else value)


class _QuietComboBox(ElidingComboBox):
    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()


class ChoiceEditor(SettingEditor):
    """A combo box over given values."""

    def __init__(self, values: Sequence[Any], texts: Sequence[str] | None = None) -> None:
        self._box = _QuietComboBox()
        super().__init__(self._box)
        self._values = list(values)
        self._box.addItems(list(texts or [str(value) for value in values]))
        self._box.setMinimumContentsLength(6)
        self._box.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._box.activated.connect(lambda index: self.edited.emit(self._values[index]))

    def show_value(self, value: Any) -> None:
        self._box.setCurrentIndex(self._values.index(value) if value in self._values else -1)


class TextEditor(SettingEditor):
    """A line of text; lists are written with commas."""

    def __init__(self, info: SettingInfo, placeholder: str = "") -> None:
        self._line = QLineEdit()
        super().__init__(self._line)
        self._is_list = get_origin(info.type) is tuple
        self._value_text = ""
        self._committed = ""
        self._line.setPlaceholderText(placeholder)
        self._line.editingFinished.connect(self.commit)

    def show_value(self, value: Any) -> None:
        text = ", ".join(str(entry) for entry in value) if self._is_list else str(value)
        if text != self._value_text:  # the same value again must not wipe out text that was refused
            self._value_text = self._committed = text
            self._line.setText(text)
            self._line.setCursorPosition(0)

    def show_again(self, value: Any) -> None:
        self._value_text = "\0"
        self.show_value(value)

    def commit(self) -> None:
        text = self._line.text()
        if text != self._committed:
            self._committed = text
            self.text_edited.emit(text)


class YesNoEditor(SettingEditor):
    """A check box."""

    def __init__(self) -> None:
        self._box = QCheckBox()
        super().__init__(self._box)
        self._box.clicked.connect(self.edited)

    def show_value(self, value: Any) -> None:
        self._box.setChecked(bool(value))


def editor_for(info: SettingInfo, placeholder: str = "") -> SettingEditor:
    """Return the editor that fits a setting's type."""
    if info.choices and info.type is str:
        return ChoiceEditor(info.choices)
    if info.type is bool:
        return YesNoEditor()
    if info.type in (int, float):
        return NumberEditor(info)
    return TextEditor(info, placeholder)
