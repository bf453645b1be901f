"""The networks that the live tab can choose from: the two just trained, and model files opened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mlpsvd import settings
from mlpsvd.analysis.uncertainty import accuracy_text
from mlpsvd.data.settings import SyntheticSettings
from mlpsvd.errors import MlpSvdError
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.race import Outcome
from mlpsvd.experiments.results import model_of
from mlpsvd.experiments.run import RunData
from mlpsvd.models.classifier import Classifier
from mlpsvd.models.model import Model
from mlpsvd.models.model_file import load_model

__all__ = ["LiveModel", "model_from_file", "models_from_run"]

_NAMES = {"mlp": "MLP", "mlp-svd": "MLP-SVD"}


@dataclass(frozen=True, eq=False)
class LiveModel:
    """One entry of the chooser.

    Attributes
    ----------
    key, text, tip
        Its key, its words and its tooltip.
    classifier
        What decides.
    bank
        The synthetic classes it was trained on; None for recordings.
    """

    key: str
    text: str
    tip: str
    classifier: Classifier
    bank: SyntheticSettings | None

    @property
    def window_s(self) -> float:
        """Length of what one decision looks at."""
        return self.classifier.n_samples / self.classifier.sample_rate_hz


def models_from_run(data: RunData | None, outcomes: Sequence[Outcome]) -> list[LiveModel]:
    """Return what a run has trained, ready to classify."""
    if data is None:
        return []
    return [_from_outcome(data, outcome) for outcome in outcomes]


def model_from_file(path: Path) -> LiveModel:
    """Open a model file.

    Raises
    ------
    MlpSvdError
        If it cannot be read or is no model.
    """
    model = load_model(path)
    tip = f"{path}: {len(model.class_names)} classes, {model.features.sample_rate_hz:g} Hz, {model.clip_s:g} s a window"
    return LiveModel(str(path), path.name, tip, Classifier(model), _bank(model))


def _from_outcome(data: RunData, outcome: Outcome) -> LiveModel:
    model = model_of(data, outcome)
    name = _NAMES.get(outcome.contender, outcome.contender)
    accuracy = accuracy_text(outcome.last.test_accuracy, int(outcome.confusion.sum()))
    tip = f"{name} after epoch {outcome.last.epoch} of “{data.experiment.name}”, test accuracy {accuracy}"
    text = f"{name}, just trained ({accuracy})"
    return LiveModel(outcome.contender, text, tip, Classifier(model), _bank(model))


def _bank(model: Model) -> SyntheticSettings | None:
    try:
        data = settings.from_table(Experiment, model.experiment_table).data
        settings.check(data)
    except MlpSvdError:  # a model file from elsewhere may say nothing of its experiment
        return None
    names = tuple(one.label for one in data.synthetic.filters)
    return data.synthetic if data.source == "synthetic" and names == tuple(model.class_names) else None
