"""The tools that keep the house in order, run as tests."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

LONGEST_MODULE_LINES = 400


def run_tool(project_root: Path, *arguments: str) -> None:
    done = subprocess.run([sys.executable, "-m", *arguments], cwd=project_root, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_ruff_finds_nothing(project_root: Path) -> None:
    run_tool(project_root, "ruff", "check", "--quiet", ".")


def test_the_layout_is_ruffs(project_root: Path) -> None:
    run_tool(project_root, "ruff", "format", "--check", "--quiet", "--diff", ".")


def test_everything_public_in_the_core_has_a_docstring(project_root: Path) -> None:
    rules = "D100,D101,D102,D103,D104,D419"
    run_tool(project_root, "ruff", "check", "--quiet", "--select", rules, "core", "resources")


@pytest.mark.slow
def test_types_are_sound(project_root: Path) -> None:
    run_tool(project_root, "mypy")


def test_no_module_outgrows_its_concept(project_root: Path) -> None:
    folders = ["core", "mlpsvd_gui", "resources", "tests", "benchmarks", "packaging"]
    modules = [module for folder in folders for module in (project_root / folder).rglob("*.py")]
    assert len(modules) > 20
    lengths = {str(m.relative_to(project_root)): len(m.read_text("utf-8").splitlines()) for m in modules}
    assert {name: n for name, n in lengths.items() if n > LONGEST_MODULE_LINES} == {}
