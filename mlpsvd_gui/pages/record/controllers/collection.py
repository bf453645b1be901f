"""Controller of the collection: open, add, relabel, delete, undo."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtGui import QDesktopServices

from mlpsvd.collection.file_names import checked_label
from mlpsvd.collection.paths import is_file
from mlpsvd.collection.recorded_clip import RecordedClip
from mlpsvd.collection.take import Take
from mlpsvd.datasets.labels import natural_key
from mlpsvd.errors import DataError
from mlpsvd.files import expand_home
from mlpsvd.text import sentence
from mlpsvd_gui.pages.record.controllers import texts
from mlpsvd_gui.pages.record.controllers.journal_steps import JournalSteps
from mlpsvd_gui.pages.record.views.classes import ClassRow
from mlpsvd_gui.pages.record.views.clips import ClipRow
from mlpsvd_gui.pages.record.views.panel import RecordPanel
from mlpsvd_gui.pages.record.workers.clip_library import CollectionThread, CollectionView
from mlpsvd_gui.plots.theme import class_colour
from mlpsvd_gui.state.record_memory import RecordMemory
from mlpsvd_gui.state.undo_steps import ValueHistory, redo_name, undo_name
from mlpsvd_gui.threads.serial_jobs import SerialJobs

__all__ = ["CollectionController"]


class CollectionController(QObject):
    """Shows a :class:`CollectionThread` and forwards requests to it."""

    content_changed = Signal(object)
    """Emits the :class:`CollectionView`; None if no collection is open."""
    classes_changed = Signal()
    """Emitted when names, counts or the selected class have changed."""
    copied = Signal(str, bool)
    """Emits what became of :meth:`copy`, in one sentence, and whether it succeeded."""

    def __init__(self, panel: RecordPanel, memory: RecordMemory, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._panel = panel
        self._memory = memory
        self._jobs = SerialJobs("collection", self)
        self._library: CollectionThread | None = None
        self._opening: CollectionThread | None = None
        self._retired: list[tuple[Path, CollectionThread]] = []
        self._content: CollectionView | None = None
        self.steps = JournalSteps(self._undo, self._redo, self)
        self._lists = ValueHistory(self._use_classes, self, self.steps.stack)
        self._goals = ValueHistory(self._use_goal, self, self.steps.stack)
        self._renamed: dict[str, str] = {}
        """The old name of each class created by renaming."""
        self._connect()
        self._show_recent()

    @property
    def library(self) -> CollectionThread | None:
        """The open collection's thread."""
        return self._library

    @property
    def content(self) -> CollectionView | None:
        """The content of the open collection; None without one."""
        return self._content

    def open(self, folder: Path) -> None:
        """Open a collection in the background; the previous one is shown until then."""
        if self._content is not None and _same(folder, self._content.folder):
            return
        retired = next((one for where, one in self._retired if _same(where, folder)), None)
        if retired is None:
            self._begin(f"Opening {folder}…").open(folder)
        else:  # it is still waiting for its last take
            self._retired = [(where, one) for where, one in self._retired if one is not retired]
            self._opening = retired
            retired.show_again()

    def open_last(self) -> None:
        """Open the last collection, if it still exists."""
        last = next(iter(self._memory.folders), "")
        if last and is_file(Path(last) / "manifest.csv"):
            self.open(Path(last))

    def create(self, folder: Path, file_format: str) -> None:
        """Create a collection in the background."""
        self._begin(f"Creating {folder}…").create(folder, file_format)

    def add(self, take: Take, folder: Path) -> None:
        """Add a take to the collection that it was recorded for, even if another one is open."""
        if self._library is not None and self._content is not None and folder == self._content.folder:
            self._library.add(take, take.label)
            return
        for where, library in self._retired:
            if where == folder:
                library.add(take, take.label)

    def copy(self, files: Mapping[Path, str]) -> None:
        """Add copies of recordings with these labels to the open collection; :attr:`copied` follows."""
        if self._library is None:
            self.copied.emit("No collection is open: open or create one on the page Record first.", False)
        else:
            self._library.copy(files, self.copied.emit)

    def close(self) -> None:
        """Wait for all pending steps."""
        for library in (self._library, self._opening, *(one for _, one in self._retired)):
            if library is not None:
                library.close()
        self._jobs.close()

    # -- opening

    def _begin(self, words: str) -> CollectionThread:
        if self._opening is not None:
            self._opening.close()
        library = self._opening = CollectionThread(self._jobs, self)
        library.opened.connect(lambda content, notes: self._on_opened(library, content, notes))
        library.open_failed.connect(lambda sentence: self._report_not_opened(library, sentence))
        library.changed.connect(self._while_open(library, self._on_changed))
        library.added.connect(self._while_open(library, self._on_added))
        library.done.connect(self._while_open(library, self._report_done))
        library.failed.connect(self._panel.show_error)
        library.failed.connect(self._while_open(library, lambda _: self._show_steps()))
        library.take_failed.connect(self._report_take_failed)
        self._panel.welcome.show_status(words)
        return library

    def _on_opened(self, library: CollectionThread, content: CollectionView, notes: Sequence[str]) -> None:
        if library is not self._opening:
            return
        self._opening = None
        before, previous_content = self._library, self._content
        self._library, self._renamed = library, {}
        self.steps.forget()
        if before is not None and previous_content is not None:
            self._retired.append((previous_content.folder, before))
        self._memory.opened(str(content.folder))
        self._show_recent()
        self._panel.welcome.show_status("")
        self._panel.classes.show_goal(self._memory.of(str(content.folder)).goal)
        self._panel.show_open(True)
        self._on_changed(content)
        self._panel.focus_first()
        if notes:  # they also explain why a folder cannot be changed
            self._panel.show_warning(" ".join(notes))

    def _while_open(self, library: CollectionThread, take: Callable[..., None]) -> Callable[..., None]:
        """Return ``take`` guarded so that it runs only while this collection is shown."""

        def call_if_open(*news: object) -> None:
            if library is self._library:
                take(*news)

        return call_if_open

    def close_previous(self) -> None:
        """Close the previous collection once all its takes are written."""
        for _, library in self._retired:
            library.close()
        self._retired.clear()

    def _report_not_opened(self, library: CollectionThread, sentence: str) -> None:
        if library is self._opening:
            self._opening = None
        library.close()
        self._panel.welcome.show_status("")
        self._panel.show_error(sentence)

    def _show_recent(self) -> None:
        self._panel.bar.show_recent(self._memory.folders)
        self._panel.welcome.show_recent(self._memory.folders)

    # -- requests of the page

    def _connect(self) -> None:
        panel, classes, review = self._panel, self._panel.classes, self._panel.review
        panel.bar.open_requested.connect(lambda folder: self.open(Path(folder)))
        panel.bar.new_requested.connect(lambda folder: self.create(Path(folder), self._memory.settings.file_format))
        panel.bar.show_folder_requested.connect(self._show_folder)
        panel.undo_requested.connect(self.steps.stack.undo)
        panel.redo_requested.connect(self.steps.stack.redo)
        panel.messages.action_requested.connect(self._act)
        self.steps.stack.indexChanged.connect(self._show_history)
        classes.add_requested.connect(self._add_class)
        classes.rename_requested.connect(self._rename_class)
        classes.delete_requested.connect(self._delete_class)
        classes.goal_chosen.connect(self._set_goal)
        classes.class_chosen.connect(lambda _: self.classes_changed.emit())
        review.relabel_requested.connect(self._relabel)
        review.delete_requested.connect(lambda ids: self._library.delete(ids) if self._library is not None else None)

    def _act(self, action: str) -> None:
        if action == "undo":
            self.steps.stack.undo()
        elif action == "try again" and self._library is not None:
            self._library.try_again()

    def _undo(self) -> None:
        if self._library is not None:
            self._library.undo()

    def _redo(self) -> None:
        if self._library is not None:
            self._library.redo()

    def _show_folder(self) -> None:
        if self._content is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._content.folder)))

    def _relabel(self, ids: Sequence[str], label: str) -> None:
        if self._library is not None and self._content is not None:
            others = [clip.id for clip in self._content.clips if clip.id in set(ids) and clip.label != label]
            if others:
                self._library.relabel(others, label)

    def _checked(self, name: str) -> str:
        """Return the normalised name, or nothing after showing why it is invalid."""
        try:
            return checked_label(name)
        except DataError as error:
            self._panel.show_error(sentence(str(error)))
            return ""

    def _add_class(self, name: str) -> None:
        name = self._checked(name)
        if self._content is None or not name:
            return
        known = self._known(name)
        if known is None:
            self._lists.add(f"new class {name}", self._names(), (*self._names(), name))
        self._show_classes(known or name)

    def _known(self, name: str, but: str = "") -> str | None:
        """Return the class of that name, ignoring case, except ``but``."""
        return next((one for one in self._names() if one != but and one.casefold() == name.casefold()), None)

    def _rename_class(self, old: str, new: str) -> None:
        new = self._checked(new)
        if self._library is None or self._content is None or not new:
            return
        known = self._known(new, but=old)
        new = known or new
        others = [name for name in self._names() if name != old or known is None]
        names = tuple(new if name == old else name for name in others)
        if self._content.counts.get(old):
            self._remember(names)
            if known is None:
                self._renamed[new] = old
            self._library.rename_class(old, new)
        else:
            self._lists.add(f"class {old} renamed to {new}", self._names(), names)
        self._show_classes(new)

    def _delete_class(self, name: str) -> None:
        if self._library is None or self._content is None:
            return
        names = tuple(one for one in self._names() if one != name)
        ids = [clip.id for clip in self._content.clips if clip.label == name]
        if ids:
            self._remember(names)
            self._library.delete(ids)
        else:
            self._lists.add(f"deletion of class {name}", self._names(), names)

    def _use_classes(self, names: tuple[str, ...]) -> None:
        self._remember(names)
        self._show_classes(self._panel.classes.chosen)

    def _set_goal(self, goal: int) -> None:
        if self._content is not None:
            before = self._memory.of(str(self._content.folder)).goal
            self._goals.add("change of goal", before, goal, "goal")

    def _use_goal(self, goal: int) -> None:
        if self._content is not None:
            self._memory.set_goal(str(self._content.folder), goal)
            self._panel.classes.show_goal(goal)
            self.classes_changed.emit()

    # -- display

    def _names(self) -> tuple[str, ...]:
        """All classes in the order of their keys; a new one comes last, so that keys keep their classes."""
        if self._content is None:
            return ()
        remembered = self._memory.of(str(self._content.folder)).classes
        return tuple(dict.fromkeys((*remembered, *self._content.counts)))

    def _remember(self, names: tuple[str, ...]) -> None:
        if self._content is not None:
            self._memory.set_classes(str(self._content.folder), names)

    def _on_changed(self, content: CollectionView) -> None:
        self._content = content
        # A class created by renaming and emptied by undo is replaced by its old name.
        gone = {new: self._renamed.pop(new) for new in list(self._renamed) if not content.counts.get(new)}
        remembered = [gone.get(name, name) for name in self._memory.of(str(content.folder)).classes]
        self._remember(tuple(dict.fromkeys((*remembered, *content.counts))))
        self._show_classes(self._panel.classes.chosen)
        self._panel.review.set_writable(content.writable)
        self._show_steps()
        self.content_changed.emit(content)

    def _show_steps(self) -> None:
        """Show the steps of the journal; the stack has moved even if a step failed."""
        if self._content is not None:
            self.steps.show(self._content.undo_names, self._content.redo_names)
            self._show_history()

    def _show_history(self, _: int = 0) -> None:
        self._panel.review.show_history(undo_name(self.steps.stack), redo_name(self.steps.stack))

    def _show_classes(self, chosen: str) -> None:
        if self._content is None:
            return
        names, clips, colours = self._names(), self._content.clips, self._colour_indices()
        lengths: dict[str, float] = dict.fromkeys(names, 0.0)
        for clip in clips:
            lengths[clip.label] += clip.duration_s
        rows = [ClassRow(name, self._content.counts.get(name, 0), lengths[name], colours[name]) for name in names]
        self._panel.classes.show_rows(rows, chosen)
        self._panel.review.show_labels(names, [colours[name] for name in names])
        self.show_clips()
        words = texts.summary(len(names), len(clips), sum(lengths.values()))
        self._panel.bar.show_collection(str(self._content.folder), words)
        self.classes_changed.emit()

    def _colour_indices(self) -> dict[str, int]:
        """Return each class's colour index: its position in natural order, as after training."""
        return {name: number for number, name in enumerate(sorted(self._names(), key=natural_key))}

    def show_clips(self) -> None:
        """Show all clips in the colours of the theme."""
        if self._content is not None:
            index = self._colour_indices()
            self._panel.review.show_clips([self._row(clip, index[clip.label]) for clip in self._content.clips])

    def _row(self, clip: RecordedClip, class_index: int) -> ClipRow:
        return ClipRow(
            clip.id,
            clip.name,
            clip.label,
            clip.duration_s,
            clip.level_dbfs,
            clip.clipped,
            clip.has_gap,
            clip.recorded_at,
            class_colour(class_index, self._panel.theme),
        )

    def _on_added(self, clip: RecordedClip) -> None:
        review = self._panel.review
        if review.shown_class not in (None, clip.label):
            review.show_all_classes()
        if not review.view.is_trimmed:  # the user may be moving the handles of another clip
            review.table.select((clip.id,))

    def _report_done(self, sentence: str, is_new: bool) -> None:
        if is_new:
            self._panel.show_done(sentence, "undo", "Undo")
        else:
            self._panel.show_done(sentence)

    def _report_take_failed(self, reason: str) -> None:
        sentence = f"{reason} The recording is kept and is restored when the collection is opened again."
        self._panel.show_error(sentence, "try again", "Try again")


def _same(one: Path, other: Path) -> bool:
    return expand_home(str(one)).absolute() == other.absolute()
