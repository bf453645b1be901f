"""Row of a setting: label, editor, reset button and problem."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QGridLayout, QToolButton, QWidget

from mlpsvd.quantities import Quantity
from mlpsvd.settings import SettingInfo
from mlpsvd_gui.qt_text import plain_tip
from mlpsvd_gui.widgets.plain_label import PlainLabel
from mlpsvd_gui.widgets.setting_editors import SettingEditor

__all__ = ["SettingRow", "tooltip"]

_PROBLEM_COLOUR = "#d0453a"
_RESET_SIZE = 18


def tooltip(info: SettingInfo, key: str) -> str:
    """Return the tooltip: help, symbol, unit, range, value in the paper and key."""
    lines = [f"<p style='white-space: normal'><b>{info.label}</b> – {info.help}</p>"]
    if info.symbol:
        lines.append(f"Symbol in the paper: {info.symbol}<br>")
    if info.unit:
        lines.append(f"Unit: {info.unit}<br>")
    lines.append(f"Allowed: {info.expected()}<br>")
    lines.append(f"Value in the paper: {_value_text(info, info.default)}<br>")
    lines.append(f"<small>{key}</small>")
    return "".join(lines)


def _value_text(info: SettingInfo, value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(str(entry) for entry in value) or "(empty)"
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return Quantity.of(info).format(value) if is_number else f"{value} {info.unit}".rstrip()


class SettingRow(QObject):
    """Places one setting into a grid; the grid's columns are label, editor, reset."""

    reset_requested = Signal(str)
    """Emits the key of the setting to reset."""

    def __init__(self, key: str, info: SettingInfo, editor: SettingEditor, parent: QWidget) -> None:
        super().__init__(parent)
        self.key = key
        self.info = info
        self.editor = editor
        self._label = PlainLabel(parent, info.label)
        self._reset = QToolButton(parent)
        self._problem = PlainLabel(parent)
        self._visible = True
        self._start: Any = object()  # none is shown yet
        self._build(parent)

    def _build(self, parent: QWidget) -> None:
        rich_tip = tooltip(self.info, self.key)
        self._label.setToolTip(rich_tip)
        self._label.setBuddy(self.editor.editor)
        self.editor.editor.setToolTip(rich_tip)
        self.editor.editor.setObjectName(self.key)
        self.editor.editor.setAccessibleName(f"{self.info.label} {self.info.unit}".strip())
        self._reset.setText("↺")
        self._reset.setAutoRaise(True)
        self._reset.setFixedSize(_RESET_SIZE, _RESET_SIZE)
        self._reset.setAccessibleName(f"Reset {self.info.label}")
        self._reset.clicked.connect(lambda: self.reset_requested.emit(self.key))
        self._problem.setWordWrap(True)
        self._problem.setStyleSheet(f"color: {_PROBLEM_COLOUR};")

    def place(self, grid: QGridLayout) -> None:
        """Add the row at the end of a grid."""
        row = grid.rowCount()
        grid.addWidget(self._label, row, 0)
        grid.addWidget(self.editor, row, 1)
        grid.addWidget(self._reset, row, 2, Qt.AlignmentFlag.AlignRight)
        grid.addWidget(self._problem, row + 1, 0, 1, 3)
        grid.setColumnMinimumWidth(2, _RESET_SIZE)
        self._problem.hide()

    @property
    def label_width(self) -> int:
        """Width of the label in bold."""
        font = self._label.font()
        font.setBold(True)
        return QFontMetrics(font).horizontalAdvance(self._label.text()) + 2

    def set_label_width(self, width: int) -> None:
        """Set the width of the label, to align the editors; longer labels wrap."""
        self._label.setFixedWidth(width)
        self._label.setWordWrap(True)

    @property
    def is_changed(self) -> bool:
        """Whether the value differs from that of a new experiment."""
        return self._label.font().bold()

    @property
    def problem(self) -> str:
        """The problem of the value; otherwise empty."""
        return self._problem.text()

    def show_value(self, value: Any, start: Any) -> None:
        """Show a value, and whether it differs from ``start``, that of a new experiment."""
        self.editor.show_value(value)
        if start != self._start:
            self._start = start
            self._reset.setToolTip(plain_tip(f"Reset to the default: {_value_text(self.info, start)}"))
        changed = value != start
        font = self._label.font()
        font.setBold(changed)
        self._label.setFont(font)
        self._reset.setVisible(changed and self._visible)

    def set_problem(self, text: str) -> None:
        """Show the problem of the value; an empty text hides it."""
        self._problem.setText(text)
        self._problem.setVisible(bool(text) and self._visible)

    def set_visible(self, visible: bool) -> None:
        """Show or hide the row."""
        self._visible = visible
        self._label.setVisible(visible)
        self.editor.setVisible(visible)
        self._reset.setVisible(visible and self.is_changed)
        self._problem.setVisible(visible and bool(self.problem))
