"""Measure the lateness of the window's event loop during training, and the window's effect on training time.

    python benchmarks/window.py [--repeats 5] [--engine fused] [--epochs 100]

Trains the paper's 10-class task with the command line's loop and in the real window, in turn, in fresh processes. In
the window, with live plots, a 5 ms timer records the lateness of each tick. Prints medians over the repeats and the
ratios of pairs. Needs a display (Xvfb is enough).
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from statistics import median
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlpsvd.experiments.experiment import Experiment
    from mlpsvd.training.events import EpochEvent

TICK_MS = 5


def experiment(engine: str, epochs: int) -> Experiment:
    from mlpsvd.experiments.experiment import Experiment
    from mlpsvd.settings import with_value
    from mlpsvd.signals.bank import paper_bank

    ten = with_value(Experiment(), "data.synthetic.filters", paper_bank(10))
    return with_value(with_value(ten, "training.epochs", epochs), "training.engine", engine)


def command_line(engine: str, epochs: int) -> dict[str, float]:
    """Train as ``mlpsvd train`` does, without its progress bar."""
    from mlpsvd.experiments.prepare import prepare
    from mlpsvd.experiments.race import Race

    race = Race(prepare(experiment(engine, epochs)))
    stream = race.run()
    next(stream)  # loads compiled code
    started = time.perf_counter()
    for _ in stream:
        pass
    return {"wall_s": time.perf_counter() - started, "train_s": trained_s(race.histories)}


def trained_s(histories: Mapping[str, Sequence[EpochEvent]]) -> float:
    return sum(event.train_s for history in histories.values() for event in history)


def window(engine: str, epochs: int, train: bool) -> dict[str, Any]:
    """Train in the real window with its Train action; without ``train``, observe the idle loop for two seconds."""
    import tempfile
    from pathlib import Path

    from mlpsvd_gui.app import give_memory_back, leave_a_core_to_the_window, share_the_interpreter

    leave_a_core_to_the_window()
    share_the_interpreter()
    give_memory_back()
    from PySide6.QtCore import QElapsedTimer, QSettings, Qt, QTimer

    from mlpsvd_gui.application import make_application
    from mlpsvd_gui.main_window import MainWindow
    from mlpsvd_gui.state.preferences import Preferences
    from mlpsvd_gui.state.run_state import RunPhase

    qt = make_application()
    settings = QSettings(str(Path(tempfile.mkdtemp()) / "settings.ini"), QSettings.Format.IniFormat)
    main = MainWindow(Preferences(settings), experiment(engine, epochs))
    main.resize(1600, 1000)
    main.show()
    clock = QElapsedTimer()
    late: list[float] = []
    times: dict[str, float] = {}
    clock.start()

    def wait(seconds: float) -> None:
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            qt.processEvents()
            time.sleep(0.002)

    wait(2.0)  # previews and first paints are not training
    timer = QTimer()
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.setInterval(TICK_MS)
    last = [clock.nsecsElapsed()]

    def tick() -> None:
        now = clock.nsecsElapsed()
        late.append((now - last[0]) / 1e6 - TICK_MS)
        last[0] = now

    timer.timeout.connect(tick)

    def state(new: RunPhase) -> None:
        if new is RunPhase.TRAINING:
            times.setdefault("started", time.perf_counter())
            last[0] = clock.nsecsElapsed()
            timer.start()
        elif not new.is_active:
            times["ended"] = time.perf_counter()
            timer.stop()
            qt.quit()

    if train:
        main.run.state_changed.connect(state)
        main.actions_.train.trigger()
    else:
        timer.start()
        QTimer.singleShot(2000, qt.quit)
    qt.exec()
    result: dict[str, Any] = {"late_ms": late}
    if train:
        assert main.run.state is RunPhase.FINISHED, main.run.message
        result |= {"wall_s": times["ended"] - times["started"], "train_s": trained_s(main.run.histories)}
    main.close()
    return result


def lateness(late_ms: list[float]) -> str:
    late_ms = sorted(late_ms)
    at_99 = late_ms[int(0.99 * len(late_ms))]
    return f"lateness: 99th percentile {at_99:.1f} ms, maximum {late_ms[-1]:.1f} ms ({len(late_ms)} ticks)"


def in_a_fresh_process(mode: str, arguments: argparse.Namespace) -> Any:
    command = [sys.executable, __file__, "--mode", mode]
    command += ["--engine", arguments.engine, "--epochs", str(arguments.epochs)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--engine", default="auto")
    parser.add_argument("--epochs", type=int, default=100)
    parser.add_argument("--mode", choices=["all", "command line", "window", "idle"], default="all")
    arguments = parser.parse_args()
    if arguments.mode == "command line":
        print(json.dumps(command_line(arguments.engine, arguments.epochs)))
    elif arguments.mode in ("window", "idle"):
        print(json.dumps(window(arguments.engine, arguments.epochs, arguments.mode == "window")))
    else:
        pairs = [
            (in_a_fresh_process("command line", arguments), in_a_fresh_process("window", arguments))
            for _ in range(arguments.repeats)
        ]
        idle = in_a_fresh_process("idle", arguments)
        print(f"10 classes, {arguments.epochs} epochs, engine {arguments.engine}, {arguments.repeats} pairs, medians")
        print(f"idle window: {lateness(idle['late_ms'])}")
        print(f"while training: {lateness([tick for _, w in pairs for tick in w['late_ms']])}")
        for key in ("wall_s", "train_s"):
            ratios = [w[key] / c[key] for c, w in pairs]
            print(
                f"{key}: command line {median(c[key] for c, _ in pairs):.2f}, window "
                f"{median(w[key] for _, w in pairs):.2f}, ratio {median(ratios):.2f} "
                f"({min(ratios):.2f} to {max(ratios):.2f})"
            )


if __name__ == "__main__":
    main()
