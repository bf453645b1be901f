"""Hessian of a recurrent network through time: Naumov (2017), theorem 2, as corrected, and complete for one layer.

The network has one layer, y(s) = W x(s) + U z(s−1) + b, z(s) = f(y(s)), z(0) = 0, and the loss ½ ‖z* − z(t)‖² at the
last step. Steps are counted from 1 in the formulas and from 0 in the arrays.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from mlpsvd.errors import NetworkError

__all__ = ["FUNCTIONS", "Bounds", "ScalarFunction", "TimePass", "time_pass"]

Array = NDArray[np.floating]


@dataclass(frozen=True)
class ScalarFunction:
    """An activation f with its first two derivatives, as functions of y."""

    f: Callable[[Array], Array]
    first: Callable[[Array], Array]
    second: Callable[[Array], Array]


def _logistic(y: Array) -> Array:
    return 0.5 * (1 + np.tanh(0.5 * y))


FUNCTIONS: Mapping[str, ScalarFunction] = MappingProxyType(
    {
        "sigmoid": ScalarFunction(
            _logistic,
            lambda y: _logistic(y) * (1 - _logistic(y)),
            lambda y: _logistic(y) * (1 - _logistic(y)) * (1 - 2 * _logistic(y)),
        ),
        "tanh": ScalarFunction(
            np.tanh, lambda y: 1 - np.tanh(y) ** 2, lambda y: -2 * np.tanh(y) * (1 - np.tanh(y) ** 2)
        ),
        "relu": ScalarFunction(lambda y: np.maximum(y, 0.0), lambda y: (y > 0).astype(np.float64), np.zeros_like),
        "softplus": ScalarFunction(
            lambda y: np.logaddexp(0.0, y), _logistic, lambda y: _logistic(y) * (1 - _logistic(y))
        ),
    }
)
"""The paper's activations by name; those of the second derivative are 0 for the ReLU, also at 0."""


@dataclass(frozen=True)
class Bounds:
    """Bounds of the eigenvalues of the printed H_w, (74), relative to those of its last term B, and the eigenvalues.

    Attributes
    ----------
    eigenvalues, of_last_term : np.ndarray [shape=(m·n,)]
        λ(H) of (74) and λ(B) of (105), smallest first.
    weyl : tuple of float
        Lower and upper bound of λ(H) − λ(B) from (103).
    coarse : tuple of float
        The same from (108).
    """

    eigenvalues: Array
    of_last_term: Array
    weyl: tuple[float, float]
    coarse: tuple[float, float]

    @property
    def hold(self) -> bool:
        """Whether every difference lies within both pairs of bounds, up to rounding."""
        differences, slack = self.eigenvalues - self.of_last_term, 1e-10 * (1 + float(np.abs(self.eigenvalues).max()))
        pairs = (self.weyl, self.coarse)
        return all(low - slack <= differences.min() and differences.max() <= high + slack for low, high in pairs)


@dataclass(frozen=True, eq=False)
class TimePass:
    """The passes of a sequence through the network, and what follows from them.

    Attributes
    ----------
    x : np.ndarray [shape=(t, n)]
        The input sequence.
    before, z : np.ndarray [shape=(t, m)]
        z(s−1) and z(s).
    v : np.ndarray [shape=(t, m)]
        Derivative of the loss with respect to y(s): (59) and (60) with (58) multiplied out downwards.
    slope : np.ndarray [shape=(t, m)]
        f′(y(s)).
    d : np.ndarray [shape=(t, m)]
        (U v(s+1)) ∘ f″(y(s)) with Uᵀ; at the last step −(z* − z) ∘ f″(y), (83) as corrected.
    U : np.ndarray [shape=(m, m)]
    loss
        ½ ‖z* − z(t)‖².
    """

    x: Array
    before: Array
    z: Array
    v: Array
    slope: Array
    d: Array
    U: Array
    loss: float

    @property
    def n_steps(self) -> int:
        """Length t of the sequence."""
        return len(self.x)

    def gradients(self) -> tuple[Array, Array, Array]:
        """Return G_w, G_u and G_b, equations (55) to (57)."""
        return self.v.T @ self.x, self.v.T @ self.before, self.v.sum(axis=0)

    @cached_property
    def transfers(self) -> Array:
        """P(h, s) = ∂y(h)/∂y(s) [shape=(t, t, m, m)], 0 for h < s: the products of (58), which run downwards."""
        t, m = self.z.shape
        P = np.zeros((t, t, m, m))
        for s in range(t):
            P[s, s] = np.eye(m)
            for h in range(s + 1, t):
                P[h, s] = self.U @ (self.slope[h - 1][:, None] * P[h - 1, s])
        return P

    def printed_terms(self) -> Array:
        """Return C̃(s, ζ) [shape=(t, t, m, m)] of (77): the curvature of the last step alone."""
        A = np.diag(self.slope[-1] ** 2 + self.d[-1])
        last = self.transfers[-1]
        return np.einsum("sji,jk,qkl->sqil", last, A, last, optimize=True)

    def complete_terms(self) -> Array:
        """Return C(s, ζ) [shape=(t, t, m, m)] with the curvature of every step."""
        P, t = self.transfers, self.n_steps
        terms = np.einsum("sji,j,qjl->sqil", P[-1], self.slope[-1] ** 2, P[-1], optimize=True)
        for h in range(t):  # P(h, s) is 0 for s > h
            terms += np.einsum("sji,j,qjl->sqil", P[h], self.d[h], P[h], optimize=True)
        return terms

    def printed_hessians(self) -> tuple[Array, Array, Array]:
        """Return H_w, H_u and H_b as (74) to (76) print them, with the misprints of (81) and (83) corrected.

        They neglect the curvature of all steps but the last and, in H_u, that z(s−1) depends on U; exact for a single
        step, and (74) and (76) for the ReLU.
        """
        return self._assembled(self.printed_terms())

    def hessians(self) -> tuple[Array, Array, Array]:
        """Return the complete H_w, H_u and H_b, for the row-major vec of W and U."""
        H_w, H_u, H_b = self._assembled(self.complete_terms())
        X = self._dependence_of_states()
        return H_w, H_u + X + X.T, H_b

    def _assembled(self, terms: Array) -> tuple[Array, Array, Array]:
        return _kronecker_sum(terms, self.x), _kronecker_sum(terms, self.before), terms.sum(axis=(0, 1))

    def _dependence_of_states(self) -> Array:
        """X[(i,j),(p,q)] = Σ_h v_i(h) f′(y_j(h−1)) Σ_{s<h} P(h−1, s)_jp z_q(s−1): z(h−1) depends on U."""
        t, m = self.z.shape
        X = np.zeros((m, m, m, m))
        for h in range(1, t):
            dy = np.einsum("sjp,sq->jpq", self.transfers[h - 1], self.before, optimize=True)
            X += self.v[h][:, None, None, None] * (self.slope[h - 1][:, None, None] * dy)
        return X.reshape(m * m, m * m)

    def bounds(self) -> Bounds:
        """Return the eigenvalues of the printed H_w and the bounds (103) and (108), the second by way of (107)."""
        terms, t = self.printed_terms(), self.n_steps
        H = _kronecker_sum(terms, self.x)
        last = np.kron(terms[-1, -1], np.outer(self.x[-1], self.x[-1]))
        low = high = 0.0
        for s in range(t):
            for q in range(s + 1):
                if (s, q) != (t - 1, t - 1):
                    values = np.linalg.eigvalsh(_auxiliary(terms, self.x, s, q))
                    low, high = low + float(values[0]), high + float(values[-1])
        return Bounds(np.linalg.eigvalsh(H), np.linalg.eigvalsh(last), (low, high), _coarse_bounds(terms, self.x))


