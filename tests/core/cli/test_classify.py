"""``mlpsvd classify`` on many files: lines, tables, workers, accuracy, and Ctrl-C."""

from __future__ import annotations

import csv
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mlpsvd.cli import main
from mlpsvd.datasets.synthetic import one_class
from mlpsvd.experiments.presets import PRESETS
from mlpsvd.metrics.uncertainty import interval_text

PRESET = "Paper: 2 classes, 100 Hz"
CLASSES = ("710 Hz", "680 Hz")
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="signals and terminals of POSIX")
PROGRESS = re.compile(r"^[0-9]/7 files, [0-9.e+-]+ files/s, (?:starting|[0-9]+ s left)\n", re.MULTILINE)
"""A line that appears every 5 s, on a busy machine also here."""
Captured = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A network trained by the command line on two classes."""
    out = tmp_path_factory.mktemp("cli") / "run"
    small = ["data.synthetic.train_per_class=60", "data.synthetic.test_per_class=30", "training.epochs=4",
             "training.learning_rate=0.01", "training.batch_size=8", "training.contenders=mlp,mlp-svd"]  # fmt: skip
    changes = [part for one in small for part in ("--set", one)]
    assert main(["train", "--preset", PRESET, *changes, "--out", str(out), "--quiet"]) == 0
    return str(out / "model-mlp-svd.safetensors")


@pytest.fixture
def sounds(tmp_path: Path) -> Path:
    """Six files in folders named after their classes, nested and in upper case, and one that is no sound."""
    root = tmp_path / "sounds"
    for index, name in enumerate(CLASSES):
        (root / name / "nested").mkdir(parents=True)
        for number, inside in enumerate(("a.wav", "b.FLAC", "nested/c.WAV")):
            samples = one_class(PRESETS[PRESET].data.synthetic, 5 + number, "test", index, n_clips=4).ravel()
            soundfile.write(root / name / inside, samples / np.abs(samples).max(), 16000, format=inside[-4:].strip("."))
    (root / "bad.wav").write_text("no sound")
    return root


@pytest.mark.parametrize("more", [[], ["--json"], ["--per", "file"], ["--per", "file", "--json"]])
def test_what_is_printed_does_not_depend_on_the_number_of_workers(
    more: list[str], model: str, sounds: Path, capsys: Captured
) -> None:
    received = []
    for jobs in ("1", "2", "0"):
        assert main(["classify", model, str(sounds), *more, "--jobs", jobs]) == 1
        out, err = capsys.readouterr()
        received.append((out, PROGRESS.sub("", err)))
    assert received[0] == received[1] == received[2]
    assert len(received[0][0].splitlines()) == (6 if "file" in more else 24)


def test_a_line_a_file_holds_length_label_probability_and_agreement(model: str, sounds: Path, capsys: Captured) -> None:
    main(["classify", model, str(sounds), "--per", "file"])
    lines = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert [line[0] for line in lines] == sorted(str(path) for path in sounds.rglob("*.*") if path.name != "bad.wav")
    assert {line[1] for line in lines} == {"1.200"}
    assert {line[2] for line in lines} <= set(CLASSES)
    assert all(0.5 <= float(line[3]) <= 1.0 and float(line[4]) in (0.25, 0.5, 0.75, 1.0) for line in lines)


def test_the_accuracy_is_reported_if_folders_are_classes(model: str, sounds: Path, capsys: Captured) -> None:
    main(["classify", model, str(sounds), "--per", "file"])
    out, err = capsys.readouterr()
    n_right = sum(
        Path(line.split("\t")[0]).relative_to(sounds).parts[0] == line.split("\t")[2] for line in out.splitlines()
    )
    interval = interval_text(n_right / 6, 6)
    assert err.splitlines()[-1] == (
        f"mlpsvd: accuracy {100 * n_right / 6:.2f} % (95 % interval {interval}; "
        f"{n_right} of 6 files whose class is known)"
    )


@pytest.mark.parametrize("per", ["window", "file"])
def test_a_table_is_written_instead_of_lines(
    per: str, model: str, sounds: Path, tmp_path: Path, capsys: Captured
) -> None:
    for name in ("table.csv", "table.JSON"):
        assert main(["classify", model, str(sounds), "--per", per, "--out", str(tmp_path / name)]) == 1
    assert capsys.readouterr().out == ""
    with (tmp_path / "table.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == (25 if per == "window" else 7)
    (bad,) = [row for row in rows if row["problem"]]
    assert bad["file"].endswith("bad.wav")
    table = json.loads((tmp_path / "table.JSON").read_text())
    assert table["n_files"] == 7
    assert ("windows" in table["files"][0]) == (per == "window")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--out", "table.txt"], "a file ending in .csv or .json"),
        (["--json", "--out", "table.csv"], "a file ending in .json"),
        (["--out", "nowhere/table.csv"], "a file in an existing folder"),
        (["--jobs", "-1"], "--jobs is -1"),
        (["--per", "hour"], "--per"),
    ],
)
def test_an_impossible_option_is_refused_before_anything_is_classified(
    arguments: list[str], words: str, model: str, sounds: Path, capsys: Captured
) -> None:
    assert main(["classify", model, str(sounds), *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert words in err
    assert len(err.splitlines()) == 1


def test_hidden_files_are_not_looked_at(model: str, sounds: Path, capsys: Captured) -> None:
    (sounds / "._a.wav").write_text("what macOS leaves")
    (sounds / "bad.wav").unlink()
    assert main(["classify", model, str(sounds)]) == 0


@pytest.mark.alone
@POSIX
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_ctrl_c_keeps_what_is_done(jobs: str, model: str, sounds: Path, tmp_path: Path) -> None:
    noise = 0.1 * np.random.default_rng(0).standard_normal(16000 * 120)
    soundfile.write(sounds / "long.wav", noise, 16000)
    files = [str(sounds / CLASSES[0]), *[str(sounds / "long.wav")] * 5000]
    with on_a_terminal(model, *files, "--jobs", jobs, "--out", str(tmp_path / "table.json")) as (process, leader):
        shown = read_until(leader, lambda text: any(int(one) > 3 for one in re.findall(r"([0-9]+)/5,003", text)))
        process.send_signal(signal.SIGINT)
        started_s = time.monotonic()
        shown += read_until(leader, lambda _: False)
        assert process.wait(timeout=60) == 130, shown
        assert time.monotonic() - started_s < 5.0
    assert "Traceback" not in shown, shown
    table = json.loads((tmp_path / "table.json").read_text())
    assert 3 <= table["n_files"] < 5003
    assert [Path(one["file"]).name for one in table["files"][:3]] == ["a.wav", "b.FLAC", "c.WAV"]


@POSIX
def test_on_a_terminal_a_bar_shows_files_a_second_and_the_time_left(model: str, sounds: Path) -> None:
    with on_a_terminal(model, str(sounds)) as (process, leader):
        shown = read_until(leader, lambda _: False)
        assert process.wait(timeout=60) == 1
    assert "7/7 files" in shown
    assert "files/s" in shown
    assert "100 %" in shown


@contextmanager
def on_a_terminal(*arguments: str) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """Run ``mlpsvd classify`` with stderr on a terminal; give the process and what to read from the terminal."""
    import pty

    leader, follower = pty.openpty()
    command = [sys.executable, "-m", "mlpsvd", "classify", *arguments]
    environment = {**os.environ, "COLUMNS": "100"}
    with subprocess.Popen(
        command,
        stdout=subprocess.DEVNULL,
        stderr=follower,
        env=environment,
        # Tests that were started in the background inherit that Ctrl-C is ignored, and would hand it on.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    ) as process:
        os.close(follower)
        yield process, leader
        process.kill()
    os.close(leader)


def read_until(leader: int, is_enough: Callable[[str], bool]) -> str:
    """Read from a terminal until a condition holds, or until it is closed."""
    shown = ""
    with suppress(OSError):  # Linux says so when the last writer is gone
        while not is_enough(shown) and (chunk := os.read(leader, 65536)):
            shown += chunk.decode(errors="replace")
    return shown
