"""The main job on a machine with no screen: train, save everything, and take a picture of the window."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import QEventLoop, QSettings, QTimer

from mlpsvd.cli.outcome_table import outcome_table
from mlpsvd.cli.progress import progress_on_stderr
from mlpsvd.engines.warm_up import is_compiled
from mlpsvd.errors import MlpSvdError
from mlpsvd.experiments.bayes_limit import bayes_limit
from mlpsvd.experiments.checkpoint import CHECKPOINT, save_checkpoint
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.prepare import Prepared, prepare
from mlpsvd.experiments.race import Outcome, Race
from mlpsvd.experiments.run_files import check_run_folder, write_run
from mlpsvd.training.events import EpochEvent

__all__ = ["run_without_screen"]

_SETTLE_MS = 3000


def run_without_screen(experiment: Experiment | None, folder: Path) -> int:
    """Train ``experiment`` (the default one for None), save the run and a picture of the window showing it.

    Returns the exit code: 0, or 1 with a sentence on stderr where the experiment cannot be run.
    """
    print("There is no screen here (neither DISPLAY nor WAYLAND_DISPLAY is set): training without a window.")
    experiment = experiment or Experiment()
    try:
        check_run_folder(folder)  # now, rather than after the training
        prepared, race = _train(experiment)
        outcomes = dict(race.outcomes())
        print(f"{outcome_table(outcomes)}\nComputed by: {race.engine_description}")
        write_run(folder, prepared, race.histories, outcomes, engine=race.engine_description, notes=race.notes)
        save_checkpoint(folder / CHECKPOINT, experiment, race.states())
    except (MlpSvdError, OSError) as error:
        print(f"mlpsvd-gui: {error}", file=sys.stderr)
        return 1
    picture = _take_picture(folder, prepared, race.histories, outcomes, race.engine_description)
    print(f"In {folder}/: experiment, results, histories, singular values, plots and both models, and the window as\n"
          f"it shows this run in {picture}.")  # fmt: skip
    return 0


def _train(experiment: Experiment) -> tuple[Prepared, Race]:
    print(f"{experiment.name}, seed {experiment.seed}")
    if experiment.training.engine in ("auto", "fused") and not is_compiled():
        print("Compiling the fused engine, once per machine; this takes some ten seconds.", flush=True)
    with progress_on_stderr(experiment, quiet=False) as progress:
        prepared = prepare(experiment, progress.prepared)
        race = Race(prepared)
        for event in race.run():
            progress.trained(event)
    return prepared, race


def _take_picture(
    folder: Path,
    prepared: Prepared,
    histories: Mapping[str, Sequence[EpochEvent]],
    outcomes: dict[str, Outcome],
    engine: str,
) -> Path:
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from mlpsvd_gui.application import make_application
    from mlpsvd_gui.log import log_qt_messages, start_logging
    from mlpsvd_gui.main_window import MainWindow
    from mlpsvd_gui.models.preferences import Preferences

    log_qt_messages()
    app = make_application()
    start_logging()
    picture = folder / "window.png"
    with tempfile.TemporaryDirectory() as scratch:  # nobody's real settings are touched
        store = QSettings(str(Path(scratch) / "window.ini"), QSettings.Format.IniFormat)
        window = MainWindow(Preferences(store), prepared.experiment)
        window.resize(1600, 1000)
        window.show()
        window.show_run(prepared, histories, outcomes, engine)
        window.training_panel.show_limit(bayes_limit(prepared.experiment))
        _settle()
        window.grab().save(str(picture))
        window.close()
        app.processEvents()
    return picture


def _settle() -> None:
    """Let the panels finish what they compute in the background."""
    loop = QEventLoop()
    QTimer.singleShot(_SETTLE_MS, loop.quit)
    loop.exec()
