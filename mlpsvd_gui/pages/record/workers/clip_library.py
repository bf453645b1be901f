"""A collection accessed in a background thread, in the order of requests."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from mlpsvd.collection.collection import Collection
from mlpsvd.collection.copied_recordings import copy_recordings
from mlpsvd.collection.recorded_clip import RecordedClip
from mlpsvd.collection.take import Take
from mlpsvd.errors import DataError
from mlpsvd.text import sentence
from mlpsvd_gui.threads.serial_jobs import SerialJobs

__all__ = ["CollectionThread", "CollectionView"]


@dataclass(frozen=True)
class CollectionView:
    """Content of a collection after a step.

    Attributes
    ----------
    folder, manifest
        Its folder and its manifest.
    clips
        All clips, the latest last.
    counts
        Clips of each class, classes in natural order.
    undo_names, redo_names
        Descriptions of the steps that can be undone and redone, the next one last.
    warnings
        Warnings about training on it, one sentence each.
    writable
        Whether it can be changed.
    has_fixed_split
        Whether its manifest fixes the split.
    """

    folder: Path
    manifest: Path
    spool_folder: Path
    clips: tuple[RecordedClip, ...]
    counts: dict[str, int]
    undo_names: tuple[str, ...]
    redo_names: tuple[str, ...]
    warnings: tuple[str, ...]
    writable: bool
    has_fixed_split: bool = False


class CollectionThread(QObject):
    """One collection. Every method returns immediately; results are emitted in order.

    A failed step leaves the collection unchanged. A take that cannot be written stays in the spool of the recorder;
    it is written by :meth:`try_again`, or restored when the collection is opened again.

        Parameters
        ----------
        jobs
    The serial queue of the steps, shared by all collections, so that one is closed before it is reopened.
    """

    opened = Signal(object, object)
    """Emits the :class:`CollectionView` and notes about its content."""
    open_failed = Signal(str)
    changed = Signal(object)
    """Emits the :class:`CollectionView` after a step."""
    added = Signal(object)
    """Emits the :class:`RecordedClip` of a take, after ``changed``."""
    done = Signal(str, bool)
    """Emits a description of the step and whether it can be undone."""
    failed = Signal(str)
    """Emits why a step failed, in one sentence."""
    take_failed = Signal(str)
    """Emits why a take could not be written; it is kept."""

    def __init__(self, jobs: SerialJobs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._collection: Collection | None = None  # used only in the thread of the jobs
        self._unwritten: list[tuple[Take, str]] = []

    def open(self, folder: Path) -> None:
        """Open a collection, or a folder with one folder of recordings per class."""
        self._jobs.submit(lambda: self._enter(Collection.open(folder)), self._report_opened, self._report_not_opened)

    def create(self, folder: Path, file_format: str) -> None:
        """Create a collection."""
        job = partial(Collection.create, folder, file_format)
        self._jobs.submit(lambda: self._enter(job()), self._report_opened, self._report_not_opened)

    def add(self, take: Take, label: str) -> None:
        """Add a take as a clip."""
        self._jobs.submit(
            lambda: (self._opened_collection().add(take, label), self._content()),
            self._report_added,
            lambda error: self._keep(take, label, error),
        )

    def copy(self, files: Mapping[Path, str], tell: Callable[[str, bool], None]) -> None:
        """Add copies of recordings with these labels, and tell what was done or, with False, why not."""

        def done(answer: tuple[str, CollectionView]) -> None:
            self._report_done(True, answer)
            tell(answer[0], True)

        def failed(error: Exception) -> None:
            tell(_sentence(error), False)
            self.when_done(self.changed.emit)  # some classes may have been added

        self._jobs.submit(lambda: (copy_recordings(self._opened_collection(), files), self._content()), done, failed)

    def try_again(self) -> None:
        """Retry the takes that could not be written."""
        takes, self._unwritten = self._unwritten, []
        for take, label in takes:
            self.add(take, label)

    def relabel(self, ids: Sequence[str], label: str) -> None:
        """Change the label of clips."""
        self._step(lambda collection: collection.relabel(ids, label))

    def rename_class(self, old: str, new: str) -> None:
        """Rename a class."""
        self._step(lambda collection: collection.rename_class(old, new))

    def trim(self, clip_id: str, start_s: float, end_s: float) -> None:
        """Keep only the part of a clip from ``start_s`` to ``end_s``."""

        def work(collection: Collection) -> str:
            before_s = collection.clip(clip_id).duration_s
            after_s = collection.trim(clip_id, start_s, end_s).duration_s
            return f"Clip trimmed from {before_s:.3f} s to {after_s:.3f} s."

        self._step(work)

    def delete(self, ids: Sequence[str]) -> None:
        """Delete clips; can be undone."""
        self._step(lambda collection: collection.delete(ids))

    def undo(self) -> None:
        """Undo the last step."""
        self._step(_undo, is_new=False)

    def redo(self) -> None:
        """Redo the last undone step."""
        self._step(_redo, is_new=False)

    def when_done(self, then: Callable[[CollectionView], None]) -> None:
        """Call ``then`` with the content once all pending requests are done."""
        self._jobs.submit(self._content, then, self._report_failed)

    def show_again(self) -> None:
        """Emit the content again, as after opening."""
        self._jobs.submit(lambda: (self._content(), ()), self._report_opened, self._report_not_opened)

    def close(self) -> None:
        """Close the collection once all pending requests are done, and delete this object."""
        self._jobs.submit(self._leave, self._delete_later, self._delete_later)

    # -- in the thread of the jobs

    def _enter(self, collection: Collection) -> tuple[CollectionView, tuple[str, ...]]:
        self._collection = collection
        return self._content(), collection.notes

    def _opened_collection(self) -> Collection:
        if self._collection is None:
            raise DataError("no collection is open")
        return self._collection

    def _content(self) -> CollectionView:
        one = self._opened_collection()
        return CollectionView(
            folder=one.folder,
            manifest=one.manifest,
            spool_folder=one.spool_folder,
            clips=one.clips,
            counts=one.counts,
            undo_names=one.undo_names,
            redo_names=one.redo_names,
            warnings=one.warnings_for_training(),
            writable=one.writable,
            has_fixed_split=one.has_fixed_split,
        )

    def _leave(self) -> None:
        if self._collection is not None:
            self._collection.close()
            self._collection = None

    # -- in the window's thread

    def _step(self, work: Callable[[Collection], str], is_new: bool = True) -> None:
        done = partial(self._report_done, is_new)
        self._jobs.submit(lambda: (work(self._opened_collection()), self._content()), done, self._report_failed)

    def _report_opened(self, answer: tuple[CollectionView, tuple[str, ...]]) -> None:
        self.opened.emit(*answer)

    def _report_not_opened(self, error: Exception) -> None:
        self.open_failed.emit(_sentence(error))

    def _report_added(self, answer: tuple[RecordedClip, CollectionView]) -> None:
        self.changed.emit(answer[1])
        self.added.emit(answer[0])

    def _report_done(self, is_new: bool, answer: tuple[str, CollectionView]) -> None:
        self.changed.emit(answer[1])
        self.done.emit(_ended(answer[0]), is_new)

    def _report_failed(self, error: Exception) -> None:
        self.failed.emit(_sentence(error))

    def _delete_later(self, _: object) -> None:
        self.deleteLater()

    def _keep(self, take: Take, label: str, error: Exception) -> None:
        self._unwritten.append((take, label))
        self.take_failed.emit(_sentence(error))


def _undo(collection: Collection) -> str:
    return collection.undo() if collection.next_undo else "Nothing to undo."


def _redo(collection: Collection) -> str:
    return collection.redo() if collection.next_redo else "Nothing to redo."


def _sentence(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return _ended(f"{error.filename or 'The collection'}: {error.strerror}")
    return _ended(str(error) or type(error).__name__)


def _ended(text: str) -> str:
    return sentence(text[:1].upper() + text[1:])
