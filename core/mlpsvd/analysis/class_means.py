"""Rank and singular values of class means, low-rank reconstructions, and classes that are combinations of others.

Kantack's alphabet matrix A [shape=(n_features, n_classes)] has one prototypical clip per column. Here it is the mean of
each class, or the whole training set.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlpsvd.analysis.words import class_text
from mlpsvd.errors import DataError
from mlpsvd.linalg.random_matrix import entropy_rank, stable_rank

__all__ = ["Combination", "Ranks", "class_means", "combinations", "measure_ranks", "reconstructions"]

_Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class Ranks:
    """The rank of a matrix by several definitions.

    Attributes
    ----------
    numerical
        Singular values above the rounding error.
    stable
        ‖A‖_F² / σ₁².
    entropy_of_energies
        exp of the entropy of σᵢ² / Σσ².
    entropy_of_values
        exp of the entropy of σᵢ / Σσ (Roy and Vetterli's effective rank).
    above_a_tenth
        Singular values above a tenth of the largest.
    condition
        σ₁ / σ of the numerical rank.
    """

    numerical: int
    stable: float
    entropy_of_energies: float
    entropy_of_values: float
    above_a_tenth: int
    condition: float


@dataclass(frozen=True)
class Combination:
    """A class as a linear combination of other classes.

    Attributes
    ----------
    name
        The class.
    terms
        The classes that describe it best, with their factors, in the order in which they were selected.
    residual
        Norm of what the terms leave, relative to the norm of the class mean: 0 for an exact combination.
    residual_of_all
        The same with all other classes as terms.
    """

    name: str
    terms: tuple[tuple[str, float], ...]
    residual: float
    residual_of_all: float

    def __str__(self) -> str:
        first, *others = self.terms
        text = f"{class_text(self.name)} ≈ {'−' if first[1] < 0 else ''}{abs(first[1]):.2f} × {class_text(first[0])}"
        return text + "".join(
            f" {'−' if factor < 0 else '+'} {abs(factor):.2f} × {class_text(name)}" for name, factor in others
        )


def class_means(x: NDArray[np.floating], labels: NDArray[np.integer], n_classes: int) -> _Matrix:
    """Return the mean of each class as columns: Kantack's A, equation (7).

    Parameters
    ----------
    x : np.ndarray [shape=(n_clips, n_features)]
        Feature vectors.
    labels : np.ndarray [shape=(n_clips,)]
        Class indices.
    n_classes
        Number of classes.

    Returns
    -------
    np.ndarray [shape=(n_features, n_classes)]

    Raises
    ------
    DataError
        If a class has no clip.
    """
    counts = np.bincount(labels, minlength=n_classes)
    if not counts.all():
        raise DataError(f"class {int(np.argmin(counts))} has no clip; each class should have at least one")
    members = (labels[:, None] == np.arange(n_classes)) / counts
    return np.asarray(x, dtype=np.float64).T @ members


def measure_ranks(values: NDArray[np.floating], shape: tuple[int, int]) -> Ranks:
    """Return the ranks of a matrix from its singular values.

    Parameters
    ----------
    values : np.ndarray [shape=(min(shape),)]
        Singular values, descending.
    shape
        Shape of the matrix, for the rounding error.

    Raises
    ------
    DataError
        If all values are 0 or one is not finite.
    """
    sigma = np.asarray(values, dtype=np.float64)
    if not np.isfinite(sigma).all() or not sigma.size or sigma[0] <= 0.0:
        raise DataError("the singular values are all 0 or not finite; the matrix should hold finite numbers, not all 0")
    is_above = sigma > sigma[0] * max(shape) * np.finfo(np.float64).eps
    return Ranks(
        int(is_above.sum()),
        stable_rank(sigma),
        entropy_rank(sigma),
        entropy_rank(sigma, of_energies=False),
        int((sigma > sigma[0] / 10).sum()),
        float(sigma[0] / sigma[is_above][-1]),
    )


def reconstructions(a: _Matrix, ranks: Sequence[int]) -> _Matrix:
    """Return U(:, 1:r) Σ(1:r, 1:r) Vᵀ(1:r, :) for each rank r, equation (13).

    Parameters
    ----------
    a : np.ndarray [shape=(n_features, n_classes)]
        The matrix.
    ranks
        Numbers of singular values to keep, each from 0 to ``min(a.shape)``.

    Returns
    -------
    np.ndarray [shape=(len(ranks), n_features, n_classes)]
    """
    u, sigma, vt = np.linalg.svd(a, full_matrices=False)
    return np.stack([(u[:, :rank] * sigma[:rank]) @ vt[:rank] for rank in ranks])


def combinations(a: _Matrix, names: Sequence[str], n_terms: int = 3) -> list[Combination]:
    """Describe each class by a few others, those that are nearest to a linear combination first.

    The terms are selected one at a time, each as the one that leaves the least residual with all factors fitted again
    (forward selection). It finds a good combination, not always the best.

    Parameters
    ----------
    a : np.ndarray [shape=(n_features, n_classes)]
        Class means as columns.
    names
        Names of the classes.
    n_terms
        Largest number of terms.

    Returns
    -------
    list
        In ascending order of :attr:`Combination.residual`.

    References
    ----------
    Kantack (2020), equations (9) to (12).
    """
    found = [_combination(a, names, k, n_terms) for k in range(a.shape[1])]
    return sorted(found, key=lambda one: one.residual)


def _combination(a: _Matrix, names: Sequence[str], k: int, n_terms: int) -> Combination:
    target, norm = a[:, k], float(np.linalg.norm(a[:, k])) or 1.0
    others = [j for j in range(a.shape[1]) if j != k]
    chosen: list[int] = []
    while len(chosen) < min(n_terms, len(others)):
        rest = [j for j in others if j not in chosen]
        residuals = [_fitted(a[:, [*chosen, j]], target)[1] for j in rest]
        chosen.append(rest[int(np.argmin(residuals))])
        if min(residuals) <= 1e-12 * norm:
            break
    factors, residual = _fitted(a[:, chosen], target)
    terms = tuple((names[j], float(factor)) for j, factor in zip(chosen, factors, strict=True))
    return Combination(names[k], terms, residual / norm, _fitted(a[:, others], target)[1] / norm)


def _fitted(columns: _Matrix, target: _Matrix) -> tuple[_Matrix, float]:
    factors: _Matrix = np.asarray(np.linalg.lstsq(columns, target, rcond=None)[0], dtype=np.float64)
    return factors, float(np.linalg.norm(target - columns @ factors))
