"""The command that repeats a run."""

from __future__ import annotations

import shlex

from mlpsvd.errors import SettingError
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.presets import DEFAULT_PRESET, PRESETS
from mlpsvd.experiments.runs.setting_values import setting_texts
from mlpsvd.setting_labels import differences
from mlpsvd.settings import parse_text

__all__ = ["train_command"]


def train_command(experiment: Experiment, file_name: str) -> str:
    """Return the ``mlpsvd train`` command of an experiment.

    The command has every setting that differs from the preset of the experiment's name, or from the paper's task. If
    a setting cannot be written on the command line, the command names an experiment file instead.

    Parameters
    ----------
    experiment
        The settings.
    file_name
        Name of the experiment file.

    Examples
    --------
    >>> import mlpsvd
    >>> experiment = mlpsvd.preset("Paper: 5 classes, 10 Hz")
    >>> train_command(mlpsvd.with_value(experiment, "training.epochs", 20), "experiment.toml")
    "mlpsvd train --preset 'Paper: 5 classes, 10 Hz' --set training.epochs=20"
    """
    name = experiment.name if experiment.name in PRESETS else DEFAULT_PRESET
    start = PRESETS[name]
    values = setting_texts(experiment)
    changes = [(key, values.get(key)) for key in differences(start, experiment)]
    found = start
    try:
        for key, text in changes:
            found = found if text is None else parse_text(found, key, text)
    except SettingError:
        found = start
    if found != experiment:
        return f"mlpsvd train {shlex.quote(file_name)}"
    words = ["--preset", name]
    for key, text in changes:
        words += ["--set", f"{key}={text}"]
    return " ".join(["mlpsvd train", *(shlex.quote(word) for word in words)])
