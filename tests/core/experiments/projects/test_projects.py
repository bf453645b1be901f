"""Projects: written, moved, read again, locked, refused."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from kept_runs import fill, small_run

import mlpsvd
from mlpsvd.cli.train import chosen_experiment
from mlpsvd.errors import DataError, FileFormatError
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.projects.moved import Move
from mlpsvd.experiments.projects.project import PROJECT, read_project, to_text
from mlpsvd.experiments.projects.project_folder import ProjectFolder, create_project
from mlpsvd.experiments.runs.library import RunLibrary
from mlpsvd.experiments.runs.read_experiment import read_experiment


def on_recordings(path: Path) -> Experiment:
    experiment = mlpsvd.with_value(Experiment(), "data.source", "recordings")
    return mlpsvd.with_value(experiment, "data.recordings.path", str(path))


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    folder = tmp_path / "lab" / "data" / "birds"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def project(tmp_path: Path, recordings: Path) -> Path:
    """A project beside its recordings, with a collection."""
    folder = tmp_path / "lab" / "study"
    create_project(folder, on_recordings(recordings))
    (tmp_path / "lab" / "data" / "clips").mkdir()
    with_clips = read_project(folder / PROJECT)
    opened = ProjectFolder(folder)
    assert opened.save(replace(with_clips, collections=(tmp_path / "lab" / "data" / "clips",), page="Runs",
                               layout=(("window", "AAEC"),)))  # fmt: skip
    opened.close()
    return folder


def path_of(experiment: Experiment) -> Path:
    return Path(experiment.data.recordings.path)


def test_a_project_is_read_as_it_was_saved_with_relative_paths(project: Path, recordings: Path) -> None:
    text = (project / PROJECT).read_text("utf-8")
    assert 'path = "../data/birds"' in text and 'collections = [\n    "../data/clips",\n]' in text
    found = read_project(project / PROJECT)
    assert found.experiment == on_recordings(recordings) and found.collections == (recordings.parent / "clips",)
    assert (found.page, found.layout, found.moves, found.missing()) == ("Runs", (("window", "AAEC"),), (), ())
    assert found.runs_folder == project / "runs" and found.name == "study"
    assert to_text(found) == text


def test_what_moves_together_is_found_without_a_question(project: Path, tmp_path: Path) -> None:
    shutil.move(tmp_path / "lab", tmp_path / "disk")
    found = read_project(tmp_path / "disk" / "study" / PROJECT)
    assert path_of(found.experiment) == tmp_path / "disk" / "data" / "birds" and found.missing() == ()
    inside = on_recordings(project / "inside")  # as an earlier run has it
    (tmp_path / "disk" / "study" / "inside").mkdir()
    assert path_of(found.relocated(inside)) == tmp_path / "disk" / "study" / "inside"


def test_one_answer_finds_everything_that_moved_along_and_is_remembered(
    project: Path, recordings: Path, tmp_path: Path
) -> None:
    shutil.move(recordings.parent, tmp_path / "archive")
    opened = ProjectFolder(project)
    assert opened.project.missing() == (recordings, recordings.parent / "clips")
    opened.save(opened.project.with_moved(recordings, tmp_path / "archive" / "birds"))
    opened.close()
    again = read_project(project / PROJECT)
    assert again.missing() == () and path_of(again.experiment) == tmp_path / "archive" / "birds"
    assert again.collections == (tmp_path / "archive" / "clips",)
    assert again.moves == (Move(recordings.parent, tmp_path / "archive"),)
    assert path_of(again.relocated(on_recordings(recordings))) == tmp_path / "archive" / "birds"
    elsewhere = on_recordings(tmp_path / "never there")
    assert again.relocated(elsewhere) == elsewhere


def test_only_changes_are_written_and_a_failed_write_leaves_the_file(project: Path) -> None:
    before = (project / PROJECT).read_bytes()
    opened = ProjectFolder(project)
    assert not opened.save(opened.project)
    changed = replace(opened.project, experiment=mlpsvd.with_value(opened.project.experiment, "seed", 7))
    not_unicode = mlpsvd.with_value(opened.project.experiment, "name", "bad \udcff name")
    with pytest.raises(FileFormatError, match="not Unicode"):
        opened.save(replace(opened.project, experiment=not_unicode))
    assert (project / PROJECT).read_bytes() == before
    assert opened.save(changed) and read_project(project / PROJECT).experiment.seed == 7
    assert [one.name for one in project.iterdir() if one.suffix == ".tmp"] == []
    opened.close()


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("format_version = 1", "format_version = 9", "format_version is 9, from a newer MLP-SVD"),
        ("format_version = 1", "format_version = 'one'", "it should be a whole number"),
        ('program = "mlpsvd-project"', "", "program is missing"),
        ("seed = 1", "seed = -1", "seed"),
        ("seed = 1", "sead = 1", "sead"),
        ("[experiment]", "[experiment", "not valid TOML: .*line"),
        ('page = "Runs"', "page = 3", "page is 3; it should be a text"),
        ('window = "AAEC"', "window = []", "layout.window"),
    ],
)
def test_a_damaged_or_newer_project_is_refused_in_a_sentence(project: Path, old: str, new: str, reason: str) -> None:
    file = project / PROJECT
    text = file.read_text("utf-8").replace(old, new, 1)
    file.write_text(text, "utf-8")
    with pytest.raises(FileFormatError, match=reason) as error:
        ProjectFolder(project)
    assert str(file) in str(error.value) and "\n" not in str(error.value)
    assert file.read_text("utf-8") == text
    with pytest.raises(FileFormatError):  # the lock is free again
        ProjectFolder(project)


def test_a_project_opened_by_another_process_is_refused(project: Path) -> None:
    code = ("import sys, pathlib; from mlpsvd.experiments.projects.project_folder import ProjectFolder\n"
            "held = ProjectFolder(pathlib.Path(sys.argv[1])); print('open', flush=True); sys.stdin.read()")  # fmt: skip
    with subprocess.Popen([sys.executable, "-c", code, str(project)], stdin=-1, stdout=-1, text=True) as other:
        assert other.stdout is not None and other.stdin is not None
        assert other.stdout.readline() == "open\n"
        with pytest.raises(DataError, match=rf"study is open in another program \(process {other.pid} .*close it"):
            ProjectFolder(project)
        other.kill()
    ProjectFolder(project).close()
    mine = ProjectFolder(project)
    with pytest.raises(DataError, match="in this program already"):
        ProjectFolder(project / PROJECT)
    mine.close()


@pytest.mark.skipif(sys.platform == "win32", reason="permissions of folders are a matter of POSIX")
def test_a_read_only_project_is_opened_and_never_written(project: Path) -> None:
    if os.geteuid() == 0 and shutil.which("setpriv") is None:
        pytest.skip("root writes everywhere, and there is no setpriv")
    shutil.rmtree(project / ".mlpsvd")
    before = (project / PROJECT).read_bytes()
    for path in (*project.rglob("*"), project):
        path.chmod(0o555)
    code = ("import sys, pathlib, dataclasses; from mlpsvd.experiments.projects.project_folder import ProjectFolder\n"
            "one = ProjectFolder(pathlib.Path(sys.argv[1]))\n"
            "written = one.save(dataclasses.replace(one.project, page='Papers'))\n"
            "print(one.is_read_only, written, one.project.page)")  # fmt: skip
    command = [sys.executable, "-c", code, str(project)]
    if os.geteuid() == 0:
        for parent in (project.parent, *project.parents):
            parent.chmod(parent.stat().st_mode | 0o055)
        command = ["setpriv", "--reuid", "65534", "--clear-groups", *command]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.stdout == "True False Papers\n", done.stderr
    assert (project / PROJECT).read_bytes() == before and not (project / ".mlpsvd").exists()


def test_a_folder_gets_one_project_and_keeps_its_files(recordings: Path) -> None:
    create_project(recordings, Experiment(seed=3))
    with pytest.raises(DataError, match="has a project already; open it, or choose another folder"):
        create_project(recordings, Experiment())
    assert read_experiment(recordings) == Experiment(seed=3)
    with pytest.raises(FileFormatError, match=f"is not a project: it has no file {PROJECT}"):
        ProjectFolder(recordings.parent)


def test_runs_of_a_project_are_never_deleted_for_their_number(project: Path, tmp_path: Path) -> None:
    run = small_run(stop_after=2)
    for folder, n_left in ((project / "runs", 3), (tmp_path / "elsewhere", 1)):
        library = RunLibrary(folder, most_runs=1)
        fill(library, run, 3)
        library.prune()
        assert len(library.folders()) == n_left


def test_a_project_is_trained_by_the_command_line(project: Path, recordings: Path) -> None:
    expected = replace(on_recordings(recordings), seed=5)
    assert chosen_experiment(project, None, ["seed=5"]) == chosen_experiment(project / PROJECT, None, ["seed=5"])
    assert chosen_experiment(project, None, ["seed=5"]) == expected
