"""Floating-point operations of training, counted from the shapes.

A product of an m × k with a k × n matrix counts as 2 m k n operations; an element-wise operation, exp included, counts
as one per element. Counts are for one clip unless stated otherwise.
"""

from __future__ import annotations

import math
from functools import lru_cache

from mlpsvd.network.spec import LayerSpec, NetworkSpec

__all__ = ["epoch_flops", "forward_flops", "layer_weights"]

# Element-wise operations of one update of one parameter, as the formulas are written.
_UPDATE_FLOPS = {"sgd": 2, "momentum": 4, "adam": 13}
_ACTIVATION_FLOPS = {"relu": 1, "sigmoid": 4, "tanh": 1, "softmax": 4}


def layer_weights(layer: LayerSpec) -> int:
    """Return the number of trained weights without biases: J I, or R (J + 1 + I), or R (J + I); figure 3.

    W is J × I.
    """
    return layer.n_parameters - math.prod(layer.shapes["b"])


def forward_flops(spec: NetworkSpec) -> int:
    """Return the operations of classifying one feature vector."""
    return sum(_layer_forward(layer) for layer in spec.layers)


@lru_cache(maxsize=64)  # every epoch asks
def epoch_flops(spec: NetworkSpec, n_clips: int, batch_size: int, optimiser: str) -> int:
    """Return the operations of one epoch: a forward and a backward pass per clip, one update per batch.

    Parameters
    ----------
    spec
        Shapes during that epoch.
    n_clips, batch_size
        Size of the training set and of a batch; the last batch may be smaller.
    optimiser
        ``sgd``, ``momentum`` or ``adam``.
    """
    per_clip = forward_flops(spec) + 2 * spec.n_out
    per_clip += sum(_layer_backward(layer, index > 0) for index, layer in enumerate(spec.layers))
    n_updates = math.ceil(n_clips / batch_size)
    per_update = spec.n_parameters * _UPDATE_FLOPS[optimiser]
    per_update += sum(layer.family.update_flops(layer) for layer in spec.layers)
    return n_clips * per_clip + n_updates * per_update


def _layer_forward(layer: LayerSpec) -> int:
    return layer.family.forward_flops(layer) + layer.n_out * (1 + _ACTIVATION_FLOPS[layer.activation])


def _layer_backward(layer: LayerSpec, has_input_gradient: bool) -> int:
    """Return the operations of the gradients of the parameters and, if needed, of the input."""
    return layer.family.backward_flops(layer, has_input_gradient=has_input_gradient) + layer.n_out
