"""Recorded takes and collections for the tests of collections."""

from __future__ import annotations

import csv

import numpy as np
from numpy.typing import NDArray

from mlpsvd.collection.collection import Collection
from mlpsvd.collection.take import Take

RATE_HZ = 8000.0


def noise(n_samples: int = 1600, seed: int = 0) -> NDArray[np.float32]:
    return np.random.default_rng(seed).normal(0.0, 0.1, n_samples).astype(np.float32)


def take(label: str, n_samples: int = 1600, **about: object) -> Take:
    return Take(noise(n_samples), RATE_HZ, label, **about)  # type: ignore[arg-type]


def reopened(collection: Collection) -> Collection:
    collection.close()
    return Collection.open(collection.folder)


def rows(collection: Collection) -> list[dict[str, str]]:
    with collection.manifest.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
