"""Results kept as they come: complete lines count, the same settings continue, anything else begins again."""

from __future__ import annotations

import errno
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mlpsvd.classification.batch.classify import classify_files, find_sound_files
from mlpsvd.classification.batch.find_files import SoundFile
from mlpsvd.classification.batch.journal import ClassificationJournal, journal_path
from mlpsvd.classification.batch.results import FileResult, Thresholds
from mlpsvd.cli import main
from mlpsvd.errors import FileFormatError
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.prepare import prepare
from mlpsvd.experiments.race import Race
from mlpsvd.experiments.runs.trained_model import model_of
from mlpsvd.models.model import Model
from mlpsvd.models.model_file import load_model, save_model
from mlpsvd.settings import with_value
from mlpsvd.signals.bank import paper_bank

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="signals and limits of POSIX")


@pytest.fixture(scope="module")
def model() -> Model:
    experiment = Experiment()
    for key, value in {
        "data.synthetic.filters": paper_bank(2, 200.0, 50.0),
        "data.synthetic.duration_s": 0.1,
        "data.synthetic.train_per_class": 30,
        "data.synthetic.test_per_class": 10,
        "training.epochs": 2,
        "training.engine": "reference",
    }.items():
        experiment = with_value(experiment, key, value)
    prepared = prepare(experiment)
    race = Race(prepared)
    for _ in race.run():
        pass
    return model_of(prepared, race.outcomes()["mlp-svd"])


@pytest.fixture
def files(tmp_path: Path) -> list[SoundFile]:
    folder = tmp_path / "sounds"
    folder.mkdir()
    for number in range(4):
        noise = 0.1 * np.random.default_rng(number).standard_normal(1600 * (number + 1))
        soundfile.write(folder / f"{number}.wav", noise, 16000)
    return list(find_sound_files([folder]))


def classified(model: Model, files: list[SoundFile]) -> list[FileResult]:
    found = dict(one for event in classify_files(model, files) for one in event.finished)
    return [found[index] for index in range(len(files))]


def same(one: FileResult, other: FileResult) -> bool:
    arrays = ("starts_s", "durations_s", "probabilities", "levels_dbfs", "distances")
    plain = ("path", "duration_s", "truth", "notes", "is_training", "verdict", "problem")
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in arrays) and all(
        getattr(one, name) == getattr(other, name) for name in plain
    )


def begun(out: Path, model: Model, files: list[SoundFile], n: int, thresholds: Thresholds | None = None) -> None:
    """Create the journal of a command that was killed after ``n`` files."""
    journal = ClassificationJournal(out, model, thresholds or Thresholds())
    journal.load(files)
    for file, result in list(zip(files, classified(model, files), strict=True))[:n]:
        journal.add(file, result)
    journal.close()


def loaded(
    out: Path, model: Model, files: list[SoundFile], thresholds: Thresholds | None = None
) -> dict[int, FileResult]:
    journal = ClassificationJournal(out, model, thresholds or Thresholds())
    found = journal.load(files)
    journal.close()
    return found


def test_what_was_classified_is_taken_over_to_the_last_bit(
    model: Model, files: list[SoundFile], tmp_path: Path
) -> None:
    out = tmp_path / "table.csv"
    begun(out, model, files, 3)
    found = loaded(out, model, files)
    assert sorted(found) == [0, 1, 2]
    assert all(same(found[index], one) for index, one in enumerate(classified(model, files)[:3]))
    save_model(tmp_path / "model.safetensors", model)
    assert sorted(loaded(out, load_model(tmp_path / "model.safetensors"), files)) == [0, 1, 2]


@pytest.mark.parametrize("n_lost", [1, 5, 400])
def test_half_a_line_is_cut_off_and_its_file_classified_again(
    n_lost: int, model: Model, files: list[SoundFile], tmp_path: Path
) -> None:
    out = tmp_path / "table.csv"
    begun(out, model, files, 2)
    part = journal_path(out)
    part.write_bytes(part.read_bytes()[:-n_lost])
    assert sorted(loaded(out, model, files)) == [0]
    assert part.read_bytes().endswith(b"}\n")


