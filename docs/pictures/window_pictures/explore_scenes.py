"""Scenes of Explore: the welcome, the paper's task after training, the example recordings, spoken digits."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QWidget

from mlpsvd.experiments.example_recordings import EXAMPLE_CLASSES, write_example_recordings
from mlpsvd.experiments.presets import RECORDINGS_PRESET
from mlpsvd.settings import with_value
from mlpsvd_gui.main_window import MainWindow
from window_pictures.studio import Studio, tab_page

__all__ = ["digits", "explore", "recordings", "train_on_examples", "welcome", "welcome_block", "whole_window"]

_EXAMPLES = Path("Everyday sounds")
_DIGITS = Path("recordings/spoken digits")


def whole_window(window: MainWindow) -> QWidget:
    """Return the window, with Explore in front."""
    tab_page(window, "Explore")
    return window


def welcome_block(window: MainWindow) -> QWidget:
    """Return the texts and buttons of the welcome."""
    block = window.explore.welcome.title.parentWidget()
    assert block is not None
    return block


def welcome(studio: Studio) -> None:
    """The first start."""
    studio.window.welcome.show()


def explore(studio: Studio) -> None:
    """Five classes of the paper after a run."""
    studio.train()


def recordings(studio: Studio) -> None:
    """The example recordings after a run, with their confusion matrix."""
    train_on_examples(studio)
    studio.window.explore.results.setCurrentWidget(studio.window.confusion_panel)


def train_on_examples(studio: Studio) -> None:
    """Write the example recordings and train on them."""
    write_example_recordings(_EXAMPLES)
    studio.use_recordings(_EXAMPLES, len(EXAMPLE_CLASSES))
    studio.train()


def digits(studio: Studio) -> None:
    """Spoken digits after a run, in the dark theme."""
    assert studio.digits is not None
    if not _DIGITS.exists():
        _DIGITS.parent.mkdir()
        _DIGITS.symlink_to(studio.digits, target_is_directory=True)
    studio.theme("dark")
    window = studio.window
    window.use_preset(RECORDINGS_PRESET)
    experiment = with_value(window.experiments.experiment, "data.recordings.path", str(_DIGITS))
    window.experiments.replace(with_value(experiment, "name", RECORDINGS_PRESET))
    studio.wait(1.0)
    studio.until(lambda: "10 classes" in window.data_panel.form.status.text())
    studio.train()
