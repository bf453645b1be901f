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
    """What a model file holds: nothing else is needed to tell what a sound is.

    Attributes
    ----------
    spec
        Shapes of the layers and the loss.
    theta : np.ndarray [shape=(spec.n_parameters,)]
        All weights and biases.
    features
        The feature extractor as it was fitted on the training set, with the sample rate.
    class_names
        Name of each class, in the order of the network's outputs.
    contract
        Which sounds it expects, and how longer ones are cut.
    experiment_table
        The experiment that it was trained by, as nested plain tables; empty where unknown. Nothing depends on it.
    summary
        Plain facts about the training, e.g. its contender, test accuracy and ranks; nothing depends on them.
    reference
        Where the training clips lie, to tell a sound that is unlike all of them; None in files of before it was kept.

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

    def network(self) -> Network:
        """Return the network over a copy of the parameters."""
        return Network(self.spec, self.theta.copy())

    @property
    def clip_s(self) -> float:
        """Usual length of a training clip in seconds: what one decision looks at."""
        return self.contract.clip_s
