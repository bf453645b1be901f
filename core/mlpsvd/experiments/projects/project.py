"""A project and its file: TOML with paths relative to the folder, so that both can be moved together."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from pathlib import Path

import tomli_w

from mlpsvd.errors import FileFormatError, MlpSvdError
from mlpsvd.experiments.experiment import Experiment, experiment_from_table
from mlpsvd.experiments.experiment_file import PATH_KEYS, parse_toml, with_paths
from mlpsvd.experiments.projects.moved import Move, find_moved, move_of
from mlpsvd.files import expand_home, read_plain
from mlpsvd.json_fields import Fields
from mlpsvd.settings import get, impossible_values, to_table
from mlpsvd.text import is_unicode, one_line

__all__ = ["PROJECT", "SUFFIX", "Project", "find_project_file", "read_project", "to_text"]

SUFFIX = ".mlpsvdproject"
PROJECT = f"project{SUFFIX}"
"""Name of the file of a new project."""

FORMAT_VERSION = 1
_PROGRAM = "mlpsvd-project"
_MOST_BYTES = 2_000_000
_MOST_COLLECTIONS = 8
_MOST_MOVES = 50
_MOST_STATES = 50
_HEADER = "# A project of MLP-SVD; open it with: mlpsvd-gui FOLDER\n"


@dataclass(frozen=True)
class Project:
    """What a project's file says, with absolute paths.

    Attributes
    ----------
    folder
        The project's folder.
    experiment
        The edited experiment; it may hold incompatible settings.
    collections
        Folders of collections, the latest first.
    moves
        Where folders were moved that are not at their stored paths, the latest first.
    page
        Title of the page in front.
    layout
        State of the window and of its panels, encoded as text, by name.
    """

    folder: Path
    experiment: Experiment = field(default_factory=Experiment)
    collections: tuple[Path, ...] = ()
    moves: tuple[Move, ...] = ()
    page: str = ""
    layout: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> str:
        """The name of the project: that of its folder."""
        return self.folder.name

    @property
    def runs_folder(self) -> Path:
        """The folder of the project's library of runs; it may not exist."""
        return self.folder / "runs"

    def missing(self) -> tuple[Path, ...]:
        """Return the recordings, first layer and latest collection that do not exist where they should."""
        places = [Path(get(self.experiment, key)) for key in PATH_KEYS if get(self.experiment, key)]
        return tuple(path for path in (*places, *self.collections[:1]) if find_moved(path, ()) is None)

    def with_moved(self, old: Path, new: Path) -> Project:
        """Return the project after a person said where ``old`` is; whatever else moved with it is found too."""
        move = move_of(old, new)
        moves = (move, *(one for one in self.moves if one != move))[:_MOST_MOVES]
        return replace(self, moves=moves).found()

    def found(self) -> Project:
        """Return the project with the present places of everything that was moved and is found."""
        collections = tuple(self._place(path) for path in self.collections)
        return replace(self, experiment=self.relocated(self.experiment), collections=collections)

    def relocated(self, experiment: Experiment) -> Experiment:
        """Return an experiment, such as that of an earlier run, with the present places of its files."""
        return with_paths(experiment, lambda text: self._place(expand_home(text)))

    def _place(self, path: Path) -> Path:
        return find_moved(self.folder / path, self.moves) or path


def find_project_file(path: Path) -> Path | None:
    """Return the project file that a path means, itself or the one in a folder; None if there is none."""
    if path.suffix.lower() == SUFFIX and not path.is_dir():
        return path
    if (path / PROJECT).is_file():
        return path / PROJECT
    try:
        return min((one for one in path.iterdir() if one.suffix.lower() == SUFFIX and one.is_file()), default=None)
    except OSError:
        return None


def read_project(path: Path) -> Project:
    """Read the file of a project; what was moved together with the project is found.

    Raises
    ------
    FileFormatError
        If it is damaged, or of a newer version of the program.
    OSError
        If it cannot be read.
    """
    where = one_line(str(path), 300)
    data = read_plain(path, _MOST_BYTES)
    try:
        return _of_table(path.resolve().parent, Fields(parse_toml(data.decode("utf-8-sig"), _MOST_BYTES)))
    except UnicodeDecodeError as error:
        raise FileFormatError(f"{where} is not a project: it is not a text in UTF-8") from error
    except MlpSvdError as error:
        raise FileFormatError(f"{where} is not a project that can be opened: {error}") from error


def to_text(project: Project) -> str:
    """Return the text of a project's file.

    Raises
    ------
    FileFormatError
        If a text in it is not Unicode, such as a path in an unknown encoding.
    """
    experiment = with_paths(project.experiment, lambda text: _stored(expand_home(text), project.folder))
    table = {
        "program": _PROGRAM,
        "format_version": FORMAT_VERSION,
        "folder": str(project.folder),
        "page": project.page,
        "collections": [_stored(one, project.folder) for one in project.collections[:_MOST_COLLECTIONS]],
        "experiment": to_table(experiment),
        "layout": dict(project.layout[:_MOST_STATES]),
        "moved": [{"from": str(one.old), "to": str(one.new)} for one in project.moves[:_MOST_MOVES]],
    }
    text = _HEADER + tomli_w.dumps(table)
    if not is_unicode(text):
        raise FileFormatError(f"{project.folder} cannot be saved: a text or path in it is not Unicode")
    return text


def _of_table(folder: Path, fields: Fields) -> Project:
    fields.text("program", (_PROGRAM,))
    version = fields.integer("format_version", low=1)
    if version > FORMAT_VERSION:
        raise FileFormatError(
            f"format_version is {version}, from a newer MLP-SVD; this one reads up to {FORMAT_VERSION}, so update it"
        )
    experiment = experiment_from_table(fields.table("experiment").raw())
    for problem in impossible_values(experiment):
        raise problem
    project = Project(
        folder,
        with_paths(experiment, lambda text: _absolute(text, folder)),
        tuple(_absolute(text, folder) for text in fields.texts("collections"))[:_MOST_COLLECTIONS],
        _moves(fields)[:_MOST_MOVES],
        fields.text("page"),
        tuple((name, fields.table("layout").text(name)) for name in fields.table("layout").names())[:_MOST_STATES],
    )
    before = Path(fields.text("folder"))
    if before.is_absolute() and before != folder:
        project = replace(project, moves=(Move(before, folder), *project.moves))
    return project.found()


def _moves(fields: Fields) -> tuple[Move, ...]:
    pairs = [(Path(one.text("from")), Path(one.text("to"))) for one in fields.tables("moved")]
    return tuple(Move(old, new) for old, new in pairs if old.is_absolute() and new.is_absolute())


def _absolute(text: str, folder: Path) -> Path:
    path = folder / expand_home(text)
    if "\\" in text and not path.exists():  # written on Windows
        path = folder / text.replace("\\", "/")
    return Path(os.path.normpath(path))


def _stored(path: Path, folder: Path) -> str:
    """Return a path relative to a folder, with ``/``; absolute where it lies on another drive."""
    path = Path(os.path.normpath(folder / path))
    try:
        return Path(os.path.relpath(path, folder)).as_posix()
    except ValueError:
        return str(path)
