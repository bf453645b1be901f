"""The main job on a machine with no screen: train, save everything, and take a picture of the window."""

from __future__ import annotations

import os
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEventLoop, QSettings, QTimer
from tqdm import tqdm

from mlpsvd.errors import MlpSvdError
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.prepare import Prepared, prepare
from mlpsvd.experiments.race import Outcome, Race
from mlpsvd.experiments.run_files import check_run_folder, write_run
from mlpsvd.training.events import EpochEvent

__all__ = ["run_without_screen"]

Histories = dict[str, list[EpochEvent]]
_NAMES = {"mlp": "MLP", "mlp-svd": "MLP-SVD"}
_SETTLE_MS = 3000


def run_without_screen(experiment: Experiment | None, folder: Path) -> int:
    """Train ``experiment`` (the default one for None), save the run and a picture of the window showing it.

    Returns the exit code: 0, or 1 with a sentence on stderr where the experiment cannot be run.
    """
    print("There is no screen here (neither DISPLAY nor WAYLAND_DISPLAY is set): training without a window.")
    experiment = experiment or Experiment()
    try:
        check_run_folder(folder)  # now, rather than after the training
        prepared, race, histories = _train(experiment)
        outcomes = dict(race.outcomes())
        write_run(folder, prepared, histories, outcomes, engine=race.engine_description, notes=race.notes)
    except (MlpSvdError, OSError) as error:
        print(f"mlpsvd-gui: {error}", file=sys.stderr)
        return 1
    print(_results(outcomes))
    picture = _take_picture(folder, prepared, histories, outcomes, race.engine_description)
    print(f"In {folder}/: experiment, results, histories, singular values, plots and both models, and the window as\n"
          f"it shows this run in {picture}.")  # fmt: skip
    return 0


def _train(experiment: Experiment) -> tuple[Prepared, Race, Histories]:
    print(f"{experiment.name}, seed {experiment.seed}")
    with tqdm(total=100, desc="preparing the data", unit="%", leave=False) as bar:
        prepared = prepare(experiment, partial(_move, bar))
    race = Race(prepared)
    histories: Histories = {contender: [] for contender in experiment.training.contenders}
    total = (experiment.training.epochs + 1) * len(histories)
    with tqdm(total=total, desc="training", unit="epoch") as bar:
        for news in race.run():
            histories[news.contender].append(news.event)
            bar.set_postfix_str(f"{_NAMES[news.contender]} {100 * news.event.test_accuracy:.1f} %", refresh=False)
            bar.update()
    return prepared, race, histories


def _move(bar: Any, share: float) -> None:
    bar.update(round(100 * share) - bar.n)


def _results(outcomes: dict[str, Outcome]) -> str:
    lines = [f"{'':9}{'test accuracy':>15}{'rank':>12}{'weights':>10}{'time':>11}"]
    for name, outcome in outcomes.items():
        last = outcome.last
        ranks = ", ".join(str(rank) for rank in last.ranks)
        accuracy = f"{100 * last.test_accuracy:.1f} %"
        lines.append(f"{_NAMES[name]:9}{accuracy:>15}{ranks:>12}{last.n_weights:>10,}{outcome.train_s:>9.2f} s")
    return "\n".join(lines)


def _take_picture(
    folder: Path, prepared: Prepared, histories: Histories, outcomes: dict[str, Outcome], engine: str
) -> Path:
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from mlpsvd_gui.app import make_application
    from mlpsvd_gui.main_window import MainWindow
    from mlpsvd_gui.models.preferences import Preferences

    app = make_application()
    picture = folder / "window.png"
    with tempfile.TemporaryDirectory() as scratch:  # nobody's real settings are touched
        store = QSettings(str(Path(scratch) / "window.ini"), QSettings.Format.IniFormat)
        window = MainWindow(Preferences(store), prepared.experiment)
        window.resize(1600, 1000)
        window.show()
        window.show_run(prepared, histories, outcomes, engine)
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
