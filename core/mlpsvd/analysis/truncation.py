"""Accuracy of a network with one weight matrix truncated to a smaller rank, without further training."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mlpsvd.analysis.layer_inputs import layer_inputs, network_from
from mlpsvd.datasets.dataset import DataSet
from mlpsvd.metrics.scores import accuracy, confusion_matrix
from mlpsvd.network.factorise import factorised, with_layer
from mlpsvd.network.layers import DENSE, TWO_FACTOR
from mlpsvd.network.network import Network

__all__ = ["accuracies_by_rank"]


def accuracies_by_rank(network: Network, dataset: DataSet, layer: int = 0) -> NDArray[np.float64]:
    """Cut a weight matrix to each rank in turn and classify the test set.

    The cut is the best one there is in the least-squares sense (Eckart and Young, 1936): the R largest singular
    values and their vectors stay.

    Parameters
    ----------
    network
        A trained network; it is not changed.
    dataset
        Its data.
    layer
        Index of the layer whose weight matrix is cut, input side first.

    Returns
    -------
    accuracies : np.ndarray [shape=(rank,)]
        Accuracy on the test set, 0 to 1, with 1, 2, … and all singular values.
    """
    x_test = layer_inputs(network, dataset.x_test, layer)
    network = network_from(network, layer)
    spec, parameters = network.spec.layers[0], network.parameters(0)
    cut, factors = factorised(spec, parameters, TWO_FACTOR.name, spec.rank)
    rank = cut.rank
    # Every smaller rank uses the first of the same R numbers a clip: what remains to be done is a network on those.
    reduced = replace(spec, kind=DENSE.name, n_in=rank, rank=min(rank, spec.n_out))
    rest = with_layer(network, 0, reduced, {"W": factors["U"], "b": factors["b"]})
    projected = x_test @ factors["SVt"].T
    n_classes = len(dataset.class_names)
    accuracies = np.empty(rank)
    for kept in range(1, rank + 1):
        inputs = np.where(np.arange(rank) < kept, projected, 0)
        estimates = rest.predict(inputs).argmax(axis=1)
        accuracies[kept - 1] = accuracy(confusion_matrix(dataset.y_test, estimates, n_classes))
    return accuracies
