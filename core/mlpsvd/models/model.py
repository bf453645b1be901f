"""A trained network with its preprocessing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlpsvd.features.spectra import FittedFeatures
from mlpsvd.models.input_contract import InputContract
from mlpsvd.models.training_statistics import TrainingStatistics
from mlpsvd.network.network import Network
from mlpsvd.network.spec import NetworkSpec

__all__ = ["Model"]


@dataclass(frozen=True, eq=False)
class Model:
    """A trained network with everything that is needed to classify sounds: the content of a model file.

    Attributes
    ----------
    spec : NetworkSpec
        Shapes of the layers and the loss.
    theta : np.ndarray [shape=(spec.n_parameters,)]
        All weights and biases.
    features : FittedFeatures
        The feature extractor, fitted on the training set, with the sample rate.
    class_names : tuple of str
        Name of each class, in the order of the network's outputs.
    contract : InputContract
        The sounds that the model expects, and how longer sounds are cut into clips.
    experiment_table : mapping of str
        Settings of the experiment as nested plain tables, for information only; empty if unknown.
    summary : mapping of str
        Results of the training, e.g. contender, test accuracy and ranks, for information only.
    reference : TrainingStatistics or None
        Statistics of the training set, to detect sounds that are unlike it; None in files of older versions.
    temperature : float
        Probabilities are shown as p^(1/T), see :func:`mlpsvd.models.temperature.tempered`; 1 leaves them unchanged.

    Examples
    --------
    >>> import mlpsvd
    >>> experiment = mlpsvd.with_value(mlpsvd.Experiment(), "training.epochs", 2)
    >>> experiment = mlpsvd.with_value(experiment, "data.synthetic.train_per_class", 20)
    >>> model = mlpsvd.train(experiment).model("mlp-svd")
    >>> model.class_names[0], model.contract.clip_s, model.contract.channel
    ('710 Hz', 0.3, 0)
    """

    spec: NetworkSpec
    theta: NDArray[np.floating] = field(repr=False)
    features: FittedFeatures = field(repr=False)
    class_names: tuple[str, ...]
    contract: InputContract
    experiment_table: Mapping[str, Any] = field(default_factory=dict, repr=False)
    summary: Mapping[str, Any] = field(default_factory=dict)
    reference: TrainingStatistics | None = field(default=None, repr=False)
    temperature: float = 1.0

    def network(self) -> Network:
        """Return the network over a copy of the parameters."""
        return Network(self.spec, self.theta.copy())

    @property
    def clip_s(self) -> float:
        """Typical length of a training clip in seconds, and the length of sound per decision."""
        return self.contract.clip_s
