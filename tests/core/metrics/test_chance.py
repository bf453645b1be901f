"""Distinguishing a network at chance from one that has learned a little."""

from __future__ import annotations

import numpy as np
import pytest

from mlpsvd.metrics.chance import is_at_chance, mean_recall
from mlpsvd.metrics.scores import confusion_matrix


@pytest.mark.parametrize("confusion", [
    [[8, 0, 0], [8, 0, 0], [8, 0, 0]],  # a constant output
    [[0, 150], [0, 5]],  # a constant output with unequal classes: 97 % accuracy
    [[3, 3, 2], [2, 3, 3], [3, 2, 3]],  # random output
    [[0, 4], [4, 0]],  # everything wrong
])  # fmt: skip
def test_guesses_are_at_chance(confusion: list[list[int]]) -> None:
    assert is_at_chance(np.array(confusion, np.intp))


@pytest.mark.parametrize("confusion", [
    [[7, 1, 0], [0, 8, 0], [1, 0, 7]],
    [[150, 0], [2, 3]],  # most of a rare class found: no better in accuracy than a constant output by much
    [[1, 0], [0, 1]],  # two clips, both correct
    [[0, 0, 0], [0, 5, 0], [0, 1, 4]],  # a class without clips
])  # fmt: skip
def test_learning_is_not_chance(confusion: list[list[int]]) -> None:
    assert not is_at_chance(np.array(confusion, np.intp))


def test_one_network_at_chance_in_a_hundred_passes() -> None:
    rng = np.random.default_rng(3)
    targets = np.repeat(np.arange(4), 50)
    chance = [is_at_chance(confusion_matrix(targets, rng.integers(0, 4, 200), 4)) for _ in range(2000)]
    assert 0.975 < np.mean(chance) < 0.998


def test_mean_recall() -> None:
    assert mean_recall(np.array([[150, 0], [2, 3]], np.intp)) == pytest.approx(0.8)
    assert np.isnan(mean_recall(np.zeros((2, 2), np.intp)))
    assert not is_at_chance(np.zeros((2, 2), np.intp))
