"""Answers to the file dialogs of a window."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QLineEdit, QWidget
from pytestqt.qtbot import QtBot


def choose_path(qtbot: QtBot, parent: QWidget, path: Path) -> None:
    """Choose a path in the file dialog of a widget, which is open or about to open, and wait until it has closed."""
    qtbot.waitUntil(lambda: any(one.isVisible() for one in parent.findChildren(QFileDialog)))
    (dialog,) = (one for one in parent.findChildren(QFileDialog) if one.isVisible())
    edit = dialog.findChild(QLineEdit, "fileNameEdit")
    assert edit is not None
    edit.setText(str(path))
    dialog.accept()
    qtbot.waitUntil(lambda: not dialog.isVisible())
