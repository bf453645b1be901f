"""From what is chosen in the live tab to a source of sound."""

from __future__ import annotations

from pathlib import Path

from mlpsvd.audio.file_source import FileSource
from mlpsvd.audio.paced_source import Pace
from mlpsvd.audio.source import AudioSource
from mlpsvd.audio.synthetic_source import SyntheticSource
from mlpsvd.errors import DataError
from mlpsvd_gui.controllers.live_models import LiveModel
from mlpsvd_gui.views.live_controls import FILE_SOURCE, LiveControls

__all__ = ["make_source", "reason_not_to_start"]


def make_source(controls: LiveControls, model: LiveModel) -> AudioSource:
    """Make the chosen source, delivering at the model's rate.

    Raises
    ------
    DataError
        If the model has no bank to play.
    """
    return _file(controls, model) if controls.source_kind == FILE_SOURCE else _bank(controls, model)


def reason_not_to_start(controls: LiveControls, model: LiveModel | None) -> str:
    """Say what is missing before anything can be played; empty where nothing is."""
    if model is None:
        return "Train a network or open a model file first"
    if controls.source_kind == FILE_SOURCE:
        return "" if controls.path else "Choose a recording to play first"
    return "" if model.bank is not None else "This model was not trained on a synthetic bank; play it a recording"


def _file(controls: LiveControls, model: LiveModel) -> FileSource:
    pace = Pace.REAL_TIME if controls.is_real_time else Pace.FASTEST
    loops = controls.loops and controls.is_real_time  # without an end, as fast as possible leads nowhere
    path, classifier = Path(controls.path).expanduser(), model.classifier
    return FileSource(path, classifier.sample_rate_hz, pace, loops, classifier.model.channel)


def _bank(controls: LiveControls, model: LiveModel) -> SyntheticSource:
    if model.bank is None:
        raise DataError(f"{reason_not_to_start(controls, model)}.")
    rate_hz, n_samples = model.classifier.sample_rate_hz, model.classifier.n_samples
    return SyntheticSource(model.bank.filters, model.bank.noise, rate_hz, n_samples / rate_hz, controls.class_index)
