"""The fused epoch: all updates of one epoch in one compiled call that holds no interpreter lock.

The arithmetic is that of :mod:`mlpsvd.network`, equation by equation, without a temporary array and without a call
into the interpreter. A batch is a matrix with one clip a *column*, so the equations read as they are printed: the sum
over the batch of δ xᵀ is Δ Xᵀ, and every loop that is not a matrix product runs along 64 neighbouring numbers. A layer
is one row of a table of integers (its columns are named below), so one compiled text serves every stack of layers.

What was tried and what it gave is in docs/engines.md. Numba's cache on disk notices a change of the file that holds a
function, not of those it imports from: hence the checksum below.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from mlpsvd.engines.fused_activations import SIGMOID, activate, through_activation
from mlpsvd.engines.fused_layout import matrix, transpose
from mlpsvd.engines.fused_narrow import narrow_gradient, narrow_product

__all__ = ["COLUMNS", "evaluate", "run_epoch"]

# Checksum of what is imported above: a change there has to change this file, or Numba would use its old code.
PARTS_CHECKSUM = 3761650152

# Columns of the layer table; from THETA on they are offsets, THETA into the parameter vector, the rest into the
# workspace. X, for the first layer, is where its inputs are laid one clip a column; 0 if they are used as they come,
# and IN_PLACE if they are read where they lie in the training set.
KIND, N_IN, N_OUT, RANK, ACTIVATION, THETA, X, Z, DELTA, P, Q, BACK = range(12)
COLUMNS = 12
IN_PLACE = -1

DENSE, SVD, TWO_FACTOR = range(3)
CROSS_ENTROPY, SQUARED_ERROR = range(2)
SGD, MOMENTUM, ADAM = range(3)

# Sums may be reordered, which vector instructions need; not-a-number and infinity keep their meaning, so that a
# training run that diverges is noticed.
_REORDERED = {"reassoc", "contract", "nsz", "arcp"}
_compiled = njit(nogil=True, fastmath=_REORDERED, error_model="numpy")
_kept_on_disk = njit(cache=True, nogil=True, fastmath=_REORDERED, error_model="numpy")

_ONE, _HALF, _ZERO = np.float32(1), np.float32(0.5), np.float32(0)


@_compiled
def _row_sums(a, out, start):
    for j in range(a.shape[0]):
        total = _ZERO
        for i in range(a.shape[1]):
            total += a[j, i]
        out[start + j] = total


@_compiled
def _scale_rows(a, scale, start, out):
    for r in range(a.shape[0]):
        factor = scale[start + r]
        for i in range(a.shape[1]):
            out[r, i] = a[r, i] * factor


@_compiled
def _forward(theta, work, layers, index, x):
    """One layer, equations (1) and (2) or (52) and (53); its outputs stay in the workspace."""
    n_in, n_out, rank, start = layers[index, N_IN], layers[index, N_OUT], layers[index, RANK], layers[index, THETA]
    if layers[index, KIND] == DENSE:
        z = matrix(work, layers[index, Z], n_out, x.shape[1])
        np.dot(matrix(theta, start, n_out, n_in), x, z)
        _activate_layer(theta, work, layers, index, z)
        return z
    np.dot(matrix(theta, _right(layers, index), rank, n_in), x, _through_right(work, layers, index, x.shape[1]))
    return _forward_from_right(theta, work, layers, index, x.shape[1])


@_compiled
def _right(layers, index):
    """Where Vᵀ, or Σ Vᵀ, of a factored layer begins."""
    rank = layers[index, RANK]
    return layers[index, THETA] + layers[index, N_OUT] * rank + (rank if layers[index, KIND] == SVD else 0)


@_compiled
def _through_right(work, layers, index, n):
    """The place of Vᵀ x, or of Σ Vᵀ x."""
    return matrix(work, layers[index, P if layers[index, KIND] == SVD else Q], layers[index, RANK], n)


@_compiled
def _forward_from_right(theta, work, layers, index, n):
    """The rest of a factored layer: equation (53) from Vᵀ x on."""
    n_out, rank, start = layers[index, N_OUT], layers[index, RANK], layers[index, THETA]
    q, z = matrix(work, layers[index, Q], rank, n), matrix(work, layers[index, Z], n_out, n)
    if layers[index, KIND] == SVD:
        _scale_rows(matrix(work, layers[index, P], rank, n), theta, start + n_out * rank, q)
    np.dot(matrix(theta, start, n_out, rank), q, z)
    _activate_layer(theta, work, layers, index, z)
    return z


@_compiled
def _activate_layer(theta, work, layers, index, z):
    bias = _bias(layers, index)
    scratch = matrix(work, layers[index, DELTA], 1, z.shape[1])  # δ needs its place on the way back only
    activate(layers[index, ACTIVATION], z, theta, bias, scratch)


@_compiled
def _bias(layers, index):
    rows = layers[index, N_OUT] if layers[index, KIND] == DENSE else layers[index, RANK]
    start = layers[index, THETA] if layers[index, KIND] == DENSE else _right(layers, index)
    return start + rows * layers[index, N_IN]


@_compiled
def _first_layer(theta, work, layers, rows):
    """The first layer of clips that come one a row. Where X says so they are laid in columns before the product."""
    if layers[0, X] <= 0:
        return _forward(theta, work, layers, 0, rows.T)
    columns = matrix(work, layers[0, X], rows.shape[1], rows.shape[0])
    transpose(rows, columns)
    return _forward(theta, work, layers, 0, columns)


@_compiled
def _first_layer_of_batch(theta, work, layers, x, order, start, n):
    """The first layer of the clips whose turn it is."""
    if layers[0, X] == IN_PLACE:
        narrow_product(x, order, start, theta, _right(layers, 0), _through_right(work, layers, 0, n))
        return _forward_from_right(theta, work, layers, 0, n)
    rows = matrix(work, 0, n, x.shape[1])
    for i in range(n):
        clip = order[start + i]
        for j in range(x.shape[1]):  # a slice assignment takes three times as long
            rows[i, j] = x[clip, j]
    return _first_layer(theta, work, layers, rows)


@_compiled
def _backward_of_batch(theta, gradient, work, layers, x, order, start, n):
    """Gradients of the first layer."""
    if layers[0, X] == IN_PLACE:
        _backward_to_right(theta, gradient, work, layers, 0, n)
        narrow_gradient(x, order, start, matrix(work, layers[0, BACK], layers[0, RANK], n), gradient, _right(layers, 0))
    else:
        _backward(theta, gradient, work, layers, 0, matrix(work, 0, n, x.shape[1]).T)


@_compiled
def _backward(theta, gradient, work, layers, index, x):
    """Gradients of one layer, equations (49), (50), (62) to (64), from its δ in the workspace."""
    n, n_in, n_out, rank = x.shape[1], layers[index, N_IN], layers[index, N_OUT], layers[index, RANK]
    if layers[index, KIND] == DENSE:
        delta = matrix(work, layers[index, DELTA], n_out, n)
        np.dot(delta, x.T, matrix(gradient, layers[index, THETA], n_out, n_in))
        _row_sums(delta, gradient, _bias(layers, index))
        return
    _backward_to_right(theta, gradient, work, layers, index, n)
    back = matrix(work, layers[index, BACK], rank, n)
    np.dot(back, x.T, matrix(gradient, _right(layers, index), rank, n_in))


@_compiled
def _backward_to_right(theta, gradient, work, layers, index, n):
    """Gradients of U, Σ and b of a factored layer, and Σ Uᵀ δ, of which equation (64) makes that of Vᵀ."""
    n_out, rank, start = layers[index, N_OUT], layers[index, RANK], layers[index, THETA]
    delta, back = matrix(work, layers[index, DELTA], n_out, n), matrix(work, layers[index, BACK], rank, n)
    np.dot(delta, matrix(work, layers[index, Q], rank, n).T, matrix(gradient, start, n_out, rank))
    np.dot(matrix(theta, start, n_out, rank).T, delta, back)
    if layers[index, KIND] == SVD:
        sigma = start + n_out * rank
        _sigma_gradient(back, matrix(work, layers[index, P], rank, n), gradient, sigma)
        _scale_rows(back, theta, sigma, back)
    _row_sums(delta, gradient, _bias(layers, index))


@_compiled
def _sigma_gradient(back, p, out, start):
    """The diagonal of Uᵀ δ pᵀ, summed over the batch: equation (63)."""
    for r in range(back.shape[0]):
        total = _ZERO
        for i in range(back.shape[1]):
            total += back[r, i] * p[r, i]
        out[start + r] = total


@_compiled
def _backward_input(theta, work, layers, index, out):
    """out = Wᵀ δ, the inner part of equation (48); needs :func:`_backward` of the same layer before."""
    n, kind = out.shape[1], layers[index, KIND]
    n_in, n_out, rank, start = layers[index, N_IN], layers[index, N_OUT], layers[index, RANK], layers[index, THETA]
    if kind == DENSE:
        delta = matrix(work, layers[index, DELTA], n_out, n)
        np.dot(matrix(theta, start, n_out, n_in).T, delta, out)
    else:
        np.dot(matrix(theta, _right(layers, index), rank, n_in).T, matrix(work, layers[index, BACK], rank, n), out)


@_compiled
def _output_delta(loss, activation, z, labels, order, start, delta):
    """δ⁽¹⁾ of the batch mean: ŷ − y for the cross-entropy, Hᵀ (ŷ − y) for the squared error."""
    m, n = z.shape
    share = _ONE / np.float32(n)
    for j in range(m):
        for i in range(n):
            delta[j, i] = z[j, i] * share
    for i in range(n):
        delta[labels[order[start + i]], i] -= share
    if loss == SQUARED_ERROR:
        through_activation(activation, z, delta)


@_compiled
def _adam(theta, gradient, first, second, steps, rule):
    """Kingma and Ba (2015), algorithm 1, for one stretch of the vector."""
    beta_1, beta_2, epsilon = rule[2], rule[3], rule[4]
    rate = np.float32(rule[0] / (1.0 - np.float64(beta_1) ** steps))
    correction = np.float32(1.0 / (1.0 - np.float64(beta_2) ** steps))
    for i in range(theta.size):
        first[i] += (_ONE - beta_1) * (gradient[i] - first[i])
        second[i] += (_ONE - beta_2) * (gradient[i] * gradient[i] - second[i])
        theta[i] -= rate * first[i] / (np.sqrt(second[i] * correction) + epsilon)


@_compiled
def _update(kind, theta, gradient, first, second, steps, rule, layers):
    """One step of the optimiser on the whole vector; for Adam, neighbours with equal counts of steps go in one."""
    if kind == SGD:
        for i in range(theta.size):
            theta[i] -= rule[0] * gradient[i]
    elif kind == MOMENTUM:
        for i in range(theta.size):
            first[i] = rule[1] * first[i] + rule[0] * gradient[i]
            theta[i] -= first[i]
    else:
        start = 0
        for index in range(len(layers)):
            steps[index] += 1
            last = index + 1 == len(layers)
            if last or steps[index + 1] + 1 != steps[index]:
                stop = theta.size if last else layers[index + 1, THETA]
                piece = slice(start, stop)
                _adam(theta[piece], gradient[piece], first[piece], second[piece], steps[index], rule)
                start = stop


@_kept_on_disk
def run_epoch(theta, gradient, first, second, steps, x, labels, order, batch_size, layers, work, loss, optimiser, rule):
    """Train on every clip once, in place.

    Parameters
    ----------
    theta, gradient, first, second : np.ndarray [shape=(n_parameters,), dtype=float32]
        Parameters, scratch, and the optimiser's moments.
    steps : np.ndarray [shape=(n_layers,), dtype=int64]
        Updates that each layer's moments have seen.
    x : np.ndarray [shape=(n_clips, n_features), dtype=float32]
        Feature vectors.
    labels, order : np.ndarray [shape=(n_clips,), dtype=int64]
        Class of each clip; order of the clips.
    batch_size : int
        Clips of one update; the last batch may be smaller.
    layers : np.ndarray [shape=(n_layers, COLUMNS), dtype=int64]
        The layer table.
    work : np.ndarray [shape=(any,), dtype=float32]
        Workspace as the table lays it out, with one batch of inputs at its beginning.
    loss, optimiser : int
        Codes as above.
    rule : np.ndarray [shape=(5,), dtype=float32]
        Learning rate, momentum, β₁, β₂, ε.
    """
    last = len(layers) - 1
    for start in range(0, len(order), batch_size):
        n = min(batch_size, len(order) - start)
        z = _first_layer_of_batch(theta, work, layers, x, order, start, n)
        for index in range(1, len(layers)):
            z = _forward(theta, work, layers, index, z)
        delta = matrix(work, layers[last, DELTA], layers[last, N_OUT], n)
        _output_delta(loss, layers[last, ACTIVATION], z, labels, order, start, delta)
        for index in range(last, 0, -1):
            z = matrix(work, layers[index - 1, Z], layers[index - 1, N_OUT], n)
            _backward(theta, gradient, work, layers, index, z)
            delta = matrix(work, layers[index - 1, DELTA], layers[index - 1, N_OUT], n)
            _backward_input(theta, work, layers, index, delta)
            through_activation(layers[index - 1, ACTIVATION], z, delta)
        _backward_of_batch(theta, gradient, work, layers, x, order, start, n)
        _update(optimiser, theta, gradient, first, second, steps, rule, layers)


@_kept_on_disk
def evaluate(theta, x, labels, batch_size, layers, work, loss, estimates):
    """Return the summed loss of a whole set and write the estimated classes.

    Parameters as of :func:`run_epoch`; estimates : np.ndarray [shape=(n_clips,), dtype=int64].
    """
    activation = layers[len(layers) - 1, ACTIVATION]
    total = 0.0
    for start in range(0, len(x), batch_size):
        n = min(batch_size, len(x) - start)
        z = _first_layer(theta, work, layers, x[start : start + n])
        for index in range(1, len(layers)):
            z = _forward(theta, work, layers, index, z)
        for i in range(n):
            estimates[start + i] = _largest(z, i)
            total += _loss(loss, activation, z, i, labels[start + i])
    return total


@_compiled
def _largest(z, i):
    largest = 0
    for j in range(1, z.shape[0]):
        if z[j, i] > z[largest, i]:
            largest = j
    return largest


@_compiled
def _loss(loss, activation, z, i, label):
    """Loss of clip ``i``, as :func:`mlpsvd.network.losses.losses`."""
    tiny = np.float32(1.1754943508222875e-38)
    if loss == CROSS_ENTROPY:
        total = -np.log(max(z[label, i], tiny))
        if activation == SIGMOID:
            for j in range(z.shape[0]):
                if j != label:
                    total -= np.log(max(_ONE - z[j, i], tiny))
        return total
    total = _ZERO
    for j in range(z.shape[0]):
        error = z[j, i] - (_ONE if j == label else _ZERO)
        total += _HALF * error * error
    return total
