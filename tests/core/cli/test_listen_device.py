"""``mlpsvd listen`` as a process that hears a real device: a private sound server's."""

from __future__ import annotations

import csv
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mlpsvd.features.settings import FeatureSettings
from mlpsvd.features.spectra import fit
from mlpsvd.models.input_contract import InputContract
from mlpsvd.models.model import Model
from mlpsvd.models.model_file import save_model
from mlpsvd.network.spec import LayerSpec, NetworkSpec

WINDOW_S = 0.1
RATE_HZ = 16000

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the private sound server is Linux's")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two classes without any training: more energy below 1 kHz, or above it."""
    settings = FeatureSettings(segments="mean", scaling="per sample")
    features = fit(np.ones((1, round(WINDOW_S * RATE_HZ)), np.float32), float(RATE_HZ), settings)
    layers = (LayerSpec("dense", features.n_features, 2, 2, "softmax"),)
    is_low = features.frequencies_hz < 1000.0
    weights = np.stack([np.where(is_low, 5.0, -5.0), np.where(is_low, -5.0, 5.0)])
    theta = np.concatenate([weights.ravel(), np.zeros(2)]).astype(np.float32)
    path = tmp_path_factory.mktemp("listen") / "model.safetensors"
    spec, contract = (
        NetworkSpec(layers, "cross-entropy"),
        InputContract.of_clips(features.sample_rate_hz, WINDOW_S, settings.fft_size),
    )
    save_model(path, Model(spec, theta, features, ("low", "high"), contract))
    return path


class Listening:
    """A running ``mlpsvd listen``, its lines as they come."""

    def __init__(self, environment: dict[str, str], *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "mlpsvd", "listen", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
        )
        self.lines: queue.SimpleQueue[list[str]] = queue.SimpleQueue()
        self.stderr_lines: list[str] = []
        self._threads = [threading.Thread(target=read, daemon=True) for read in (self._read_out, self._read_told)]
        for thread in self._threads:
            thread.start()

    def _read_out(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.put(line.rstrip("\n").split("\t"))

    def _read_told(self) -> None:
        assert self.process.stderr is not None
        self.stderr_lines.extend(self.process.stderr)

    def next(self, wanted: Callable[[list[str]], bool] = lambda line: True, timeout_s: float = 20.0) -> list[str]:
        """Wait for the next line that is wanted."""
        until_s = time.monotonic() + timeout_s
        while not wanted(line := self.lines.get(timeout=max(0.0, until_s - time.monotonic()))):
            pass
        return line

    def end(self) -> int:
        """Wait for the process to end by itself, and return its exit code."""
        code = self.process.wait(20.0)
        self.close()
        return code

    def close(self) -> None:
        """End the process, if it has not ended, and everything that belongs to it."""
        self.process.kill()
        self.process.wait()
        for thread in self._threads:
            thread.join(5.0)
        for stream in (self.process.stdout, self.process.stderr):
            assert stream is not None
            stream.close()

    def drain(self) -> list[list[str]]:
        """Return the lines that have not been read yet."""
        return [self.lines.get() for _ in range(self.lines.qsize())]


@pytest.fixture
def listening(sound_server: Any) -> Iterator[Callable[..., Listening]]:
    started: list[Listening] = []

    def start(*arguments: str) -> Listening:
        started.append(Listening(sound_server.environment, *arguments))
        return started[-1]

    yield start
    for one in started:
        one.close()


def tone(frequency_hz: float, seconds: float, rate_hz: int) -> np.ndarray:
    return 0.3 * np.sin(2.0 * np.pi * frequency_hz * np.arange(round(seconds * rate_hz)) / rate_hz)


def test_devices_are_listed_and_a_wrong_name_lists_them_too(
    sound_server: Any, listening: Callable[..., Listening], model: Path
) -> None:
    listed = listening("--list-devices")
    assert listed.end() == 0
    (line,) = listed.drain()
    assert line[1:] == ["PulseAudio", "1 channel", "48000 Hz", "default"]
    refused = listening(str(model), "--device", "violin")
    assert refused.end() == 2
    assert refused.drain() == []
    assert len(refused.stderr_lines) == 1
    assert "violin" in refused.stderr_lines[0]
    assert line[0] in refused.stderr_lines[0]


def test_a_device_asked_for_while_the_server_hangs_is_not_said_to_be_absent(
    sound_server: Any, listening: Callable[..., Listening], model: Path
) -> None:
    sound_server.hang()
    refused = listening(str(model), "--device", "Speaker")
    assert refused.end() == 2
    (line,) = refused.stderr_lines
    assert "The sound server does not respond" in line


def test_what_is_played_is_decided_on_as_it_sounds_and_ctrl_c_ends_it(
    sound_server: Any, listening: Callable[..., Listening], model: Path, tmp_path: Path
) -> None:
    table = tmp_path / "heard.csv"
    one = listening(str(model), "--device", "Speaker", "--set", "live.trigger_dbfs=-40", "--csv", str(table))
    one.next(lambda line: line[1] == "quiet")
    for frequency_hz, name in [(400.0, "low"), (4000.0, "high")]:
        sound_server.play(tone(frequency_hz, 1.5, 48000), 48000)
        found = one.next(lambda line, name=name: line[1] == name)
        assert float(found[2]) > 0.9
        one.next(lambda line: line[1] == "quiet")
    one.process.send_signal(signal.SIGINT)
    assert one.end() == 130
    assert not any("Traceback" in line for line in one.stderr_lines)
    rows = list(csv.DictReader(table.read_text("utf-8").splitlines()))
    assert {"low", "high", "quiet"} <= {row["shown"] for row in rows}
    starts_s = [float(row["start_s"]) for row in rows]
    assert np.diff(starts_s) == pytest.approx(np.full(len(rows) - 1, WINDOW_S), abs=1e-5)


def test_a_lost_device_is_reported_and_reopened(
    sound_server: Any, listening: Callable[..., Listening], model: Path
) -> None:
    one = listening(str(model))
    starts_s = [float(one.next()[0])]
    sound_server.kill()
    time.sleep(1.0)  # it stays away
    sound_server.start()
    while len(starts_s) < 2 or starts_s[-1] - starts_s[-2] < 0.8:  # the time that it was away is counted in
        starts_s.append(float(one.next(timeout_s=10.0)[0]))
    one.process.send_signal(signal.SIGINT)
    assert one.end() == 130
    errors = "".join(one.stderr_lines)
    assert errors.index("automatically") < errors.index("is back")
    assert all(line.startswith("mlpsvd: ") for line in one.stderr_lines if line.strip())  # and no library's noise


def test_seconds_are_over_also_where_nothing_is_heard(
    sound_server: Any, listening: Callable[..., Listening], model: Path
) -> None:
    heard = listening(str(model), "--seconds", "0.5")
    assert heard.end() == 0
    assert len(heard.drain()) == 5
    sound_server.kill()
    silent = listening(str(model), "--seconds", "0.2")
    assert silent.end() == 2
    assert silent.drain() == []
    assert silent.stderr_lines[-1] == "mlpsvd: no input was received\n"
