"""Typical clips of a class: found where they are, and the same each time."""

from __future__ import annotations

import numpy as np

from mlpsvd.models.prototypes import MOST_CENTRES, find_centres, nearest_centres

RNG = np.random.default_rng(2)


def test_several_voices_in_one_class_have_a_centre_each() -> None:
    voices = 20.0 * RNG.standard_normal((4, 30))
    vectors = np.repeat(voices, 40, axis=0) + RNG.standard_normal((160, 30))
    centres, members = find_centres(vectors, np.zeros(160, np.intp), 1)
    assert len(centres) <= MOST_CENTRES
    nearest = np.sqrt(nearest_centres(voices, centres).min(axis=1))
    assert nearest.max() < 4.0
    for index, centre in enumerate(centres):
        np.testing.assert_allclose(centre, vectors[members == index].mean(axis=0), rtol=1e-9)


def test_a_small_class_has_one_centre_its_mean() -> None:
    vectors = RNG.standard_normal((33, 5)).astype(np.float32)
    labels = np.array([0] * 15 + [1] + [2] * 17)
    centres, members = find_centres(vectors, labels, 3)
    assert members.tolist() == labels.tolist()
    np.testing.assert_allclose(centres[0], vectors[:15].mean(axis=0), atol=1e-6)
    np.testing.assert_allclose(centres[1], vectors[15])


def test_a_clip_in_the_wrong_class_stays_with_its_own() -> None:
    vectors = RNG.standard_normal((400, 8))
    labels = np.arange(400) % 2
    _, members = find_centres(vectors, labels, 2)
    assert not set(members[labels == 0]) & set(members[labels == 1])


def test_clips_that_are_all_alike_have_one_centre() -> None:
    centres, members = find_centres(np.ones((50, 3)), np.zeros(50, np.intp), 1)
    assert centres.tolist() == [[1.0, 1.0, 1.0]]
    assert set(members) == {0}
