"""Accuracy of a network whose first weight matrix is truncated to a smaller rank, without further training."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mlpsvd.datasets.dataset import DataSet
from mlpsvd.metrics.scores import accuracy, confusion_matrix
from mlpsvd.network.factorise import factorised, with_layer
from mlpsvd.network.layers import DENSE, TWO_FACTOR
from mlpsvd.network.network import Network

__all__ = ["accuracies_by_rank"]


def accuracies_by_rank(network: Network, dataset: DataSet) -> NDArray[np.float64]:
    """Cut the first weight matrix to each rank in turn and classify the test set.

    The cut is the best one there is in the least-squares sense (Eckart and Young, 1936): the R largest singular
    values and their vectors stay.

    Parameters
    ----------
    network
        A trained network; it is not changed.
    dataset
        Its data.

    Returns
    -------
    accuracies : np.ndarray [shape=(rank,)]
        Accuracy on the test set, 0 to 1, with 1, 2, … and all singular values.
    """
    layer, parameters = network.spec.layers[0], network.parameters(0)
    cut, factors = factorised(layer, parameters, TWO_FACTOR.name, layer.rank)
    rank = cut.rank
    # Every smaller rank uses the first of the same R numbers a clip: what remains to be done is a network on those.
    reduced = replace(layer, kind=DENSE.name, n_in=rank, rank=min(rank, layer.n_out))
    rest = with_layer(network, 0, reduced, {"W": factors["U"], "b": factors["b"]})
    projected = dataset.x_test @ factors["SVt"].T
    n_classes = len(dataset.class_names)
    accuracies = np.empty(rank)
    for kept in range(1, rank + 1):
        inputs = np.where(np.arange(rank) < kept, projected, 0)
        estimates = rest.predict(inputs).argmax(axis=1)
        accuracies[kept - 1] = accuracy(confusion_matrix(dataset.y_test, estimates, n_classes))
    return accuracies
