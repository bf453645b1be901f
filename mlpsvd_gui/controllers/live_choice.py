"""What was listened to the last time: kind of source, recording, speed."""

from __future__ import annotations

from PySide6.QtCore import QObject

from mlpsvd_gui.models.preferences import Preferences
from mlpsvd_gui.views.source_chooser import SourceChooser

__all__ = ["LiveChoice"]

_REMEMBERED = "live/source"


class LiveChoice(QObject):
    """Shows the remembered choice at first, and remembers every other."""

    def __init__(self, chooser: SourceChooser, preferences: Preferences, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._chooser = chooser
        self._preferences = preferences
        self._show(preferences.table(_REMEMBERED))
        chooser.kind_box.activated.connect(lambda _: self._remember())
        chooser.path_edit.textChanged.connect(lambda _: self._remember())
        chooser.loop_box.toggled.connect(lambda _: self._remember())
        chooser.pace_box.activated.connect(lambda _: self._remember())

    def _show(self, table: dict[str, object]) -> None:
        chooser = self._chooser
        chooser.path_edit.setText(str(table.get("path", "")))
        chooser.loop_box.setChecked(table.get("loops") is True)
        chooser.pace_box.setCurrentIndex(0 if table.get("is_real_time", True) else 1)
        if table.get("kind"):
            chooser.show_kind(str(table["kind"]))

    def _remember(self) -> None:
        chooser = self._chooser
        table = {"path": chooser.path, "loops": chooser.loops, "is_real_time": chooser.is_real_time}
        if chooser.is_chosen_by_hand:
            table["kind"] = chooser.kind
        self._preferences.set_table(_REMEMBERED, table)
