"""Saving of a run during training: a checkpoint every ten seconds, everything at the end."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Self

from mlpsvd.errors import MlpSvdError
from mlpsvd.experiments.prepare import Prepared
from mlpsvd.experiments.race import Race
from mlpsvd.experiments.runs.library import RunLibrary
from mlpsvd.experiments.runs.run import Run
from mlpsvd.experiments.runs.run_data import new_run_id
from mlpsvd.experiments.runs.run_folder import RunFolder

__all__ = ["RunKeeper"]


class RunKeeper:
    """Saves a run in the library while it is trained; a full disk does not end the training.

    Parameters
    ----------
    library
        The library; None saves nothing.
    run_id
        The identity of the run; empty for a new one.
    prepared, race
        The run.
    folder
        The folder of a run that goes on; by default a new one in the library.

    Attributes
    ----------
    notes
        Sentences on what could not be saved.
    """

    def __init__(
        self,
        library: RunLibrary | None,
        run_id: str,
        prepared: Prepared,
        race: Race,
        folder: Path | None = None,
    ) -> None:
        self.notes: list[str] = []
        self._library = library
        self._run_id = run_id or new_run_id()
        self._prepared = prepared
        self._race = race
        self._folder: RunFolder | None = None
        if library is not None:
            try:
                self._folder = RunFolder(library.new_folder(prepared.experiment) if folder is None else folder)
            except (MlpSvdError, OSError) as error:
                self._note(error)

    def keep_if_due(self) -> None:
        """Write a checkpoint if one is due; to be called between two events."""
        if self._folder is not None:
            try:
                self._folder.checkpoint_if_due(self._run_id, self._prepared, self._race)
            except OSError as error:
                self._note(error)

    def finish(self) -> tuple[str, ...]:
        """Write the current state of the run; return :attr:`notes`."""
        if self._folder is not None:
            run = Run.of(self._run_id, self._prepared, self._race)
            try:
                if run.outcomes:
                    self._folder.write(run, with_figures=False)
            except OSError as error:
                self._note(error)
        return tuple(self.notes)

    def close(self) -> None:
        """Release the folder, remove it if it is empty, and delete the oldest runs beyond the limits."""
        if self._folder is not None and self._library is not None:
            self._folder.close()
            self._library.discard(self._folder.path)
            self._library.prune()
            self._folder = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _note(self, error: Exception) -> None:
        """Add a note once; with a full disk, the same error occurs every ten seconds."""
        reason = f"{error.filename}: {error.strerror}" if isinstance(error, OSError) and error.filename else str(error)
        sentence = f"The run is not kept: {reason}"
        if sentence not in self.notes:
            self.notes.append(sentence)
