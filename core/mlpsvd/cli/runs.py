"""``mlpsvd runs``: list, annotate, delete, restore and continue the runs of the library."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from mlpsvd.cli.console import OK
from mlpsvd.cli.text_table import aligned
from mlpsvd.errors import FileFormatError
from mlpsvd.experiments.runs.find import find_run, find_trashed
from mlpsvd.experiments.runs.kept_run import STATUSES, KeptRun, read_kept_run
from mlpsvd.experiments.runs.library import RunLibrary, with_activity
from mlpsvd.experiments.runs.move import move_library
from mlpsvd.files import expand_home
from mlpsvd.metrics.uncertainty import accuracy_text
from mlpsvd.text import counted, one_line

__all__ = ["annotate", "change_folder", "delete", "empty_trash", "list_runs", "rebuild_index", "restore", "show"]

_LONGEST_NAME = 40
_ID = 6
_HEADINGS = ("", "Started", "Id", "Name", "Status", "Epochs", "Accuracy", "Tags")


def list_runs(query: str, starred: bool, trashed: bool, most: int, as_json: bool) -> int:
    """Print the runs that match, newest first; return the exit code."""
    library = RunLibrary()
    found = library.trashed() if trashed else library.search(query, starred=starred)
    shown = found[:most] if most > 0 else found
    if as_json:
        print(json.dumps([run.to_table() for run in shown], indent=2))
        return OK
    if not found:
        where = "in the trash" if trashed else "that match" if query or starred else f"in {library.folder}"
        print(f"There are no runs {where}.")
        return OK
    print(aligned([_HEADINGS, *(_row(run) for run in shown)], numbers=(5,)))
    if len(shown) < len(found):
        print(f"… and {counted(len(found) - len(shown), 'run')} more; --most 0 shows all")
    return OK


def show(text: str, as_json: bool) -> int:
    """Print what is known about a run; return the exit code."""
    run = with_activity(read_kept_run(find_run(text)))
    if as_json:
        print(json.dumps({**run.to_table(), "settings": dict(run.settings)}, indent=2))
        return OK
    rows = [("Folder", str(run.folder)), ("Name", one_line(run.name)), ("Identity", run.id or "–")]
    rows += [("Started", f"{run.started:%Y-%m-%d %H:%M:%S}"), ("Status", f"{run.status}. {STATUSES[run.status]}")]
    rows += [("Seed", "–" if run.seed is None else str(run.seed)), ("Test clips", f"{run.n_test:,}")]
    for key, title in run.titles.items():
        share = accuracy_text(run.accuracies.get(key, float("nan")), run.n_test)
        rows.append((one_line(title, 40), f"{share}, epoch {run.epochs.get(key, 0)} of {run.n_epochs}"))
    about = run.about
    rows += [("Star", "yes" if about.is_starred else "no"), ("Tags", ", ".join(about.tags) or "–")]
    rows += [("Note", line) if index == 0 else ("", line) for index, line in enumerate(about.note.splitlines())]
    rows += [("Changed", f"{key}={value}") for key, value in run.changed_settings.items()]
    if run.problem:
        rows.append(("Problem", run.problem))
    print(aligned([(name, one_line(value, 500)) for name, value in rows]))
    if run.can_resume:
        print(f"Continue with: mlpsvd runs resume {run.folder.name}")
    return OK


def annotate(
    text: str,
    *,
    title: str | None = None,
    note: str | None = None,
    star: bool | None = None,
    add_tags: Sequence[str] = (),
    remove_tags: Sequence[str] = (),
) -> int:
    """Change title, note, star or tags of a run; return the exit code."""
    folder = find_run(text)
    RunLibrary().annotate(folder, title=title, note=note, star=star, add_tags=add_tags, remove_tags=remove_tags)
    run = read_kept_run(folder)
    print(aligned([_HEADINGS, _row(run)], numbers=(5,)))
    return OK


def delete(texts: Sequence[str]) -> int:
    """Move runs to the trash; return the exit code."""
    library = RunLibrary()
    for folder in [_inside(library, find_run(text, library)) for text in texts]:
        library.delete(folder)
        print(f"Moved to the trash: {folder.name}")
    return OK


def restore(texts: Sequence[str]) -> int:
    """Move runs from the trash back; return the exit code."""
    library = RunLibrary()
    for folder in [find_trashed(text, library) for text in texts]:
        print(f"Restored: {library.restore(folder)}")
    return OK


def empty_trash() -> int:
    """Delete the runs in the trash for good; return the exit code."""
    print(f"Deleted {counted(RunLibrary().empty_trash(), 'run')}.")
    return OK


def rebuild_index() -> int:
    """Write the index of the library again; return the exit code."""
    library = RunLibrary()
    print(f"Indexed {counted(library.rebuild_index(), 'run')} in {library.folder}.")
    return OK


def change_folder(folder: Path | None) -> int:
    """Print the folder of the library, or move the library to another one; return the exit code."""
    library = RunLibrary()
    if folder is not None:
        target = Path.cwd() / expand_home(str(folder))
        print(f"Moved {counted(move_library(library.folder.absolute(), target), 'run')}.")
        library = RunLibrary()
    print(library.folder)
    return OK


def _inside(library: RunLibrary, folder: Path) -> Path:
    if folder.absolute().parent != library.folder.absolute():
        raise FileFormatError(f"{folder} is outside the library {library.folder}; delete it with your file manager")
    return folder.absolute()


def _row(run: KeptRun) -> tuple[str, ...]:
    scores = [
        f"{one_line(run.titles[key], 30)} {accuracy_text(share, run.n_test)}" for key, share in run.accuracies.items()
    ]
    name = one_line(run.name, _LONGEST_NAME) + (" (damaged)" if run.problem else "")
    return (
        "★" if run.about.is_starred else "",
        f"{run.started:%Y-%m-%d %H:%M:%S}",
        run.id[:_ID],
        name,
        run.status,
        f"{min(run.epochs.values(), default=0)}/{run.n_epochs}",
        ", ".join(scores),
        " ".join(run.about.tags),
    )
