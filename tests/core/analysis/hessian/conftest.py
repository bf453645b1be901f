"""Reference values of Naumov's formulas, computed independently of the program."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="session")
def reference(project_root: Path) -> dict[str, Any]:
    path = project_root.parent / "shared" / "reference" / "naumov.json"
    if not path.exists():
        pytest.skip("the reference values lie beside the clone, in shared/reference")
    values: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return values
