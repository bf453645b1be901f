"""The fused epoch: all updates of one epoch in one compiled call that releases the interpreter lock.

The arithmetic is that of :mod:`mlpsvd.network`, equation by equation, without temporary arrays and calls into the
interpreter. A batch is processed in pieces of 64 clips. A piece is a matrix with one clip per *column*, as in the
paper: the sum of δ xᵀ over the batch is Δ Xᵀ, and all loops except matrix products run over 64 contiguous numbers. An
incomplete piece is padded to whole vectors with copies of its last clip, whose δ is set to 0. A layer is one row of a
table of integers with the columns named below, so that the same compiled code runs every network.

docs/engines.md lists the variants that were measured. Python calls :func:`run_epoch` and :func:`evaluate`, which check
that the indices of clips and classes are within bounds; the other functions do not check their arguments.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from mlpsvd.engines.cpu.activations import RELU, SIGMOID, activate, through_activation
from mlpsvd.engines.cpu.clips import clips_gradient, clips_in_panels, fetch_clips, few_rows_product
from mlpsvd.engines.cpu.compiled_code import kept_on_disk
from mlpsvd.engines.cpu.layout import matrix
from mlpsvd.engines.cpu.products import AS_IT_IS, BIAS_RELU, SWITCHED, outer_product, product, row_sums
from mlpsvd.engines.cpu.subnormals import flush_subnormals, restore
from mlpsvd.engines.cpu.vectors import LANES

__all__ = ["COLUMNS", "PIECE", "evaluate", "run_epoch"]

# Columns of the layer table. THETA is an offset into the parameter vector, the later columns are offsets into the
# workspace. X is the offset of the layer's inputs, with one clip per column, in panels of sixteen clips for the first
# layer; or IN_PLACE if they are read from the training set.
KIND, N_IN, N_OUT, RANK, ACTIVATION, THETA, X, Z, DELTA, P, Q, BACK = range(12)
COLUMNS = 12
IN_PLACE = -1

PIECE = 64
"""Clips that are processed together, so that their intermediate results stay in the L1 cache."""

DENSE, SVD, TWO_FACTOR = range(3)
CROSS_ENTROPY, SQUARED_ERROR = range(2)
SGD, MOMENTUM, ADAM = range(3)

# Additions may be reordered, as vector instructions require. NaN and infinity are preserved, so that a diverging
# training run is detected.
_REORDERED = {"reassoc", "contract", "nsz", "arcp"}
_compiled = njit(nogil=True, fastmath=_REORDERED, error_model="numpy")
_kept_on_disk = kept_on_disk(nogil=True, fastmath=_REORDERED, error_model="numpy")

_ONE, _HALF, _ZERO = np.float32(1), np.float32(0.5), np.float32(0)
_TINY = np.float32(2**-126)  # the smallest normal number, the lower limit of the logarithm's argument


@_compiled
def _scale_rows(a, scale, start, out):
    for r in range(a.shape[0]):
        factor = scale[start + r]
        for i in range(a.shape[1]):
            out[r, i] = a[r, i] * factor


@_compiled
def _forward(theta, work, layers, index, x, picked):
    """Forward pass of one layer, equations (1) and (2) or (52) and (53); its outputs stay in the workspace."""
    n, n_in, n_out, rank = len(picked), layers[index, N_IN], layers[index, N_OUT], layers[index, RANK]
    inputs = layers[index, X]
    if index == 0 and inputs != IN_PLACE:
        clips_in_panels(x, picked, work, inputs)
    if layers[index, KIND] == DENSE:
        _into_z(theta, work, layers, index, n_in, inputs, index == 0, n)
        return
    right, p, q = _right(layers, index), layers[index, P], layers[index, Q]
    through = p if layers[index, KIND] == SVD else q
    if inputs == IN_PLACE:
        few_rows_product(x, picked, theta, right, matrix(work, through, rank, n))
    else:
        product(theta, right, n_in, 1, rank, n_in, work, inputs, index == 0, n, through, AS_IT_IS, theta, 0)
    if layers[index, KIND] == SVD:
        sigma = layers[index, THETA] + n_out * rank
        _scale_rows(matrix(work, p, rank, n), theta, sigma, matrix(work, q, rank, n))
    _into_z(theta, work, layers, index, rank, q, False, n)


@_compiled
def _right(layers, index):
    """Return the offset of Vᵀ, or Σ Vᵀ, of a factored layer."""
    rank = layers[index, RANK]
    return layers[index, THETA] + layers[index, N_OUT] * rank + (rank if layers[index, KIND] == SVD else 0)


@_compiled
def _bias(layers, index):
    rows = layers[index, N_OUT] if layers[index, KIND] == DENSE else layers[index, RANK]
    start = layers[index, THETA] if layers[index, KIND] == DENSE else _right(layers, index)
    return start + rows * layers[index, N_IN]


@_compiled
def _into_z(theta, work, layers, index, n_columns, inputs, in_panels, n):
    """z = h(A x + b), where A is W or U, the first matrix of the layer in the parameter vector."""
    start, n_out, bias = layers[index, THETA], layers[index, N_OUT], _bias(layers, index)
    rectifies = layers[index, ACTIVATION] == RELU
    finish, z = BIAS_RELU if rectifies else AS_IT_IS, layers[index, Z]
    product(theta, start, n_columns, 1, n_out, n_columns, work, inputs, in_panels, n, z, finish, theta, bias)
    if not rectifies:
        scratch = matrix(work, layers[index, DELTA], 2, n)  # free until the backward pass
        activate(layers[index, ACTIVATION], matrix(work, z, n_out, n), theta, bias, scratch)


@_compiled
def _backward(theta, gradient, work, layers, index, x, picked):
    """Gradients of one layer, equations (49), (50), (62) to (64), from its δ in the workspace."""
    n, n_out, rank, start = len(picked), layers[index, N_OUT], layers[index, RANK], layers[index, THETA]
    delta = layers[index, DELTA]
    row_sums(work, delta, n_out, n, gradient, _bias(layers, index))
    if layers[index, KIND] == DENSE:
        _inputs_gradient(work, layers, index, delta, n_out, x, picked, gradient, start)
        return
    back, sigma = layers[index, BACK], start + n_out * rank
    outer_product(work, delta, n_out, layers[index, Q], rank, n, gradient, start)
    product(theta, start, 1, rank, rank, n_out, work, delta, False, n, back, AS_IT_IS, theta, 0)
    if layers[index, KIND] == SVD:
        rows = matrix(work, back, rank, n)
        _sigma_gradient(rows, matrix(work, layers[index, P], rank, n), gradient, sigma)
        _scale_rows(rows, theta, sigma, rows)
    _inputs_gradient(work, layers, index, back, rank, x, picked, gradient, _right(layers, index))


@_compiled
def _inputs_gradient(work, layers, index, d, n_rows, x, picked, gradient, start):
    """Sum of d xᵀ over the clips, where x is the layer's input."""
    if index == 0:
        clips_gradient(x, picked, work, d, n_rows, gradient, start)
    else:
        outer_product(work, d, n_rows, layers[index, X], layers[index, N_IN], len(picked), gradient, start)


