"""Folds for cross-validation: each recording, or each group of recordings, is tested in exactly one fold."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from mlpsvd.datasets.labels import natural_key
from mlpsvd.streams import Purpose, seeds

__all__ = ["Folds", "divides_units", "grouped_folds", "one_group_out", "stratified_folds", "untrained_class"]

Folds = tuple[NDArray[np.intp], ...]


def stratified_folds(labels: NDArray[np.intp], recordings: Sequence[str], n_folds: int, seed: int) -> Folds:
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
    return _sorted(folds)


def grouped_folds(labels: NDArray[np.intp], groups: Sequence[str], n_folds: int, seed: int) -> Folds:
    """Return the test clips of each fold; whole groups stay together, and the classes are spread as evenly as possible.

    The groups are shuffled. Those whose clips are spread least evenly over the classes come first. Each goes to the
    fold where it leaves the smallest spread of the classes over the folds.

    Parameters
    ----------
    labels : np.ndarray [shape=(n_clips,)]
        Class of each clip.
    groups
        Group of each clip.
    n_folds
        How many folds; at most one for each group.
    seed
        Decides the shuffling, together with the names.

    Returns
    -------
    tuple of np.ndarray [shape=(n_test_clips,)]
        Indices of the test clips of each fold, in rising order. Empty with fewer than two groups.

    References
    ----------
    The greedy assignment is that of ``StratifiedGroupKFold`` in scikit-learn.

    Examples
    --------
    >>> import numpy as np
    >>> grouped_folds(np.array([0, 1, 0, 1]), ["a", "a", "b", "b"], 5, seed=1)
    (array([2, 3]), array([0, 1]))
    """
    names = sorted(set(groups))
    n_folds = min(n_folds, len(names))
    if n_folds < 2:
        return ()
    row = {name: index for index, name in enumerate(names)}
    counts = np.zeros((len(names), int(labels.max()) + 1))
    np.add.at(counts, (np.array([row[name] for name in groups]), labels), 1)
    order = np.random.default_rng(seeds(Purpose.FOLDS, seed)).permutation(len(names))
    order = order[np.argsort(-counts[order].std(axis=1), kind="stable")]
    of_fold = np.zeros((n_folds, counts.shape[1]))
    totals = np.maximum(counts.sum(axis=0), 1)
    fold_of = {}
    for group in order:
        spreads = []
        for fold in range(n_folds):
            filled = of_fold.copy()
            filled[fold] += counts[group]
            spreads.append((float((filled / totals).std(axis=0).mean()), of_fold[fold].sum(), fold))
        fold_of[names[group]] = min(spreads)[2]
        of_fold[fold_of[names[group]]] += counts[group]
    folds: list[list[int]] = [[] for _ in range(n_folds)]
    for index, name in enumerate(groups):
        folds[fold_of[name]].append(index)
    return _sorted(fold for fold in folds if fold)


def one_group_out(groups: Sequence[str]) -> Folds:
    """Return the clips of each group, in the natural order of the groups' names.

    Examples
    --------
    >>> one_group_out(["b", "a", "b"])
    (array([1]), array([0, 2]))
    """
    of_group: dict[str, list[int]] = {}
    for index, name in enumerate(groups):
        of_group.setdefault(name, []).append(index)
    return _sorted(of_group[name] for name in sorted(of_group, key=natural_key))


def divides_units(labels: NDArray[np.intp], units: Sequence[str]) -> bool:
    """Whether a unit (a recording with its copies) has clips of several classes; stratified folds would divide it."""
    return len(set(zip(units, labels.tolist(), strict=True))) > len(set(units))


def untrained_class(labels: NDArray[np.intp], folds: Folds) -> tuple[int, int] | None:
    """Return the first fold with all clips of a class, and the class, for which no training clip would be left."""
    totals = np.bincount(labels)
    for number, fold in enumerate(folds):
        lacking = np.flatnonzero((np.bincount(labels[fold], minlength=len(totals)) == totals) & (totals > 0))
        if len(lacking):
            return number, int(lacking[0])
    return None


def _sorted(folds: Iterable[Sequence[int]]) -> Folds:
    return tuple(np.array(sorted(fold), dtype=np.intp) for fold in folds)
