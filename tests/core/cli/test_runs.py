"""``mlpsvd train``: runs that are kept, and that stay true when their recordings change."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from small_sounds import write_tones

from mlpsvd.cli import main
from mlpsvd.contenders import FAIR_CONTENDERS
from mlpsvd.experiments.prepare import prepare
from mlpsvd.experiments.runs.library import RunLibrary, data_folder
from mlpsvd.experiments.runs.read_run import read_run
from mlpsvd.experiments.runs.resume import continued_race, load_unfinished
from mlpsvd.experiments.runs.run_folder import RunFolder

SMALL = ["--set", "training.epochs=3", "--set", "training.retries=0", "--quiet"]


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The person's data folder."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path / "data" / "mlpsvd" / "runs"


@pytest.fixture(scope="module")
def trained_once(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("once")
    sounds = write_tones(folder / "sounds", n_clips=20)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(folder / "data"))
        assert main(["train", str(sounds), *SMALL]) == 0
    (run,) = (folder / "data" / "mlpsvd" / "runs").iterdir()
    return sounds, run


@pytest.fixture
def trained(trained_once: tuple[Path, Path], tmp_path: Path) -> Iterator[tuple[Path, Path]]:
    """A folder of recordings, which a test may change, and the run that was trained on it."""
    sounds, folder = trained_once
    shutil.copytree(sounds, tmp_path / "as they were")
    yield sounds, folder
    shutil.rmtree(sounds, ignore_errors=True)
    shutil.copytree(tmp_path / "as they were", sounds)


def test_without_out_the_run_is_kept_and_its_place_is_printed(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    small = ["--set", "data.synthetic.train_per_class=20", "--set", "data.synthetic.test_per_class=20"]
    assert main(["train", *small, *SMALL]) == 0
    (folder,) = data.iterdir()
    assert folder.name.endswith("_Paper-5-classes-10-Hz")
    assert capsys.readouterr().out.splitlines()[-1] == f"Kept in:     {folder}"
    assert read_run(folder).is_finished
    (entry,) = RunLibrary(data).entries()
    assert (entry.name, entry.epochs) == ("Paper: 5 classes, 10 Hz", dict.fromkeys(FAIR_CONTENDERS, 3))


def test_where_nothing_can_be_kept_the_training_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "file"))
    small = ["--set", "data.synthetic.train_per_class=20", "--set", "data.synthetic.test_per_class=20"]
    main(["train", *small, *SMALL])
    out, err = capsys.readouterr()
    assert "Accuracy" in out and "the run will not be kept" in err and "--out DIR keeps it elsewhere" in err


def test_a_run_opens_when_its_recordings_are_gone(trained: tuple[Path, Path]) -> None:
    sounds, folder = trained
    before = read_run(folder)
    shutil.rmtree(sounds)
    after = read_run(folder)
    assert after.data.class_names == ("a", "b")
    for name, outcome in before.outcomes.items():
        np.testing.assert_array_equal(after.outcomes[name].confusion, outcome.confusion)


def test_other_classes_are_refused(trained: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    sounds, folder = trained
    (sounds / "a").rename(sounds / "c")
    assert main(["train", "--resume", str(folder), "--quiet"]) == 2
    err = capsys.readouterr().err
    assert "the classes have changed since this run began: they were a, b and are now b, c" in err
    (sounds / "c").rename(sounds / "a")
    run = load_unfinished(folder)
    assert continued_race(run, prepare(run.experiment)).states()["mlp"].trainer.epoch == 3


@pytest.mark.parametrize("change", ["content", "added", "removed", "renamed"])
def test_other_clips_are_refused(change: str, trained: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    sounds, folder = trained
    path = sounds / "a" / "3.wav"
    if change == "content":
        samples, rate_hz = soundfile.read(path)
        soundfile.write(path, samples[::-1], rate_hz)
    elif change == "added":
        samples, rate_hz = soundfile.read(path)
        soundfile.write(sounds / "a" / "99.wav", samples[::-1], rate_hz)  # a copy would cause a warning too
    elif change == "removed":
        path.unlink()
    else:
        path.rename(sounds / "a" / "3 again.wav")
    before = (folder / "checkpoint.safetensors").read_bytes()
    assert main(["train", "--resume", str(folder), "--quiet"]) == 2
    err = capsys.readouterr().err
    assert "the clips have changed since this run began" in err and err.count("\n") == 1
    assert (folder / "checkpoint.safetensors").read_bytes() == before


def test_a_second_training_into_the_same_folder_is_refused_before_it_begins(
    trained: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    sounds, folder = trained
    with RunFolder(folder):
        assert main(["train", str(sounds), *SMALL, "--out", str(folder)]) == 2
    assert f"{folder} is open in this program" in capsys.readouterr().err
    with RunFolder(folder) as opened:
        assert opened.path == folder


def test_the_oldest_runs_are_deleted_and_nothing_else(trained: tuple[Path, Path], tmp_path: Path) -> None:
    _, folder = trained
    library = RunLibrary(tmp_path / "library", most_runs=2)
    names = [f"2026-01-0{day}_120000_x" for day in (1, 2, 3, 4)]
    for name in [*names, "mine"]:
        shutil.copytree(folder, library.folder / name)
    with RunFolder(library.folder / names[0]):  # a run that is being written
        deleted = library.prune()
    assert [path.name for path in deleted] == [names[1]]
    assert sorted(path.name for path in library.folder.iterdir()) == [names[0], names[2], names[3], "mine"]
    tiny = RunLibrary(library.folder, most_bytes=1)
    tiny.prune()
    assert sorted(path.name for path in library.folder.iterdir()) == [names[3], "mine"], "the newest always stays"


def test_the_data_folder_is_the_systems(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_DATA_HOME", "relative")
    assert data_folder() == Path.home() / ".local" / "share" / "mlpsvd"
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert data_folder() == tmp_path / "mlpsvd"


@pytest.mark.slow
def test_a_full_disk_is_named_and_the_run_kept_elsewhere(
    tmp_path: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """On a file system of 40 kB, where this may be mounted."""
    out = tmp_path / "full"
    out.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=40k", "tmpfs", str(out)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no file system can be mounted here")
    try:
        small = ["--set", "data.synthetic.train_per_class=20", "--set", "data.synthetic.test_per_class=20"]
        assert main(["train", *small, *SMALL, "--out", str(out / "run")]) == 2
        err = capsys.readouterr().err
        assert f"mlpsvd: {out / 'run'}" in err and "No space left on device" in err
        folder = RunLibrary(data).latest()
        assert folder is not None and f"the run is kept in {folder} instead" in err
        assert (folder / "model-mlp-svd.safetensors").is_file() and read_run(folder).is_finished
    finally:
        subprocess.run(["umount", str(out)], check=True)
