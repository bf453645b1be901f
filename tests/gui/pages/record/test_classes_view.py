"""List of classes of the Record page, alone."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from mlpsvd_gui.pages.record.views.classes import ClassRow, RecordClasses


def test_rename_again_returns_to_the_open_editor(qtbot: QtBot) -> None:
    """Qt logged "edit: editing failed", which fails a test, and closed the editor."""
    view = RecordClasses()
    qtbot.addWidget(view)
    with qtbot.waitExposed(view):
        view.show()
    view.show_rows([ClassRow("kettle", 3, 2.0), ClassRow("bell", 3, 2.0)], "bell")
    view.rename_button.click()
    view.rename_button.click()
    editor = view.table.viewport().findChild(QLineEdit)
    assert editor is not None and editor.text() == "bell"
    with qtbot.waitSignal(view.rename_requested) as renamed:
        editor.setText("gong")
        QTest.keyClick(editor, Qt.Key.Key_Return)
    assert renamed.args == ["bell", "gong"]
