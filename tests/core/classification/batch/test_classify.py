"""Batch classification: results are those of each file alone, in any process."""

from __future__ import annotations

import contextlib
import dataclasses
import multiprocessing
import os
import signal
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from mlpsvd.classification.batch.classify import (
    FileResult,
    SoundFile,
    classify_files,
    find_sound_files,
    in_order,
    processes_that_pay,
)
from mlpsvd.classification.batch.file_classifier import FileClassifier
from mlpsvd.classification.batch.summary import totals_of
from mlpsvd.classification.classifier import Classifier
from mlpsvd.datasets.synthetic import one_class
from mlpsvd.errors import MlpSvdError
from mlpsvd.experiments.runs.trained_model import model_of
from mlpsvd.models.model import Model

CLASSES = ("710 Hz", "410 Hz")


@pytest.fixture(scope="module")
def model(run: Any) -> Model:
    return model_of(run.prepared, run.outcomes["mlp-svd"])


@pytest.fixture
def folder(run: Any, tmp_path: Path) -> Path:
    """Eight recordings in folders named after their classes, one nested, one of upper case, and two unusable ones."""
    root = tmp_path / "recordings"
    synthetic = run.prepared.experiment.data.synthetic
    for index, name in enumerate(CLASSES):
        (root / name / "deeper").mkdir(parents=True)
        for number in range(4):
            samples = one_class(synthetic, 50 + number, "test", index, n_clips=3 + number).ravel()
            inside = "deeper/b.WAV" if number == 3 else f"a{number}.flac"
            samples = 0.9 * samples / np.abs(samples).max()
            soundfile.write(root / name / inside, samples, 16000, format=inside.rpartition(".")[2].upper())
    (root / "text.wav").write_text("no sound")
    soundfile.write(root / "short.wav", np.zeros(10), 16000)
    (root / ".hidden.wav").write_text("no sound")
    return root


def everything(model: Model, files: list[SoundFile], n_processes: int) -> list[FileResult]:
    return [one for _, ready in in_order(classify_files(model, files, n_processes)) for one in ready]


def as_bytes(result: FileResult) -> tuple[object, ...]:
    arrays = (result.starts_s.tobytes(), result.durations_s.tobytes(), result.probabilities.tobytes())
    return (result.path, result.label, result.majority, result.truth, result.problem, *arrays)


def test_folders_are_searched_in_the_order_of_names(folder: Path) -> None:
    found = [one.path.relative_to(folder).as_posix() for one in find_sound_files([folder])]
    inside = ["a0.flac", "a1.flac", "a2.flac", "deeper/b.WAV"]
    expected = [f"{name}/{one}" for name in sorted(CLASSES) for one in inside]
    assert found == [*expected, "short.wav", "text.wav"]


@pytest.mark.parametrize("n_processes", [0, 2])
def test_the_numbers_are_those_of_each_file_alone(n_processes: int, model: Model, folder: Path) -> None:
    classifier = Classifier(model)
    for result in everything(model, list(find_sound_files([folder])), n_processes):
        if not result.is_usable:
            with pytest.raises(Exception, match=r"cannot be used") as alone:
                classifier.classify_file(result.path)
            assert str(alone.value) == result.sentence
            continue
        expected = classifier.classify_file(result.path)
        for one, other in zip(result.decisions(), expected, strict=True):
            assert one.probabilities.tobytes() == other.probabilities.tobytes()
            assert dataclasses.astuple(one)[:5] == dataclasses.astuple(other)[:5]
        assert result.duration_s == pytest.approx(sum(one.duration_s for one in expected))


def test_order_and_results_do_not_depend_on_the_number_of_processes(model: Model, folder: Path) -> None:
    files = list(find_sound_files([folder]))
    here = everything(model, files, 0)
    assert [one.path for one in here] == [one.path for one in files]
    for n_processes in (1, 3):
        assert [as_bytes(one) for one in everything(model, files, n_processes)] == [as_bytes(one) for one in here]


def test_file_results_follow_from_their_windows(model: Model, folder: Path) -> None:
    results = everything(model, list(find_sound_files([folder])), 0)
    usable = [one for one in results if one.is_usable]
    for one in usable:
        mean = one.probabilities.mean(axis=0)
        assert one.label == model.class_names[int(mean.argmax())]
        assert one.probability == mean.max()
        labels = [decision.label for decision in one.decisions()]
        assert one.agreement == labels.count(one.label) / len(labels)
        assert labels.count(one.majority) == max(labels.count(name) for name in CLASSES)
        assert one.truth in one.path.parts
    totals = totals_of(results, model.class_names)
    assert (totals.n_files, totals.n_unusable, totals.n_known) == (10, 2, 8)
    assert totals.accuracy == np.mean([one.label == one.truth for one in usable]) > 0.8
    assert totals.counts.sum() == 8
    assert totals.n_right == 8 - sum(one.is_wrong for one in usable)
    assert totals.n_windows == sum(one.n_windows for one in usable) == 36


def test_of_two_equally_frequent_classes_the_more_probable_one_is_the_majority() -> None:
    zeros = np.zeros(2)
    one = FileResult(Path("a"), ("x", "y"), 2.0, zeros, zeros, np.array([[0.6, 0.4], [0.1, 0.9]]))
    assert (one.label, one.majority, one.agreement, one.probability) == ("y", "y", 0.5, 0.65)


