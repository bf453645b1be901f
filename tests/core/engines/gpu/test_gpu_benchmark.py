"""benchmarks/gpu.py on a machine without a card and without this program's small dependencies."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from mlpsvd.arrays import gpu
from mlpsvd.errors import DeviceError

ROOT = Path(__file__).parents[4]
BARE = """
import importlib.abc, runpy, sys

ABSENT = {
    "PySide6", "shiboken6", "pyqtgraph", "matplotlib", "scipy", "soundfile", "soxr", "sounddevice", "safetensors",
    "tomli_w", "threadpoolctl", "tqdm", "hypothesis", "psutil", "distributed", "dask", "torch",
}

class Absent(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ABSENT:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Absent())
sys.argv[1:2] = []
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def run_bare(tmp_path: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run the script as on a bare machine: NumPy, Numba and this checkout."""
    program = tmp_path / "bare.py"
    script = str(ROOT / "benchmarks" / "gpu.py")
    program.write_text(BARE.replace("sys.argv[1:2] = []", f"sys.argv[0] = {script!r}"), encoding="utf-8")
    return subprocess.run([sys.executable, str(program), *options], capture_output=True, text=True, cwd=tmp_path)


@pytest.mark.slow
def test_the_dry_run_checks_and_times_everything(tmp_path: Path) -> None:
    done = run_bare(tmp_path, "--dry-run", "--out", "results")
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads((tmp_path / "results" / "gpu.json").read_text(encoding="utf-8"))
    assert found["dry_run"]
    assert len(found["checks"]) == 29
    assert all(check["passed"] for check in found["checks"])
    assert found["problems"] == []
    assert any("Table II: 12 networks" in one["name"] for one in found["times"])
    assert {one["why"] for one in found["left_out"]} == {"No module named 'torch'"}
    page = (tmp_path / "results" / "gpu.md").read_text(encoding="utf-8")
    assert page.startswith("**Dry run on the CPU: the times mean nothing.**")
    assert page.count("| passed |") == 29


def test_without_a_card_it_says_so_and_writes_nothing(tmp_path: Path) -> None:
    try:
        gpu()
        pytest.skip("a GPU is there")
    except DeviceError:
        pass
    done = run_bare(tmp_path, "--out", "results")
    assert done.returncode == 2, done.stderr
    assert done.stdout.startswith("No GPU is used because ")
    assert "Nothing was checked or timed" in done.stdout
    assert not (tmp_path / "results").exists()


def test_a_wrong_result_fails_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    import gpu as script

    report = script.Report(60.0, {"card": "", "versions": "", "date": "", "dry_run": True})
    report.check("right", 1e-9, 1e-8)
    assert report.passed
    report.check("no number", float("nan"), 1e-8)
    assert not report.passed
    report.step("no time left", lambda: None, needs_s=100.0)
    report.write(tmp_path)
    page = (tmp_path / "gpu.md").read_text(encoding="utf-8")
    assert "| no number | nan | 1e-08 | **failed** |" in page
    assert "- **no time left: skipped, since less than 100 s were left**" in page
