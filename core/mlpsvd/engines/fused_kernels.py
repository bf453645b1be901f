"""The fused epoch: all updates of one epoch in one compiled call that holds no interpreter lock.

The arithmetic is that of :mod:`mlpsvd.network`, equation by equation, without a temporary array and without a call
into the interpreter. A batch is a matrix with one clip a *column*, so the equations read as they are printed: the sum
over the batch of δ xᵀ is Δ Xᵀ, and every loop that is not a matrix product runs along 64 neighbouring numbers. A layer
is one row of a table of integers (its columns are named below), so one compiled text serves every stack of layers.

What was tried and what it gave is in docs/engines.md. The compiled functions that call one another stand in this one
file because Numba's cache on disk notices a change of the file that holds a function, not of those it imports from.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from mlpsvd.engines.fused_layout import matrix, transpose

__all__ = ["COLUMNS", "evaluate", "run_epoch"]

# Checksum of fused_layout.py: a change there has to change this file, or old compiled code would go on being used.
LAYOUT_CHECKSUM = 3221248839

# Columns of the layer table; from THETA on they are offsets, THETA into the parameter vector, the rest into the
# workspace. X, for the first layer, is where its inputs are laid one clip a column; 0 if they are used as they come.
KIND, N_IN, N_OUT, RANK, ACTIVATION, THETA, X, Z, DELTA, P, Q, BACK = range(12)
COLUMNS = 12

DENSE, SVD, TWO_FACTOR = range(3)
RELU, SIGMOID, TANH, SOFTMAX = range(4)
CROSS_ENTROPY, SQUARED_ERROR = range(2)
SGD, MOMENTUM, ADAM = range(3)

# Sums may be reordered, which vector instructions need; not-a-number and infinity keep their meaning, so that a
# training run that diverges is noticed.
_REORDERED = {"reassoc", "contract", "nsz", "arcp"}
_compiled = njit(nogil=True, fastmath=_REORDERED, error_model="numpy")
_in_this_order = njit(nogil=True, fastmath={"contract"}, error_model="numpy")
_kept_on_disk = njit(cache=True, nogil=True, fastmath=_REORDERED, error_model="numpy")

_LOG2_E = np.float32(1.4426950408889634)
_LN2_HIGH = np.float32(0.693359375)  # so few digits that its product with a small integer is exact
_LN2_LOW = np.float32(-2.12194440e-4)
_ONE, _HALF, _ZERO = np.float32(1), np.float32(0.5), np.float32(0)
_EXP_RANGE = np.float32(87)


@_in_this_order
def _exp_parts(x):
    """Return s and t with eˣ = s + s t, for |x| ≤ 87; beyond, x counts as ±87.

    s = 2ᵏ with k = round(x / ln 2), and t = eʳ − 1 for the rest r, |r| ≤ ln(2)/2, by Taylor's series to r⁷, whose
    truncation of 5·10⁻⁹ is below the rounding of float32. Unlike the C library's, it is done 16 numbers at a time.
    """
    x = -_EXP_RANGE if x < -_EXP_RANGE else x
    x = _EXP_RANGE if x > _EXP_RANGE else x
    k = np.floor(x * _LOG2_E + _HALF)
    r = x - k * _LN2_HIGH
    r = r - k * _LN2_LOW
    t = np.float32(1 / 720) + r * np.float32(1 / 5040)
    t = np.float32(1 / 120) + r * t
    t = np.float32(1 / 24) + r * t
    t = np.float32(1 / 6) + r * t
    t = _HALF + r * t
    t = r + r * r * t
    return np.int32((np.int32(k) + 127) << 23).view(np.float32), t  # the bits of 2ᵏ


@_in_this_order
def _exp(x):
    s, t = _exp_parts(x)
    return s + s * t


@_in_this_order
def _sigmoid(x):
    return _ONE / (_ONE + _exp(-x))


@_in_this_order
def _tanh(x):
    """(e²ˣ − 1) / (e²ˣ + 1), with e²ˣ − 1 formed so that no digits are lost around 0."""
    s, t = _exp_parts(np.float32(2) * x)
    below = s * t + (s - _ONE)
    return below / (below + np.float32(2))


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
def _add_bias_and_activate(kind, a, b, start, row):
    """a becomes h(a + b), column by column: equations (2) and (12); row is scratch for one number a clip."""
    m, n = a.shape
    for j in range(m):
        bias = b[start + j]
        if kind == RELU:
            for i in range(n):
                value = a[j, i] + bias
                a[j, i] = _ZERO if value < 0 else value
        elif kind == SIGMOID:
            for i in range(n):
                a[j, i] = _sigmoid(a[j, i] + bias)
        elif kind == TANH:
            for i in range(n):
                a[j, i] = _tanh(a[j, i] + bias)
        else:
            for i in range(n):
                a[j, i] += bias
    if kind == SOFTMAX:
        _softmax(a, row)


@_compiled
def _softmax(a, row):
    """Equation (12); subtracting each column's largest input changes nothing but keeps exp finite."""
    m, n = a.shape
    row[0, :] = a[0, :]
    for j in range(1, m):
        for i in range(n):
            row[0, i] = max(row[0, i], a[j, i])
    for j in range(m):
        for i in range(n):
            a[j, i] = _exp(a[j, i] - row[0, i])
    row[0, :] = a[0, :]
    for j in range(1, m):
        for i in range(n):
            row[0, i] += a[j, i]
    for j in range(m):
        for i in range(n):
            a[j, i] /= row[0, i]


