"""What tests in every part of the tree need."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

# Two slow cores may take any time over one example: a test that is late is not a test that fails.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")


@pytest.fixture(scope="session")
def project_root() -> Path:
    """The top folder of the clone."""
    return Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def spoken_digits(project_root: Path) -> Path:
    """The folder of spoken digits beside the clone; where there is none, the test is skipped."""
    folder = project_root.parent / "shared" / "data" / "fsdd"
    if not folder.is_dir():
        pytest.skip("the spoken digits are not on this machine")
    return folder
