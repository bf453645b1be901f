"""Compiling once per machine, in another process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mlpsvd.engines import warm_up

SCRIPT = """
from mlpsvd.engines.warm_up import is_compiled, ensure_compiled
assert not is_compiled()
ensure_compiled()
assert is_compiled()
from mlpsvd.engines import fused_kernels
from mlpsvd.engines.warm_up import compile_now
compile_now()
assert sum(fused_kernels.run_epoch.stats.cache_hits.values()) == 1, fused_kernels.run_epoch.stats
"""


def test_report_names_the_engine_that_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warm_up, "is_compiled", lambda: True)
    assert warm_up.engine_report().startswith("fused engine")
    monkeypatch.setattr(warm_up, "is_compiled", lambda: False)
    assert "compile" in warm_up.engine_report()
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert warm_up.engine_report().startswith("reference engine, because Numba is not installed")


@pytest.mark.slow
def test_another_process_compiles_and_this_one_loads(tmp_path: Path) -> None:
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
