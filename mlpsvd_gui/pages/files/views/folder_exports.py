"""Menu entries, progress and questions of the exports that fill a folder."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFileDialog, QMenu, QMessageBox, QProgressDialog, QWidget

from mlpsvd.text import counted, one_line
from mlpsvd_gui.file_dialogs import ask_for_path
from mlpsvd_gui.qt_text import plain_tip

__all__ = ["CLIPS", "LABELS", "ExportProgress", "add_folder_exports", "ask_to_replace"]

CLIPS = "clips"
LABELS = {"all audacity": "audacity", "all raven": "raven"}
"""Format of each kind of export that writes labels of all recordings."""
_ENTRIES = (
    ("all audacity", "A&udacity labels of all recordings…", "Folder of label tracks", "One label track per recording"),
    ("all raven", "Raven &tables of all recordings…", "Folder of tables", "One selection table per recording"),
    (
        CLIPS,
        "&Clips of the predictions…",
        "New folder of clips",
        "Cut the predictions out as WAV files, with a folder per class and a manifest",
    ),
)
_FULL = 1000
_SHOWN_AFTER_MS = 500


def add_folder_exports(menu: QMenu, parent: QWidget, chosen: Callable[[str, str], object]) -> dict[str, QAction]:
    """Add the entries to a menu; ``chosen`` is called with the kind of export and the folder."""
    menu.addSeparator()
    actions = {}
    for kind, text, title, tip in _ENTRIES:
        action = menu.addAction(text)
        action.setToolTip(plain_tip(tip))
        action.triggered.connect(lambda _=False, kind=kind, title=title: _ask(parent, title, kind, chosen))
        actions[kind] = action
    return actions


def _ask(parent: QWidget, title: str, kind: str, chosen: Callable[[str, str], object]) -> None:
    is_new = kind == CLIPS
    mode = QFileDialog.FileMode.AnyFile if is_new else QFileDialog.FileMode.Directory
    suggested, accept = ("clips", "Export") if is_new else ("", "")
    ask_for_path(parent, "results", title, partial(chosen, kind), mode=mode, suggested=suggested, accept_text=accept)


class ExportProgress(QProgressDialog):
    """Progress of an export, with Cancel; shown if the export takes a while, without blocking the window."""

    def __init__(self, text: str, parent: QWidget) -> None:
        super().__init__(text, "Cancel", 0, _FULL, parent)
        self.setWindowTitle("Export")
        self.setWindowModality(Qt.WindowModality.NonModal)
        self.setMinimumDuration(_SHOWN_AFTER_MS)
        self.setAutoReset(False)
        self.setMinimumWidth(380)

    def show_progress(self, share: float) -> None:
        """Show the completed fraction, 0 to 1."""
        self.setValue(round(_FULL * share))


def ask_to_replace(parent: QWidget, folder: Path, n_files: int, confirmed: Callable[[], object]) -> None:
    """Ask before label files are replaced."""
    box = QMessageBox(parent)
    box.setObjectName("replace labels question")
    box.setIcon(QMessageBox.Icon.Question)
    box.setWindowTitle("Replace labels")
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setText(f"{one_line(str(folder), 300)} holds {counted(n_files, 'file')} with the names of these labels.")
    box.setInformativeText("Replace them?")
    box.addButton("&Replace", QMessageBox.ButtonRole.DestructiveRole).clicked.connect(confirmed)
    keep = box.addButton("&Keep", QMessageBox.ButtonRole.RejectRole)
    box.setDefaultButton(keep)
    box.setEscapeButton(keep)
    box.finished.connect(box.deleteLater)
    box.open()
