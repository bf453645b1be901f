"""Loss functions and the first step of backpropagation, δ⁽¹⁾ (Paul and Nelson, equations 5, 6, 11, 15)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mlpsvd.arrays import namespace
from mlpsvd.network.activations import backward, backward_tangent
from mlpsvd.network.settings import Loss, Output

__all__ = ["losses", "output_delta", "output_delta_tangent"]

Array = NDArray[np.floating]


def losses(kind: Loss, activation: Output, estimates: Array, targets: Array) -> Array:
    """Return the loss of each clip.

    ``cross-entropy`` with a softmax is equation (6). For sigmoid outputs, the terms −(1 − y) log(1 − ŷ) of the other
    classes are added, since equation (5) alone is minimal with every output at 1. ``squared error`` is ½ Σ e²; with
    the factor ½, its gradient is e, as in the paper.

    Parameters
    ----------
    kind
        ``cross-entropy`` or ``squared error``.
    activation
        Activation of the output layer.
    estimates, targets : np.ndarray [shape=(n_clips, n_classes)]
        ŷ and y, one clip a row.

    Returns
    -------
    losses : np.ndarray [shape=(n_clips,)]
    """
    xp = namespace(estimates)
    if kind == "squared error":
        return 0.5 * ((estimates - targets) ** 2).sum(axis=1)
    tiny = xp.finfo(estimates.dtype).tiny
    loss = -(targets * xp.log(xp.maximum(estimates, tiny))).sum(axis=1)
    if activation == "sigmoid":
        loss = loss - ((1 - targets) * xp.log(xp.maximum(1 - estimates, tiny))).sum(axis=1)
    return loss


def output_delta(kind: Loss, activation: Output, estimates: Array, targets: Array) -> Array:
    """Return δ⁽¹⁾ = Hᵀ d, the loss gradient with respect to the inputs of the output neurons.

    For the cross-entropy, Hᵀ d with equations (11) and (14) equals ŷ − y. It is computed in this form, because
    d = −y / ŷ is not finite if ŷ underflows.

    Parameters
    ----------
    kind, activation, estimates, targets
        As in :func:`losses`.

    Returns
    -------
    delta : np.ndarray [shape=(n_clips, n_classes)]
    """
    errors = estimates - targets
    return errors if kind == "cross-entropy" else backward(activation, estimates, errors)


def output_delta_tangent(kind: Loss, activation: Output, estimates: Array, targets: Array, destimates: Array) -> Array:
    """Return the derivative of :func:`output_delta` while the estimates move in the direction ``destimates``."""
    if kind == "cross-entropy":
        return destimates
    return backward_tangent(activation, estimates, estimates - targets, destimates, destimates)
