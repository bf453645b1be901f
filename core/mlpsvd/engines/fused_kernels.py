"""The fused epoch: all updates of one epoch in one compiled call that holds no interpreter lock.

The arithmetic is that of :mod:`mlpsvd.network`, equation by equation, without a temporary array and without a call
into the interpreter. A layer is one row of a table of integers (its columns are named below), so one compiled text
serves every stack of layers. Products go to BLAS, which was faster than plain loops even at rank 2 (docs/engines.md).
"""

from __future__ import annotations

import numpy as np
from numba import njit

__all__ = ["COLUMNS", "evaluate", "run_epoch"]

# Columns of the layer table; the last six are offsets, THETA into the parameter vector, the rest into the workspace.
KIND, N_IN, N_OUT, RANK, ACTIVATION, THETA, Z, DELTA, P, Q, BACK = range(11)
COLUMNS = 11

DENSE, SVD, TWO_FACTOR = range(3)
RELU, SIGMOID, TANH, SOFTMAX = range(4)
CROSS_ENTROPY, SQUARED_ERROR = range(2)
SGD, MOMENTUM, ADAM = range(3)

# Sums may be reordered, which vector instructions need; not-a-number and infinity keep their meaning, so that a
# training run that diverges is noticed.
_compiled = njit(cache=True, nogil=True, fastmath={"reassoc", "contract", "nsz", "arcp"}, error_model="numpy")


@_compiled
def _column_sums(a, out):
    out[:] = 0
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            out[j] += a[i, j]


@_compiled
def _scale_columns(a, scale, out):
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            out[i, j] = a[i, j] * scale[j]


@_compiled
def _add_bias_and_activate(kind, a, b):
    """a becomes h(a + b), row by row: equations (2) and (12)."""
    n, m = a.shape
    for i in range(n):
        for j in range(m):
            a[i, j] += b[j]
    if kind == RELU:
        for i in range(n):
            for j in range(m):
                if a[i, j] < 0:
                    a[i, j] = 0
    elif kind == SIGMOID:
        for i in range(n):
            for j in range(m):
                a[i, j] = np.float32(0.5) * (np.float32(1) + np.tanh(np.float32(0.5) * a[i, j]))
    elif kind == TANH:
        for i in range(n):
            for j in range(m):
                a[i, j] = np.tanh(a[i, j])
    else:
        _softmax(a)


@_compiled
def _softmax(a):
    """Equation (12); subtracting each row's largest input changes nothing but keeps exp finite."""
    for i in range(a.shape[0]):
        largest = a[i, 0]
        for j in range(1, a.shape[1]):
            largest = max(largest, a[i, j])
        total = np.float32(0)
        for j in range(a.shape[1]):
            a[i, j] = np.exp(a[i, j] - largest)
            total += a[i, j]
        for j in range(a.shape[1]):
            a[i, j] /= total


@_compiled
def _through_activation(kind, z, gradient):
    """gradient becomes Hᵀ gradient: equations (14) and (26)."""
    n, m = z.shape
    for i in range(n):
        if kind == RELU:
            for j in range(m):
                if z[i, j] <= 0:
                    gradient[i, j] = 0
        elif kind == SIGMOID:
            for j in range(m):
                gradient[i, j] *= z[i, j] * (np.float32(1) - z[i, j])
        elif kind == TANH:
            for j in range(m):
                gradient[i, j] *= np.float32(1) - z[i, j] * z[i, j]
        else:
            inner = np.float32(0)
            for j in range(m):
                inner += gradient[i, j] * z[i, j]
            for j in range(m):
                gradient[i, j] = z[i, j] * (gradient[i, j] - inner)


@_compiled
def _matrix(vector, start, n_rows, n_columns):
    return vector[start : start + n_rows * n_columns].reshape(n_rows, n_columns)


