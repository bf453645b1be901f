"""Which files may be in the tree, and which texts in a file."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

import mlpsvd

# Put together from pieces, so that this file does not hold what it forbids.
MACHINE_PATHS = ["/" + place for place in ("root/", "home/", "Users/", "work/main", "work/shared")]
REGISTRIES = [
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("deb", "debian", "org"),
        ("registry", "npmjs", "org"),
        ("anaconda", "org"),
        ("ghcr", "io"),
    )
]
EXECUTABLE_FORMATS = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}


def tracked_files(project_root: Path) -> list[Path]:
    """Return every file that git tracks, or would track: new ones are judged before they are committed."""
    if not (project_root / ".git").exists():
        pytest.skip("not a clone: git cannot say which files are ours")
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(command, cwd=project_root, capture_output=True, text=True, check=True)
    files = [project_root / name for name in done.stdout.split("\0") if name]
    assert files
    return [path for path in files if path.is_file()]


def texts(project_root: Path) -> dict[str, str]:
    found = {}
    for path in tracked_files(project_root):
        data = path.read_bytes()
        if b"\0" not in data[:8000]:
            found[str(path.relative_to(project_root))] = data.decode("utf-8", "replace")
    return found


@pytest.mark.parametrize("forbidden", MACHINE_PATHS + REGISTRIES)
def test_no_file_names_a_machine_or_a_registry(project_root: Path, forbidden: str) -> None:
    assert [name for name, text in texts(project_root).items() if forbidden in text] == []


def test_the_core_and_packaging_are_no_packages(project_root: Path) -> None:
    """`packaging` would shadow the library of that name, `core` would load everything twice."""
    for folder in ("core", "packaging", "resources"):
        assert not (project_root / folder / "__init__.py").exists()


def test_every_package_has_its_init(project_root: Path) -> None:
    """A folder of modules without one would be left out of the wheel by some tools and not by others."""
    for top in ("core/mlpsvd", "mlpsvd_gui", "resources/mlpsvd_resources"):
        folders = {module.parent for module in (project_root / top).rglob("*.py")}
        assert [folder for folder in folders if not (folder / "__init__.py").exists()] == []


def test_nothing_executable_is_read_from_files(project_root: Path) -> None:
    for name, text in texts(project_root).items():
        if name.endswith(".py"):
            assert imported_names(ast.parse(text)) & EXECUTABLE_FORMATS == set(), name
            assert not re.search(r"allow_pickle\s*=\s*True", text), name


def imported_names(tree: ast.Module) -> set[str]:
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
    return names


def test_the_version_is_one(project_root: Path) -> None:
    project = tomllib.loads((project_root / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["version"] == mlpsvd.__version__
    assert f"## {mlpsvd.__version__}" in (project_root / "CHANGELOG.md").read_text("utf-8")
    assert f"\nversion: {mlpsvd.__version__}\n" in (project_root / "CITATION.cff").read_text("utf-8")


def pins(project_root: Path) -> list[str]:
    lines = (project_root / "constraints.txt").read_text("utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def test_the_constraints_hold_versions_only(project_root: Path) -> None:
    version_only = re.compile(r"[a-z0-9-]+==[0-9][0-9a-z.]*( ; .+)?")
    assert [pin for pin in pins(project_root) if not version_only.fullmatch(pin)] == []


def test_every_direct_dependency_is_pinned_once(project_root: Path) -> None:
    project = tomllib.loads((project_root / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = list(project["dependencies"])
    for extra in project["optional-dependencies"].values():
        wanted += extra
    names = {re.split(r"[<>=!~; \[]", requirement)[0].lower() for requirement in wanted}
    pinned = [pin.split("==")[0] for pin in pins(project_root)]
    assert names - set(pinned) == set()
    assert len(pinned) == len(set(pinned))
