"""Training without a display: train, save the run, and take a screenshot of the window."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from PySide6.QtCore import QEventLoop, QSettings, QTimer

from mlpsvd.cli.interrupt import StopRequest
from mlpsvd.cli.outcome_table import outcome_table
from mlpsvd.cli.progress import progress_on_stderr
from mlpsvd.engines.cpu.warm_up import COMPILING, is_compiled
from mlpsvd.errors import MlpSvdError, TrainingError
from mlpsvd.experiments.bayes_limit import bayes_limit
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.prepare import prepare
from mlpsvd.experiments.presets import new_experiment
from mlpsvd.experiments.race import Race
from mlpsvd.experiments.runs.run import Run
from mlpsvd.experiments.runs.run_data import new_run_id
from mlpsvd.experiments.runs.run_folder import RunFolder

__all__ = ["run_without_screen"]

_SETTLE_MS = 3000


def run_without_screen(experiment: Experiment | None, folder: Path) -> int:
    """Train ``experiment`` (None: the default), save the run and a screenshot of the window showing it.

    Returns the exit code: 0, 1 with a message on stderr if the experiment cannot be run, or 130 after Ctrl-C
    (143 after SIGTERM), after saving the results so far.
    """
    print("No display (neither DISPLAY nor WAYLAND_DISPLAY is set): training without a window.")
    experiment, stop = experiment or new_experiment(), StopRequest()
    try:
        with RunFolder(folder) as opened, stop:  # now, rather than after the training
            run, diverged = _train(experiment, opened, stop)
            print(f"{outcome_table(run.outcomes)}\nComputed by: {run.engine}")
            for note in run.notes:
                print(f"Note: {note}")
            opened.write(run)
    except (MlpSvdError, OSError) as error:
        print(f"mlpsvd-gui: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("mlpsvd-gui: stopped", file=sys.stderr)
        return stop.exit_code
    if diverged is not None:
        print(f"mlpsvd-gui: {diverged}; what was good until then is kept in {folder}/", file=sys.stderr)
        return 1
    if stop.is_requested:
        print(f"mlpsvd-gui: stopped after {run.epoch} of {experiment.training.epochs} epochs; kept in {folder}/")
        return stop.exit_code
    picture = _take_picture(folder, run)
    print(f"In {folder}/: experiment, results, histories, singular values, plots and models, and the window as\n"
          f"it shows this run in {picture}.")  # fmt: skip
    return 0


def _train(experiment: Experiment, folder: RunFolder, stop: StopRequest) -> tuple[Run, TrainingError | None]:
    print(f"{experiment.name}, seed {experiment.seed}")
    if experiment.training.engine in ("auto", "fused") and not is_compiled():
        print(f"{COMPILING.capitalize()}.", flush=True)
    with progress_on_stderr(experiment, quiet=False) as progress:

        def report(share: float) -> None:
            stop.raise_if_requested()
            progress.prepared(share)

        prepared = prepare(experiment, report)
        race, run_id, diverged = Race(prepared), new_run_id(), None
        try:
            for event in race.run():
                progress.trained(event)
                folder.checkpoint_if_due(run_id, prepared, race)
                if stop.is_requested:
                    break
        except TrainingError as error:
            diverged = error
    return Run.of(run_id, prepared, race), diverged


def _take_picture(folder: Path, run: Run) -> Path:
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from mlpsvd_gui.application import make_application
    from mlpsvd_gui.log import log_qt_messages, start_logging
    from mlpsvd_gui.main_window import MainWindow
    from mlpsvd_gui.state.preferences import Preferences

    log_qt_messages()
    app = make_application()
    start_logging()
    picture = folder / "window.png"
    with tempfile.TemporaryDirectory() as scratch:  # no real settings are changed
        store = QSettings(str(Path(scratch) / "window.ini"), QSettings.Format.IniFormat)
        window = MainWindow(Preferences(store), run.experiment)
        window.resize(1600, 1000)
        window.show()
        window.show_run(run)
        window.training_panel.show_limit(bayes_limit(run.experiment))
        _settle()
        window.grab().save(str(picture))
        window.close()
        app.processEvents()
    return picture


def _settle() -> None:
    """Wait for the background work of the panels."""
    loop = QEventLoop()
    QTimer.singleShot(_SETTLE_MS, loop.quit)
    loop.exec()
