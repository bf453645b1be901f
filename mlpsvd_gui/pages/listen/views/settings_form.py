"""Form of the live settings: one row per setting, made from their descriptions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from mlpsvd.settings import SettingInfo
from mlpsvd_gui.widgets.help_mark import mark_help
from mlpsvd_gui.widgets.plain_label import PlainLabel
from mlpsvd_gui.widgets.setting_editors import SettingEditor, editor_for

__all__ = ["LiveSettingsForm"]

_PROBLEM_COLOUR = "#d0453a"


class LiveSettingsForm(QScrollArea):
    """Label, editor and problem of each setting; changed values are bold."""

    edited = Signal(str, object)
    """Emits the name of a setting and its new value."""
    reset_requested = Signal()
    """Requests the default settings."""

    def __init__(self, infos: Sequence[SettingInfo], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        mark_help(self, "live-settings")
        self._infos = {info.name: info for info in infos}
        self.editors: dict[str, SettingEditor] = {}
        self._labels: dict[str, QLabel] = {}
        self._problems: dict[str, QLabel] = {}
        self.reset_button = QPushButton("Restore defaults", self)
        self._build()

    def _build(self) -> None:
        inner = QWidget(self)
        grid = QGridLayout()
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(1, 1)
        for info in self._infos.values():
            self._add_row(grid, info, inner)
        self.reset_button.clicked.connect(self.reset_requested)
        column = QVBoxLayout(inner)
        column.setContentsMargins(8, 10, 8, 8)
        column.addLayout(grid)
        column.addSpacing(8)
        column.addWidget(self.reset_button, 0, Qt.AlignmentFlag.AlignLeft)
        column.addStretch(1)
        self.setWidget(inner)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def _add_row(self, grid: QGridLayout, info: SettingInfo, parent: QWidget) -> None:
        label, editor, problem = PlainLabel(parent, info.label), editor_for(info), PlainLabel(parent)
        rich_tip = _tip(info)
        label.setToolTip(rich_tip)
        label.setBuddy(editor.editor)
        editor.editor.setToolTip(rich_tip)
        editor.editor.setAccessibleName(f"{info.label} {info.unit}".strip())
        editor.editor.setObjectName(f"live.{info.name}")
        problem.setWordWrap(True)
        problem.hide()
        row = grid.rowCount()
        grid.addWidget(label, row, 0)
        grid.addWidget(editor, row, 1)
        grid.addWidget(problem, row + 1, 0, 1, 2)
        editor.refused.connect(lambda sentence, name=info.name: self.show_problem(name, sentence))
        editor.edited.connect(lambda value, name=info.name: self.edited.emit(name, value))
        self.editors[info.name], self._labels[info.name], self._problems[info.name] = editor, label, problem

    def show_values(self, values: Mapping[str, Any], without_effect: Sequence[str] = ()) -> None:
        """Show every setting's value and hide settings without effect; emits nothing."""
        for name, value in values.items():
            if name in self.editors:
                self.editors[name].show_value(value)
                font = self._labels[name].font()
                font.setBold(value != self._infos[name].default)
                self._labels[name].setFont(font)
                for widget in (self._labels[name], self.editors[name]):
                    widget.setVisible(name not in without_effect)

    def show_problem(self, name: str, sentence: str) -> None:
        """Show the problem of a setting; an empty text hides it."""
        self._show_line(name, sentence, f"color: {_PROBLEM_COLOUR};")

    def show_note(self, name: str, sentence: str) -> None:
        """Show a note below a setting until the next change."""
        self._show_line(name, sentence, "")

    def _show_line(self, name: str, sentence: str, style: str) -> None:
        label = self._problems[name]
        label.setStyleSheet(style)
        label.setText(sentence)
        label.setVisible(bool(sentence))

    def problem(self, name: str) -> str:
        """Return the problem shown below a setting; otherwise an empty text."""
        return self._problems[name].text()


def _tip(info: SettingInfo) -> str:
    default = info.zero if info.zero and info.default == 0 else f"{info.default} {info.unit}".strip()
    return (
        f"<p style='white-space: normal'><b>{info.label}</b> – {info.help}</p>"
        f"Allowed: {info.expected()}<br>Default: {default}"
    )
