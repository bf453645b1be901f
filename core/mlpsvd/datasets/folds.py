"""Folds for cross-validation: each recording is in the test set of exactly one fold."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mlpsvd.streams import Purpose, seeds

__all__ = ["stratified_folds"]


def stratified_folds(
    labels: NDArray[np.intp], recordings: Sequence[str], n_folds: int, seed: int
) -> tuple[NDArray[np.intp], ...]:
    """Return the test clips of each fold, with the classes spread evenly over the folds.

    All clips of one recording are in one fold. The recordings of each class are shuffled and dealt out in turn,
    beginning with the fold that has the fewest clips.

    Parameters
    ----------
    labels : np.ndarray [shape=(n_clips,)]
        Class of each clip.
    recordings
        Name of the recording of each clip.
    n_folds
        How many folds; fewer are returned where the smallest class has fewer recordings, so that every class has
        training clips in every fold.
    seed
        Decides the shuffling, together with the names.

    Returns
    -------
    tuple of np.ndarray [shape=(n_test_clips,)]
        Indices of the test clips of each fold, in rising order. Empty where a class has fewer than two recordings.

    Examples
    --------
    >>> import numpy as np
    >>> folds = stratified_folds(np.array([0, 0, 1, 1]), ["a", "b", "c", "d"], 2, seed=1)
    >>> [fold.size for fold in folds]
    [2, 2]
    """
    clips: dict[tuple[int, str], list[int]] = {}
    for index, (label, name) in enumerate(zip(labels.tolist(), recordings, strict=True)):
        clips.setdefault((label, name), []).append(index)
    by_class: dict[int, list[str]] = {}
    for label, name in sorted(clips):
        by_class.setdefault(label, []).append(name)
    n_folds = min(n_folds, *(len(names) for names in by_class.values())) if by_class else 0
    if n_folds < 2:
        return ()
    rng = np.random.default_rng(seeds(Purpose.FOLDS, seed))
    folds: list[list[int]] = [[] for _ in range(n_folds)]
    for label, names in by_class.items():
        order = sorted(range(n_folds), key=lambda fold: len(folds[fold]))
        for place, name in enumerate(rng.permutation(np.array(names, dtype=object))):
            folds[order[place % n_folds]] += clips[label, name]
    return tuple(np.array(sorted(fold), dtype=np.intp) for fold in folds)
