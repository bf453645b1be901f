"""Fixtures for tests of collections."""

from __future__ import annotations

from pathlib import Path

import pytest
from recorded import take

from mlpsvd.collection.collection import Collection


@pytest.fixture
def collection(tmp_path: Path) -> Collection:
    """Two clips of each of two classes."""
    made = Collection.create(tmp_path / "c")
    for label in ("dog", "cat"):
        for _ in range(2):
            made.add(take(label))
    return made
