"""Controller of the Files page."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import assert_never

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QUndoStack

from mlpsvd.audio.devices.portaudio_thread import PortAudioThread
from mlpsvd.classification.batch.classify import FileResult, SoundFile, find_sound_files
from mlpsvd.classification.batch.summary import totals_of
from mlpsvd.text import sentence
from mlpsvd_gui.pages.files.controllers.export import FilesExport
from mlpsvd_gui.pages.files.controllers.recording import RecordingController
from mlpsvd_gui.pages.files.controllers.review import ReviewController
from mlpsvd_gui.pages.files.controllers.texts import progress_text, ready_text, stale_text
from mlpsvd_gui.pages.files.views.panel import FilesPanel
from mlpsvd_gui.pages.files.views.rows import FileEntry
from mlpsvd_gui.pages.files.workers.classification import (
    ClassificationEnded,
    ClassificationNews,
    ClassificationWorker,
    FilesClassified,
)
from mlpsvd_gui.state.available_models import AvailableModel, default_model
from mlpsvd_gui.state.model_library import ModelLibrary
from mlpsvd_gui.threads.latest import LatestRunner, Progress

__all__ = ["FilesController"]

_DRAW_MS = 300
"""Interval between updates: sorting and counting ten thousand files takes time."""


class FilesController(QObject):
    """Finds recordings, classifies them on all cores, shows, plays and labels them, and exports results.

    Parameters
    ----------
    panel
        The page.
    models
        The available models.
    sound
        The owner of PortAudio; by default a new one.
    folder
        Where the labels of reviewed recordings are kept; None keeps them while the program runs.
    """

    train_requested = Signal(str)
    """Emits the path of a manifest to train on."""
    collection_requested = Signal(object)
    """Emits the label of each recording that is to be copied into a collection, by its path."""

    def __init__(
        self,
        panel: FilesPanel,
        models: ModelLibrary,
        sound: PortAudioThread | None = None,
        folder: Path | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._panel = panel
        self._models = models
        self._model: AvailableModel | None = None
        self._key = ""  # of the model that the user chose last, also while a new run trains and its entry is missing
        self._made_by: AvailableModel | None = None
        self._opening = ""
        self._known: set[str] = set()
        self._to_find: list[str] = []
        self._running: list[FileEntry] = []
        self._is_running = False
        self._was_stopped = False
        self._worker = ClassificationWorker(self)
        self._finder = LatestRunner(_find, "find recordings", self)
        self._export = FilesExport(panel, self)
        self._recording = RecordingController(panel, sound, self)
        self._review = ReviewController(panel, folder, self)
        self._drawing = QTimer(self)
        self._drawing.setInterval(_DRAW_MS)
        self._drawing.setSingleShot(True)
        self._connect()
        self._on_models()

    @property
    def is_running(self) -> bool:
        """Whether a classification is running."""
        return self._is_running

    @property
    def steps(self) -> QUndoStack:
        """Undo steps of the review."""
        return self._review.history.stack

    def open_model(self, path: str) -> None:
        """Open a model file and select it on this page."""
        self._opening = path
        self._models.open_model(path)

    def add(self, paths: Sequence[str]) -> None:
        """Add new files and folders of files; searched in the background."""
        self._review.load()
        self._to_find.extend(paths)
        self._find_next()

    def tell(self, sentence: str, is_done: bool) -> None:
        """Show what became of a request that another page answers."""
        (self._panel.show_done if is_done else self._panel.show_error)(sentence)

    def close(self) -> None:
        """Stop everything, within a second."""
        self._drawing.stop()
        self._worker.close()
        self._finder.close(0.2)
        self._recording.close()
        self._review.close()
        self._export.close()

    def _connect(self) -> None:
        controls = self._panel.controls
        controls.start_requested.connect(self.start)
        controls.stop_requested.connect(self.stop)
        controls.model_chosen.connect(self._choose)
        controls.model_file_chosen.connect(self.open_model)
        controls.paths_chosen.connect(self.add)
        controls.clear_requested.connect(self.clear)
        controls.export_requested.connect(self._write)
        self._review.train_requested.connect(self.train_requested)
        self._review.collection_requested.connect(self.collection_requested)
        self._panel.remove_requested.connect(self.remove)
        self._panel.table.entry_chosen.connect(lambda _: self._show_state())
        self._models.models_changed.connect(self._on_models)
        self._models.opened.connect(self._on_opened)
        self._models.failed.connect(self._on_failure)
        self._finder.answered.connect(self._on_found)
        self._finder.failed.connect(lambda _, text: self._panel.show_error(sentence(text)))
        self._worker.news.connect(self._on_news)
        self._drawing.timeout.connect(self._draw)

    def _write(self, kind: str, path: str) -> None:
        if kind in ("manifest", "train"):
            self._review.export(Path(path), trains=kind == "train")
        else:
            self._export.write(kind, Path(path), self._made_by)

    # --- model -------------------------------------------------------------------------------------------------------

    def _on_models(self) -> None:
        self._use(default_model(self._models.entries(), self._key))

    def _choose(self, key: str) -> None:
        self._key = key
        self._use(next((one for one in self._models.entries() if one.key == key), self._model))

    def _on_opened(self, model: AvailableModel) -> None:
        if self._opening and Path(self._opening) == Path(model.key):
            self._opening = ""
            self._panel.show_error("")
            self._key = model.key
            self._use(model)

    def _on_failure(self, text: str) -> None:
        if self._opening:
            self._opening = ""
            self._panel.show_error(sentence(text))

    def _use(self, model: AvailableModel | None) -> None:
        self._model = model
        entries = [(one.key, one.text, one.tip) for one in self._models.entries()]
        self._panel.controls.model_box.show_models(
            entries, model.key if model is not None else "", self._models.refusal
        )
        self._show_stale()
        self._show_state()

    def _show_stale(self) -> None:
        stale = self._made_by is not None and self._model is not None and not _is_same(self._made_by, self._model)
        self._panel.show_stale(stale_text(self._made_by, self._model) if stale and self._results() else "")

    # --- files -------------------------------------------------------------------------------------------------------

    def _find_next(self) -> None:
        if self._to_find and not self._finder.is_busy:
            paths, self._to_find = tuple(self._to_find), []
            self._finder.ask(paths)
        self._show_state()

    def _on_found(self, _paths: tuple[str, ...], found: list[SoundFile]) -> None:
        new = [FileEntry(one) for one in found if not self._is_known(one.path)]
        self._panel.table.rows.add(new)
        if new and self._panel.current is None:
            self._panel.table.selectRow(0)
        self._panel.show_current()
        self._find_next()

    def _is_known(self, path: Path) -> bool:
        place = os.path.normcase(path.absolute())
        is_known = place in self._known
        self._known.add(place)
        return is_known

    def remove(self, entries: Sequence[FileEntry]) -> None:
        """Remove files from the page; a file in progress is finished."""
        self._known -= {os.path.normcase(entry.file.path.absolute()) for entry in entries}
        self._panel.table.rows.remove(entries)
        self._draw()

    def clear(self) -> None:
        """Remove all files from the page and stop."""
        self._finder.cancel()
        self._to_find.clear()
        self.stop()
        self.remove(self._entries())
        self._made_by = None
        self._draw()
        self._show_stale()

    def _entries(self) -> list[FileEntry]:
        return self._panel.table.rows.entries

    def _results(self) -> list[FileResult]:
        return [entry.result for entry in self._entries() if entry.result is not None]

    # --- classifying -------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Classify the files without a result of the chosen model, or all if every file has one."""
        model = self._model
        if model is None or self._is_running or not self._entries():
            return
        is_same = self._made_by is not None and _is_same(self._made_by, model)
        waiting = [entry for entry in self._entries() if entry.result is None] if is_same else []
        if not waiting:
            waiting = list(self._entries())
            for entry in waiting:
                entry.result = None
        self._made_by = model
        self._begin(model, waiting)

    def stop(self) -> None:
        """Stop; finished results are kept."""
        self._was_stopped = True
        self._worker.stop()

    def _begin(self, model: AvailableModel, entries: list[FileEntry]) -> None:
        self._running = entries
        self._is_running = True
        self._was_stopped = False
        self._panel.show_error("")
        self._panel.show_classes(model.classifier.class_names)
        self._recording.set_channel(model.classifier.model.contract.channel)
        self._panel.controls.show_running(True)
        self._panel.controls.show_progress(None, f"Starting classification of {len(entries):,} recordings…")
        self._show_stale()
        self._draw()
        self._worker.start(model.classifier.model, [entry.file for entry in entries])

    def _on_news(self, news: ClassificationNews) -> None:
        if not self._worker.is_current(news):
            return
        match news:
            case FilesClassified():
                self._on_results(news)
            case ClassificationEnded(error=error):
                self._end(error)
            case _:
                assert_never(news)

    def _on_results(self, news: FilesClassified) -> None:
        for index, result in news.finished:
            self._running[index].result = self._review.with_label(result)
        if news.left_s is not None or news.n_done:
            self._panel.controls.show_progress(news.share, progress_text(news))
        if news.finished and not self._drawing.isActive():
            self._drawing.start()

    def _end(self, error: str) -> None:
        self._is_running = False
        self._running = []
        self._panel.controls.show_running(False)
        self._panel.show_error(sentence(error))
        self._draw()
        self._show_stale()
        waiting = [entry for entry in self._entries() if entry.result is None]
        # Continue with files that were added during the classification.
        if waiting and not self._was_stopped and not error and self._made_by is not None:
            self._begin(self._made_by, waiting)

    # --- drawing -----------------------------------------------------------------------------------------------------

    def _draw(self) -> None:
        results = self._results()
        names = self._made_by.classifier.class_names if self._made_by is not None else ()
        self._panel.show_results(totals_of(results, names) if results else None)
        self._show_state()

    def _show_state(self) -> None:
        entries = self._entries()
        controls = self._panel.controls
        n_done = sum(entry.result is not None for entry in entries)
        current = self._panel.current
        can_label = current is not None and current.result is not None and current.result.is_usable
        controls.show_files(bool(entries), n_done > 0, can_label)
        self._panel.show_pages(bool(entries), self._model is not None)
        controls.show_startable(self._reason_not_to_start())
        if not self._is_running:
            is_looking = self._finder.is_busy
            controls.show_progress(0.0, "Searching for recordings…" if is_looking else self._ready_text(n_done))

    def _ready_text(self, n_done: int) -> str:
        by = self._made_by.text if self._made_by is not None else ""
        return ready_text(len(self._entries()), n_done, by)

    def _reason_not_to_start(self) -> str:
        if self._model is None:
            return "Train a network or open a model file first"
        return "" if self._entries() else "Add recordings first"


def _find(paths: tuple[str, ...], progress: Progress) -> list[SoundFile]:
    found = []
    for one in find_sound_files(Path(path) for path in paths):
        progress(0.0)
        found.append(one)
    return found


def _is_same(first: AvailableModel, second: AvailableModel) -> bool:
    """Whether two entries hold the same model; the list is rebuilt with every run."""
    if first is second:
        return True
    one, other = first.classifier.model, second.classifier.model
    return (
        first.key == second.key
        and one.spec == other.spec
        and tuple(one.class_names) == tuple(other.class_names)
        and np.array_equal(one.theta, other.theta)
    )
