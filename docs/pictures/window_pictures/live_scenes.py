"""Scenes of Live audio: Listen, Record and Files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile
from PySide6.QtWidgets import QWidget

from mlpsvd.classification.live.verdict import VerdictKind
from mlpsvd.experiments.example_recordings import EXAMPLE_CLASSES, EXAMPLE_RATE_HZ
from mlpsvd_gui.main_window import MainWindow
from mlpsvd_gui.pages.listen.views.source_chooser import FILE_SOURCE
from window_pictures.explore_scenes import train_on_examples
from window_pictures.sounds import Sound, example_takes, make_field_recordings, sequence
from window_pictures.studio import Studio, live_page

__all__ = ["files", "files_page", "listen", "listen_page", "record", "record_page"]

_COLLECTION = Path("recordings/My sounds")
_FIELD = Path("recordings/field")
_N_FIELD = 44
_N_TAKES = 10
_N_HEARD = 15


def listen_page(window: MainWindow) -> QWidget:
    """Return the tabs with Listen in front."""
    return live_page(window, window.listen_panel)


def record_page(window: MainWindow) -> QWidget:
    """Return the tabs with Record in front."""
    return live_page(window, window.record_panel)


def files_page(window: MainWindow) -> QWidget:
    """Return the tabs with Files in front."""
    return live_page(window, window.files_panel)


def listen(studio: Studio) -> None:
    """Half a minute of sounds that the networks were not trained on."""
    train_on_examples(studio)
    window, panel = studio.window, studio.window.listen_panel
    listen_page(window)
    _play(studio, Path("sounds.wav"), sequence(_mixed_takes()))
    studio.until(lambda: len(panel.log.rows) > _N_HEARD and panel.log.rows[-1].start_s > 30.0)
    studio.until(lambda: panel.decision.kind is VerdictKind.CLASS and panel.decision.probability > 0.95)
    window.listen.drawing.draw(everything=True)  # the log is drawn less often than the label


def _mixed_takes() -> list[Sound]:
    takes = [take for label in EXAMPLE_CLASSES for take in example_takes(label, 10, seed=5)]
    return [takes[index] for index in np.random.default_rng(7).permutation(len(takes))]


def record(studio: Studio) -> None:
    """A collection of five classes, trained on; another clip is being recorded."""
    window, panel = studio.window, studio.window.record_panel
    record_page(window)
    panel.bar.new_requested.emit(str(_COLLECTION))
    studio.until(lambda: window.record.collection.content is not None)
    for label in EXAMPLE_CLASSES:
        panel.classes.name_edit.setText(label)
        panel.classes.add_button.click()
    panel.classes.goal_box.setValue(_N_TAKES + 2)
    for label in EXAMPLE_CLASSES:
        _record_class(studio, label, example_takes(label, _N_TAKES + 4, seed=11), _N_TAKES)
    panel.training.button.click()
    studio.until(lambda: window.run.state.is_active)
    studio.until_trained()
    _record_class(studio, "bell", example_takes("bell", 8, seed=12), 2, stays=True)
    studio.until(lambda: window.record.takes.recorded_s > 0.3)


def _record_class(studio: Studio, label: str, takes: list[Sound], n_wanted: int, stays: bool = False) -> None:
    """Play sounds of a class until the trigger has recorded the given number."""
    panel = studio.window.record_panel
    panel.classes.choose(label)

    def n_clips() -> int:
        return next(row.n_clips for row in panel.classes.rows if row.name == label)

    n_before = n_clips()
    _play(studio, Path(f"{label}.wav"), sequence(takes))
    studio.until(panel.controls.button.isEnabled)
    panel.controls.button.click()
    studio.until(lambda: n_clips() >= n_before + n_wanted)
    if not stays:
        panel.controls.button.click()
        studio.until(lambda: not panel.controls.is_on)
        studio.window.listen.stop()
        studio.until(lambda: not studio.window.listen.is_running)


def _play(studio: Studio, path: Path, sound: Sound) -> None:
    """Use a file as the source, in real time."""
    soundfile.write(path, sound, EXAMPLE_RATE_HZ, subtype="PCM_16")
    source = studio.window.listen_panel.controls.source
    source.show_kind(FILE_SOURCE)
    source.path_edit.setText(f"~/{path}")
    studio.window.listen.start()


def files(studio: Studio) -> None:
    """44 recordings of the paper's classes; one that changes class is selected."""
    studio.train()
    make_field_recordings(_FIELD)
    controller, panel = studio.window.files, studio.window.files_panel
    files_page(studio.window)
    controller.add([str(_FIELD)])
    studio.until(lambda: len(panel.table.rows.entries) == _N_FIELD)
    controller.start()
    studio.until(lambda: not controller.is_running)
    panel.table.selectRow(len(panel.table.rows.shown) - 3)
    panel.table.scrollToBottom()
    studio.until(lambda: panel.windows.recording.plot.has_image)
    panel.windows.table.selectRow(20)
