"""Controller of File > Import > Annotations: clips of annotated recordings, cut out in the background."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget
from shiboken6 import isValid

from mlpsvd.collection.paths import is_folder
from mlpsvd.errors import DataError
from mlpsvd.experiments.annotated_clips import CutClips, cut_annotations, is_cut
from mlpsvd.experiments.clip_export import is_occupied
from mlpsvd.files import expand_home, path_exists
from mlpsvd.text import counted, one_line, sentence
from mlpsvd_gui.log import error_sentence
from mlpsvd_gui.threads.latest import LatestRunner, Progress
from mlpsvd_gui.window.annotations_dialog import AnnotationsChoice, AnnotationsDialog

__all__ = ["AnnotationsImport"]


@dataclass(frozen=True)
class _Job:
    choice: AnnotationsChoice
    replace: bool
    stop: threading.Event = field(default_factory=threading.Event)


class AnnotationsImport(QObject):
    """Shows the dialog, and cuts out what it asks for.

    Parameters
    ----------
    window
        Parent of the dialog.
    action
        Opens the dialog.
    """

    recordings_wanted = Signal(str)
    """Emits a folder of clips that the experiment is to train on."""

    def __init__(self, window: QWidget, action: QAction) -> None:
        super().__init__(window)
        self._window = window
        self._dialog: AnnotationsDialog | None = None
        self._job: _Job | None = None
        self._runner = LatestRunner(_cut, "cut annotations", self)
        self._runner.progressed.connect(lambda _, share: self._show_progress(share))
        self._runner.answered.connect(self._show_result)
        self._runner.failed.connect(lambda job, text: self._end(sentence(text), not job.stop.is_set()))
        action.triggered.connect(self.show)

    def show(self) -> None:
        """Show the dialog, which does not block the window."""
        dialog = self._shown()
        if dialog is None:
            dialog = self._dialog = AnnotationsDialog(self._window)
            dialog.start_requested.connect(self._ask)
            dialog.replace_confirmed.connect(lambda choice: self._start(choice, replace=True))
            dialog.stop_requested.connect(self._stop)
            dialog.recordings_wanted.connect(self.recordings_wanted)
        dialog.show()
        dialog.raise_()
        dialog.activateWindow()

    def close(self) -> None:
        """Cancel what is running; nothing is left of it."""
        self._runner.close()

    def _shown(self) -> AnnotationsDialog | None:
        """Return the dialog; None if it was closed."""
        return self._dialog if self._dialog is not None and isValid(self._dialog) else None

    def _ask(self, choice: AnnotationsChoice) -> None:
        """Start, after a question if there are clips of an earlier import."""
        dialog = self._shown()
        if dialog is None:
            return
        problem = _problem(choice)
        if problem:
            dialog.show_status(problem, is_problem=True)
        elif _is_earlier(expand_home(choice.folder)):
            dialog.ask_to_replace(choice)
        else:
            self._start(choice, replace=False)

    def _start(self, choice: AnnotationsChoice, replace: bool) -> None:
        dialog = self._shown()
        if dialog is not None:
            dialog.show_running(True)
            self._job = _Job(choice, replace)
            self._runner.ask(self._job)

    def _stop(self) -> None:
        """Cancel, unless all clips are written before; the answer follows."""
        if self._job is not None:
            self._job.stop.set()

    def _show_progress(self, share: float) -> None:
        dialog = self._shown()
        if dialog is not None:
            dialog.show_progress(share)

    def _show_result(self, job: _Job, written: CutClips) -> None:
        dialog = self._shown()
        if dialog is not None:
            dialog.show_running(False)
            dialog.show_result(_result_text(written, job.choice.folder), str(expand_home(job.choice.folder)))

    def _end(self, text: str, is_problem: bool) -> None:
        dialog = self._shown()
        if dialog is not None:
            dialog.show_running(False)
            dialog.show_status(text, is_problem)


def _problem(choice: AnnotationsChoice) -> str:
    """Return what is missing, in one sentence; empty if nothing is."""
    if not choice.recordings:
        return "Choose the folder of the recordings."
    if not choice.folder:
        return "Choose the name of a new folder for the clips."
    if not path_exists(expand_home(choice.recordings)):
        return f"There are no recordings at {one_line(choice.recordings, 300)}."
    if choice.annotations and not is_folder(expand_home(choice.annotations)):
        return f"There is no folder of annotations at {one_line(choice.annotations, 300)}."
    parent = expand_home(choice.folder).absolute().parent
    if not is_folder(parent):
        return f"The new folder cannot be made: there is no folder {one_line(str(parent), 300)}."
    return ""


def _is_earlier(folder: Path) -> bool:
    """Whether clips of an earlier import are at ``folder``."""
    try:
        return is_occupied(folder) and is_cut(folder)
    except (OSError, ValueError):
        return False


def _cut(job: _Job, progress: Progress) -> CutClips:
    def report(share: float) -> None:
        if job.stop.is_set():
            raise DataError("Cancelled; no clips were written")
        progress(share)

    one = job.choice
    annotations = expand_home(one.annotations) if one.annotations else None
    folder = expand_home(one.folder)
    try:
        return cut_annotations(
            expand_home(one.recordings), folder, annotations, one.column, report, replace=job.replace
        )
    except (OSError, ValueError) as error:  # also a path that is invalid on this system
        raise DataError(error_sentence(error, str(folder)).rstrip(".")) from error


def _result_text(written: CutClips, folder: str) -> str:
    """Return what was written and what was left out."""
    n_clips, n_recordings = counted(written.n_clips, "clip"), counted(written.n_recordings, "recording")
    labels = one_line(", ".join(written.labels), 200)
    left_out = []
    for n, what, why in (
        (written.n_without, "recording", "without annotations"),
        (written.n_skipped, "annotation", "without label, outside of the recording or shorter than 1 ms"),
        (written.n_unused, "annotation file", "of recordings that have another one"),
    ):
        if n:
            left_out.append(f"{counted(n, what)} {why}")
    text = f"{n_clips} of {n_recordings} written to {one_line(folder, 300)}: {labels}."
    return f"{text} Not used: {'; '.join(left_out)}." if left_out else text
