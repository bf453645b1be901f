"""Folds for cross-validation."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mlpsvd.datasets.folds import grouped_folds, one_group_out, stratified_folds, untrained_class


@given(
    recordings=st.lists(st.integers(2, 9), min_size=2, max_size=5),
    clips=st.integers(1, 3),
    n_folds=st.integers(2, 6),
    seed=st.integers(0, 2**32 - 1),
)
def test_every_clip_is_tested_once_and_recordings_stay_whole(
    recordings: list[int], clips: int, n_folds: int, seed: int
) -> None:
    names = [f"{label}/{n}.wav" for label, count in enumerate(recordings) for n in range(count) for _ in range(clips)]
    labels = np.array([int(name.partition("/")[0]) for name in names])
    folds = stratified_folds(labels, names, n_folds, seed)
    assert len(folds) == min(n_folds, *recordings)
    assert sorted(np.concatenate(folds).tolist()) == list(range(len(names)))
    for fold in folds:
        inside = {names[index] for index in fold}
        outside = {name for index, name in enumerate(names) if index not in set(fold.tolist())}
        assert not inside & outside
        assert {name[0] for name in outside} == {str(label) for label in range(len(recordings))}
        for label, count in enumerate(recordings):  # stratified: as even as whole recordings allow
            share = sum(name.startswith(f"{label}/") for name in inside)
            assert count // len(folds) <= share <= -(-count // len(folds))


def test_the_order_of_the_clips_does_not_matter() -> None:
    names = [f"{label}/{n}.wav" for label in range(3) for n in range(7)]
    labels = np.repeat(np.arange(3), 7)
    order = np.random.default_rng(1).permutation(21)
    first = stratified_folds(labels, names, 5, 4)
    second = stratified_folds(labels[order], [names[i] for i in order], 5, 4)
    assert [{names[i] for i in fold} for fold in first] == [{names[order[i]] for i in fold} for fold in second]
    other = stratified_folds(labels, names, 5, 5)
    assert [fold.tolist() for fold in first] != [fold.tolist() for fold in other]


def test_folds_have_nearly_equal_sizes() -> None:
    names = [f"{label}/{n}.wav" for label in range(4) for n in range(7)]
    sizes = [fold.size for fold in stratified_folds(np.repeat(np.arange(4), 7), names, 5, 1)]
    assert max(sizes) - min(sizes) <= 1


def test_a_class_with_one_recording_cannot_be_validated() -> None:
    assert stratified_folds(np.array([0, 0, 1, 1]), ["a", "b", "c", "c"], 5, 1) == ()
    assert stratified_folds(np.array([], np.intp), [], 5, 1) == ()


@given(
    sizes=st.lists(st.tuples(st.integers(1, 5), st.integers(1, 5), st.integers(1, 5)), min_size=2, max_size=8),
    n_folds=st.integers(2, 6),
    seed=st.integers(0, 2**32 - 1),
)
def test_groups_stay_whole_and_every_clip_is_tested_once(
    sizes: list[tuple[int, int, int]], n_folds: int, seed: int
) -> None:
    groups = [f"g{number}" for number, counts in enumerate(sizes) for _ in range(sum(counts))]
    labels = np.array([label for counts in sizes for label, count in enumerate(counts) for _ in range(count)])
    folds = grouped_folds(labels, groups, n_folds, seed)
    assert len(folds) == min(n_folds, len(sizes))
    assert sorted(np.concatenate(folds).tolist()) == list(range(len(groups)))
    inside = [{groups[index] for index in fold} for fold in folds]
    assert sum(len(one) for one in inside) == len(set(groups))
    assert untrained_class(labels, folds) is None


def test_grouped_folds_spread_the_classes() -> None:
    groups = [f"{label}{number}" for label in "ab" for number in range(5) for _ in range(4)]
    labels = np.repeat([0, 1], 20)  # each group has one class
    for fold in grouped_folds(labels, groups, 5, 3):
        assert np.bincount(labels[fold]).tolist() == [4, 4]


def test_a_class_within_one_group_is_found() -> None:
    groups = ["george", "george", "theo", "theo"]
    assert [fold.tolist() for fold in one_group_out(groups)] == [[0, 1], [2, 3]]
    assert untrained_class(np.array([0, 1, 0, 0]), one_group_out(groups)) == (0, 1)
    assert untrained_class(np.array([0, 1, 0, 1]), one_group_out(groups)) is None
    assert one_group_out(["day 10", "day 2"])[0].tolist() == [1], "natural order"
