"""Stored choice of source, recording and speed."""

from __future__ import annotations

from PySide6.QtCore import QObject

from mlpsvd.json_fields import Fields
from mlpsvd_gui.pages.listen.views.source_chooser import SourceChooser
from mlpsvd_gui.state.preferences import Preferences, or_default

__all__ = ["LastChoice"]

_REMEMBERED = "live/source"


class LastChoice(QObject):
    """Restores the stored choice and stores every change."""

    def __init__(self, chooser: SourceChooser, preferences: Preferences, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._chooser = chooser
        self._preferences = preferences
        self._show(preferences.fields(_REMEMBERED))
        chooser.kind_box.activated.connect(lambda _: self._remember())
        chooser.path_edit.textChanged.connect(lambda _: self._remember())
        chooser.loop_box.toggled.connect(lambda _: self._remember())
        chooser.pace_box.activated.connect(lambda _: self._remember())

    def _show(self, fields: Fields) -> None:
        chooser = self._chooser
        chooser.path_edit.setText(or_default(lambda: fields.text("path"), ""))
        chooser.loop_box.setChecked(or_default(lambda: fields.flag("loops"), False))
        chooser.pace_box.setCurrentIndex(0 if or_default(lambda: fields.flag("is_real_time"), True) else 1)
        kind = or_default(lambda: fields.text("kind"), "")
        if kind:
            chooser.show_kind(kind)

    def _remember(self) -> None:
        chooser = self._chooser
        table = {"path": chooser.path, "loops": chooser.loops, "is_real_time": chooser.is_real_time}
        if chooser.is_chosen_by_hand:
            table["kind"] = chooser.kind
        self._preferences.set_table(_REMEMBERED, table)
