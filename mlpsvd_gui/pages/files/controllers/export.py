"""Export of the results of the Files page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject

from mlpsvd.classification.batch.classify import FileResult
from mlpsvd.classification.batch.tables import files_csv, to_audacity_labels, to_json, to_raven_table, windows_csv
from mlpsvd.files import write_atomically
from mlpsvd_gui.pages.files.controllers.folder_export import FolderExport
from mlpsvd_gui.pages.files.views.panel import FilesPanel
from mlpsvd_gui.state.available_models import AvailableModel
from mlpsvd_gui.threads.serial_jobs import SerialJobs

__all__ = ["FilesExport"]

_TABLES: dict[str, Callable[[Sequence[FileResult], Sequence[str]], str]] = {
    "files": files_csv,
    "windows": windows_csv,
    "json": to_json,
}


class FilesExport(QObject):
    """Writes tables in the background; pending exports are finished when the window closes."""

    def __init__(self, panel: FilesPanel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._panel = panel
        self._writing = SerialJobs("export classification", self)
        self._folders = FolderExport(panel, self)

    def write(self, kind: str, path: Path, made_by: AvailableModel | None) -> None:
        """Write ``files``, ``windows`` or ``json`` of all results, or ``audacity`` or ``raven`` of the chosen file.

        Other kinds fill a folder; see :class:`FolderExport`.
        """
        highest_hz = made_by.classifier.sample_rate_hz / 2.0 if made_by is not None else 0.0
        if kind in ("audacity", "raven"):
            current = self._panel.current
            result = current.result if current is not None else None
            if result is not None:
                to_text = to_audacity_labels if kind == "audacity" else partial(to_raven_table, highest_hz=highest_hz)
                self._submit(lambda: to_text(result), path, f"{result.n_windows:,} windows")
            return
        entries = self._panel.table.rows.entries
        results = [entry.result for entry in entries if entry.result is not None]
        if kind not in _TABLES:
            self._folders.write(kind, path, results, highest_hz)
            return
        names = made_by.classifier.class_names if made_by is not None else ()
        self._submit(lambda: _TABLES[kind](results, names), path, f"{len(results):,} recordings")

    def close(self) -> None:
        """Finish writing; an export to a folder is cancelled."""
        self._folders.close()
        self._writing.close()

    def _submit(self, text: Callable[[], str], path: Path, what: str) -> None:
        self._writing.submit(
            lambda: write_atomically(path, text()),
            lambda _: self._panel.show_done(f"{what} written to {path}."),
            lambda error: self._panel.show_error(f"{path} could not be written: {_why(error)}."),
        )


def _why(error: Exception) -> str:
    return (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
