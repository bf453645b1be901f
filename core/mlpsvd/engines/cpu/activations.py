"""Activations of the fused engine, forward and backward, on matrices with one clip per column.

Exp, sigmoid and tanh are computed here rather than by the C library, sixteen numbers of a row at a time.
"""

from __future__ import annotations

import numpy as np
from numba import njit

__all__ = ["RELU", "SIGMOID", "SOFTMAX", "TANH", "activate", "exp", "sigmoid", "tanh", "through_activation"]

RELU, SIGMOID, TANH, SOFTMAX = range(4)

# Additions may be reordered, as vector instructions require. NaN and infinity are preserved, so that a diverging
# training run is detected.
_compiled = njit(nogil=True, fastmath={"reassoc", "contract", "nsz", "arcp"}, error_model="numpy")
_in_this_order = njit(nogil=True, fastmath={"contract"}, error_model="numpy")

_LOG2_E = np.float32(1.4426950408889634)
_LN2_HIGH = np.float32(0.693359375)  # so few digits that its product with a small integer is exact
_LN2_LOW = np.float32(-2.12194440e-4)
_ONE, _HALF, _ZERO = np.float32(1), np.float32(0.5), np.float32(0)
_EXP_RANGE = np.float32(87)


@_in_this_order
def _exp_parts(x):
    """Return s and t with eˣ = s + s t; x is clipped to ±87.

    s = 2ᵏ with k = round(x / ln 2), and t = eʳ − 1 for the remainder r, |r| ≤ ln(2)/2, by the Taylor series up to r⁷,
    whose truncation error of 5·10⁻⁹ is below the rounding of float32. It is computed for 16 numbers at a time.
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
def exp(x):
    """eˣ, with x clipped to ±87."""
    s, t = _exp_parts(x)
    return s + s * t


@_in_this_order
def sigmoid(x):
    """1 / (1 + e⁻ˣ), the logistic function."""
    return _ONE / (_ONE + exp(-x))


@_in_this_order
def tanh(x):
    """(e²ˣ − 1) / (e²ˣ + 1), with e²ˣ − 1 computed without cancellation near 0."""
    s, t = _exp_parts(np.float32(2) * x)
    below = s * t + (s - _ONE)
    return below / (below + np.float32(2))


@_compiled
def activate(kind, a, b, start, rows):
    """Replace a by h(a + b), column by column: equations (2) and (12); rows is scratch for two numbers per clip.

    ReLU and its bias are part of the preceding product, :func:`mlpsvd.engines.cpu.products.product`.
    """
    m, n = a.shape
    for j in range(m):
        bias = b[start + j]
        if kind == SIGMOID:
            for i in range(n):
                a[j, i] = sigmoid(a[j, i] + bias)
        elif kind == TANH:
            for i in range(n):
                a[j, i] = tanh(a[j, i] + bias)
        else:
            for i in range(n):
                a[j, i] += bias
    if kind == SOFTMAX:
        _softmax(a, rows)


@_compiled
def _softmax(a, rows):
    """Softmax, equation (12); the maximum of each column is subtracted to avoid overflow."""
    m, n = a.shape
    for i in range(n):
        rows[0, i] = a[0, i]
        rows[1, i] = _ZERO
    for j in range(1, m):
        for i in range(n):
            rows[0, i] = max(rows[0, i], a[j, i])
    for j in range(m):
        for i in range(n):
            a[j, i] = exp(a[j, i] - rows[0, i])
            rows[1, i] += a[j, i]
    for i in range(n):
        rows[1, i] = _ONE / rows[1, i]
    for j in range(m):
        for i in range(n):
            a[j, i] *= rows[1, i]


@_compiled
def through_activation(kind, z, gradient):
    """Replace gradient by Hᵀ gradient: equations (14) and (26)."""
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
