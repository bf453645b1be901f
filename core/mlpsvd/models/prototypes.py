"""Prototypes of each class: centres of its clusters, by k-means.

A class may have several clusters, for example words spoken by several people into several microphones. A single mean is
then unlike every clip, and a region around it that contains all clips also contains much that is not in the class.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["MOST_CENTRES", "find_centres", "nearest_centres"]

MOST_CENTRES = 8
"""Maximum number of centres per class."""

_CLIPS_A_CENTRE = 10
_STEPS = 6

Vectors = NDArray[np.floating]


def find_centres(
    vectors: Vectors, labels: NDArray[np.intp], n_classes: int
) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Find the centres of each class by k-means (Lloyd's algorithm), initialised with clips evenly spaced in order.

    Parameters
    ----------
    vectors : np.ndarray [shape=(n_clips, n_features)]
        Feature vectors, scaled as for the distances.
    labels : np.ndarray [shape=(n_clips,)]
        Class indices.
    n_classes
        Number of classes.

    Returns
    -------
    centres : np.ndarray [shape=(n_centres, n_features)]
        About one centre per ten clips of a class, at most eight per class.
    members : np.ndarray [shape=(n_clips,)]
        Index of the centre of each clip.
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

    Rounding errors are larger than for a sum of squared differences: use it to find the nearest centre only.
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
        _, belongs = np.unique(nearest, return_inverse=True)  # centres without members are removed
        centres = _means(vectors, belongs)
    return centres, belongs


def _means(vectors: NDArray[np.float64], belongs: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return the mean of the vectors of each group; the fixed summation order makes it reproducible bit for bit."""
    order = np.argsort(belongs, kind="stable")
    counts = np.bincount(belongs)
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
    means: NDArray[np.float64] = np.add.reduceat(vectors[order], starts, axis=0) / counts[:, np.newaxis]
    return means