@_compiled
def _sigma_gradient(back, p, out, start):
    """Diagonal of Uᵀ δ pᵀ, summed over the batch: equation (63)."""
    for r in range(back.shape[0]):
        total = _ZERO
        for i in range(back.shape[1]):
            total += back[r, i] * p[r, i]
        out[start + r] = total


@_compiled
def _backward_input(theta, work, layers, index, n):
    """δ of the preceding layer: Hᵀ Wᵀ δ, equation (48); requires :func:`_backward` of this layer."""
    n_in, before = layers[index, N_IN], index - 1
    if layers[index, KIND] == DENSE:
        start, n_rows, d = layers[index, THETA], layers[index, N_OUT], layers[index, DELTA]
    else:
        start, n_rows, d = _right(layers, index), layers[index, RANK], layers[index, BACK]
    out, z, rectifies = layers[before, DELTA], layers[before, Z], layers[before, ACTIVATION] == RELU
    finish = SWITCHED if rectifies else AS_IT_IS
    product(theta, start, 1, n_in, n_in, n_rows, work, d, False, n, out, finish, work, z)
    if not rectifies:
        through_activation(layers[before, ACTIVATION], matrix(work, z, n_in, n), matrix(work, out, n_in, n))


@_compiled
def _output_delta(loss, activation, z, wanted, n, share, delta):
    """δ⁽¹⁾ of n clips, times each clip's weight in the mean: ŷ − y for the cross-entropy, Hᵀ (ŷ − y) for the
    squared error; 0 for padding."""
    for j in range(z.shape[0]):
        for i in range(z.shape[1]):
            delta[j, i] = (z[j, i] - (_ONE if wanted[i] == j else _ZERO)) * share
        for i in range(n, z.shape[1]):
            delta[j, i] = _ZERO
    if loss == SQUARED_ERROR:
        through_activation(activation, z, delta)


