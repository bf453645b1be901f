"""Form for groups of recordings and for the evaluation."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QWidget

from mlpsvd import settings
from mlpsvd.datasets.settings import RecordingsSettings
from mlpsvd_gui.qt_text import plain_tip
from mlpsvd_gui.widgets.choosers import Chooser
from mlpsvd_gui.widgets.help_mark import mark_help

__all__ = ["GroupsForm"]

_INFO = {info.name: info for info in settings.describe(RecordingsSettings)}
_VALUES = {"folders": "group_level", "file names": "group_pattern", "manifest": "group_column"}
"""The setting that says where the groups are, by their source."""
_KEY = "data.recordings."


class GroupsForm(QWidget):
    """Chooses where the groups are and how networks are evaluated."""

    chosen = Signal(str, str)
    """Emits the key of a setting and its new value as text."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        mark_help(self, "groups")
        self.groups_from = self._chooser("groups_from")
        self.value = QLineEdit(self)
        self.value.setMinimumWidth(86)
        self.value.setMaximumWidth(160)
        self.evaluation = self._chooser("evaluation")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        row.addWidget(QLabel("Groups", self))
        row.addWidget(self.groups_from)
        row.addWidget(self.value, 1)
        row.addSpacing(4)
        row.addWidget(QLabel("Evaluation", self))
        row.addWidget(self.evaluation)
        row.addStretch(1)
        self.groups_from.textActivated.connect(lambda text: self.chosen.emit(f"{_KEY}groups_from", text))
        self.evaluation.textActivated.connect(lambda text: self.chosen.emit(f"{_KEY}evaluation", text))
        self.value.editingFinished.connect(self._ask_value)

    def _chooser(self, name: str) -> Chooser:
        chooser = Chooser(self)
        chooser.addItems(_INFO[name].choices)
        chooser.setToolTip(plain_tip(_INFO[name].help))
        chooser.setAccessibleName(_INFO[name].label)
        return chooser

    def _ask_value(self) -> None:
        if self.value.isModified():
            self.value.setModified(False)
            name = _VALUES[self.groups_from.currentText()]
            self.chosen.emit(f"{_KEY}{name}", self.value.text().strip())

    def show_settings(self, recordings: RecordingsSettings) -> None:
        """Show the settings; emits nothing."""
        for chooser, text in ((self.groups_from, recordings.groups_from), (self.evaluation, recordings.evaluation)):
            with QSignalBlocker(chooser):
                chooser.setCurrentText(text)
        name = _VALUES.get(recordings.groups_from)
        self.value.setVisible(name is not None)
        if name is not None and not self.value.isModified():
            self.value.setText(str(getattr(recordings, name)))
            self.value.setCursorPosition(0)
            self.value.setToolTip(plain_tip(_INFO[name].help))
            self.value.setAccessibleName(_INFO[name].label)
