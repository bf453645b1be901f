"""Transfer of a trained first layer to another network: the layer of a model, expressed for other features."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mlpsvd.errors import SettingError
from mlpsvd.features.settings import FeatureSettings
from mlpsvd.features.spectra import FittedFeatures
from mlpsvd.models.model_file import load_model
from mlpsvd.network.factorise import factorised, with_layer
from mlpsvd.network.layers import DENSE, Factored, layer_family
from mlpsvd.network.network import Network
from mlpsvd.network.settings import NetworkSettings
from mlpsvd.setting_labels import value_text
from mlpsvd.settings import describe

__all__ = ["FirstLayer", "first_layer_of_model", "for_features", "with_first_layer"]

_KEY = "network.first_layer"


@dataclass(frozen=True, eq=False)
class FirstLayer:
    """A first layer without its factorisation.

    Attributes
    ----------
    weights : np.ndarray [shape=(n_out, n_in)]
        W; for a factored layer, the product of its factors.
    biases : np.ndarray [shape=(n_out,)]
        b.
    rank
        Number of singular values that the layer has kept.
    activation
        Activation function of its neurons.
    """

    weights: NDArray[np.floating]
    biases: NDArray[np.floating]
    rank: int
    activation: str

    @classmethod
    def of(cls, network: Network) -> FirstLayer:
        """Return the first layer of a network, in float64."""
        layer = network.spec.layers[0]
        weights = np.asarray(network.weight_matrix(0), np.float64)
        biases = np.asarray(network.parameters(0)["b"], np.float64)
        return cls(weights, biases, layer.rank, layer.activation)


def for_features(layer: FirstLayer, trained: FittedFeatures, wanted: FittedFeatures) -> FirstLayer:
    """Return the layer that computes the same function of the magnitudes when these are scaled differently.

    The layer was trained on x = (v − o) / s, where v are the magnitudes, o the offset and s the scale of its training
    set. The new training set gives x' = (v − o') / s'. Hence x = (s' x' + o' − o) / s, and W x + b = W' x' + b' with

        W' = W diag(s' / s),    b' = b + W (o' − o) / s.

    Parameters
    ----------
    layer : FirstLayer
        A layer with n_in = n_magnitudes inputs.
    trained, wanted : FittedFeatures
        The features it was trained on, and the new ones. Their settings and sample rates are equal, and they have no
        principal components; see :func:`first_layer_of_model`.

    Returns
    -------
    FirstLayer
        W' [shape=(n_out, n_in)] and b' [shape=(n_out,)]; the rank is unchanged.
    """
    biases = layer.biases + layer.weights @ ((wanted.offset - trained.offset) / trained.scale)
    return replace(layer, weights=layer.weights * (wanted.scale / trained.scale), biases=biases)


def first_layer_of_model(path: str | Path, features: FittedFeatures) -> FirstLayer:
    """Return the first layer of a model file, for networks with the given features.

    Parameters
    ----------
    path : str or Path
        The model file.
    features : FittedFeatures
        Features of the new network, fitted on its training set.

    Returns
    -------
    FirstLayer

    Raises
    ------
    FileFormatError
        If the file cannot be read as a model.
    SettingError
        If the inputs differ; the message names what differs.
    """
    model = load_model(path)
    differences = _differences(model.features, features)
    if differences:
        raise SettingError(_KEY, str(path), f"a model with the experiment's inputs; it has {'; '.join(differences)}")
    if model.spec.layers[0].window is not None:
        raise SettingError(_KEY, str(path), "a model whose first layer is not a convolution")
    if features.pca is not None:
        raise SettingError(_KEY, str(path), "empty with principal components, which differ between training sets")
    return for_features(FirstLayer.of(model.network()), model.features, features)


def with_first_layer(network: Network, layer: FirstLayer, settings: NetworkSettings) -> Network:
    """Return a network that begins with a given first layer; its other layers stay.

    A factored first layer gets the singular value decomposition of W with the given rank, equation (51), and a dense
    one W itself.

    Parameters
    ----------
    network : Network
        A network before training.
    layer : FirstLayer
        The first layer.
    settings : NetworkSettings
        The settings from which the network was built.

    Returns
    -------
    Network
        A new network, of the given one's precision.

    Raises
    ------
    SettingError
        If the layer has another number of inputs or neurons, or another activation.
    """
    own = network.spec.layers[0]
    found = _size(layer.weights.shape[0], layer.weights.shape[1], layer.activation)
    wanted = _size(own.n_out, own.n_in, own.activation)
    if found != wanted:
        raise SettingError(_KEY, settings.first_layer, f"a model whose first layer has {wanted}; it has {found}")
    family = layer_family(own.kind)
    if isinstance(family, Factored):
        dense = replace(own, kind=DENSE.name)
        spec, parameters = factorised(dense, {"W": layer.weights, "b": layer.biases}, own.kind, layer.rank)
        return with_layer(network, 0, spec, parameters)
    parameters = {**family.initial(layer.weights, own.rank, settings), "b": layer.biases}
    return with_layer(network, 0, own, parameters)


def _size(n_out: int, n_in: int, activation: str) -> str:
    return f"{n_in} inputs and {n_out} neurons with {activation}"


def _differences(found: FittedFeatures, wanted: FittedFeatures) -> list[str]:
    """Return for each difference of the inputs its name and both values."""
    pairs = [("Sample rate", f"{found.sample_rate_hz:g} Hz", f"{wanted.sample_rate_hz:g} Hz")]
    for info in describe(FeatureSettings):
        one, other = (value_text(getattr(features.settings, info.name)) for features in (found, wanted))
        pairs.append((info.label, one, other))
    return [f"{name} {one} instead of {other}" for name, one, other in pairs if one != other]