@_compiled
def _gradient_of_piece(theta, gradient, x, labels, order, start, n, share, layers, work, picked, wanted, loss):
    """Gradients of n clips from ``order[start]`` on, times each clip's weight in the mean of the batch."""
    last = len(layers) - 1
    piece = picked[: _whole_registers(n)]
    for i in range(len(piece)):
        piece[i] = order[start + min(i, n - 1)]
        wanted[i] = labels[piece[i]]
    for index in range(len(layers)):
        _forward(theta, work, layers, index, x, piece)
    z = matrix(work, layers[last, Z], layers[last, N_OUT], len(piece))
    delta = matrix(work, layers[last, DELTA], layers[last, N_OUT], len(piece))
    _output_delta(loss, layers[last, ACTIVATION], z, wanted, n, share, delta)
    for index in range(last, 0, -1):
        _backward(theta, gradient, work, layers, index, x, piece)
        _backward_input(theta, work, layers, index, len(piece))
    _backward(theta, gradient, work, layers, 0, x, piece)


@_compiled
def _whole_registers(n):
    return -(-n // LANES) * LANES


@_compiled
def _adam(theta, gradient, first, second, steps, rule):
    """Adam, Kingma and Ba (2015), algorithm 1, for one range of the vector."""
    beta_1, beta_2, epsilon = rule[2], rule[3], rule[4]
    rate = np.float32(rule[0] / (1.0 - np.float64(beta_1) ** steps))
    correction = np.float32(1.0 / (1.0 - np.float64(beta_2) ** steps))
    for i in range(theta.size):
        first[i] += (_ONE - beta_1) * (gradient[i] - first[i])
        second[i] += (_ONE - beta_2) * (gradient[i] * gradient[i] - second[i])
        theta[i] -= rate * first[i] / (np.sqrt(second[i] * correction) + epsilon)


@_compiled
def _update(kind, theta, gradient, first, second, steps, rule, layers):
    """One step of the optimiser; with Adam, adjacent layers with equal step counts are updated together."""
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


@_compiled
def _are_within(numbers, end):
    """Return whether all numbers are at least 0 and below ``end``."""
    least, most = end, np.int64(-1)
    for i in range(len(numbers)):
        least = min(least, numbers[i])
        most = max(most, numbers[i])
    return (least >= 0 and most < end) or len(numbers) == 0


@_compiled
def _train(
    theta, gradient, more, first, second, steps, x, labels, order, batch_size, layers, work, picked, wanted, loss,
    optimiser, rule,
):  # fmt: skip
    for start in range(0, len(order), batch_size):
        n = min(batch_size, len(order) - start)
        share = _ONE / np.float32(n)
        for done in range(0, n, PIECE):
            here = gradient if done == 0 else more
            piece = start + done, min(PIECE, n - done)
            _gradient_of_piece(theta, here, x, labels, order, *piece, share, layers, work, picked, wanted, loss)
            if done > 0:
                for k in range(gradient.size):
                    gradient[k] += more[k]
        _update(optimiser, theta, gradient, first, second, steps, rule, layers)


@_kept_on_disk
def run_epoch(
    theta, gradient, more, first, second, steps, x, labels, order, batch_size, layers, work, picked, wanted, loss,
    optimiser, rule, flush,
):  # fmt: skip
    """Train in place for one epoch; return False, without training, if an argument is out of bounds.

    Parameters
    ----------
    theta, gradient, more, first, second : np.ndarray [shape=(n_parameters,), dtype=float32]
        Parameters, buffers for two gradients, and moments of the optimiser.
    steps : np.ndarray [shape=(n_layers,), dtype=int64]
        Number of updates of each layer's moments.
    x : np.ndarray [shape=(n_clips, n_features), dtype=float32]
        Feature vectors.
    labels, order : np.ndarray [shape=(n_clips,), dtype=int64]
        Class of each clip; order of the clips.
    batch_size : int
        Clips per update; the last batch may be smaller. The gradients of the pieces of a batch are summed.
    layers : np.ndarray [shape=(n_layers, COLUMNS), dtype=int64]
        The layer table.
    work : np.ndarray [shape=(any,), dtype=float32]
        Workspace of a piece, addressed by the layer table.
    picked, wanted : np.ndarray [shape=(PIECE,), dtype=int64 and float32]
        Buffers for the indices of a piece's clips, and for their classes.
    loss, optimiser : int
        Codes defined above.
    rule : np.ndarray [shape=(5,), dtype=float32]
        Learning rate, momentum, β₁, β₂, ε.
    flush : bool
        Whether subnormal numbers are treated as zero; see :mod:`mlpsvd.engines.cpu.subnormals`.
    """
    n_classes = layers[len(layers) - 1, N_OUT]
    if batch_size < 1 or not (_are_within(order, len(x)) and _are_within(labels, n_classes)):
        return False
    before = flush_subnormals() if flush else np.int64(0)
    _train(
        theta, gradient, more, first, second, steps, x, labels, order, batch_size, layers, work, picked, wanted, loss,
        optimiser, rule,
    )  # fmt: skip
    if flush:
        restore(before)
    return True


@_compiled
def _evaluate(theta, x, labels, layers, work, picked, loss, estimates):
    last = len(layers) - 1
    total = 0.0
    for start in range(0, len(x), PIECE):
        n = min(PIECE, len(x) - start)
        piece = picked[: _whole_registers(n)]
        for i in range(len(piece)):
            piece[i] = start + min(i, n - 1)
        fetch_clips(x, start + n, min(start + n + PIECE, len(x)))
        for index in range(len(layers)):
            _forward(theta, work, layers, index, x, piece)
        z = matrix(work, layers[last, Z], layers[last, N_OUT], len(piece))
        _estimate(z, matrix(work, layers[last, DELTA], 1, len(piece)), estimates[start : start + n])
        total += _summed_loss(loss, layers[last, ACTIVATION], z, labels[start : start + n])
    return total


@_kept_on_disk
def evaluate(theta, x, labels, layers, work, picked, loss, estimates, flush):
    """Return whether labels are within bounds, and the summed loss of a data set; write the predicted classes.

    Parameters as in :func:`run_epoch`; estimates : np.ndarray [shape=(n_clips,), dtype=int64].
    """
    if not _are_within(labels, layers[len(layers) - 1, N_OUT]):
        return False, 0.0
    before = flush_subnormals() if flush else np.int64(0)
    total = _evaluate(theta, x, labels, layers, work, picked, loss, estimates)
    if flush:
        restore(before)
    return True, total


@_compiled
def _estimate(z, largest, estimates):
    """Write the class with the largest output for each clip; ``largest`` is scratch for one number per clip."""
    for i in range(len(estimates)):
        largest[0, i] = z[0, i]
        estimates[i] = 0
    for j in range(1, z.shape[0]):
        for i in range(len(estimates)):
            is_larger = z[j, i] > largest[0, i]
            largest[0, i] = z[j, i] if is_larger else largest[0, i]
            estimates[i] = j if is_larger else estimates[i]


@_compiled
def _summed_loss(loss, activation, z, labels):
    """Sum of the losses of a piece, as in :func:`mlpsvd.network.losses.losses`."""
    n, total = len(labels), 0.0
    if loss == CROSS_ENTROPY and activation != SIGMOID:
        # One logarithm for the product of eight probabilities: each is at least 2⁻¹²⁶, so the product is at least
        # 2⁻¹⁰⁰⁸, which float64 can represent.
        for first in range(0, n, 8):
            product_of_eight = 1.0
            for i in range(first, min(first + 8, n)):
                product_of_eight *= max(z[labels[i], i], _TINY)
            total -= np.log(product_of_eight)
    else:
        for i in range(n):
            total += _loss(loss, z, i, labels[i])
    return total


@_compiled
def _loss(loss, z, i, label):
    """Loss of clip ``i``: the cross-entropy of sigmoids, or the squared error."""
    total = _ZERO
    if loss == CROSS_ENTROPY:
        for j in range(z.shape[0]):
            total -= np.log(max(z[j, i] if j == label else _ONE - z[j, i], _TINY))
        return total
    for j in range(z.shape[0]):
        error = z[j, i] - (_ONE if j == label else _ZERO)
        total += _HALF * error * error
    return total
