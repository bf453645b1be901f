"""The network: layers over one flat parameter vector (Paul and Nelson, sections II A to II F)."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from mlpsvd.arrays import namespace
from mlpsvd.network.activations import activate
from mlpsvd.network.activations import backward as activation_backward
from mlpsvd.network.layers import LayerPass, Parameters
from mlpsvd.network.losses import output_delta
from mlpsvd.network.spec import NetworkSpec

__all__ = ["Network", "parameter_views"]

Array = NDArray[np.floating]


def parameter_views(spec: NetworkSpec, vector: Array, index: int) -> Parameters:
    """Return the matrices of layer ``index`` by name, as views into a flat vector laid out as ``spec`` says.

    Raises
    ------
    ValueError
        If the vector has another length than the network.
    """
    if vector.shape != (spec.n_parameters,):
        raise ValueError(f"the parameter vector has shape {vector.shape}; it should be ({spec.n_parameters},)")
    views: Parameters = {}
    start = spec.offsets[index]
    for name, shape in spec.layers[index].shapes.items():
        stop = start + math.prod(shape)
        views[name] = vector[start:stop].reshape(shape)
        start = stop
    return views


class Network:
    """A multilayer perceptron whose weight matrices may be factored.

    Attributes
    ----------
    spec
        Shapes of the layers and the loss.
    theta : np.ndarray or cupy.ndarray [shape=(spec.n_parameters,)]
        All parameters; the layers are views into it, so an update of theta is an update of them.
    """

    def __init__(self, spec: NetworkSpec, theta: Array) -> None:
        self.spec = spec
        self.theta = theta
        self._parameters = [parameter_views(spec, theta, index) for index in range(len(spec.layers))]

    def parameters(self, index: int) -> Parameters:
        """Return the matrices of a layer by name (``W``, ``b``; ``U``, ``sigma``, ``Vt``, ``b``; …) as views."""
        return self._parameters[index]

    def weight_matrix(self, index: int) -> Array:
        """Return W [shape=matrix_shape] of a layer; for a factored layer, the product of its factors."""
        return self.spec.layers[index].family.weight_matrix(self._parameters[index])

    def singular_values(self, index: int) -> NDArray[np.float64]:
        """Return the singular values of W [shape=(rank,)] of a layer, largest first, on the host."""
        return self.spec.layers[index].family.singular_values(self._parameters[index])

    def predict(self, x: Array) -> Array:
        """Return the outputs ŷ [shape=(n_clips, n_classes)] for feature vectors x [shape=(n_clips, n_features)]."""
        return self._forward(x)[1][-1]

    def gradient(self, x: Array, targets: Array, weights: Array | None = None) -> Array:
        """Return the mean loss gradient over a batch as one flat vector, laid out as ``theta``.

        Equations (48) to (50) between layers, and (62) to (64) inside factored layers.

        Parameters
        ----------
        x : np.ndarray [shape=(n_clips, n_features)]
            Feature vectors.
        targets : np.ndarray [shape=(n_clips, n_classes)]
            Target outputs y, one clip a row.
        weights : np.ndarray [shape=(n_clips,)], optional
            Weight of each clip in the mean; 1 by default.
        """
        passes, outputs = self._forward(x)
        gradient = namespace(self.theta).empty_like(self.theta)
        delta: Array = output_delta(self.spec.loss, self.spec.layers[-1].activation, outputs[-1], targets) / len(x)
        if weights is not None:
            delta *= weights[:, np.newaxis]
        for index in reversed(range(len(self.spec.layers))):
            family, parameters = self.spec.layers[index].family, self._parameters[index]
            views = parameter_views(self.spec, gradient, index)
            if index > 0:
                gradients, back = family.backward_both(parameters, passes[index], delta)
                delta = activation_backward(self.spec.layers[index - 1].activation, outputs[index - 1], back)
            else:
                gradients = family.backward(parameters, passes[index], delta)
            for name, value in gradients.items():
                views[name][...] = value
        return gradient

    def _forward(self, x: Array) -> tuple[list[LayerPass], list[Array]]:
        """Equations (1) to (4) and (52) to (55); returns what backpropagation needs, and every layer's outputs z."""
        passes: list[LayerPass] = []
        outputs: list[Array] = []
        for layer, parameters in zip(self.spec.layers, self._parameters, strict=True):
            a, layer_pass = layer.family.forward(parameters, x)
            x = activate(layer.activation, a)
            passes.append(layer_pass)
            outputs.append(x)
        return passes, outputs
