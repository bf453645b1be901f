"""The networks that the live tab can choose from: the two just trained, and model files opened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mlpsvd import settings
from mlpsvd.data.settings import SyntheticSettings
from mlpsvd.errors import MlpSvdError
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.prepare import Prepared
from mlpsvd.experiments.race import Outcome
from mlpsvd.experiments.results import model_of
from mlpsvd.models.classifier import Classifier
from mlpsvd.models.model import Model
from mlpsvd.models.model_file import load_model

__all__ = ["LiveModel", "mean_over_parts", "model_from_file", "models_from_run"]

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
    class_means : np.ndarray [shape=(n_classes, n_frequencies)] or None
        Mean spectrum of each class as the network sees it; None where the training set is not at hand.
    """

    key: str
    text: str
    tip: str
    classifier: Classifier
    bank: SyntheticSettings | None
    class_means: NDArray[np.floating] | None

    @property
    def frequencies_hz(self) -> NDArray[np.floating]:
        """Frequencies of one part of the feature vector."""
        features = self.classifier.model.features
        return np.asarray(features.frequencies_hz[features.parts == 0])

    def shown(self, vector: NDArray[np.floating]) -> NDArray[np.floating]:
        """Return one spectrum of a feature vector: the mean over its parts in time."""
        return np.asarray(mean_over_parts(vector[np.newaxis, :], len(self.frequencies_hz))[0])

    def plays_like(self, other: LiveModel) -> bool:
        """Whether a source made for this model serves ``other`` as well, so that it need not be started anew."""
        mine, theirs = self.classifier, other.classifier
        same_clips = (mine.sample_rate_hz, mine.n_samples) == (theirs.sample_rate_hz, theirs.n_samples)
        return same_clips and self.bank == other.bank


def models_from_run(prepared: Prepared | None, outcomes: Sequence[Outcome]) -> list[LiveModel]:
    """Return what a run has trained, ready to classify."""
    if prepared is None:
        return []
    means = _class_means(prepared)
    return [_from_outcome(prepared, outcome, means) for outcome in outcomes]


def model_from_file(path: Path) -> LiveModel:
    """Open a model file.

    Raises
    ------
    MlpSvdError
        If it cannot be read or is no model.
    """
    model = load_model(path)
    tip = f"{path}: {len(model.class_names)} classes, {model.features.sample_rate_hz:g} Hz, {model.clip_s:g} s a window"
    return LiveModel(str(path), path.name, tip, Classifier(model), _bank(model), None)


def mean_over_parts(vectors: NDArray[np.floating], n_frequencies: int) -> NDArray[np.floating]:
    """Average feature vectors [shape=(n, n_parts · n_frequencies)] over their parts [shape=(n, n_frequencies)]."""
    return np.asarray(vectors.reshape(len(vectors), -1, n_frequencies).mean(axis=1))


def _from_outcome(prepared: Prepared, outcome: Outcome, means: NDArray[np.floating]) -> LiveModel:
    model = model_of(prepared, outcome)
    name = _NAMES.get(outcome.contender, outcome.contender)
    accuracy = f"{100.0 * outcome.last.test_accuracy:.1f} %"
    tip = f"{name} after epoch {outcome.last.epoch} of “{prepared.experiment.name}”, test accuracy {accuracy}"
    text = f"{name}, just trained ({accuracy})"
    return LiveModel(outcome.contender, text, tip, Classifier(model), _bank(model), means)


def _class_means(prepared: Prepared) -> NDArray[np.floating]:
    x, y = prepared.dataset.x_train, prepared.dataset.y_train
    n_classes = len(prepared.dataset.class_names)
    means = np.stack([x[y == index].mean(axis=0) for index in range(n_classes)])
    return mean_over_parts(means, int(np.count_nonzero(prepared.features.parts == 0)))


def _bank(model: Model) -> SyntheticSettings | None:
    try:
        data = settings.from_table(Experiment, model.experiment_table).data
    except MlpSvdError:  # a model file from elsewhere may say nothing of its experiment
        return None
    names = tuple(one.label for one in data.synthetic.filters)
    return data.synthetic if data.source == "synthetic" and names == tuple(model.class_names) else None