def time_pass(W: Array, U: Array, b: Array, x: Array, target: Array, activation: str) -> TimePass:
    """Run a sequence through a recurrent network of one layer, forwards (47), (48) and backwards (58) to (60).

    Parameters
    ----------
    W : np.ndarray [shape=(m, n)]
    U : np.ndarray [shape=(m, m)]
    b : np.ndarray [shape=(m,)]
    x : np.ndarray [shape=(t, n)]
        The input sequence.
    target : np.ndarray [shape=(m,)]
        z* at the last step.
    activation
        A key of :data:`FUNCTIONS`.

    Raises
    ------
    NetworkError
        If the sequence is empty, or a shape does not fit.

    References
    ----------
    M. Naumov, "Feedforward and recurrent neural networks backward propagation and Hessian in matrix form" (2017),
    lemma 2 and theorem 2.
    """
    m, n = W.shape
    if not len(x) or x.shape != (len(x), n) or U.shape != (m, m) or b.shape != (m,) or target.shape != (m,):
        raise NetworkError(
            f"W, U, b, x and target have the shapes {W.shape}, {U.shape}, {b.shape}, {x.shape} and {target.shape}; "
            f"they should be ({m}, {n}), ({m}, {m}), ({m},), (steps, {n}) and ({m},) with at least one step"
        )
    function, y, z = FUNCTIONS[activation], np.empty((len(x), m)), np.zeros((len(x) + 1, m))
    for s, one in enumerate(x):
        y[s] = W @ one + U @ z[s] + b
        z[s + 1] = function.f(y[s])
    slope, second = function.first(y), function.second(y)
    error = z[-1] - target
    v, d = np.empty_like(y), np.empty_like(y)
    v[-1], d[-1] = error * slope[-1], error * second[-1]
    for s in reversed(range(len(x) - 1)):
        back = U.T @ v[s + 1]
        v[s], d[s] = back * slope[s], back * second[s]
    return TimePass(x, z[:-1], z[1:], v, slope, d, U, 0.5 * float(error @ error))


def _kronecker_sum(terms: Array, x: Array) -> Array:
    """Σ C(s, q) ⊗ x(s) x(q)ᵀ for terms [shape=(t, t, m, m)] and x [shape=(t, n)]."""
    size = terms.shape[2] * x.shape[1]
    summed = np.einsum("sqil,sj,qk->ijlk", terms, x, x, optimize=True)
    return np.asarray(summed).reshape(size, size)


def _auxiliary(terms: Array, x: Array, s: int, q: int) -> Array:
    """B(s, ζ) of (104)."""
    B = np.kron(terms[s, q], np.outer(x[s], x[q]))
    return B if s == q else B + np.kron(terms[q, s], np.outer(x[q], x[s]))


def _coarse_bounds(terms: Array, x: Array) -> tuple[float, float]:
    """(108): μ from the terms s = ζ < t, and the largest singular value of the others with (107)."""
    t = len(x)
    if t == 1:
        return 0.0, 0.0
    lengths = np.linalg.norm(x, axis=1)
    spectra = [lengths[s] ** 2 * np.linalg.eigvalsh(terms[s, s]) for s in range(t - 1)]
    mu_low, mu_high = min(0.0, *(one[0] for one in spectra)), max(0.0, *(one[-1] for one in spectra))
    sigma = max(
        lengths[s] * lengths[q] * float(np.linalg.norm(terms[s, q], 2)) for s in range(t) for q in range(t) if s != q
    )
    return float((t - 1) * mu_low - t * (t - 1) * sigma), float((t - 1) * mu_high + t * (t - 1) * sigma)
