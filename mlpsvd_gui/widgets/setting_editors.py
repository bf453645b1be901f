"""Editors for single settings, chosen by the setting's type."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, get_origin

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLineEdit, QMenu, QSizePolicy, QToolButton, QWidget

from mlpsvd.quantities import Quantity
from mlpsvd.settings import SettingInfo
from mlpsvd_gui.file_dialogs import ask_for_path
from mlpsvd_gui.qt_text import menu_text, plain_tip
from mlpsvd_gui.widgets.eliding import ElidingComboBox
from mlpsvd_gui.widgets.number_field import NumberField

__all__ = [
    "ChoiceEditor",
    "FileEditor",
    "NumberEditor",
    "SettingEditor",
    "SeveralChoicesEditor",
    "TextEditor",
    "editor_for",
]

_NARROWEST = 72
_CHOICE_TEXTS = {"running": "continuous", "whole sounds": "events"}
"""Texts of choices whose values in files and on the command line are older names."""


class SettingEditor(QWidget):
    """A widget that shows one value and emits changes by the user."""

    edited = Signal(object)
    """Emits the new value."""
    text_edited = Signal(str)
    """Emits text that the receiver parses (lists)."""
    refused = Signal(str)
    """Emits why a typed number was rejected, in one sentence; an empty text once it is valid."""

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
        """Show a value; emits nothing."""

    def show_again(self, value: Any) -> None:
        """Show a value, replacing partly typed or rejected text."""
        self.show_value(value)

    def commit(self) -> None:
        """Apply text that is typed but not yet confirmed."""


class NumberEditor(SettingEditor):
    """A number field with the setting's unit and range."""

    def __init__(self, info: SettingInfo) -> None:
        self._box = NumberField(Quantity.of(info))
        super().__init__(self._box)
        self._box.shows_tip = False
        self._box.valueChanged.connect(self.edited)
        self._box.refused.connect(self.refused)

    def show_value(self, value: Any) -> None:
        if value != self._box.value():  # the same value again must not replace partly typed text
            self.show_again(value)

    def show_again(self, value: Any) -> None:
        blocked = self._box.blockSignals(True)
        self._box.show_value(value)
        self._box.blockSignals(blocked)

    def commit(self) -> None:
        self._box.commit()


class ChoiceEditor(SettingEditor):
    """A combo box over given values."""

    def __init__(self, values: Sequence[Any], texts: Sequence[str] | None = None) -> None:
        self._box = ElidingComboBox()
        super().__init__(self._box)
        self._values = list(values)
        self._box.addItems(list(texts or [str(value) for value in values]))
        self._box.setMinimumContentsLength(6)
        self._box.activated.connect(lambda index: self.edited.emit(self._values[index]))

    def show_value(self, value: Any) -> None:
        self._box.setCurrentIndex(self._values.index(value) if value in self._values else -1)


class _MenuBox(ElidingComboBox):
    """A combo box whose list is a menu."""

    def __init__(self) -> None:
        super().__init__()
        self.menu = QMenu(self)
        self.addItem("")
        self.setMinimumContentsLength(6)

    def showPopup(self) -> None:
        """Open the menu below the box."""
        self.menu.setMinimumWidth(self.width())
        self.menu.popup(self.mapToGlobal(self.rect().bottomLeft()))


class SeveralChoicesEditor(SettingEditor):
    """A box over given values, of which one or more are ticked."""

    def __init__(
        self, values: Sequence[Any], texts: Sequence[str], sets: Mapping[str, tuple[Any, ...]] | None = None
    ) -> None:
        """Offer ``values``; ``sets`` are named choices of several at once, above them in the menu."""
        self._box = _MenuBox()
        super().__init__(self._box)
        self._values = list(values)
        self.set_actions: dict[str, QAction] = {}
        self.actions_by_value = {}
        self._box.menu.setToolTipsVisible(True)
        for name, several in (sets or {}).items():
            chosen = self._box.menu.addAction(menu_text(name))
            chosen.triggered.connect(lambda _=False, several=several: self.edited.emit(several))
            self.set_actions[name] = chosen
        if sets:
            self._box.menu.addSeparator()
        for value, text in zip(values, texts, strict=True):
            action = self._box.menu.addAction(menu_text(text))
            action.setCheckable(True)
            action.triggered.connect(lambda _=False, value=value: self._toggle(value))
            self.actions_by_value[value] = action
        self._texts = dict(zip(values, texts, strict=True))

    def show_value(self, value: Any) -> None:
        for one, action in self.actions_by_value.items():
            action.setChecked(one in value)
        self._box.setItemText(0, ", ".join(self._texts.get(one, str(one)) for one in value))

    def _toggle(self, value: Any) -> None:
        """Apply a change of a check box; the last tick cannot be removed."""
        ticked = tuple(one for one, action in self.actions_by_value.items() if action.isChecked())
        if ticked:
            self.edited.emit(ticked)
        else:
            self.actions_by_value[value].setChecked(True)


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
        if text != self._value_text:  # the same value again must not replace rejected text
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


class FileEditor(TextEditor):
    """A path as text, with a button that opens a file dialog."""

    def __init__(self, info: SettingInfo, kind: str, name_filter: str) -> None:
        super().__init__(info)
        self.button = QToolButton(self)
        self.button.setText("…")
        self.button.setToolTip(plain_tip(f"Choose a file: {info.label}"))
        self.button.setAccessibleName(f"Choose {info.label}")
        self.button.clicked.connect(lambda: self._ask(kind, info.label, name_filter))
        layout = self.layout()
        assert layout is not None
        layout.setSpacing(2)
        layout.addWidget(self.button)

    def _ask(self, kind: str, title: str, name_filter: str) -> None:
        ask_for_path(self, kind, title, self._take, name_filter=name_filter, start=self._line.text())

    def _take(self, path: str) -> None:
        self._line.setText(path)
        self.commit()


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
        return ChoiceEditor(info.choices, [_CHOICE_TEXTS.get(one, one) for one in info.choices])
    if info.type is bool:
        return YesNoEditor()
    if info.type in (int, float):
        return NumberEditor(info)
    return TextEditor(info, placeholder)