@_compiled
def _forward(theta, work, layer, x):
    """One layer, equations (1) and (2) or (52) and (53); its outputs stay in the workspace."""
    n = x.shape[0]
    n_in, n_out, rank, start = layer[N_IN], layer[N_OUT], layer[RANK], layer[THETA]
    z = _matrix(work, layer[Z], n, n_out)
    if layer[KIND] == DENSE:
        np.dot(x, _matrix(theta, start, n_out, n_in).T, z)
        bias = start + n_out * n_in
    else:
        right = start + n_out * rank
        q = _matrix(work, layer[Q], n, rank)
        if layer[KIND] == SVD:
            p = _matrix(work, layer[P], n, rank)
            np.dot(x, _matrix(theta, right + rank, rank, n_in).T, p)
            _scale_columns(p, theta[right : right + rank], q)
            bias = right + rank + rank * n_in
        else:
            np.dot(x, _matrix(theta, right, rank, n_in).T, q)
            bias = right + rank * n_in
        np.dot(q, _matrix(theta, start, n_out, rank).T, z)
    _add_bias_and_activate(layer[ACTIVATION], z, theta[bias : bias + n_out])
    return z


@_compiled
def _backward(theta, gradient, work, layer, x):
    """Gradients of one layer, equations (49), (50), (62) to (64), from its δ in the workspace."""
    n = x.shape[0]
    n_in, n_out, rank, start = layer[N_IN], layer[N_OUT], layer[RANK], layer[THETA]
    delta = _matrix(work, layer[DELTA], n, n_out)
    if layer[KIND] == DENSE:
        np.dot(delta.T, x, _matrix(gradient, start, n_out, n_in))
        bias = start + n_out * n_in
    else:
        back = _matrix(work, layer[BACK], n, rank)
        np.dot(delta.T, _matrix(work, layer[Q], n, rank), _matrix(gradient, start, n_out, rank))
        np.dot(delta, _matrix(theta, start, n_out, rank), back)
        right = start + n_out * rank
        if layer[KIND] == SVD:
            _sigma_gradient(back, _matrix(work, layer[P], n, rank), gradient[right : right + rank])
            _scale_columns(back, theta[right : right + rank], back)
            right += rank
        np.dot(back.T, x, _matrix(gradient, right, rank, n_in))
        bias = right + rank * n_in
    _column_sums(delta, gradient[bias : bias + n_out])


@_compiled
def _sigma_gradient(back, p, out):
    """The diagonal of Uᵀ δ pᵀ, summed over the batch: equation (63)."""
    out[:] = 0
    for i in range(back.shape[0]):
        for r in range(back.shape[1]):
            out[r] += back[i, r] * p[i, r]


@_compiled
def _backward_input(theta, work, layer, out):
    """out = Wᵀ δ, the inner part of equation (48); needs :func:`_backward` of the same layer before."""
    n = out.shape[0]
    n_in, n_out, rank, start = layer[N_IN], layer[N_OUT], layer[RANK], layer[THETA]
    if layer[KIND] == DENSE:
        np.dot(_matrix(work, layer[DELTA], n, n_out), _matrix(theta, start, n_out, n_in), out)
    else:
        right = start + n_out * rank + (rank if layer[KIND] == SVD else 0)
        np.dot(_matrix(work, layer[BACK], n, rank), _matrix(theta, right, rank, n_in), out)


@_compiled
def _output_delta(loss, activation, z, targets, order, start, delta):
    """δ⁽¹⁾ of the batch mean: ŷ − y for the cross-entropy, Hᵀ (ŷ − y) for the squared error."""
    n, m = z.shape
    for i in range(n):
        target = targets[order[start + i]]
        for j in range(m):
            delta[i, j] = (z[i, j] - target[j]) / np.float32(n)
    if loss == SQUARED_ERROR:
        _through_activation(activation, z, delta)


@_compiled
def _adam(theta, gradient, first, second, steps, rule):
    """Kingma and Ba (2015), algorithm 1."""
    rate, beta_1, beta_2, epsilon = rule[0], rule[2], rule[3], rule[4]
    one = np.float32(1)
    rate = np.float32(rate / (1.0 - np.float64(beta_1) ** steps))
    correction = np.float32(1.0 / (1.0 - np.float64(beta_2) ** steps))
    for i in range(theta.size):
        first[i] += (one - beta_1) * (gradient[i] - first[i])
        second[i] += (one - beta_2) * (gradient[i] * gradient[i] - second[i])
        theta[i] -= rate * first[i] / (np.sqrt(second[i] * correction) + epsilon)


