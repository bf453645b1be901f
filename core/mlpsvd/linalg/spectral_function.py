"""Functions of singular values, F(A) = U f(Σ) Vᵀ, and their exact gradient.

The gradient is that of the note on backpropagation through functions of singular values, in a form that holds for every
shape and for equal, nearly equal and zero singular values. Only differences of f are divided by differences of singular
values, so nothing grows where two singular values meet, unlike in automatic differentiation through U and V.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlpsvd.arrays import namespace, to_host
from mlpsvd.errors import MatrixError

__all__ = [
    "IDENTITY",
    "LOG1P",
    "ONE",
    "SQUARE",
    "TANH",
    "ScalarFunction",
    "SpectralPass",
    "clip",
    "soft_threshold",
    "spectral_function",
    "spectral_gradient",
]

Array = NDArray[np.floating]
Elementwise = Callable[[Any], Any]

_SWITCH_GAP = {4: 1e-2, 8: 1e-5}
"""Relative gap of two singular values below which f′ between them replaces the quotient, by bytes of a number."""


@dataclass(frozen=True)
class ScalarFunction:
    """A function f of one singular value, with its derivative.

    Attributes
    ----------
    name
        For messages.
    value, derivative
        f and f′, element by element, on NumPy or CuPy arrays.
    at_zero
        f(0).
    """

    name: str
    value: Elementwise
    derivative: Elementwise
    at_zero: float = 0.0


def _tanh_derivative(s: Any) -> Any:
    return 1 - namespace(s).tanh(s) ** 2


IDENTITY = ScalarFunction("identity", lambda s: 1 * s, lambda s: namespace(s).ones_like(s))
TANH = ScalarFunction("tanh", lambda s: namespace(s).tanh(s), _tanh_derivative)
SQUARE = ScalarFunction("square", lambda s: s * s, lambda s: 2 * s)
LOG1P = ScalarFunction("log(1 + s)", lambda s: namespace(s).log1p(s), lambda s: 1 / (1 + s))
ONE = ScalarFunction("one", lambda s: namespace(s).ones_like(s), lambda s: namespace(s).zeros_like(s), at_zero=1.0)
"""F(A) is then the orthogonal polar factor U Vᵀ."""


def soft_threshold(t: float) -> ScalarFunction:
    """Return f(s) = max(s − t, 0), the proximal operator of t times the nuclear norm."""
    return ScalarFunction(
        f"soft threshold at {t:g}",
        lambda s: namespace(s).maximum(s - s.dtype.type(t), 0),
        lambda s: (s > t).astype(s.dtype),
        at_zero=max(-t, 0.0),
    )


def clip(c: float) -> ScalarFunction:
    """Return f(s) = min(s, c), the projection onto matrices of spectral norm at most c."""
    return ScalarFunction(
        f"clip at {c:g}",
        lambda s: namespace(s).minimum(s, s.dtype.type(c)),
        lambda s: (s < c).astype(s.dtype),
        at_zero=min(c, 0.0),
    )


@dataclass(frozen=True)
class SpectralPass:
    """What :func:`spectral_gradient` needs: the thin singular value decomposition of A, and f.

    Attributes
    ----------
    U : np.ndarray [shape=(m, k)]
    s : np.ndarray [shape=(k,)]
    Vt : np.ndarray [shape=(k, n)]
    f
        The function that was applied.
    """

    U: Array
    s: Array
    Vt: Array
    f: ScalarFunction


def spectral_function(A: Array, f: ScalarFunction) -> tuple[Array, SpectralPass]:
    """Apply a function to the singular values of a matrix.

    Parameters
    ----------
    A : np.ndarray or cupy.ndarray [shape=(m, n)]
        ``float32`` or ``float64``.
    f
        The function; f(0) = 0, or A has full rank.

    Returns
    -------
    F : np.ndarray [shape=(m, n)]
        U f(Σ) Vᵀ, in the type of A.
    spectral_pass
        For :func:`spectral_gradient`.

    Raises
    ------
    MatrixError
        If A is not a matrix of finite numbers, or is singular where f(0) is not 0: U f(Σ) Vᵀ then depends on the
        choice of the singular vectors of 0.

    Examples
    --------
    >>> F, _ = spectral_function(np.diag([3.0, 1.0, 0.5]), soft_threshold(1.0))
    >>> np.diag(F).tolist()
    [2.0, 0.0, 0.0]
    """
    _check_matrix(A)
    U, s, Vt = namespace(A).linalg.svd(A, full_matrices=False)
    if f.at_zero != 0 and len(s):
        smallest, largest = float(s[-1]), float(s[0])
        if smallest <= max(A.shape) * float(np.finfo(A.dtype).eps) * largest:
            raise MatrixError(
                f"The matrix is singular (its singular values range from {smallest:.3g} to {largest:.3g}), and "
                f"'{f.name}' is {f.at_zero:g} at 0; it should be a matrix of full rank, or a function that is 0 at 0"
            )
    return (U * f.value(s)) @ Vt, SpectralPass(U, s, Vt, f)


def spectral_gradient(spectral_pass: SpectralPass, gradient: Array) -> Array:
    """Return ∂L/∂A for a loss L of F(A).

    With B̄ = ∂L/∂F, M = Uᵀ B̄ V, S = (M + Mᵀ)/2 and K = (M − Mᵀ)/2:

    Λ̄ = S ∘ (fᵢ − fⱼ)/(sᵢ − sⱼ) + K ∘ (fᵢ + fⱼ)/(sᵢ + sⱼ),
    Ā = U Λ̄ Vᵀ + (I − U Uᵀ) B̄ V h Vᵀ + U h Uᵀ B̄ (I − V Vᵀ), with h = f(s)/s.

    The quotients are replaced by their limits where singular values are equal or zero.

    Parameters
    ----------
    spectral_pass
        From :func:`spectral_function`.
    gradient : np.ndarray [shape=(m, n)]
        ∂L/∂F.

    Returns
    -------
    np.ndarray [shape=(m, n)]
    """
    U, s, Vt, f = spectral_pass.U, spectral_pass.s, spectral_pass.Vt, spectral_pass.f
    left, right = U.T @ gradient, gradient @ Vt.T
    M = left @ Vt.T
    inner = (M + M.T) / 2 * _difference_quotients(f, s) + (M - M.T) / 2 * _sum_quotients(f, s[:, None], s)
    result = U @ inner @ Vt
    h = _sum_quotients(f, s, s)
    if U.shape[0] > len(s):
        result += ((right - U @ M) * h) @ Vt
    if Vt.shape[1] > len(s):
        result += U @ (h[:, None] * (left - M @ Vt))
    return result


def _check_matrix(A: Array) -> None:
    if A.ndim != 2 or A.dtype not in (np.float32, np.float64):
        raise MatrixError(
            f"The array has shape {A.shape} and type {A.dtype}; it should be a matrix in float32 or float64"
        )
    if not bool(to_host(namespace(A).isfinite(A).all())):
        raise MatrixError("The matrix has entries that are not finite; all should be finite numbers")


def _difference_quotients(f: ScalarFunction, s: Array) -> Array:
    """Return (fᵢ − fⱼ)/(sᵢ − sⱼ) [shape=(k, k)]; f′ in the middle of two values that are nearly equal."""
    xp, values = namespace(s), f.value(s)
    difference = s[:, None] - s
    is_close = abs(difference) <= _SWITCH_GAP[s.dtype.itemsize] * xp.maximum(s[:, None], s)
    quotient = (values[:, None] - values) / xp.where(is_close, 1, difference)
    return xp.where(is_close, f.derivative((s[:, None] + s) / 2), quotient)


def _sum_quotients(f: ScalarFunction, a: Array, b: Array) -> Array:
    """Return (f(a) + f(b))/(a + b), broadcast; f′(0) where both are 0."""
    xp, total = namespace(a), a + b
    quotient = (f.value(a) + f.value(b)) / xp.where(total == 0, 1, total)
    return xp.where(total == 0, f.derivative(xp.zeros_like(total)), quotient)