@_compiled
def _through_activation(kind, z, gradient):
    """gradient becomes Hᵀ gradient: equations (14) and (26)."""
    m, n = z.shape
    if kind == SOFTMAX:
        _through_softmax(z, gradient)
        return
    for j in range(m):
        if kind == RELU:
            for i in range(n):
                gradient[j, i] = _ZERO if z[j, i] <= 0 else gradient[j, i]
        elif kind == SIGMOID:
            for i in range(n):
                gradient[j, i] *= z[j, i] * (_ONE - z[j, i])
        else:
            for i in range(n):
                gradient[j, i] *= _ONE - z[j, i] * z[j, i]


@_compiled
def _through_softmax(z, gradient):
    for i in range(z.shape[1]):
        inner = _ZERO
        for j in range(z.shape[0]):
            inner += gradient[j, i] * z[j, i]
        for j in range(z.shape[0]):
            gradient[j, i] = z[j, i] * (gradient[j, i] - inner)


@_compiled
def _forward(theta, work, layers, index, x):
    """One layer, equations (1) and (2) or (52) and (53); its outputs stay in the workspace."""
    n, kind = x.shape[1], layers[index, KIND]
    n_in, n_out, rank, start = layers[index, N_IN], layers[index, N_OUT], layers[index, RANK], layers[index, THETA]
    z = matrix(work, layers[index, Z], n_out, n)
    if kind == DENSE:
        np.dot(matrix(theta, start, n_out, n_in), x, z)
        bias = start + n_out * n_in
    else:
        right = start + n_out * rank
        q = matrix(work, layers[index, Q], rank, n)
        if kind == SVD:
            p = matrix(work, layers[index, P], rank, n)
            np.dot(matrix(theta, right + rank, rank, n_in), x, p)
            _scale_rows(p, theta, right, q)
            right += rank
        else:
            np.dot(matrix(theta, right, rank, n_in), x, q)
        np.dot(matrix(theta, start, n_out, rank), q, z)
        bias = right + rank * n_in
    scratch = matrix(work, layers[index, DELTA], 1, n)  # δ needs its place on the way back only
    _add_bias_and_activate(layers[index, ACTIVATION], z, theta, bias, scratch)
    return z


@_compiled
def _first_layer(theta, work, layers, rows):
    """The first layer of clips that come one a row. Where X says so they are laid in columns before the product."""
    if layers[0, X] == 0:
        return _forward(theta, work, layers, 0, rows.T)
    columns = matrix(work, layers[0, X], rows.shape[1], rows.shape[0])
    transpose(rows, columns)
    return _forward(theta, work, layers, 0, columns)


@_compiled
def _backward(theta, gradient, work, layers, index, x):
    """Gradients of one layer, equations (49), (50), (62) to (64), from its δ in the workspace."""
    n, kind = x.shape[1], layers[index, KIND]
    n_in, n_out, rank, start = layers[index, N_IN], layers[index, N_OUT], layers[index, RANK], layers[index, THETA]
    delta = matrix(work, layers[index, DELTA], n_out, n)
    if kind == DENSE:
        np.dot(delta, x.T, matrix(gradient, start, n_out, n_in))
        bias = start + n_out * n_in
    else:
        back = matrix(work, layers[index, BACK], rank, n)
        np.dot(delta, matrix(work, layers[index, Q], rank, n).T, matrix(gradient, start, n_out, rank))
        np.dot(matrix(theta, start, n_out, rank).T, delta, back)
        right = start + n_out * rank
        if kind == SVD:
            _sigma_gradient(back, matrix(work, layers[index, P], rank, n), gradient, right)
            _scale_rows(back, theta, right, back)
            right += rank
        np.dot(back, x.T, matrix(gradient, right, rank, n_in))
        bias = right + rank * n_in
    _row_sums(delta, gradient, bias)


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
        right = start + n_out * rank + (rank if kind == SVD else 0)
        np.dot(matrix(theta, right, rank, n_in).T, matrix(work, layers[index, BACK], rank, n), out)


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
        _through_activation(activation, z, delta)


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
    n_layers, n_features = len(layers), x.shape[1]
    last = n_layers - 1
    for start in range(0, len(order), batch_size):
        n = min(batch_size, len(order) - start)
        rows = matrix(work, 0, n, n_features)
        for i in range(n):
            clip = order[start + i]
            for j in range(n_features):  # a slice assignment takes three times as long
                rows[i, j] = x[clip, j]
        z = _first_layer(theta, work, layers, rows)
        for index in range(1, n_layers):
            z = _forward(theta, work, layers, index, z)
        delta = matrix(work, layers[last, DELTA], layers[last, N_OUT], n)
        _output_delta(loss, layers[last, ACTIVATION], z, labels, order, start, delta)
        for index in range(last, 0, -1):
            z = matrix(work, layers[index - 1, Z], layers[index - 1, N_OUT], n)
            _backward(theta, gradient, work, layers, index, z)
            delta = matrix(work, layers[index - 1, DELTA], layers[index - 1, N_OUT], n)
            _backward_input(theta, work, layers, index, delta)
            _through_activation(layers[index - 1, ACTIVATION], z, delta)
        _backward(theta, gradient, work, layers, 0, rows.T)
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
