"""A collection on disk: lock, manifest, journal, staging area and trash, changed in transactions."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mlpsvd.collection.catalogue import ClipIndex
from mlpsvd.collection.encoding import Encoded
from mlpsvd.collection.folder_scan import scan_collection
from mlpsvd.collection.journal import Journal, Step, Transaction
from mlpsvd.collection.manifest import LARGEST_MANIFEST
from mlpsvd.collection.paths import STAGING, TRASH, checked_write, file_id, is_link, linked_place
from mlpsvd.collection.planner import carry_out, check_moves, resolve, revert
from mlpsvd.collection.spool import left_over, read_spool
from mlpsvd.collection.take import Take
from mlpsvd.errors import DataError, FileFormatError
from mlpsvd.files import read_plain, write_atomically
from mlpsvd.folder_lock import FolderLock
from mlpsvd.json_fields import parse_fields

__all__ = ["CollectionStorage", "Trash", "check_format"]

_FORMATS = ("flac", "wav")
_MOST_BYTES = 10_000


@dataclass(frozen=True)
class Trash:
    """Contents of the trash: number of files and their total size."""

    n_files: int
    n_bytes: int


class CollectionStorage:
    """Storage of a :class:`mlpsvd.collection.collection.Collection`; one for each open collection.

    Parameters
    ----------
    folder
        The folder, which must exist. An interrupted step is completed, and the manifest is rewritten if it lacks files.
    progress
        Called with the share done, 0 to 1; may raise to cancel.

    Raises
    ------
    DataError
        If the collection is open elsewhere, or its manifest cannot be read.
    """

    def __init__(self, folder: Path, progress: Callable[[float], None] | None = None) -> None:
        self.folder = folder.resolve()
        self.manifest = self.folder / "manifest.csv"
        self._hidden = self.folder / ".mlpsvd"
        self.spool_folder = self._hidden / "spool"
        self.notes: list[str] = []
        self._lock: FolderLock | None = None
        self._protection = ""
        self._seen: tuple[int, int, int] | None = None
        try:
            self._lock_folder()
            self.journal = Journal(self._hidden / "journal.jsonl")
            if self.writable:
                self.journal.shorten()
            self.file_format = self._read_format()
            self.catalogue = self._scan(progress or _silent)
        except BaseException:
            self.close()
            raise

    @property
    def writable(self) -> bool:
        """Whether the collection can be changed."""
        return self._lock is not None

    def check_writable(self) -> None:
        """Raise DataError if the collection cannot be changed."""
        if self._lock is None:
            why = self._protection or "it is write-protected, or the collection was closed"
            raise DataError(f"{self.folder} cannot be changed: {why}")
        link = linked_place(self.folder)
        if link is not None:
            raise DataError(f"{self.folder} cannot be changed: {_describe_link(link)}")

    def close(self) -> None:
        """Release the lock."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def set_file_format(self, file_format: str) -> None:
        """Store the file format of takes; raise DataError if it is neither flac nor wav, or cannot be written."""
        check_format(file_format)
        try:
            self._write(".mlpsvd/collection.json", json.dumps({"format_version": 1, "file_format": file_format}))
        except OSError as error:
            raise self._refusal(error) from None
        self.file_format = file_format

    def refresh(self, look_everywhere: bool = False) -> bool:
        """Read external changes of the manifest (or of all files); return True if there were any."""
        if not look_everywhere and self._signature() == self._seen:
            return False
        before, self.notes = self.catalogue.text(), []
        clips = self.catalogue.clips()
        self.catalogue = self._scan(_silent)
        return (before, clips) != (self.catalogue.text(), self.catalogue.clips())

    def is_taken(self, name: str) -> bool:
        """Whether a file exists at a path, or the manifest names one there."""
        wanted = name.casefold()
        return os.path.lexists(self.folder / name) or any(
            one.cells["path"].casefold() == wanted for one in self.catalogue
        )

    def stage(self, id: str, encoded: Encoded) -> str:
        """Write a new file for the next step, and return its name in the staging area; DataError if that fails."""
        name = f"{file_id(id)}-{secrets.token_hex(4)}{encoded.suffix}"
        try:
            checked_write(self.folder, STAGING).mkdir(parents=True, exist_ok=True)
            self._write(f"{STAGING}/{name}", encoded.data)
        except OSError as error:
            raise self._refusal(error) from None
        return name

    def carry_out_step(self, step: Step) -> None:
        """Carry out a step; raise DataError if that fails, with the collection unchanged."""
        self._commit(resolve("step", step, self.catalogue).transaction)

    def undo_or_redo(self, kind: str, step: Step) -> str:
        """Undo or redo a step and return a message; clips that were changed externally are skipped and counted."""
        resolved = resolve(kind, step, self.catalogue)
        self._commit(resolved.transaction)
        done = f"{'Undone' if kind == 'undo' else 'Redone'}: {step.words}"
        if not resolved.n_impossible:
            return f"{done}."
        of_how_many = f"{resolved.n_impossible} of {len(step.changes)}"
        return f"{done}, except for {of_how_many}, which another program has changed meanwhile."

    def trash_files(self) -> list[Path]:
        """Return the files in the trash."""
        trash = self.folder / TRASH
        if not trash.is_dir() or linked_place(self.folder) is not None:
            return []
        return sorted(path for path in trash.iterdir() if is_link(path) or path.is_file())

    def empty_trash(self) -> None:
        """Remove all steps and their files; raise DataError if that fails."""
        try:
            self.journal.clear()
            for path in self.trash_files():
                path.unlink()
        except OSError as error:
            raise self._refusal(error) from None

    def left_over(self) -> tuple[Path, ...]:
        """Return the spools of takes that are not in the collection yet."""
        return left_over(self.spool_folder) if linked_place(self.folder) is None else ()

    def read_left_over(self, spool: Path) -> Take | None:
        """Return the take in a spool; remove the spool and return None if it is empty or already in the collection."""
        take = read_spool(spool)
        if take is not None and take.id not in self.catalogue and not self.journal.knows(take.id):
            return take
        spool.unlink()
        spool.with_suffix(".json").unlink(missing_ok=True)
        return None

    def _lock_folder(self) -> None:
        link = linked_place(self.folder)
        if link is not None:
            self._protection = _describe_link(link)
            self.notes.append(f"The clips of {self.folder} can be used but not changed: {self._protection}.")
            return
        try:
            self._hidden.mkdir(exist_ok=True)
            self._lock = FolderLock(self._hidden / "lock")
        except OSError as error:
            self.notes.append(
                f"{self.folder} is write-protected ({error.strerror}): its clips can be used but not changed."
            )

    def _write(self, name: str, data: bytes | str) -> None:
        """Write a file of the collection atomically; raise OSError if it is outside the folder."""
        write_atomically(checked_write(self.folder, name), data)

    def _scan(self, progress: Callable[[float], None]) -> ClipIndex:
        """Complete an interrupted step, scan the folder, and write the manifest if it lacks files."""
        if self.writable:
            self._check_journal()
        pending = self.journal.pending if self.writable else None
        if pending is not None:
            with contextlib.suppress(OSError):
                carry_out(self.folder, pending.moves)
        scan = scan_collection(self.folder, {id: cells for id, cells, _ in pending.rows} if pending else {}, progress)
        self.notes += scan.notes
        if self.writable and scan.catalogue.text() != scan.text:
            self._rewrite_manifest(scan.catalogue, scan.copy_to)
        if pending is not None and self.writable:  # else it waits for an opening that can write the manifest
            self.journal.finish()
        self._seen = self._signature()
        return scan.catalogue

    def _check_journal(self) -> None:
        """Rename a journal that is damaged, or whose unfinished step must not be completed."""
        damage = self.journal.damage
        if not damage and self.journal.pending is not None:
            try:
                check_moves(self.folder, self.journal.pending.moves)
            except OSError as error:
                damage = f"its last step cannot be finished ({error.strerror})"
        if not damage:
            return
        try:
            aside = self.journal.set_aside()
        except OSError as error:
            self.close()
            self.notes.append(f"{self._refusal(error)}: the clips can be used but not changed.")
            return
        self.notes.append(
            f"The undo history was renamed to {aside.name}, and earlier steps cannot be undone: {damage}."
        )

    def _rewrite_manifest(self, catalogue: ClipIndex, copy_to: Path | None) -> None:
        try:
            if copy_to is not None:
                self._write(copy_to.name, read_plain(self.manifest, LARGEST_MANIFEST))
                self.notes.append(f"manifest.csv was rewritten; {copy_to.name} is a copy of the original.")
            self._write(self.manifest.name, catalogue.text())
        except (OSError, FileFormatError) as error:
            self.close()
            self.notes.append(f"{self._refusal(error)}: the clips can be used but not changed.")

    def _commit(self, transaction: Transaction) -> None:
        before = self.catalogue.snapshot()
        made: list[tuple[str, str]] = []
        try:
            self.journal.begin(transaction)
            made = carry_out(self.folder, transaction.moves)
            self.catalogue.change(transaction.rows)
            self._write(self.manifest.name, self.catalogue.text())
        except OSError as error:
            self.catalogue.restore(before)
            with contextlib.suppress(OSError):
                revert(self.folder, made)
                self.journal.roll_back()
            raise self._refusal(error) from None
        self._seen = self._signature()
        self.journal.finish()
        self._remove_empty_folders(made)

    def _remove_empty_folders(self, made: list[tuple[str, str]]) -> None:
        """Remove the folders of classes without clips, unless they contain other files."""
        for folder in {(self.folder / source).parent for source, _ in made}:
            if folder not in (self.folder, self.folder / TRASH):
                with contextlib.suppress(OSError):
                    folder.rmdir()

    def _signature(self) -> tuple[int, int, int] | None:
        try:
            about = self.manifest.stat()
        except OSError:
            return None
        return about.st_mtime_ns, about.st_size, about.st_ino

    def _read_format(self) -> str:
        try:
            table = parse_fields(read_plain(self._hidden / "collection.json", _MOST_BYTES))
            return table.text("file_format", _FORMATS)
        except (OSError, FileFormatError):
            return _FORMATS[0]

    def _refusal(self, error: OSError | FileFormatError) -> DataError:
        why = getattr(error, "strerror", None) or error
        return DataError(f"{self.folder} cannot be written to ({why}), so nothing was changed in it")


def check_format(file_format: str) -> None:
    """Raise DataError where takes cannot become files of that format."""
    if file_format not in _FORMATS:
        raise DataError(f"the file format is {file_format!r}; it should be flac or wav")


def _describe_link(link: str) -> str:
    return f"{link} is a link, and the program does not write through links; replace it by the file or folder itself"


def _silent(share: float) -> None:
    """Ignore progress."""