@_compiled
def _update(kind, theta, gradient, first, second, steps, rule, layers):
    """One step of the optimiser on the whole vector, layer by layer for Adam's count of steps."""
    if kind == SGD:
        for i in range(theta.size):
            theta[i] -= rule[0] * gradient[i]
    elif kind == MOMENTUM:
        for i in range(theta.size):
            first[i] = rule[1] * first[i] + rule[0] * gradient[i]
            theta[i] -= first[i]
    else:
        for index in range(len(layers)):
            start = layers[index, THETA]
            stop = layers[index + 1, THETA] if index + 1 < len(layers) else theta.size
            steps[index] += 1
            piece = slice(start, stop)
            _adam(theta[piece], gradient[piece], first[piece], second[piece], steps[index], rule)


@_compiled
def run_epoch(
    theta, gradient, first, second, steps, x, targets, order, batch_size, layers, work, loss, optimiser, rule
):
    """Train on every clip once, in place.

    Parameters
    ----------
    theta, gradient, first, second : np.ndarray [shape=(n_parameters,), dtype=float32]
        Parameters, scratch, and the optimiser's moments.
    steps : np.ndarray [shape=(n_layers,), dtype=int64]
        Updates that each layer's moments have seen.
    x, targets : np.ndarray [shape=(n_clips, n_features)], [shape=(n_clips, n_classes)], float32
        Feature vectors and one-hot targets.
    order : np.ndarray [shape=(n_clips,), dtype=int64]
        Order of the clips.
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
    n_layers, n_features = len(layers), x.shape[1]
    last = layers[n_layers - 1]
    for start in range(0, len(order), batch_size):
        n = min(batch_size, len(order) - start)
        batch = _matrix(work, 0, n, n_features)
        for i in range(n):
            clip = order[start + i]
            for j in range(n_features):  # a slice assignment takes three times as long
                batch[i, j] = x[clip, j]
        z = batch
        for index in range(n_layers):
            z = _forward(theta, work, layers[index], z)
        delta = _matrix(work, last[DELTA], n, last[N_OUT])
        _output_delta(loss, last[ACTIVATION], z, targets, order, start, delta)
        for index in range(n_layers - 1, 0, -1):
            below = layers[index - 1]
            z = _matrix(work, below[Z], n, below[N_OUT])
            _backward(theta, gradient, work, layers[index], z)
            delta = _matrix(work, below[DELTA], n, below[N_OUT])
            _backward_input(theta, work, layers[index], delta)
            _through_activation(below[ACTIVATION], z, delta)
        _backward(theta, gradient, work, layers[0], batch)
        _update(optimiser, theta, gradient, first, second, steps, rule, layers)


@_compiled
def evaluate(theta, x, targets, batch_size, layers, work, loss, estimates):
    """Return the summed loss of a whole set and write the estimated classes.

    Parameters as of :func:`run_epoch`; estimates : np.ndarray [shape=(n_clips,), dtype=int64].
    """
    n_layers = len(layers)
    activation = layers[n_layers - 1, ACTIVATION]
    total = 0.0
    for start in range(0, len(x), batch_size):
        n = min(batch_size, len(x) - start)
        z = x[start : start + n]
        for index in range(n_layers):
            z = _forward(theta, work, layers[index], z)
        for i in range(n):
            estimates[start + i] = np.argmax(z[i])
            total += _loss(loss, activation, z[i], targets[start + i])
    return total


@_compiled
def _loss(loss, activation, estimate, target):
    """Loss of one clip, as :func:`mlpsvd.network.losses.losses`."""
    tiny = np.float32(1.1754943508222875e-38)
    total = np.float32(0)
    for j in range(len(estimate)):
        if loss == SQUARED_ERROR:
            total += np.float32(0.5) * (estimate[j] - target[j]) ** 2
        else:
            if target[j] > 0:
                total -= target[j] * np.log(max(estimate[j], tiny))
            if activation == SIGMOID:
                total -= (np.float32(1) - target[j]) * np.log(max(np.float32(1) - estimate[j], tiny))
    return total
