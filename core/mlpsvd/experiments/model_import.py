"""What an imported network is combined with: features, classes and clips of an experiment, a run or a model."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np

from mlpsvd.analysis.predictions import accuracy_on
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.prepare import Prepared, prepare
from mlpsvd.models.input_contract import InputContract
from mlpsvd.models.model import Model
from mlpsvd.network.layers import DENSE
from mlpsvd.network.spec import LayerSpec, NetworkSpec
from mlpsvd.settings import to_table

__all__ = ["frame_of", "prepared_frame", "with_accuracy"]


def prepared_frame(experiment: Experiment, progress: Callable[[float], None] | None = None) -> tuple[Model, Prepared]:
    """Prepare an experiment's data; return a model without weights, and the data.

    Raises
    ------
    SettingError, DataError
        If the data cannot be prepared.
    """
    data = prepare(experiment, progress)
    return frame_of(data), data


def frame_of(data: Prepared) -> Model:
    """Return a model with features, classes and statistics of the data, and a layer of zeros."""
    n_in, n_out = data.features.n_features, len(data.class_names)
    spec = NetworkSpec((LayerSpec(DENSE.name, n_in, n_out, min(n_in, n_out), "softmax"),), "cross-entropy")
    features = data.features
    contract = InputContract.of_data(
        data.experiment.data, features.settings, features.sample_rate_hz, data.clip_s, data.class_names
    )
    return Model(
        spec=spec,
        theta=np.zeros(spec.n_parameters, np.float32),
        features=features,
        class_names=data.class_names,
        contract=contract,
        experiment_table=to_table(data.experiment),
        reference=data.reference,
    )


def with_accuracy(model: Model, data: Prepared) -> Model:
    """Return a model with its accuracy on the test set in its summary."""
    accuracy = accuracy_on(model.network(), data.dataset.x_test, data.dataset.y_test)
    return dataclasses.replace(model, summary={**model.summary, "test_accuracy": accuracy})
