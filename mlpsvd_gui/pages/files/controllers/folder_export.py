"""Exports of the Files page that fill a folder: labels of all recordings, and clips of the predictions."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject

from mlpsvd.classification.batch.label_files import label_files, write_labels
from mlpsvd.classification.batch.results import FileResult
from mlpsvd.errors import DataError
from mlpsvd.experiments.annotated_clips import cut_predictions
from mlpsvd.files import path_exists
from mlpsvd.text import counted, sentence
from mlpsvd_gui.log import error_sentence
from mlpsvd_gui.pages.files.views.folder_exports import CLIPS, LABELS, ExportProgress, ask_to_replace
from mlpsvd_gui.pages.files.views.panel import FilesPanel
from mlpsvd_gui.threads.latest import LatestRunner, Progress

__all__ = ["FolderExport"]


@dataclass(frozen=True)
class _Job:
    folder: Path
    write: Callable[[Progress], str]
    """Writes, and returns what was written."""
    if_cancelled: str
    """What is left then."""
    stop: threading.Event = field(default_factory=threading.Event)


class FolderExport(QObject):
    """Writes in the background, with progress and Cancel; an export that runs when the window closes is cancelled."""

    def __init__(self, panel: FilesPanel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._panel = panel
        self._dialog: ExportProgress | None = None
        self._job: _Job | None = None
        self._runner = LatestRunner(_write, "export folder", self)
        self._runner.progressed.connect(self._show_progress)
        self._runner.answered.connect(lambda job, text: self._end(f"{text} written to {job.folder}."))
        self._runner.failed.connect(self._on_failed)

    def write(self, kind: str, folder: Path, results: Sequence[FileResult], highest_hz: float) -> None:
        """Write the labels or clips of all results to a folder; asks before labels are replaced."""
        if self._runner.is_busy:
            self._panel.show_error("Another export is running; wait for its end, or cancel it.")
            return
        if kind == CLIPS:
            self._start("Cutting out clips…", _Job(folder, partial(_clips, folder, results), "no clips were written"))
            return
        form: Any = LABELS[kind]
        job = _Job(folder, partial(_labels, folder, results, form, highest_hz), "labels written so far are kept")
        start = partial(self._start, "Writing labels…", job)
        n_there = sum(path_exists(one) for one in label_files(folder, results, form))
        if n_there:
            ask_to_replace(self._panel, folder, n_there, start)
        else:
            start()

    def close(self) -> None:
        """Cancel what is running."""
        self._close_dialog()
        self._runner.close()

    def _start(self, text: str, job: _Job) -> None:
        self._dialog = ExportProgress(text, self._panel)
        self._dialog.canceled.connect(self._cancel)
        self._job = job
        self._runner.ask(job)

    def _cancel(self) -> None:
        """Cancel, unless all is written before; the answer follows."""
        if self._job is not None:
            self._job.stop.set()

    def _on_failed(self, job: _Job, text: str) -> None:
        self._close_dialog()
        (self._panel.show_warning if job.stop.is_set() else self._panel.show_error)(sentence(text))

    def _show_progress(self, _: _Job, share: float) -> None:
        if self._dialog is not None:
            self._dialog.show_progress(share)

    def _end(self, done: str) -> None:
        self._close_dialog()
        self._panel.show_done(done)

    def _close_dialog(self) -> None:
        dialog, self._dialog = self._dialog, None
        if dialog is not None:
            dialog.canceled.disconnect()  # closing it is no request to cancel
            dialog.close()
            dialog.deleteLater()


def _write(job: _Job, progress: Progress) -> str:
    def report(share: float) -> None:
        if job.stop.is_set():
            raise DataError(f"Export cancelled; {job.if_cancelled}")
        progress(share)

    try:
        return job.write(report)
    except OSError as error:
        raise DataError(error_sentence(error, str(job.folder)).rstrip(".")) from error


def _labels(folder: Path, results: Sequence[FileResult], form: Any, highest_hz: float, progress: Progress) -> str:
    return f"Labels of {counted(write_labels(folder, results, form, highest_hz, progress), 'recording')}"


def _clips(folder: Path, results: Sequence[FileResult], progress: Progress) -> str:
    written = cut_predictions(results, folder, progress)
    n_labels, n_recordings = len(written.labels), counted(written.n_recordings, "recording")
    return f"{counted(written.n_clips, 'clip')} of {n_recordings} in {counted(n_labels, 'class')}"
