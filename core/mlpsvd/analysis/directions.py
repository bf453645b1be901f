"""Singular directions of a layer: what each one responds to, and what the network loses without it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mlpsvd.analysis.layer_inputs import layer_inputs, network_from, require_layer, require_whole
from mlpsvd.datasets.dataset import DataSet
from mlpsvd.features.spectra import FittedFeatures
from mlpsvd.metrics.scores import accuracy, confusion_matrix
from mlpsvd.network.activations import activate
from mlpsvd.network.network import Network

__all__ = [
    "Confused",
    "Directions",
    "Factors",
    "directions",
    "layer_factors",
    "orthonormality_departure",
    "over_frequency",
    "why_factors_differ",
]

Array = NDArray[np.floating]

_NUMBERS_AT_ONCE = 2**22
"""Outputs computed together, to bound the memory."""


@dataclass(frozen=True, eq=False)
class Factors:
    """U, σ and Vᵀ of one layer.

    Attributes
    ----------
    u, sigma, vt : np.ndarray [shape=(n_out, rank)], [shape=(rank,)], [shape=(rank, n_in)]
        W = U Σ Vᵀ.
    are_trained
        Whether these are the factors as trained, or the singular value decomposition of W.
    departure
        Largest departure of the trained factors from orthonormality, see :func:`orthonormality_departure`; None for
        a layer without trained factors.
    """

    u: NDArray[np.float64]
    sigma: NDArray[np.float64]
    vt: NDArray[np.float64]
    are_trained: bool
    departure: float | None

    @property
    def rank(self) -> int:
        """Number of directions."""
        return len(self.sigma)


@dataclass(frozen=True)
class Confused:
    """The two classes that are confused most when a direction is removed.

    Attributes
    ----------
    actual, predicted
        Class indices.
    n_with, n_without
        Test clips of the actual class that are predicted as the other with and without the direction.
    n_clips
        Test clips of the actual class.
    """

    actual: int
    predicted: int
    n_with: int
    n_without: int
    n_clips: int

    @property
    def more(self) -> int:
        """Clips that are confused only since the direction is missing."""
        return self.n_without - self.n_with


@dataclass(frozen=True, eq=False)
class Directions:
    """The singular directions of a layer on a test set.

    Attributes
    ----------
    layer
        Index of the layer, input side first.
    factors
        U, σ, Vᵀ.
    weights : np.ndarray [shape=(n_out, n_in)]
        W: one effective filter for each neuron.
    activation_mean, activation_std : np.ndarray [shape=(rank, n_classes)]
        Mean and standard deviation over the test clips of each class of σᵣ vᵣᵀ x, where x enters the layer;
        not-a-number for a class without test clips.
    accuracy
        Test accuracy of the whole network, 0 to 1.
    accuracy_without : np.ndarray [shape=(rank,)]
        Test accuracy without each direction, the others unchanged.
    importance : np.ndarray [shape=(rank,)]
        Place of each direction by the accuracy that is lost without it; 1 loses the most. Equal losses keep the order
        of the singular values.
    class_inputs : np.ndarray [shape=(n_classes, n_in)]
        Mean over the test clips of each class of what enters the layer.
    confused : tuple of Confused or None, [length=rank]
        The classes confused most without each direction; None with one class.
    n_clips
        Number of test clips.
    """

    layer: int
    factors: Factors
    weights: NDArray[np.float64]
    activation_mean: NDArray[np.float64]
    activation_std: NDArray[np.float64]
    accuracy: float
    accuracy_without: NDArray[np.float64]
    importance: NDArray[np.intp]
    class_inputs: NDArray[np.float64]
    confused: tuple[Confused | None, ...]
    n_clips: int


def layer_factors(network: Network, layer: int = 0, *, as_trained: bool = False) -> Factors:
    """Return U, σ, Vᵀ of a layer.

    Parameters
    ----------
    network
        A trained network.
    layer
        Index of the layer, input side first.
    as_trained
        Return the factors that were trained, where the layer has three; they are ordered by \\|σ\\|. Otherwise the
        singular value decomposition of W.
    """
    require_layer(network.spec, layer)
    spec, parameters = network.spec.layers[layer], network.parameters(layer)
    trained = spec.family.svd_factors(parameters)
    departure = None if trained is None else orthonormality_departure(trained[0], trained[2])
    if as_trained and trained is not None:
        u, sigma, vt = (np.array(factor, np.float64) for factor in trained)
        order = np.argsort(-np.abs(sigma), kind="stable")
        return Factors(u[:, order], sigma[order], vt[order], True, departure)
    w = np.asarray(network.weight_matrix(layer), np.float64)
    u, sigma, vt = np.linalg.svd(w, full_matrices=False)
    return Factors(u[:, : spec.rank], sigma[: spec.rank], vt[: spec.rank], False, departure)


def orthonormality_departure(u: Array, vt: Array) -> float:
    """Return the largest entry of \\|UᵀU − I\\| and \\|VᵀV − I\\|; 0 for orthonormal factors.

    Examples
    --------
    >>> import numpy as np
    >>> from mlpsvd.analysis.directions import orthonormality_departure
    >>> orthonormality_departure(np.eye(3), np.diag([1.0, 1.5, 1.0]))
    1.25
    """
    products = (u.T.astype(np.float64) @ u, vt.astype(np.float64) @ vt.T)
    return max(float(np.abs(one - np.eye(len(one))).max(initial=0.0)) for one in products)


def why_factors_differ(departure: float) -> str:
    """Return in one sentence why trained factors differ from the SVD of W, with the measured departure."""
    if departure < 1e-3:
        return (
            "U and Vᵀ are orthonormal at this epoch (largest departure "
            f"{departure:.1g}), so the trained σ are the singular values of W."
        )
    return (
        "Training updates U, σ and Vᵀ separately and does not keep U and Vᵀ orthonormal (largest entry of "
        f"|UᵀU − I| and |VᵀV − I|: {departure:.2g}), so the trained σ are not the singular values of W."
    )


def directions(
    network: Network, dataset: DataSet, layer: int = 0, *, as_trained: bool = False
) -> Iterator[float | Directions]:
    """Analyse the singular directions of a layer.

    Parameters
    ----------
    network
        A trained network; it is not changed.
    dataset
        Its data.
    layer, as_trained
        As of :func:`layer_factors`.

    Yields
    ------
    float or Directions
        The completed fraction after each direction, 0 to 1; at last the result.

    Raises
    ------
    NetworkError
        If the layer is a convolution.
    """
    require_whole(network.spec, layer)
    factors = layer_factors(network, layer, as_trained=as_trained)
    inputs = np.asarray(layer_inputs(network, dataset.x_test, layer))
    projected = inputs @ (factors.sigma[:, np.newaxis] * factors.vt).T.astype(inputs.dtype)
    means, deviations = _by_class(projected, dataset.y_test, len(dataset.class_names))
    before = network.spec.layers[layer].family.forward(network.parameters(layer), inputs)[0]
    labels, n_classes = dataset.y_test, len(dataset.class_names)
    whole = _confusion(network, layer, before, projected[:, 0], np.zeros(len(factors.u)), labels, n_classes)
    accuracies, confused = np.empty(factors.rank), []
    for index in range(factors.rank):
        yield index / factors.rank
        column = factors.u[:, index]
        without = _confusion(network, layer, before, projected[:, index], column, labels, n_classes)
        accuracies[index] = accuracy(without)
        confused.append(_most_confused(whole, without))
    yield Directions(
        layer=layer,
        factors=factors,
        weights=np.asarray(network.weight_matrix(layer), np.float64),
        activation_mean=means,
        activation_std=deviations,
        accuracy=accuracy(whole),
        accuracy_without=accuracies,
        importance=_places(accuracies),
        class_inputs=_by_class(inputs, labels, n_classes)[0].T,
        confused=tuple(confused),
        n_clips=len(labels),
    )


def over_frequency(found: Directions, features: FittedFeatures) -> Directions:
    """Return directions whose rows of Vᵀ and W lie over frequency, where the features are principal components.

    W acts on the components C, so W C acts on the spectrum; U, Σ and Vᵀ C are its factors. Directions of other features
    and of other layers are returned as they are.
    """
    if found.layer or features.pca is None:
        return found
    factors = replace(found.factors, vt=np.asarray(features.filters(found.factors.vt), np.float64))
    return replace(
        found,
        factors=factors,
        weights=np.asarray(features.filters(found.weights), np.float64),
        class_inputs=np.asarray(features.spectra(found.class_inputs), np.float64),
    )


def _by_class(
    projected: Array, labels: NDArray[np.intp], n_classes: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    shape = (projected.shape[1], n_classes)
    means, deviations = np.full(shape, np.nan), np.full(shape, np.nan)
    for index in range(n_classes):
        own = projected[labels == index].astype(np.float64)
        if len(own):
            means[:, index], deviations[:, index] = own.mean(axis=0), own.std(axis=0)
    return means, deviations


def _confusion(
    network: Network,
    layer: int,
    before: Array,
    projected: Array,
    column: Array,
    labels: NDArray[np.intp],
    n_classes: int,
) -> NDArray[np.intp]:
    """Confusion matrix with W − σᵣ uᵣ vᵣᵀ instead of W; ``before`` are the layer's values before its activation."""
    spec, is_last = network.spec.layers[layer], layer == len(network.spec.layers) - 1
    rest = None if is_last else network_from(network, layer + 1)
    step = max(1, _NUMBERS_AT_ONCE // len(column))
    predicted = np.empty(len(labels), np.intp)
    for first in range(0, len(labels), step):
        some = slice(first, first + step)
        z = activate(spec.activation, before[some] - np.outer(projected[some], column).astype(before.dtype))
        predicted[some] = (z if rest is None else rest.predict(z)).argmax(axis=1)
    return confusion_matrix(labels, predicted, n_classes)


def _most_confused(whole: NDArray[np.intp], without: NDArray[np.intp]) -> Confused | None:
    if len(whole) < 2:
        return None
    more = without - whole
    np.fill_diagonal(more, np.iinfo(more.dtype).min)
    actual, predicted = (int(index) for index in np.unravel_index(more.argmax(), more.shape))
    n_with, n_without = int(whole[actual, predicted]), int(without[actual, predicted])
    return Confused(actual, predicted, n_with, n_without, int(whole[actual].sum()))


def _places(accuracies: NDArray[np.float64]) -> NDArray[np.intp]:
    places = np.empty(len(accuracies), np.intp)
    places[np.argsort(accuracies, kind="stable")] = np.arange(1, len(accuracies) + 1)
    return places
