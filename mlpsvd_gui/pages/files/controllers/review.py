"""Controller of the review: labels of recordings, with undo, kept on disk, and as a list for training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from mlpsvd.classification.batch.results import FileResult
from mlpsvd.classification.batch.reviews import (
    LABELS_NAME,
    LabelsFile,
    TrainingList,
    checked_review_label,
    training_list,
)
from mlpsvd.errors import DataError
from mlpsvd.files import write_atomically
from mlpsvd.text import counted, one_line, sentence
from mlpsvd_gui.log import error_sentence
from mlpsvd_gui.pages.files.views.panel import FilesPanel
from mlpsvd_gui.pages.files.views.rows import FileEntry
from mlpsvd_gui.state.undo_steps import ValueHistory
from mlpsvd_gui.threads.serial_jobs import SerialJobs

__all__ = ["ReviewController"]

_LONGEST = 40
Labels = Mapping[int, str]


class ReviewController(QObject):
    """Labels the selected recordings.

    Parameters
    ----------
    panel
        The page.
    folder
        Where the labels are kept; None keeps them while the program runs.
    """

    train_requested = Signal(str)
    """Emits the path of a manifest to train on."""
    collection_requested = Signal(object)
    """Emits the label of each recording that is to be copied into a collection, by its path."""

    def __init__(self, panel: FilesPanel, folder: Path | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._panel = panel
        self._bar = panel.windows.review
        self._file = LabelsFile(folder / LABELS_NAME) if folder is not None else None
        self._labels: Labels = {}
        self._is_loaded = self._is_labelling = False
        self._writing = SerialJobs("reviewed labels", self)
        self.history: ValueHistory[Labels] = ValueHistory(self._show, self)
        self._bar.step_requested.connect(self.step)
        self._bar.accept_requested.connect(self.accept)
        self._bar.label_requested.connect(self.label)
        self._bar.collection_requested.connect(self.send_to_collection)

    def load(self) -> None:
        """Read the labels of earlier sessions, once, in the background."""
        if self._file is not None and not self._is_loaded:
            self._is_loaded = True
            self._writing.submit(self._file.load, self._take_loaded, self._report_unread)

    def close(self) -> None:
        """Finish writing."""
        self._writing.close()

    def with_label(self, result: FileResult) -> FileResult:
        """Return a result with the label that its recording has."""
        label = self._labels.get(result.digest, "") if result.digest else ""
        return replace(result, reviewed=label) if label != result.reviewed else result

    # -- requests

    def step(self, direction: int) -> None:
        """Select the next recording to review (1) or the previous one (-1), from the end to the start again."""
        following = self._following(direction)
        if following is not None:
            self._panel.table.choose(following)

    def accept(self) -> None:
        """Label the selected recordings with their predicted classes."""
        chosen = self._chosen()
        if chosen:
            self._change({one.digest: one.label for one in chosen}, f"accept {_what(chosen)}")

    def label(self, text: str) -> None:
        """Label the selected recordings; an empty text removes their labels."""
        chosen = self._chosen()
        if not text:
            self._change({one.digest: "" for one in chosen}, f"remove the label of {_what(chosen)}")
            return
        try:
            label = checked_review_label(text)
        except DataError as error:
            self._panel.show_error(sentence(str(error)))
            return
        self._change({one.digest: label for one in chosen}, f"label {_what(chosen)} as {one_line(label, _LONGEST)}")

    def send_to_collection(self) -> None:
        """Request copies of the selected recordings with a reviewed label, else the class of folder or file name."""
        labels = {one.path.absolute(): one.reviewed or one.truth or "" for one in self._chosen()}
        known = {path: label for path, label in labels.items() if label}
        if known:
            self.collection_requested.emit(known)
        else:
            self._panel.show_error("The selected recordings have no label: accept or correct their predictions first.")

    def _chosen(self) -> list[FileResult]:
        results = (entry.result for entry in self._panel.table.selected)
        return [one for one in results if one is not None and one.is_usable and one.digest]

    def _following(self, direction: int) -> FileEntry | None:
        """Return the next shown recording to review, in a direction, without the current one."""
        shown, current = self._panel.table.rows.shown, self._panel.current
        at = next((row for row, entry in enumerate(shown) if entry is current), -1)
        order = [*shown[at + 1 :], *shown[: max(at, 0)]]
        if direction < 0:
            order.reverse()
        return next((one for one in order if one.result is not None and self._needs_review(one.result)), None)

    def _needs_review(self, result: FileResult) -> bool:
        return result.needs_review(self._panel.below)

    # -- labels

    def _change(self, changes: Labels, name: str) -> None:
        after = {digest: label for digest, label in {**self._labels, **changes}.items() if label}
        if after == self._labels:
            return
        following = self._following(1) if self._panel.table.n_selected == 1 and any(changes.values()) else None
        self._is_labelling = True
        self.history.add(name, self._labels, after)
        self._is_labelling = False
        if following is not None:
            self._panel.table.choose(following)

    def _show(self, labels: Labels) -> None:
        """Make labels the current ones, on the page and on disk."""
        before, self._labels = self._labels, labels
        both = before.keys() | labels.keys()
        changes = {one: labels.get(one, "") for one in both if before.get(one) != labels.get(one)}
        changed = self._apply(changes)
        self._keep(changes, changed)
        if changed and not self._is_labelling:  # undo or redo: show what changed
            self._panel.table.choose(changed[0])

    def _apply(self, changes: Labels) -> list[FileEntry]:
        changed = []
        for entry in self._panel.table.rows.entries:
            if entry.result is not None and entry.result.digest in changes:
                entry.result = self.with_label(entry.result)
                changed.append(entry)
        self._panel.show_reviews()
        return changed

    def _keep(self, changes: Labels, changed: list[FileEntry]) -> None:
        if self._file is not None and changes:
            files = {one.result.digest: one.file.path.absolute() for one in changed if one.result is not None}
            self._writing.submit(partial(self._file.add, changes, files), lambda _: None, self._report_unkept)

    def _take_loaded(self, labels: dict[int, str]) -> None:
        """Show the labels of earlier sessions; those given meanwhile count."""
        known = {**labels, **self._labels}
        changes = {one: label for one, label in known.items() if self._labels.get(one) != label}
        self._labels = known
        self._apply(changes)

    def _report_unread(self, error: Exception) -> None:
        self._file = None  # is not ours: leave it alone
        self._panel.show_error(f"Labels of earlier reviews are not shown, and new ones not kept: {_why(error)}")

    def _report_unkept(self, error: Exception) -> None:
        self._panel.show_error(f"The labels of this review could not be kept: {_why(error)} Export them to keep them.")

    # -- training

    def export(self, path: Path, trains: bool = False) -> None:
        """Write the list of labelled recordings, and train on it if wanted."""
        entries = self._panel.table.rows.entries
        results = [entry.result for entry in entries if entry.result is not None]
        self._writing.submit(
            partial(_write, path, results),
            partial(self._on_written, path, trains),
            lambda error: self._panel.show_error(error_sentence(error)),
        )

    def _on_written(self, path: Path, trains: bool, written: TrainingList) -> None:
        sources = f"{written.n_reviewed:,} reviewed, {written.n_named:,} labelled by folder or file name"
        n_classes = len(written.classes)
        text = f"{counted(written.n_reviewed + written.n_named, 'recording')} ({sources}) written to {path}."
        if trains and n_classes < 2:
            self._panel.show_error(f"{text} They all have the label {written.classes[0]}; training needs two classes.")
            return
        self._panel.show_done(text)
        if trains:
            self.train_requested.emit(str(path))


def _write(path: Path, results: list[FileResult]) -> TrainingList:
    written = training_list(results, path)
    write_atomically(path, written.text)
    return written


def _what(results: list[FileResult]) -> str:
    return one_line(results[0].path.name, _LONGEST) if len(results) == 1 else counted(len(results), "recording")


def _why(error: Exception) -> str:
    return sentence(error.strerror or str(error)) if isinstance(error, OSError) else error_sentence(error)