@pytest.mark.parametrize("damage", [b"\x00\xff\n", b"[" * 2000 + b"\n", b'{"file": 1}\n', b"5\n"])
def test_entries_before_a_damaged_line_are_kept(
    damage: bytes, model: Model, files: list[SoundFile], tmp_path: Path
) -> None:
    out = tmp_path / "table.csv"
    begun(out, model, files, 3)
    lines = journal_path(out).read_bytes().splitlines(keepends=True)
    journal_path(out).write_bytes(b"".join((*lines[:2], damage, *lines[2:])))
    assert 0 in loaded(out, model, files)


def test_other_settings_and_changed_files_are_classified_again(
    model: Model, files: list[SoundFile], tmp_path: Path
) -> None:
    out = tmp_path / "table.csv"
    begun(out, model, files, 3)
    soundfile.write(files[1].path, np.zeros(1600), 16000)
    assert sorted(loaded(out, model, files)) == [0, 2]
    assert sorted(loaded(out, model, [files[2], SoundFile(files[0].path, ("elsewhere",))])) == [0]
    assert loaded(out, model, files, Thresholds(beyond=2.0)) == {}
    begun(out, model, files, 3)
    assert loaded(out, replace(model, theta=model.theta * 2), files) == {}


def test_a_foreign_file_is_not_written_over(model: Model, files: list[SoundFile], tmp_path: Path) -> None:
    part = tmp_path / "table.csv.part"
    part.write_text("my notes")
    with pytest.raises(FileFormatError, match=r"table\.csv\.part was not written by MLP-SVD"):
        loaded(tmp_path / "table.csv", model, files)
    assert part.read_text() == "my notes"


@POSIX
def test_a_full_disk_is_named_and_loses_nothing(model: Model, files: list[SoundFile], tmp_path: Path) -> None:
    out = tmp_path / "table.csv"
    begun(out, model, files, 1)
    results = classified(model, files)
    journal = ClassificationJournal(out, model, Thresholds())
    journal.load(files)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (journal_path(out).stat().st_size + 100, before[1]))
        with pytest.raises(
            OSError, match="completed results are kept: free some disk space and repeat the command"
        ) as caught:
            journal.add(files[1], results[1])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
        journal.close()
    assert caught.value.errno == errno.EFBIG and caught.value.filename == str(journal_path(out))
    assert sorted(loaded(out, model, files)) == [0]


@POSIX
@pytest.mark.slow
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGKILL, -9)])
def test_a_command_that_is_ended_continues_and_gives_the_same_table(
    number: int, code: int, model: Model, tmp_path: Path
) -> None:
    path, folder = tmp_path / "model.safetensors", tmp_path / "sounds"
    save_model(path, model)
    folder.mkdir()
    noise = 0.1 * np.random.default_rng(0).standard_normal(16000 * 60)
    for index in range(12):
        soundfile.write(folder / f"{index:02d}.wav", np.roll(noise, index), 16000)
    ended, whole = (["classify", str(path), str(folder), "--jobs", "1", "--out", str(tmp_path / name)]
                    for name in ("ended.csv", "whole.csv"))  # fmt: skip
    part = tmp_path / "ended.csv.part"
    process = subprocess.Popen(
        [sys.executable, "-m", "mlpsvd", *ended],
        stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    )
    wait_until(lambda: part.exists() and part.read_bytes().count(b"\n") >= 3)
    os.kill(process.pid, number)
    err = process.communicate(timeout=60)[1].decode()
    assert process.returncode == code, err
    assert "Traceback" not in err
    n_done = part.read_bytes().count(b"\n") - 1
    assert 2 <= n_done < 12
    if code > 0:
        assert f"stopped; {n_done} of 12 files are in" in err
        table = (tmp_path / "ended.csv").read_text()
        assert len({line.split(",")[0] for line in table.splitlines()[1:]}) == n_done
        assert table.endswith("\n") and len({line.count(",") for line in table.splitlines()}) == 1
    assert main(ended) == 0
    assert not part.exists()
    assert main(whole) == 0
    assert (tmp_path / "ended.csv").read_text() == (tmp_path / "whole.csv").read_text()


def wait_until(is_so: Callable[[], bool]) -> None:
    end_s = time.monotonic() + 60.0
    while not is_so():
        assert time.monotonic() < end_s
        time.sleep(0.01)
