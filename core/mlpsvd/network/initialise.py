"""Initial weights, the same for all contenders of a race."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import DTypeLike, NDArray

from mlpsvd.network.checks import check_spec
from mlpsvd.network.factorise import with_layer
from mlpsvd.network.layers import DENSE, layer_family
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
) -> Network:
    """Return a network with random weight matrices and zero biases.

    The matrices are drawn as dense matrices and then factored according to ``kinds``, so networks that differ only in
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

    Raises
    ------
    NetworkError
        If the network is larger than :data:`mlpsvd.network.checks.MOST_PARAMETERS` allows.
    """
    rng = np.random.default_rng(seeds(Purpose.INITIAL_WEIGHTS, seed) if isinstance(seed, int) else seed)
    spec = network_spec(settings, n_in, n_out, (DENSE.name,) * len(kinds))
    check_spec(spec)
    pieces = []
    for layer in spec.layers:
        pieces += [_matrix(settings, layer, rng).ravel(), np.zeros(layer.n_out)]
    network = Network(spec, np.concatenate(pieces))
    for index, (dense, kind) in enumerate(zip(spec.layers, kinds, strict=True)):
        if kind != dense.kind:
            parameters = network.parameters(index)
            factors = layer_family(kind).initial(parameters["W"], dense.rank, settings)
            network = with_layer(network, index, replace(dense, kind=kind), {**factors, "b": parameters["b"]})
    return Network(network.spec, network.theta.astype(dtype))


def network_spec(settings: NetworkSettings, n_in: int, n_out: int, kinds: tuple[str, ...]) -> NetworkSpec:
    """Return the shapes of a network before any singular value is discarded; see :func:`build` for the parameters."""
    sizes = (n_in, *settings.hidden, n_out)
    activations = (settings.activation,) * len(settings.hidden) + (settings.output,)
    return NetworkSpec(
        tuple(
            LayerSpec(kind, inputs, outputs, min(inputs, outputs), activation)
            for kind, inputs, outputs, activation in zip(kinds, sizes[:-1], sizes[1:], activations, strict=True)
        ),
        settings.loss,
    )


def initial_std(settings: NetworkSettings, layer: LayerSpec) -> float:
    """Return the standard deviation of a layer's initial weights.

    N(0, s²); Glorot and Bengio (2010), N(0, 2/(I+J)); He et al. (2015), N(0, 2/I).
    """
    return {
        "normal": settings.initial_std,
        "glorot": math.sqrt(2 / (layer.n_in + layer.n_out)),
        "he": math.sqrt(2 / layer.n_in),
    }[settings.initial]


def _matrix(settings: NetworkSettings, spec: LayerSpec, rng: np.random.Generator) -> NDArray[np.float64]:
    return rng.normal(0.0, initial_std(settings, spec), size=(spec.n_out, spec.n_in))
