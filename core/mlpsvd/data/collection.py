"""A collection: clips recorded on the spot, in a folder that any program can read, where every step can be undone."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from mlpsvd.data.recorded_clip import RecordedClip
from mlpsvd.data.settings import RecordingsSettings
from mlpsvd.data.take import Take

__all__ = ["Collection", "Trash"]


@dataclass(frozen=True)
class Trash:
    """What deleting and trimming left behind: how many files, and how large they are together."""

    n_files: int
    n_bytes: int


class Collection:
    """Labelled recordings in a folder: ``manifest.csv`` and one folder of audio files a class.

    Made by :meth:`create` or :meth:`open`. Every step is written to disk before it returns, is done as a whole or
    not at all even if the program is killed in the middle, and can be undone, also after a restart. Not
    thread-safe: use it from one thread at a time. A collection is open in one program at a time.

    Attributes
    ----------
    folder
        Where it lies.
    notes
        What was found at opening (recovered takes, files that are gone, files that were not in the manifest), a
        sentence each.
    """

    folder: Path
    notes: tuple[str, ...]

    @classmethod
    def create(cls, folder: Path, file_format: str = "flac") -> Collection:
        """Make a new, empty collection; the folder is made where it is missing, and has to be empty where it is not.

        Raises
        ------
        DataError
            If the folder holds something, or cannot be written to.
        """
        raise NotImplementedError

    @classmethod
    def open(cls, folder: Path, progress: Callable[[float], None] | None = None) -> Collection:
        """Open a collection, or any folder with one folder of recordings a class: it gains a manifest, and no file moves.

        Takes that were not finished when the program ended are recovered; :attr:`notes` tells.

        Parameters
        ----------
        folder
            The folder, or the ``manifest.csv`` in it.
        progress
            Called with the share done, 0 to 1. It may raise to cancel; nothing is changed then.

        Raises
        ------
        DataError
            If there is no such folder, or the collection is open elsewhere.
        """
        raise NotImplementedError

    def close(self) -> None:
        """Let other programs open it; also done by ``with``. May be called twice."""
        raise NotImplementedError

    @property
    def manifest(self) -> Path:
        """The path of ``manifest.csv``."""
        return self.folder / "manifest.csv"

    @property
    def spool_folder(self) -> Path:
        """Where a recorder writes running takes, so that the next opening finds them."""
        return self.folder / ".mlpsvd" / "spool"

    @property
    def writable(self) -> bool:
        """Whether clips can be added and changed: False for a folder that is write-protected."""
        raise NotImplementedError

    @property
    def file_format(self) -> str:
        """``flac`` or ``wav``: what takes become that do not say otherwise."""
        raise NotImplementedError

    @property
    def clips(self) -> tuple[RecordedClip, ...]:
        """All clips, in the order of the manifest: the latest last."""
        raise NotImplementedError

    @property
    def counts(self) -> dict[str, int]:
        """How many clips each class has, classes in natural order."""
        raise NotImplementedError

    def clip(self, id: str) -> RecordedClip:
        """Return one clip; DataError where there is none of that id."""
        raise NotImplementedError

    def add(self, take: Take, label: str = "") -> RecordedClip:
        """Make a take a clip of class ``label`` ("": the take's own); its spool file is removed when that is done.

        Raises
        ------
        DataError
            If the label is not one, or the clip cannot be written (disk full, folder write-protected): the
            collection is as it was then, and the take stays in the spool.
        """
        raise NotImplementedError

    def relabel(self, ids: Iterable[str], label: str) -> str:
        """Give clips another label; their files go to its folder. Returns what was done, in words."""
        raise NotImplementedError

    def rename_class(self, old: str, new: str) -> str:
        """Give all clips of a class another label, as one step; a class ``new`` that exists takes them in."""
        raise NotImplementedError

    def trim(self, id: str, start_s: float, end_s: float) -> RecordedClip:
        """Keep of a clip only what lies from ``start_s`` to ``end_s``; the longer file goes to the trash."""
        raise NotImplementedError

    def delete(self, ids: Iterable[str]) -> str:
        """Take clips out of the collection; their files go to the trash. Returns what was done, in words."""
        raise NotImplementedError

    @property
    def next_undo(self) -> str:
        """What :meth:`undo` would undo, in words; "" where there is nothing."""
        raise NotImplementedError

    @property
    def next_redo(self) -> str:
        """What :meth:`redo` would do again, in words; "" where there is nothing."""
        raise NotImplementedError

    def undo(self) -> str:
        """Undo the last step that is not undone, and say what that was; DataError where there is none."""
        raise NotImplementedError

    def redo(self) -> str:
        """Do the last undone step again, and say what that was; DataError where there is none."""
        raise NotImplementedError

    @property
    def trash(self) -> Trash:
        """What deleted, trimmed and undone clips take up."""
        raise NotImplementedError

    def empty_trash(self) -> str:
        """Remove for good what lies in the trash, and say how much that was; earlier steps cannot be undone then."""
        raise NotImplementedError

    def recordings_settings(self) -> RecordingsSettings:
        """Return the settings with which a training reads this collection: labels from its manifest."""
        return RecordingsSettings(path=str(self.manifest), labels_from="manifest")

    def warnings_for_training(self) -> tuple[str, ...]:
        """Say, a sentence each, what speaks against training on what is there; nothing where all is well."""
        raise NotImplementedError
