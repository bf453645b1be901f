"""Collection of recorded clips in a folder readable by any program; every change can be undone."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable, Container, Iterable, Sequence
from datetime import timedelta
from pathlib import Path, PurePosixPath
from types import TracebackType

from mlpsvd.collection.catalogue import Entry, class_folder
from mlpsvd.collection.clip_places import measured_cells, name_under, own_name, refuse_linked, trash_name, truth
from mlpsvd.collection.encoding import encode, trimmed
from mlpsvd.collection.file_names import checked_label, clip_stem, first_free, safe_name
from mlpsvd.collection.journal import Change, State, Step
from mlpsvd.collection.paths import file_id
from mlpsvd.collection.recorded_clip import RecordedClip
from mlpsvd.collection.store import CollectionStorage, Trash, check_format
from mlpsvd.collection.take import Take
from mlpsvd.collection.training_warnings import warnings_for_training
from mlpsvd.datasets.labels import natural_key
from mlpsvd.datasets.settings import RecordingsSettings
from mlpsvd.errors import DataError, FileFormatError
from mlpsvd.text import counted, one_line, quoted

__all__ = ["Collection"]


class Collection:
    """Labelled recordings in a folder: ``manifest.csv`` and one folder of audio files per class.

    Use :meth:`create` or :meth:`open` to obtain one. Every step is an atomic transaction, even if the program is
    killed, is on disk when the method returns, and can be undone, also after a restart. Changes by other programs are
    read before the next step. Not thread-safe: use it from one thread at a time. Only one program at a time can open a
    collection.

    Attributes
    ----------
    folder
        Its folder.
    """

    def __init__(self, store: CollectionStorage) -> None:
        self._store = store
        self.folder = store.folder

    @classmethod
    def create(cls, folder: Path, file_format: str = "flac") -> Collection:
        """Create an empty collection; the folder is created if it is missing, and must otherwise be empty.

        Raises
        ------
        DataError
            If the folder holds something, or cannot be written to, or the format is neither flac nor wav.
        """
        check_format(file_format)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if any(folder.iterdir()):
                raise DataError(f"{folder} is not empty; open it, or choose a new folder")
        except OSError as error:
            raise DataError(f"{folder} cannot be created ({error.strerror})") from None
        store = CollectionStorage(folder)
        if not store.writable:
            raise DataError(f"{folder} cannot be written to; choose another folder")
        store.set_file_format(file_format)
        return cls(store)

    @classmethod
    def open(cls, folder: Path, progress: Callable[[float], None] | None = None) -> Collection:
        """Open a collection, or any folder with one folder of recordings a class.

        A folder without a manifest gets one; no file is moved. Takes that were not finished when the program ended are
        recovered, with a note in :attr:`notes`.

        Parameters
        ----------
        folder
            The folder, or the ``manifest.csv`` in it.
        progress
            Called with the share done, 0 to 1. It may raise to cancel; nothing is changed then.

        Raises
        ------
        DataError
            If there is no such folder, it cannot be read, or the collection is open elsewhere.
        """
        try:
            path = folder.parent if folder.name == "manifest.csv" and folder.is_file() else folder
            if not path.is_dir():
                raise DataError(f"there is no folder {str(path)!r}; choose an existing one, or create a new collection")
            collection = cls(CollectionStorage(path, progress))
        except (OSError, FileFormatError) as error:
            why = getattr(error, "strerror", None) or error
            raise DataError(f"{folder} cannot be opened ({why})") from None
        if collection.writable:
            for spool in collection._store.left_over():
                collection._recover(spool)
        return collection

    def close(self) -> None:
        """Release the lock on the folder; also done by ``with``. May be called twice."""
        self._store.close()

    def __enter__(self) -> Collection:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def manifest(self) -> Path:
        """The path of ``manifest.csv``."""
        return self._store.manifest

    @property
    def spool_folder(self) -> Path:
        """Folder of takes in progress, which the next opening recovers."""
        return self._store.spool_folder

    @property
    def notes(self) -> tuple[str, ...]:
        """Notes on problems and external changes, one sentence each.

        Recovered takes, files that are gone, files that were not in the manifest, clips that lie outside the folder
        or behind links, a folder that is write-protected.
        """
        return tuple(self._store.notes)

    @property
    def writable(self) -> bool:
        """Whether clips can be added and changed; False for a write-protected folder."""
        return self._store.writable

    @property
    def file_format(self) -> str:
        """Default file format of takes, ``flac`` or ``wav``."""
        return self._store.file_format

    @property
    def clips(self) -> tuple[RecordedClip, ...]:
        """All clips whose file exists, in the order of the manifest (latest last)."""
        return self._store.catalogue.clips()

    @property
    def has_fixed_split(self) -> bool:
        """Whether the manifest assigns any clip to training or test."""
        return any(one.clip is not None and one.cells.get("split", "").strip() for one in self._store.catalogue)

    @property
    def counts(self) -> dict[str, int]:
        """Number of clips of each class, in natural order."""
        found = Counter(one.label for one in self.clips)
        return {label: found[label] for label in sorted(found, key=natural_key)}

    def clip(self, id: str) -> RecordedClip:
        """Return a clip; raise DataError if there is none with that id."""
        entry = self._store.catalogue.get(id)
        if entry is None or entry.clip is None:
            raise DataError(f"there is no clip {id!r} in {self.folder}")
        return entry.clip

    def refresh(self) -> bool:
        """Check for external changes of the folder; return True (with new :attr:`notes`) if there are any."""
        return self._store.refresh(look_everywhere=True)

    def add(self, take: Take, label: str = "") -> RecordedClip:
        """Add a take as a clip of class ``label`` ("": the label of the take), and remove its spool file.

        Raises
        ------
        DataError
            If the label is invalid, the take is empty or already in the collection, its id is not a plain name, or the
            clip cannot be written (disk full, folder write-protected). The collection is then unchanged, and the take
            stays in the spool.
        """
        own = checked_label(label or take.label)
        self._prepare()
        self._store.carry_out_step(Step(f"clip of {own} added", (self._addition(take, own, []),)))
        with contextlib.suppress(OSError):
            take.discard()
        return self.clip(take.id)

    def add_all(self, takes: Iterable[Take], label: str) -> str:
        """Add takes as clips of class ``label``, in one step; return a description of it. Spool files stay.

        Raises
        ------
        DataError
            As :meth:`add`; the collection is then unchanged.
        """
        own = checked_label(label)
        self._prepare()
        changes: list[Change] = []
        for take in takes:
            changes.append(self._addition(take, own, changes))
        return self._take(Step(f"{counted(len(changes), 'recording')} of {own} added", tuple(changes)))

    def _addition(self, take: Take, label: str, before: Sequence[Change]) -> Change:
        """Return the change that adds a take, after others of the same step; its file is staged."""
        if file_id(take.id) != take.id:
            raise DataError(f"the id of the take is {quoted(take.id)}; it should be letters, digits, - and _")
        if take.id in self._store.catalogue:
            raise DataError(f"this take is in {self.folder} already")
        if not len(take.samples):
            raise DataError("a take without samples cannot become a clip")
        encoded = encode(take.samples, take.rate_hz, take.file_format or self.file_format)
        moment = take.started_at.astimezone()
        taken = {one.after.cells["path"].casefold() for one in before if one.after is not None}
        name = self._new_name(label, clip_stem(label, moment), encoded.suffix, taken)
        cells = measured_cells(encoded) | {
            "path": name, "label": label, "recorded_at": moment.isoformat(timespec="milliseconds"),
            "device": " ".join(one_line(take.device, 200).split()), "has_gap": truth(take.has_gap), "id": take.id,
        }  # fmt: skip
        place = len(self._store.catalogue) + len(before)
        return Change(take.id, None, State(cells, place, self._store.stage(take.id, encoded)))

    def relabel(self, ids: Iterable[str], label: str) -> str:
        """Change the label of clips and move their files to its folder; return a description of the change.

        Files outside the folder of their class are not moved; only the manifest changes.
        """
        own = checked_label(label)
        self._prepare()
        entries = [entry for entry in self._entries(ids) if entry.cells["label"] != own]
        return self._relabel(entries, own, f"{counted(len(entries), 'clip')} relabelled as {own}")

    def rename_class(self, old: str, new: str) -> str:
        """Change the label of all clips of a class in one step; if the class ``new`` exists, the classes are merged."""
        own = checked_label(new)
        self._prepare()
        entries = [entry for entry in self._store.catalogue if entry.clip is not None and entry.clip.label == old]
        if not entries:
            raise DataError(f"there is no class {old!r} in {self.folder}")
        is_there = any(entry.clip is not None and entry.clip.label == own for entry in self._store.catalogue)
        words = f"class {old} merged into {own}" if is_there else f"class {old} renamed to {own}"
        return self._relabel(entries if own != old else [], own, words)

    def trim(self, id: str, start_s: float, end_s: float) -> RecordedClip:
        """Keep only the part of a clip from ``start_s`` to ``end_s``; the longer file goes to the trash.

        If the part is the whole clip, nothing is done. The part of a file outside the folder becomes a file inside it.

        Raises
        ------
        DataError
            If nothing would be left, the file cannot be read or written, or it is reached through a link.
        """
        self._prepare()
        clip = self.clip(id)
        refuse_linked(self.folder, self._entries([id]))
        encoded = trimmed(clip.path, start_s, end_s, self.file_format)
        if encoded is None:
            return clip
        entry = self._entries([id])[0]
        before = self._state(entry, self._store.catalogue.places(), trash_name(entry))
        cells = dict(entry.cells) | measured_cells(encoded)
        if clip.recorded_at is not None:
            moment = clip.recorded_at + timedelta(seconds=max(0.0, start_s))
            cells["recorded_at"] = moment.isoformat(timespec="milliseconds")
        own = own_name(self.folder, entry)
        if own is None:
            cells["path"] = self._new_name(clip.label, safe_name(clip.path.stem), encoded.suffix)
        elif encoded.suffix != clip.path.suffix:
            cells["path"] = self._free(str(PurePosixPath(own).with_suffix("")), encoded.suffix)
        after = State(cells, before.at, self._store.stage(id, encoded))
        self._store.carry_out_step(
            Step(f"clip of {clip.label} trimmed to {encoded.duration_s:.3g} s", (Change(id, before, after),))
        )
        return self.clip(id)

    def delete(self, ids: Iterable[str]) -> str:
        """Delete clips: their files are moved to the trash. Returns a description of the change.

        A file outside the folder is not moved; for a file that is reached through a link, DataError is raised.
        """
        self._prepare()
        entries = self._entries(ids)
        refuse_linked(self.folder, entries)
        places = self._store.catalogue.places()
        changes = tuple(Change(one.id, self._state(one, places, trash_name(one)), None) for one in entries)
        return self._take(Step(f"{counted(len(changes), 'clip')} deleted", changes))

    @property
    def next_undo(self) -> str:
        """Description of the next step to undo; "" if there is none."""
        steps = self._store.journal.undoable
        return steps[-1].words if steps else ""

    @property
    def next_redo(self) -> str:
        """Description of the next step to redo; "" if there is none."""
        steps = self._store.journal.redoable
        return steps[-1].words if steps else ""

    @property
    def undo_names(self) -> tuple[str, ...]:
        """Descriptions of the steps that can be undone, the next one last."""
        return tuple(step.words for step in self._store.journal.undoable)

    @property
    def redo_names(self) -> tuple[str, ...]:
        """Descriptions of the steps that can be redone, the next one last."""
        return tuple(step.words for step in self._store.journal.redoable)

    def undo(self) -> str:
        """Undo the last step and return its description; raise DataError if there is none."""
        self._prepare()
        steps = self._store.journal.undoable
        if not steps:
            raise DataError(f"there is nothing to undo in {self.folder}")
        return self._store.undo_or_redo("undo", steps[-1])

    def redo(self) -> str:
        """Redo the last undone step and return its description; raise DataError if there is none."""
        self._prepare()
        steps = self._store.journal.redoable
        if not steps:
            raise DataError(f"there is nothing to redo in {self.folder}")
        return self._store.undo_or_redo("redo", steps[-1])

    @property
    def trash(self) -> Trash:
        """Number and size of the files of deleted, trimmed and undone clips."""
        sizes = [path.lstat().st_size for path in self._store.trash_files()]
        return Trash(len(sizes), sum(sizes))

    def empty_trash(self) -> str:
        """Delete the contents of the trash permanently and return a message; earlier steps cannot be undone."""
        self._prepare()
        trash = self.trash
        self._store.empty_trash()
        return f"{counted(trash.n_files, 'file')} ({trash.n_bytes / 1e6:.1f} MB) deleted permanently."

    def recordings_settings(self) -> RecordingsSettings:
        """Return the settings with which a training reads this collection: labels from its manifest."""
        return RecordingsSettings(path=str(self.manifest), labels_from="manifest")

    def warnings_for_training(self) -> tuple[str, ...]:
        """Return warnings about training on the present clips, one sentence each."""
        return warnings_for_training(self.clips)

    def _prepare(self) -> None:
        """Raise an error if the folder is not writable, and read external changes of the manifest."""
        self._store.check_writable()
        self._store.refresh()

    def _recover(self, spool: Path) -> None:
        """Convert a remaining take into a clip, unless that has been done."""
        try:
            take = self._store.read_left_over(spool)
            if take is not None:
                clip = self.add(take)
                self._store.notes.append(
                    f"A clip of {clip.label} ({clip.duration_s:.1f} s) that was not in the collection yet when the "
                    f"program ended was recovered: {clip.name}."
                )
        except (DataError, FileFormatError, OSError) as error:
            why = f"{one_line(spool.name)} in the spool was not recovered and remains there"
            self._store.notes.append(f"{why}: {one_line(str(error), 300)}.")

    def _take(self, step: Step) -> str:
        if step.changes:
            self._store.carry_out_step(step)
        return f"{step.words[0].upper()}{step.words[1:]}."

    def _entries(self, ids: Iterable[str]) -> list[Entry]:
        """Return the rows of clips in the manifest's order; DataError where one is not there."""
        wanted = set(ids)
        for id in wanted:
            self.clip(id)
        return [entry for entry in self._store.catalogue if entry.id in wanted]

    def _state(self, entry: Entry, places: dict[str, int], trash: str) -> State:
        return State(dict(entry.cells), places[entry.id], trash if own_name(self.folder, entry) is not None else "")

    def _relabel(self, entries: list[Entry], label: str, words: str) -> str:
        owners, folder = self._store.catalogue.owners(), self._store.catalogue.folder_for(label)
        changes, places = [], self._store.catalogue.places()
        for entry in entries:
            before = self._state(entry, places, file_id(entry.id))
            cells = dict(entry.cells) | {"label": label}
            own = own_name(self.folder, entry)
            if own is not None and owners.get(class_folder(own).casefold()) == entry.cells["label"]:
                cells["path"] = name_under(self.folder, own, entry.cells["label"], label, folder)
            changes.append(Change(entry.id, before, State(cells, before.at, before.trash)))
        return self._take(Step(words, tuple(changes)))

    def _new_name(self, label: str, stem: str, suffix: str, others: Container[str] = ()) -> str:
        folder = self._store.catalogue.folder_for(label)
        return first_free(
            lambda number: f"{folder}/{stem}_{number:02d}{suffix}",
            lambda name: name.casefold() in others or self._store.is_taken(name),
        )

    def _free(self, stem: str, suffix: str) -> str:
        return first_free(lambda n: f"{stem}{f'_{n}' * (n > 1)}{suffix}", self._store.is_taken)
