"""Endurance test of live classification: words from a virtual microphone while networks train in the same window.

    python benchmarks/listening.py [--minutes 60] [--recordings ../shared/data/fsdd/recordings] [--idle]

Starts a private PulseAudio, trains a classifier of spoken digits, opens it in the real window, and repeatedly plays
the held-out recordings, one every 1.5 s, into the server's virtual loudspeaker. The Listen page receives them from the
loudspeaker's monitor through PortAudio. Meanwhile the paper's 10-class task is trained repeatedly with ten times its
epochs (not with ``--idle``), and two tabs are shown in turn. Prints every minute, and in a summary: samples against the
clock, memory, lateness of the event loop, latency from sound to label, and the accuracy live and from files. Needs a
display (Xvfb is enough), pulseaudio, pactl and pacat.

The virtual device has the rate of the recordings, 8 kHz. At ``--rate 48000`` the words are resampled twice, which
removes the upper tenth of their band.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import subprocess
import sys
import tempfile
import time
from array import array
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mlpsvd.text import percent

sys.path.append(str(Path(__file__).resolve().parent.parent / "tests" / "support"))

from sound_server import SoundServer

TICK_MS = 5
SLOT_S = 1.5
"""Time from one word to the next."""


@dataclass(frozen=True, slots=True)
class Decided:
    """The part of a decision that is kept; complete decisions would dominate the memory growth of an hour."""

    clock_s: float
    duration_s: float
    label: str
    deciding_ms: float


def sound_server(folder: Path, rate_hz: int) -> SoundServer:
    """The tests' own private PulseAudio."""
    server = SoundServer(folder)
    os.environ.update(server.variables)
    server.start(with_sink=False)
    server.add_sink(rate_hz=rate_hz)
    return server


def trained_digits(recordings: Path, path: Path) -> list[tuple[Path, str]]:
    """Train the recordings preset; save MLP-SVD to ``path`` and return its test recordings as (file, label)."""
    from mlpsvd.datasets.recordings import scan
    from mlpsvd.datasets.split import split_class, split_key
    from mlpsvd.experiments.prepare import prepare
    from mlpsvd.experiments.presets import RECORDINGS_PRESET, preset
    from mlpsvd.experiments.race import Race
    from mlpsvd.experiments.runs.trained_model import model_of
    from mlpsvd.models.model_file import save_model
    from mlpsvd.settings import with_value

    experiment = with_value(preset(RECORDINGS_PRESET), "data.recordings.path", str(recordings))
    prepared = prepare(experiment)
    race = Race(prepared)
    for _ in race.run():
        pass
    save_model(path, model_of(prepared, race.outcomes()["mlp-svd"]))
    settings = experiment.data.recordings
    inventory = scan(settings)
    held_out = []
    for label in sorted({one.label for one in inventory.files}):
        own = [one for one in inventory.files if one.label == label]
        keys = [split_key(one.name, Path(settings.path)) for one in own]
        sides = split_class(keys, [one.split for one in own], settings.test_fraction, experiment.seed)
        held_out += [(one.path, label) for one, side in zip(own, sides, strict=True) if side == "test"]
    return held_out


def right_from_files(model: Path, held_out: list[tuple[Path, str]]) -> float:
    from mlpsvd.classification.classifier import Classifier
    from mlpsvd.models.model_file import load_model

    classifier = Classifier(load_model(model))
    return float(np.mean([classifier.classify_file(path)[0].label == label for path, label in held_out]))


def one_after_another(held_out: list[tuple[Path, str]], seed: int, played_hz: int) -> tuple[np.ndarray, list[str]]:
    """All words in random order, each at the beginning of its slot."""
    from mlpsvd.audio import files

    order = np.random.default_rng(seed).permutation(len(held_out))
    slot = round(SLOT_S * played_hz)
    sound = np.zeros(len(order) * slot, np.float32)
    for place, index in enumerate(order):
        samples, rate_hz = files.read(held_out[index][0])
        word = files.resample(samples, rate_hz, played_hz)[:slot]
        sound[place * slot : place * slot + len(word)] = word
    return sound, [held_out[index][1] for index in order]


class Loop:
    """Plays all words repeatedly and records when each one began."""

    def __init__(self, server: SoundServer, held_out: list[tuple[Path, str]], rate_hz: int) -> None:
        self._server, self._held_out, self._rate_hz = server, held_out, rate_hz
        self._player: subprocess.Popen[bytes] | None = None
        self._seed = 0
        self.rounds: list[tuple[float, list[str]]] = []

    def go_on(self) -> None:
        if self._player is None or self._player.poll() is not None:
            sound, labels = one_after_another(self._held_out, self._seed, self._rate_hz)
            self._seed += 1
            self._server.silence()
            # A player that falls behind would split words, which is not what is measured here.
            self._player = self._server.play(sound, self._rate_hz, latency_ms=1000)
            self.rounds.append((time.time(), labels))


