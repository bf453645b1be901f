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
    """Truncate a weight matrix to each rank in turn and return the accuracy on the test set.

    The truncated SVD with the R largest singular values is the best approximation of rank R in the least-squares sense
    (Eckart and Young, 1936).

    Parameters
    ----------
    network
        A trained network; it is not changed.
    dataset
        Its data set.
    layer
        Index of the layer whose weight matrix is truncated, input side first.

    Returns
    -------
    accuracies : np.ndarray [shape=(rank,)]
        Accuracy on the test set, 0 to 1, with 1, 2, … and all singular values.
    """
    x_test = layer_inputs(network, dataset.x_test, layer)
    network = network_from(network, layer)
    spec, parameters = network.spec.layers[0], network.parameters(0)
    if spec.window is not None:
        return np.array([_accuracy_at(network, rank, x_test, dataset) for rank in range(1, spec.rank + 1)])
    cut, factors = factorised(spec, parameters, TWO_FACTOR.name, spec.rank)
    rank = cut.rank
    # All ranks use the same projection of each clip, of which rank R takes the first R numbers. The remaining layers
    # are a network on these numbers.
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


def _accuracy_at(network: Network, rank: int, x: NDArray[np.floating], dataset: DataSet) -> float:
    """Return the accuracy with the first W truncated; kernels that slide have no projection of a whole clip."""
    spec, parameters = network.spec.layers[0], network.parameters(0)
    u, sigma, vt = np.linalg.svd(spec.family.weight_matrix(parameters), full_matrices=False)
    factors = spec.family.factorise((u[:, :rank] * sigma[:rank]) @ vt[:rank], spec.rank)
    estimates = with_layer(network, 0, spec, {**factors, "b": parameters["b"]}).predict(x).argmax(axis=1)
    return accuracy(confusion_matrix(dataset.y_test, estimates, len(dataset.class_names)))
