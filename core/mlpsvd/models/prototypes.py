"""Prototypes of each class: centres of its clusters, by k-means.

Words are spoken by several people into several microphones. The mean over them is nobody's voice, and a cloud around it
that is wide enough for all holds much that is like none of them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["MOST_CENTRES", "find_centres", "nearest_centres"]

MOST_CENTRES = 8
"""For each class, at the most."""

_CLIPS_A_CENTRE = 10
_STEPS = 6

Vectors = NDArray[np.floating]


def find_centres(
    vectors: Vectors, labels: NDArray[np.intp], n_classes: int
) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Find the centres of each class by k-means (Lloyd's algorithm), begun from clips evenly spaced in their order.

    Parameters
    ----------
    vectors : np.ndarray [shape=(n_clips, n_features)]
        In the units in which distances are to be measured.
    labels : np.ndarray [shape=(n_clips,)]
        Class indices.
    n_classes
        How many classes there are.

    Returns
    -------
    centres : np.ndarray [shape=(n_centres, n_features)]
        At most eight a class, and about one for each ten of its clips.
    members : np.ndarray [shape=(n_clips,)]
        Which centre each clip belongs to.
    """
    members = np.zeros(len(labels), dtype=np.intp)
    found: list[NDArray[np.float64]] = []
    n_found = 0
    for index in range(n_classes):
        (own,) = np.nonzero(labels == index)
        if not len(own):
            continue
        centres, belongs = _of_one_class(np.asarray(vectors[own], np.float64))
        members[own] = n_found + belongs
        n_found += len(centres)
        found.append(centres)
    return np.concatenate(found), members


def nearest_centres(vectors: Vectors, centres: Vectors) -> NDArray[np.float64]:
    """Return the squared distance of each vector from each centre [shape=(n_vectors, n_centres)].

    Up to rounding: good for finding the nearest, not for a number that is kept.
    """
    products = vectors @ centres.T
    lengths = np.einsum("nd,nd->n", vectors, vectors)[:, np.newaxis] + np.einsum("nd,nd->n", centres, centres)
    squares: NDArray[np.float64] = np.maximum(lengths - 2.0 * products, 0.0)
    return squares


def _of_one_class(vectors: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    n = len(vectors)
    n_centres = min(MOST_CENTRES, max(1, n // _CLIPS_A_CENTRE))
    centres = vectors[np.arange(n_centres) * n // n_centres]
    belongs = np.zeros(n, dtype=np.intp)
    for _ in range(_STEPS if n_centres > 1 else 1):
        nearest = nearest_centres(vectors, centres).argmin(axis=1)
        _, belongs = np.unique(nearest, return_inverse=True)  # a centre that nobody is near to is dropped
        centres = _means(vectors, belongs)
    return centres, belongs


def _means(vectors: NDArray[np.float64], belongs: NDArray[np.intp]) -> NDArray[np.float64]:
    """Mean of the vectors of each group; sums in one order, so that the same clips give the same bits."""
    order = np.argsort(belongs, kind="stable")
    counts = np.bincount(belongs)
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
    means: NDArray[np.float64] = np.add.reduceat(vectors[order], starts, axis=0) / counts[:, np.newaxis]
    return means
