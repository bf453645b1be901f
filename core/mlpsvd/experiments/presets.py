"""Preset experiments: the tasks of the papers, and one for recordings."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from mlpsvd.contenders import FAIR_CONTENDERS
from mlpsvd.datasets.settings import DataSettings, DataSource, LettersSettings, RecordingsSettings, SyntheticSettings
from mlpsvd.errors import SettingError
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.features.settings import FeatureSettings
from mlpsvd.network.settings import NetworkSettings
from mlpsvd.settings import get
from mlpsvd.signals.bank import PAPER_BANDWIDTHS_HZ, PAPER_CLASS_COUNTS, PAPER_SPACINGS_HZ, paper_bank
from mlpsvd.training.settings import DiscardingSettings, TrainingSettings

__all__ = [
    "DEFAULT_PRESET",
    "LETTERS_PRESET",
    "PRESETS",
    "RECORDINGS_PRESET",
    "SHORT_NAMES",
    "new_experiment",
    "preset",
    "start_value",
]

DEFAULT_PRESET = "Paper: 5 classes, 10 Hz"
RECORDINGS_PRESET = "Recordings: spoken digits"
LETTERS_PRESET = "Kantack: letters"
_SPACING_HZ = 30.0


def preset(name: str) -> Experiment:
    """Return a preset experiment.

    Parameters
    ----------
    name : str
        Name of the preset, a key of :data:`PRESETS`, or its short name; case is ignored.

    Returns
    -------
    Experiment
        The settings of the preset.

    Raises
    ------
    SettingError
        If there is no preset with that name; the message lists all of them.

    Examples
    --------
    >>> import mlpsvd
    >>> mlpsvd.preset("paper: 2 classes, 10 Hz").name
    'Paper: 2 classes, 10 Hz'
    >>> mlpsvd.preset("paper-2-10hz").name
    'Paper: 2 classes, 10 Hz'
    """
    by_name = {one.casefold(): PRESETS[known] for known, short in SHORT_NAMES.items() for one in (known, short)}
    if name.strip().casefold() not in by_name:
        known = "; ".join(f"{short} ({known})" for known, short in SHORT_NAMES.items())
        raise SettingError("preset", name, f"one of: {known}")
    return by_name[name.strip().casefold()]


def new_experiment() -> Experiment:
    """Return the experiment with which the program starts: the preset :data:`DEFAULT_PRESET`.

    It differs from ``Experiment()``, whose two networks are those of the paper and of files that name none: it also
    trains the networks of :data:`~mlpsvd.contenders.FAIR_CONTENDERS` that tell the effects of the paper's method apart.
    """
    return PRESETS[DEFAULT_PRESET]


def start_value(key: str, source: DataSource) -> Any:
    """Return the value of a setting in a new experiment with this source of clips.

    It is the default, that of the paper, except for the networks, which depend on the source.

    Examples
    --------
    >>> len(start_value("training.contenders", "synthetic")), len(start_value("training.contenders", "recordings"))
    (5, 2)
    """
    is_noise = source == "synthetic"
    return get(new_experiment() if is_noise or key != "training.contenders" else Experiment(), key)


def _all() -> Iterator[Experiment]:
    """Yield the six tasks of Table II, the other spacings of figure 8, recordings, and Kantack's letters."""
    for bandwidth_hz in PAPER_BANDWIDTHS_HZ:
        for n_classes in PAPER_CLASS_COUNTS:
            yield _paper(f"Paper: {n_classes} classes, {bandwidth_hz:g} Hz", n_classes, _SPACING_HZ, bandwidth_hz)
    for spacing_hz in PAPER_SPACINGS_HZ:
        if spacing_hz != _SPACING_HZ:  # included in Table II
            yield _paper(f"Paper: 5 classes, 10 Hz, Δf {spacing_hz:g} Hz", 5, spacing_hz, 10.0)
    yield _recordings()
    yield _letters()


def _paper(name: str, n_classes: int, spacing_hz: float, bandwidth_hz: float) -> Experiment:
    synthetic = SyntheticSettings(filters=paper_bank(n_classes, spacing_hz, bandwidth_hz))
    training = TrainingSettings(contenders=FAIR_CONTENDERS)
    return Experiment(name=name, data=DataSettings(synthetic=synthetic), training=training)


def _recordings() -> Experiment:
    """Settings for short recordings of words, without a folder.

    The pattern reads the label 7 from ``7_george_12.wav``, a file name of the Free Spoken Digit Dataset.
    """
    recordings = RecordingsSettings(labels_from="file names", pattern="{label}_*_*")
    return Experiment(
        name=RECORDINGS_PRESET,
        data=DataSettings(source="recordings", recordings=recordings),
        features=FeatureSettings(
            fft_size=256,
            window="hann",
            segments="several",
            n_parts=3,
            magnitude="log",
            scaling="standardised",
            # The silence before and after the sound is arbitrary, and differs from live sound.
            trim_db=30.0,
        ),
        network=NetworkSettings(initial="glorot"),
        # With standardised features there are few small singular values. On the spoken digits, the paper's threshold of
        # 0.1 discards none, and 0.3 keeps 9 of 20 at the same accuracy: 98.9 % against 98.5 % of the MLP for six known
        # speakers (58 % for an unknown one).
        discarding=DiscardingSettings(threshold=0.3, guard=0.05),
        training=TrainingSettings(retries=3),
    )


def _letters() -> Experiment:
    """Kantack's three-layer network 900-1800-26, trained as this program trains: ReLU, softmax, Adam."""
    return Experiment(
        name=LETTERS_PRESET,
        data=DataSettings(source="letters"),
        features=FeatureSettings(fft_size=math.prod(LettersSettings.image_shape), magnitude="pixels", scaling="none"),
        network=NetworkSettings(hidden=(1800,), initial="glorot"),
        discarding=DiscardingSettings(points=5, first=2, last=8),
        training=TrainingSettings(epochs=12),
    )


def _short(experiment: Experiment) -> str:
    """Return a name for the command line; another spacing than that of Table II is part of it."""
    if experiment.data.source != "synthetic":
        return experiment.data.source
    first, second = experiment.data.synthetic.filters[:2]
    spacing_hz = first.centre_hz - second.centre_hz
    spacing = "" if spacing_hz == _SPACING_HZ else f"-spacing-{spacing_hz:g}hz"
    return f"paper-{len(experiment.data.synthetic.filters)}-{first.bandwidth_hz:g}hz{spacing}"


PRESETS: Mapping[str, Experiment] = MappingProxyType({one.name: one for one in _all()})

SHORT_NAMES: Mapping[str, str] = MappingProxyType({name: _short(one) for name, one in PRESETS.items()})
"""Short name of each preset, for the command line."""