def judged(decisions: list[Decided], rounds: list[tuple[float, list[str]]]) -> tuple[int, int, int]:
    """Return the number of words classified correctly, classified exactly once, and played."""
    n_right = n_once = n_played = 0
    ends = [start for start, _ in rounds[1:]] + [float("inf")]
    last_s = max((one.clock_s for one in decisions), default=0.0)
    for (began, labels), end in zip(rounds, ends, strict=True):
        # Every round begins with a word; the player does not know when its sound was received.
        heard = [one.clock_s - one.duration_s for one in decisions if one.label and began <= one.clock_s < end]
        start = min(heard, default=began) - 0.1
        predicted: list[list[str]] = [[] for _ in labels]
        for one in decisions:
            slot = int((one.clock_s - one.duration_s / 2 - start) // SLOT_S)
            if start <= one.clock_s < end and 0 <= slot < len(labels) and one.label:
                predicted[slot].append(one.label)
        n_there = sum(start + (slot + 1) * SLOT_S < min(last_s, end) for slot in range(len(labels)))
        n_played += n_there
        n_once += sum(len(words) == 1 for words in predicted[:n_there])
        n_right += sum(words == [label] for words, label in zip(predicted[:n_there], labels, strict=False))
    return n_right, n_once, n_played


def memory_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


class MallInfo2(ctypes.Structure):
    """Return value of glibc's mallinfo2."""

    _fields_ = [(name, ctypes.c_size_t) for name in (
        "arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks", "fordblks", "keepcost",
    )]  # fmt: skip


def in_use_mb() -> float:
    """Memory allocated through glibc and not freed; the rest is cached or code."""
    mallinfo2 = ctypes.CDLL(None).mallinfo2
    mallinfo2.restype = MallInfo2
    used = mallinfo2()
    return float(used.uordblks + used.hblkhd) / 1e6


def late_at_99(late_ms: array[float]) -> float:
    return float(np.sort(np.array(late_ms))[int(0.99 * len(late_ms))]) if late_ms else float("nan")


def listen(model: Path, held_out: list[tuple[Path, str]], server: SoundServer, arguments: argparse.Namespace) -> None:
    from mlpsvd_gui.app import give_memory_back, leave_a_core_to_the_window, share_the_interpreter

    leave_a_core_to_the_window()
    share_the_interpreter()
    give_memory_back()
    from PySide6.QtCore import QElapsedTimer, QSettings, Qt, QTimer

    from mlpsvd.experiments.experiment import Experiment
    from mlpsvd.settings import with_value
    from mlpsvd.signals.bank import paper_bank
    from mlpsvd_gui.application import make_application
    from mlpsvd_gui.main_window import MainWindow
    from mlpsvd_gui.pages.listen.views.source_chooser import MICROPHONE_SOURCE
    from mlpsvd_gui.state.preferences import Preferences
    from mlpsvd_gui.state.run_state import RunPhase

    qt = make_application()
    store = QSettings(str(Path(tempfile.mkdtemp()) / "settings.ini"), QSettings.Format.IniFormat)
    preferences = Preferences(store)
    changes = {"windows": "whole sounds", "trigger_dbfs": -70.0, "hang_s": 0.25}
    preferences.set_table("live/settings", changes)
    beside = with_value(Experiment(), "data.synthetic.filters", paper_bank(10))
    main = MainWindow(preferences, with_value(beside, "training.epochs", 1000))
    main.resize(1600, 1000)
    main.show()

    def wait(seconds: float) -> None:
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            qt.processEvents()
            time.sleep(0.002)

    wait(2.0)
    main.models.open_model(str(model))
    main.tabs.setCurrentIndex(2)
    wait(1.0)
    main.listen_panel.controls.source.show_kind(MICROPHONE_SOURCE)
    main.listen_panel.controls.start_button.click()
    wait(2.0)
    session = main.listen.session
    assert session is not None, "the microphone was not opened"
    loop = Loop(server, held_out, arguments.rate)
    decisions: list[Decided] = []
    late, all_late, totals = array("d"), array("d"), array("d")
    take = main.listen.drawing.take

    def note(update: Any) -> None:
        decisions.extend(
            Decided(one.clock_s, one.duration_s, one.label, one.latency.features_ms + one.latency.network_ms)
            for one in update.decisions
        )
        take(update)

    main.listen.drawing.take = note  # type: ignore[method-assign]
    clock, last = QElapsedTimer(), [0]
    clock.start()
    timer = QTimer()
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.setInterval(TICK_MS)

    def tick() -> None:
        now = clock.nsecsElapsed()
        late.append((now - last[0]) / 1e6 - TICK_MS)
        last[0] = now

    timer.timeout.connect(tick)
    n_runs, started, minute = 0, time.monotonic(), 0
    first = session.source.health
    last[0] = clock.nsecsElapsed()
    timer.start()
    while time.monotonic() - started < 60.0 * arguments.minutes:
        wait(0.5)
        loop.go_on()
        if not arguments.idle and not main.run.state.is_active and main.run.state is not RunPhase.FAILED:
            main.actions_.train.trigger()
            n_runs += 1
        main.tabs.setCurrentIndex(2 if int((time.monotonic() - started) / 30.0) % 2 == 0 else 0)
        elapsed = time.monotonic() - started
        if elapsed >= 60.0 * (minute + 1):
            minute += 1
            totals.extend(main.listen.drawing.latency.totals_ms)
            health = session.source.health
            missing_ms = 1e3 * (health.expected_s - health.received_s - health.gaps_s)
            print(
                f"{minute:3d} min: {health.received_s:8.2f} s received, {missing_ms:+6.1f} ms against the clock, "
                f"{health.n_gaps} gaps, {memory_mb():.0f} MB ({in_use_mb():.0f} in use, "
                f"{sys.getallocatedblocks()} blocks of Python), "
                f"99th percentile of lateness {late_at_99(late):.1f} ms, {n_runs} runs, {len(decisions)} decisions",
                flush=True,
            )
            all_late += late
            del late[:]
            if minute == 1 and arguments.picture:
                main.tabs.setCurrentIndex(2)
                wait(1.0)
                main.grab().save(arguments.picture)
    timer.stop()
    health = session.source.health
    all_late += late
    lost = session.drain().lost_s
    n_right, n_once, n_played = judged(decisions, loop.rounds)
    print(f"state: {session.source.status}")
    heard_s = health.received_s - first.received_s
    print(f"received {heard_s:.2f} s in {time.monotonic() - started:.2f} s; {health.n_gaps} gaps, "
          f"{health.gaps_s:.3f} s; {lost:.3f} s overwritten before classification")  # fmt: skip
    print(f"lateness: 99th percentile {late_at_99(all_late):.1f} ms, maximum {max(all_late):.1f} ms "
          f"({len(all_late)} ticks)")  # fmt: skip
    if totals:
        print(f"sound to label: median {np.median(totals):.1f} ms, 95th percentile {np.percentile(totals, 95):.1f} ms")
    network = [one.deciding_ms for one in decisions]
    if network:
        print(
            f"features and network: median {np.median(network):.2f} ms, "
            f"95th percentile {np.percentile(network, 95):.2f} ms"
        )
    print(f"words: {n_played} played, {n_once} classified exactly once, {n_right} correctly "
          f"({percent(n_right / max(1, n_played))})")  # fmt: skip
    main.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=60.0)
    default = Path(__file__).resolve().parents[2] / "shared" / "data" / "fsdd" / "recordings"
    parser.add_argument("--recordings", type=Path, default=default)
    parser.add_argument("--rate", type=int, default=8000, metavar="HZ", help="sample rate of the virtual device")
    parser.add_argument("--idle", action="store_true", help="do not train meanwhile")
    parser.add_argument("--picture", default="", metavar="PNG", help="save a picture of the window after a minute")
    arguments = parser.parse_args()
    if not arguments.recordings.is_dir():
        sys.exit(
            f"{arguments.recordings} is not a folder; --recordings must be a folder of digits such as 7_george_12.wav"
        )
    with tempfile.TemporaryDirectory(prefix="mlpsvd-") as name:
        folder = Path(name)
        server = sound_server(folder, arguments.rate)
        try:
            held_out = trained_digits(arguments.recordings, folder / "digits.safetensors")
            share = right_from_files(folder / "digits.safetensors", held_out)
            print(f"{len(held_out)} held-out words, {percent(share)} correct from files", flush=True)
            listen(folder / "digits.safetensors", held_out, server, arguments)
        finally:
            server.kill()


if __name__ == "__main__":
    main()
