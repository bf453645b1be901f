"""Start of the program: the window, or training without a display."""

from __future__ import annotations

import argparse
import ctypes
import os
import platform
import sys
from collections.abc import Sequence
from multiprocessing import freeze_support
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSettings, QTimer

import mlpsvd
from mlpsvd.errors import MlpSvdError
from mlpsvd_gui.application import Application, has_screen, make_application
from mlpsvd_gui.log import LOGGER, catch_everything, log_qt_messages, start_logging
from mlpsvd_gui.stop_signals import StopSignals

if TYPE_CHECKING:
    from mlpsvd.experiments.experiment import Experiment
    from mlpsvd_gui.main_window import MainWindow

__all__ = [
    "command_parser",
    "experiment_at_start",
    "give_memory_back",
    "leave_a_core_to_the_window",
    "main",
    "open_at_start",
    "share_the_interpreter",
]

OUTPUT_FOLDER = Path("mlpsvd-output")
_SWITCH_INTERVAL_S = 0.0001
"""How long a thread keeps the interpreter while another waits. Painting a plot requests it a thousand times: with
the fused engine the window's 99th percentile of lateness was 22.9 ms at 0.5 ms and 16.4 ms at 0.1 ms, and training was
as fast (same conditions, 3 runs each). At Python's own 5 ms, beside a NumPy loop, it was up to 32 ms."""

_M_MMAP_THRESHOLD = -3
_LARGE_BYTES = 4 * 2**20
"""At 1 MB or less, preparing a data set takes longer, because every temporary array is then allocated by the system."""

_WARM_UP_MS = 1500
"""The first frames are drawn before the fused engine is loaded."""


def main(argv: Sequence[str] | None = None) -> int:
    """Open the window, or train without one if there is no display; return the exit code."""
    freeze_support()  # a frozen program is its own worker process too
    arguments = command_parser().parse_args(argv)
    leave_a_core_to_the_window()
    if arguments.self_test:
        from mlpsvd_gui.self_test import self_test

        return self_test()
    problem = ""
    try:
        experiment = experiment_at_start(arguments.file) if arguments.file else None
    except (MlpSvdError, OSError) as error:
        if not (arguments.show_errors and has_screen()):
            print(f"mlpsvd-gui: {error}", file=sys.stderr)
            return 2
        experiment, arguments.file, problem = None, None, str(error)
    share_the_interpreter()
    give_memory_back()
    if has_screen():
        return _run_window(experiment, arguments.file, problem)
    from mlpsvd_gui.headless import run_without_screen  # imports plotting libraries: late

    return run_without_screen(experiment, OUTPUT_FOLDER)


def experiment_at_start(path: Path) -> Experiment | None:
    """Read the experiment of a file; None for a project where there is a screen: its settings may be incompatible."""
    from mlpsvd.experiments.projects.project import find_project_file, read_project  # loads NumPy
    from mlpsvd.experiments.runs.read_experiment import read_experiment

    project = find_project_file(path)
    if project is None or not has_screen():
        return read_experiment(path)
    read_project(project)  # raises if it is damaged
    return None


def share_the_interpreter() -> None:
    """Let the window's thread get the interpreter quickly from a training thread."""
    sys.setswitchinterval(_SWITCH_INTERVAL_S)


def give_memory_back() -> None:
    """Return large arrays to the system when they are freed (glibc only).

    By default, glibc raises its threshold after the first large array is freed and keeps such memory in the heap of
    each thread. Each run has its own thread: the memory of the window grew from 430 to 710 MB after 8 runs of the
    10-class task, and to 1,400 MB after 30; with this setting it remains at 430 MB.
    """
    if platform.libc_ver()[0] == "glibc":
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, _LARGE_BYTES)


def leave_a_core_to_the_window() -> None:
    """Limit NumPy's matrix products to all cores but one; call before NumPy is imported.

    BLAS threads wait by spinning. With as many threads as cores, all of them wait for the core that draws the window:
    on two cores, a run of 1.7 s took 6 to 27 s with a visible window, and 1.9 s with this limit.
    """
    n_threads = str(max(1, (os.cpu_count() or 2) - 1))
    for library in ("OPENBLAS", "MKL", "OMP"):
        os.environ.setdefault(f"{library}_NUM_THREADS", n_threads)


def command_parser() -> argparse.ArgumentParser:
    """Return the parser of all options, from which the manual is generated."""
    parser = argparse.ArgumentParser(
        prog="mlpsvd-gui",
        description="Explore how neural networks classify acoustic spectra: MLP and MLP-SVD side by side.",
        epilog=f"Without a display, train the experiment and write the results to ./{OUTPUT_FOLDER}/.",
    )
    parser.add_argument("file", nargs="?", type=Path, help="experiment (.toml), project, run folder or model to open")
    parser.add_argument(
        "--show-errors", action="store_true", help="report a file that cannot be opened in the window, as menus need it"
    )
    parser.add_argument(
        "--self-test", action="store_true", help="test every part of the program and every page of the window"
    )
    parser.add_argument("--version", action="version", version=f"MLP-SVD {mlpsvd.__version__}")
    return parser


def open_at_start(window: MainWindow, path: Path | None) -> None:
    """Open what the program was started with besides an experiment; without a path, the project of the last time."""
    from mlpsvd.experiments.projects.project import SUFFIX

    if path is None:
        window.welcome.show_at_first_start()
        if window.preferences.project:
            window.project.open(Path(window.preferences.project))
    elif path.is_dir() or path.suffix.lower() == SUFFIX:
        window.documents.open(path)  # a project, or a run with its results
    elif path.suffix.lower() == ".safetensors":
        window.open_model(path)


def _run_window(experiment: Experiment | None, path: Path | None, problem: str = "") -> int:
    log_qt_messages()
    app = make_application()
    start_logging()
    from mlpsvd_gui.main_window import MainWindow
    from mlpsvd_gui.state.preferences import Preferences
    from mlpsvd_gui.widgets.icons import app_icon

    app.setWindowIcon(app_icon())
    window = MainWindow(Preferences(QSettings()), experiment)
    catch_everything(window.unexpected.emit)
    signals = StopSignals(app)
    signals.stop_requested.connect(window.session.stop_and_close)
    if path is not None and path.suffix.lower() == ".toml":
        window.documents.adopt(path)
    window.show()
    if problem:
        window.report_error(problem)
    else:
        open_at_start(window, path)
    if isinstance(app, Application):
        app.open_files_with(window.documents.open)
    QTimer.singleShot(0, lambda: LOGGER.info("Window open, MLP-SVD %s", mlpsvd.__version__))
    QTimer.singleShot(_WARM_UP_MS, window.warm_up.start)
    return app.exec() or signals.exit_code