def test_the_true_class_is_the_innermost_folder_or_what_training_read_from_the_name(model: Model) -> None:
    known = FileClassifier(model).true_class
    assert known(SoundFile(Path("a.wav"), ("410 Hz", "710 Hz", "other"))) == "710 Hz"
    assert known(SoundFile(Path("a.wav"), ("other",))) is None
    contract = dataclasses.replace(model.contract, label_pattern="{label}_*")
    named = dataclasses.replace(model, contract=contract)
    known = FileClassifier(named).true_class
    assert known(SoundFile(Path("410 Hz_3.wav"), ("710 Hz",))) == "410 Hz"
    assert known(SoundFile(Path("else_3.wav"), ("710 Hz",))) == "710 Hz"


def test_a_file_given_by_itself_is_known_by_its_folder(model: Model, folder: Path) -> None:
    (result,) = everything(model, list(find_sound_files([folder / "410 Hz" / "a0.flac"])), 0)
    assert result.truth == "410 Hz"


def test_what_is_no_recording_says_why(model: Model, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    results = everything(model, list(find_sound_files([tmp_path / "empty", tmp_path / "missing.wav"])), 2)
    assert "no audio files" in results[0].problem
    assert "no such file" in results[1].problem
    assert not any(one.n_windows for one in results)


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A private folder for temporary files."""
    (tmp_path / "scratch").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "scratch"))
    return tmp_path / "scratch"


@pytest.fixture
def long_file(tmp_path: Path) -> Path:
    """A quarter of an hour of noise."""
    path = tmp_path / "long.wav"
    noise = 0.1 * np.random.default_rng(1).standard_normal(16000 * 60)
    with soundfile.SoundFile(path, "w", 16000, 1) as file:
        for _ in range(15):
            file.write(noise)
    return path


@pytest.mark.parametrize("n_processes", [0, 1])
def test_progress_is_reported_within_a_long_file(n_processes: int, model: Model, long_file: Path) -> None:
    files = list(find_sound_files([long_file, long_file]))
    events = list(classify_files(model, files, n_processes))
    shares = [event.share for event in events]
    assert shares == sorted(shares)
    assert any(0.02 < share < 0.48 for share in shares)
    assert any(event.left_s for event in events)
    assert shares[-1] == 1.0
    assert events[-1].n_done == 2


@pytest.mark.alone
def test_closing_stops_at_once_and_leaves_nothing_behind(model: Model, long_file: Path, scratch: Path) -> None:
    with closing(classify_files(model, list(find_sound_files([long_file] * 50)), 2)) as events:
        event = next(one for one in events if one.share > 0.0)
        assert event.n_done < 50
        started_s = time.monotonic()
    assert time.monotonic() - started_s < 0.5
    assert not [one for one in multiprocessing.active_children() if one.name == "classify"]
    assert not list(scratch.iterdir())


def test_a_process_that_dies_takes_one_file_with_it(model: Model, long_file: Path, folder: Path) -> None:
    files = [*find_sound_files([long_file]), *find_sound_files([folder])]
    results: dict[int, FileResult] = {}
    is_killed = False
    for event in classify_files(model, files, 1):
        results.update(event.finished)
        if event.share > 0.0 and not is_killed and not event.n_done:
            (worker,) = (one for one in multiprocessing.active_children() if one.name == "classify")
            os.kill(worker.pid or 0, signal.SIGKILL)
            is_killed = True
    assert is_killed
    assert len(results) == len(files)
    assert "process that read it crashed" in results[0].problem
    assert sum(one.is_usable for one in results.values()) == 8


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="which files a process has open is not known here")
def test_a_process_that_dies_at_one_of_many_files_leaves_the_others_unblamed(
    model: Model, folder: Path, tmp_path: Path
) -> None:
    long = tmp_path / "long.wav"  # takes so long that the process is killed while it has it open
    soundfile.write(long, np.zeros(8000), 16000, format="WAV")
    os.truncate(long, 10**9)
    with long.open("r+b") as file:
        file.seek(40)
        file.write(b"\xff" * 4)
    usable = [one for one in find_sound_files([folder]) if one.path.parent != folder] * 5
    files = [*usable[:2], SoundFile(long), *usable[2:]]
    results: dict[int, FileResult] = {}
    for event in classify_files(model, files, 1):
        results.update(event.finished)
        for worker in multiprocessing.active_children():
            if worker.name == "classify" and _has_open(worker.pid or 0, long):
                os.kill(worker.pid or 0, signal.SIGKILL)
                worker.join()
    unusable = [index for index, one in results.items() if not one.is_usable]
    assert unusable == [2]
    assert "process that read it crashed" in results[2].problem
    assert len(results) == len(files)


def _has_open(pid: int, path: Path) -> bool:
    with contextlib.suppress(OSError):  # it has ended, or closed one meanwhile
        return any(one.resolve() == path for one in Path(f"/proc/{pid}/fd").iterdir())
    return False


def test_processes_are_started_where_there_is_much_to_do(long_file: Path, folder: Path) -> None:
    assert processes_that_pay(list(find_sound_files([folder]))) == 0
    assert processes_that_pay([]) == 0
    assert processes_that_pay(list(find_sound_files([long_file]))) == 0  # one file is one process's work
    assert processes_that_pay(list(find_sound_files([long_file] * 6))) >= 1


def test_a_model_that_cannot_be_handed_on_is_one_sentence_and_leaves_nothing_behind(
    model: Model, folder: Path, scratch: Path
) -> None:
    broken = dataclasses.replace(model, theta=np.full_like(model.theta, np.nan))
    with pytest.raises(MlpSvdError, match="not finite"):
        everything(broken, list(find_sound_files([folder])), 2)
    assert not list(scratch.iterdir())
