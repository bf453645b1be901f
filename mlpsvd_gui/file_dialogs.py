"""File dialogs: non-blocking, opening in the last folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from PySide6.QtCore import QStandardPaths
from PySide6.QtWidgets import QFileDialog, QWidget

from mlpsvd.audio.sound_names import name_filter
from mlpsvd.collection.paths import is_folder

__all__ = ["AUDIO_FILES", "LAST_FOLDERS", "LastFolders", "ask_for_path", "ask_for_paths"]

AUDIO_FILES = f"Recordings ({name_filter()});;All files (*)"
"""Name filter for recordings."""


class LastFolders:
    """The last folder of each kind of file."""

    def __init__(self) -> None:
        self._folders: dict[str, str] = {}

    def restore(self, folders: Mapping[str, object]) -> None:
        """Set stored folders, ignoring invalid ones."""
        self._folders = {kind: folder for kind, folder in folders.items() if isinstance(folder, str)}

    def table(self) -> dict[str, str]:
        """Return the folders by kind."""
        return dict(self._folders)

    def of(self, kind: str) -> str:
        """Return the folder for a kind of file: the last one, or the documents folder."""
        folder = self._folders.get(kind, "")
        if folder and is_folder(Path(folder)):
            return folder
        documents = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
        return documents if documents and Path(documents).is_dir() else str(Path.home())

    def remember(self, kind: str, folder: str) -> None:
        """Store the folder of a kind of file."""
        self._folders[kind] = folder


LAST_FOLDERS = LastFolders()
"""Shared by all dialogs and stored by the window."""


def ask_for_path(
    parent: QWidget,
    kind: str,
    title: str,
    take: Callable[[str], object],
    *,
    mode: QFileDialog.FileMode = QFileDialog.FileMode.ExistingFile,
    name_filter: str = "",
    suggested: str = "",
    start: str = "",
    accept_text: str = "",
) -> QFileDialog:
    """Ask for one file or folder.

    Parameters
    ----------
    parent, title
        Of the dialog.
    kind
        Kind of file, the key of its last folder: "experiment", "recordings", …
    take
        Called with the chosen path.
    mode
        ``AnyFile`` asks where to save.
    name_filter
        In Qt's notation.
    suggested
        Initial file name; its suffix is the default one, and follows the chosen filter.
    start
        A path at which to open instead of the last folder, if it exists.
    accept_text
        Text of the button, instead of Open or Save.
    """
    dialog = _dialog(parent, kind, title, mode, start)
    if mode is QFileDialog.FileMode.AnyFile:
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(Path(suggested).suffix.lstrip("."))
    if mode is QFileDialog.FileMode.Directory:
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
    if name_filter:
        dialog.setNameFilter(name_filter)
    if suggested:
        dialog.selectFile(suggested)
        dialog.filterSelected.connect(lambda chosen: _follow_filter(dialog, chosen))
    if accept_text:
        dialog.setLabelText(QFileDialog.DialogLabel.Accept, accept_text)
    dialog.fileSelected.connect(take)
    dialog.open()
    return dialog


def ask_for_paths(
    parent: QWidget, kind: str, title: str, take: Callable[[list[str]], object], *, name_filter: str
) -> QFileDialog:
    """Ask for any number of existing files; the parameters are those of :func:`ask_for_path`."""
    dialog = _dialog(parent, kind, title, QFileDialog.FileMode.ExistingFiles, "")
    dialog.setNameFilter(name_filter)
    dialog.filesSelected.connect(take)
    dialog.open()
    return dialog


def _follow_filter(dialog: QFileDialog, chosen: str) -> None:
    """Give the file name the suffix of a filter such as ``ONNX (*.onnx)``."""
    suffix = chosen.rpartition("*.")[2].rstrip(")")
    if suffix.isalnum() and dialog.acceptMode() is QFileDialog.AcceptMode.AcceptSave:
        dialog.setDefaultSuffix(suffix)
        for name in dialog.selectedFiles()[:1]:
            dialog.selectFile(Path(name).with_suffix(f".{suffix}").name)


def _dialog(parent: QWidget, kind: str, title: str, mode: QFileDialog.FileMode, start: str) -> QFileDialog:
    folder = Path(start).expanduser() if start else Path()
    folder = folder if folder.is_dir() else folder.parent
    dialog = QFileDialog(parent, title, str(folder) if start and folder.is_dir() else LAST_FOLDERS.of(kind))
    dialog.setFileMode(mode)
    dialog.filesSelected.connect(lambda paths: LAST_FOLDERS.remember(kind, str(Path(paths[0]).parent)))
    dialog.finished.connect(dialog.deleteLater)  # with its file system model, which has a thread
    return dialog
