"""Experiment for a folder of recordings, with settings adapted to the number of clips and the sample rate.

The window (a folder chosen on the Explore page, *Retrain* on the Record page) and ``mlpsvd train FOLDER`` use the same
functions, so that the same folder gives the same experiment.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from mlpsvd.datasets.label_source import guessed_labels
from mlpsvd.datasets.recordings import Inventory, scan
from mlpsvd.datasets.settings import DataSettings, RecordingsSettings
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.presets import PRESETS, RECORDINGS_PRESET, new_experiment, preset
from mlpsvd.features.settings import FeatureSettings

__all__ = [
    "FEW_CLIPS",
    "adapted_to",
    "adapted_to_bank",
    "experiment_for_folder",
    "fitted_to",
    "has_own_settings",
    "n_clips_of",
    "name_of",
    "with_recordings",
]

FEW_CLIPS = 500
"""With fewer clips, :func:`fitted_to` uses its settings for small data sets."""

_TRANSFORM_S = 0.032
_SMALLEST_FFT = 256
_SMALLEST_BATCH = 4
_UPDATES_AN_EPOCH = 10
_PREFIX = "Recordings: "
_SYNTHETIC = "Synthetic: "


def experiment_for_folder(path: Path, progress: Callable[[float], None] | None = None) -> Experiment:
    """Return the experiment that trains on a folder of recordings, or on a CSV manifest.

    The label source is detected (:func:`mlpsvd.datasets.label_source.guessed_labels`), and the settings are adapted to
    the recordings (:func:`fitted_to`).

    Parameters
    ----------
    path
        A folder or a CSV manifest.
    progress
        Called with the completed fraction, 0 to 1, from this thread. An exception cancels the scan.

    Raises
    ------
    DataError
        If the path does not exist.
    """
    recordings = guessed_labels(RecordingsSettings(path=str(path)))
    inventory = scan(recordings, progress)
    return fitted_to(Experiment(), recordings, n_clips_of(inventory, recordings), inventory.usual_rate_hz)


def n_clips_of(inventory: Inventory, recordings: RecordingsSettings) -> int:
    """Return the approximate number of clips in the recordings of an inventory."""
    if not recordings.clip_s:
        return len(inventory.files)
    return sum(max(1, round(one.info.duration_s / recordings.clip_s)) for one in inventory.files)


def fitted_to(current: Experiment, recordings: RecordingsSettings, n_clips: int, sample_rate_hz: float) -> Experiment:
    """Return an experiment for recordings, named after their folder.

    The settings are those of the preset for recordings, with FFTs of about 32 ms at any sample rate. For fewer than
    :data:`FEW_CLIPS` clips, a batch has a tenth of the clips, and training takes 150 epochs at a learning rate of
    0.001.

    Parameters
    ----------
    current
        The current experiment, whose seed and synthetic bank are kept.
    recordings
        Path, labels and cutting of the recordings.
    n_clips
        Approximate number of clips.
    sample_rate_hz
        The most common sample rate of the recordings; 0 if it is not known.
    """
    start = preset(RECORDINGS_PRESET)
    fitted = _for_few(start, n_clips) if n_clips < FEW_CLIPS else start
    rate_hz = recordings.sample_rate_hz or sample_rate_hz
    fft_size = max(_SMALLEST_FFT, 2 ** int(math.log2(max(1.0, _TRANSFORM_S * rate_hz))))
    return replace(
        fitted,
        name=name_of(recordings),
        seed=current.seed,
        data=replace(current.data, source="recordings", recordings=recordings),
        features=replace(fitted.features, fft_size=fft_size, hop=fft_size // 2),
    )


def adapted_to(
    current: Experiment, recordings: RecordingsSettings, n_clips: int, sample_rate_hz: float
) -> tuple[Experiment, bool]:
    """Return the current experiment with other recordings, and whether its settings were adapted to them.

    Settings for recordings that the user has changed are kept, together with a custom name, except for the path of the
    recordings. All others are those of :func:`fitted_to`, which has the same parameters.
    """
    is_for_recordings = current.data.source == "recordings" and current.features != FeatureSettings()
    if not (is_for_recordings and has_own_settings(current)):
        return fitted_to(current, recordings, n_clips, sample_rate_hz), True
    name = name_of(recordings) if _is_automatic(current.name) else current.name
    return replace(current, name=name, data=replace(current.data, recordings=recordings)), False


def adapted_to_bank(current: Experiment) -> tuple[Experiment, bool]:
    """Return the current experiment with its synthetic filter bank, and whether its settings were reset to the paper's.

    Settings that were adapted to recordings and that the user has not changed are replaced by those of the paper.
    """
    data = replace(current.data, source="synthetic")
    is_image = current.features.image_shape is not None
    is_own = not is_image and (has_own_settings(current) or current.features == FeatureSettings())
    start = current if is_own else new_experiment()
    name = _name_of_bank(data) if _is_automatic(current.name) else current.name
    return replace(start, name=name, seed=current.seed, data=data), not is_own


def with_recordings(chosen: Experiment, recordings: RecordingsSettings) -> Experiment:
    """Return a preset for recordings with the folder chosen before, and named after it.

    Presets for synthetic clips are returned unchanged, and so are all presets if no folder was chosen.
    """
    if chosen.data.source != "recordings" or not recordings.path:
        return chosen
    return replace(chosen, name=name_of(recordings), data=replace(chosen.data, recordings=recordings))


def name_of(recordings: RecordingsSettings) -> str:
    """Return the name of an experiment with recordings, after their folder or a manifest with a name of its own."""
    path = Path(recordings.path)
    if recordings.labels_from == "manifest":
        path = path.parent if path.name.lower() == "manifest.csv" else path.with_suffix("")
    return f"{_PREFIX}{path.name}" if path.name else _PREFIX.rstrip(": ")


def _is_automatic(name: str) -> bool:
    return name in PRESETS or name.startswith((_PREFIX.rstrip(": "), _SYNTHETIC))


def _name_of_bank(data: DataSettings) -> str:
    banks = {name: one.data.synthetic for name, one in PRESETS.items() if one.data.source == "synthetic"}
    same = (name for name, bank in banks.items() if bank == data.synthetic)
    return next(same, f"{_SYNTHETIC}{len(data.synthetic.filters)} classes")


def has_own_settings(experiment: Experiment) -> bool:
    """Return whether the user has changed features, network, training or discarding.

    False if they equal those of a preset, or those of :func:`fitted_to` for any number of clips and any sample rate.
    """
    recipes = [_for_few(preset(RECORDINGS_PRESET), n_clips) for n_clips in (0, FEW_CLIPS)]
    return not any(_is_alike(experiment, one) for one in (*PRESETS.values(), *recipes))


def _is_alike(experiment: Experiment, known: Experiment) -> bool:
    """Return whether two experiments differ at most in their networks and in what :func:`fitted_to` adapts."""
    features, training = known.features, replace(known.training, contenders=experiment.training.contenders)
    if known.data.source == "recordings":
        fft_size = experiment.features.fft_size
        features = replace(features, fft_size=fft_size, hop=fft_size // 2)
        training = replace(training, batch_size=experiment.training.batch_size)
    return (experiment.features, experiment.network, experiment.training, experiment.discarding) == (
        features, known.network, training, known.discarding,
    )  # fmt: skip


def _for_few(start: Experiment, n_clips: int) -> Experiment:
    batch_size = max(_SMALLEST_BATCH, min(start.training.batch_size, n_clips // _UPDATES_AN_EPOCH))
    return replace(
        start,
        features=replace(start.features, scaling="centred"),
        training=replace(start.training, batch_size=batch_size, learning_rate=0.001, epochs=150),
    )
