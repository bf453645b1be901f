"""Initial weights, the same for all contenders of a race."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import DTypeLike, NDArray

from mlpsvd.network.checks import check_spec
from mlpsvd.network.factorise import with_layer
from mlpsvd.network.layers import Window, layer_family
from mlpsvd.network.network import Network
from mlpsvd.network.settings import NetworkSettings
from mlpsvd.network.spec import LayerSpec, NetworkSpec
from mlpsvd.streams import Purpose, seeds

__all__ = ["build", "initial_std", "network_spec"]


def build(
    settings: NetworkSettings,
    n_in: int,
    n_out: int,
    kinds: tuple[str, ...],
    seed: int | np.random.SeedSequence,
    dtype: DTypeLike = np.float32,
    n_segments: int = 1,
) -> Network:
    """Return a network with random weight matrices and zero biases.

    The matrices are drawn as one matrix each and then factored according to ``kinds``, so networks that differ only in
    the kinds of their layers initially compute the same function.

    Parameters
    ----------
    settings
        Hidden layers, activations, loss and initialiser.
    n_in, n_out
        Length of a feature vector, and number of classes.
    kinds
        For each weight matrix the name of its layer family, input side first.
    seed
        The experiment's seed, or a seed sequence from :func:`mlpsvd.streams.seeds`.
    dtype
        ``float32`` or ``float64``.
    n_segments
        As of :func:`network_spec`.

    Raises
    ------
    NetworkError
        If the network is larger than :data:`mlpsvd.network.checks.MOST_PARAMETERS` allows, or a convolution does not
        fit.
    """
    rng = np.random.default_rng(seeds(Purpose.INITIAL_WEIGHTS, seed) if isinstance(seed, int) else seed)
    plain = tuple(layer_family(kind).unfactored for kind in kinds)
    spec = network_spec(settings, n_in, n_out, plain, n_segments)
    check_spec(spec)
    pieces = []
    for layer in spec.layers:
        pieces += [_matrix(settings, layer, rng).ravel(), np.zeros(layer.shapes["b"])]
    network = Network(spec, np.concatenate(pieces))
    for index, (whole, kind) in enumerate(zip(spec.layers, kinds, strict=True)):
        if kind != whole.kind:
            parameters = network.parameters(index)
            factors = layer_family(kind).initial(parameters["W"], whole.rank, settings)
            network = with_layer(network, index, replace(whole, kind=kind), {**factors, "b": parameters["b"]})
    return Network(network.spec, network.theta.astype(dtype))


def network_spec(
    settings: NetworkSettings, n_in: int, n_out: int, kinds: tuple[str, ...], n_segments: int = 1
) -> NetworkSpec:
    """Return the shapes of a network before any singular value is discarded.

    Parameters
    ----------
    settings, n_in, n_out, kinds
        As of :func:`build`. In a convolution layer, the hidden neurons are the kernels.
    n_segments
        Number of spectra in a feature vector, over each of which a convolution slides; 0 if the features do not lie
        over frequency.

    Raises
    ------
    NetworkError
        If a convolution is not the first of at least two layers, or its kernels do not fit into a spectrum.
    """
    activations = (settings.activation,) * len(settings.hidden) + (settings.output,)
    window = (
        Window(settings.kernel_width, settings.kernel_stride, n_segments) if n_segments and len(kinds) > 1 else None
    )
    layers: list[LayerSpec] = []
    for kind, n_units, activation in zip(kinds, (*settings.hidden, n_out), activations, strict=True):
        inputs = layers[-1].n_out if layers else n_in
        layers.append(layer_family(kind).layer(inputs, n_units, activation, None if layers else window))
    return NetworkSpec(tuple(layers), settings.loss)


def initial_std(settings: NetworkSettings, layer: LayerSpec) -> float:
    """Return the standard deviation of a layer's initial weights.

    N(0, s²); Glorot and Bengio (2010), N(0, 2/(I+J)); He et al. (2015), N(0, 2/I), for a J × I matrix W.
    """
    n_rows, n_columns = layer.matrix_shape
    return {
        "normal": settings.initial_std,
        "glorot": math.sqrt(2 / (n_rows + n_columns)),
        "he": math.sqrt(2 / n_columns),
    }[settings.initial]


def _matrix(settings: NetworkSettings, spec: LayerSpec, rng: np.random.Generator) -> NDArray[np.float64]:
    return rng.normal(0.0, initial_std(settings, spec), size=spec.matrix_shape)
