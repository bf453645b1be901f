"""Import rules: the contracts of pyproject.toml, and the modules loaded with the core."""

from __future__ import annotations

import graphlib
import json
import subprocess
import sys
import textwrap
from pathlib import Path

import grimp
import pytest

# The fused engine is what Numba compiles; it is imported as a whole where a training run begins.
IMPORT_EVERYTHING = """
    import importlib, json, pkgutil, sys
    import mlpsvd
    for module in pkgutil.walk_packages(mlpsvd.__path__, "mlpsvd."):
        if not module.name.endswith("__main__") and not module.name.startswith("mlpsvd.engines.cpu."):
            importlib.import_module(module.name)
"""


def run_python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True)


@pytest.fixture(scope="module")
def loaded_by_the_core() -> set[str]:
    tell = "print(json.dumps(sorted({name.split('.')[0] for name in sys.modules})))"
    done = run_python(textwrap.dedent(IMPORT_EVERYTHING) + tell)
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout))


def test_the_contracts_of_pyproject_hold(project_root: Path) -> None:
    code = "from importlinter.cli import lint_imports; raise SystemExit(lint_imports())"
    done = subprocess.run([sys.executable, "-c", code], cwd=project_root, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_modules_import_each_other() -> None:
    """Imports inside functions and for type checkers count: they are not there to hide a circle."""
    graph = grimp.build_graph("mlpsvd", "mlpsvd_gui", cache_dir=None)
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    graphlib.TopologicalSorter(imports).prepare()  # raises CycleError, which names the modules of a circle


def test_import_mlpsvd_loads_no_qt_and_no_window() -> None:
    done = run_python("import sys, mlpsvd; print(*sys.modules)")
    assert done.returncode == 0, done.stderr
    assert not {"PySide6", "shiboken6", "pyqtgraph", "mlpsvd_gui"} & set(done.stdout.split())


@pytest.mark.parametrize("library", ["PySide6", "shiboken6", "pyqtgraph", "mlpsvd_gui", "mlpsvd_resources"])
def test_no_module_of_the_core_loads_the_window(loaded_by_the_core: set[str], library: str) -> None:
    assert library not in loaded_by_the_core


@pytest.mark.parametrize("library", ["scipy", "matplotlib", "numba", "sounddevice", "cupy"])
def test_slow_and_optional_libraries_are_imported_where_they_are_used(
    loaded_by_the_core: set[str], library: str
) -> None:
    assert library not in loaded_by_the_core


def test_the_core_imports_on_a_server_without_optional_libraries() -> None:
    names = ("sounddevice", "cupy", "matplotlib", "numba", "PySide6")
    block = f"import sys\nfor name in {names}: sys.modules[name] = None\n"
    done = run_python(block + textwrap.dedent(IMPORT_EVERYTHING))
    assert done.returncode == 0, done.stderr


def test_core_is_no_import_package() -> None:
    """The core is known by one name only: a second would load a second copy of every module."""
    done = run_python("import mlpsvd.errors, sys; print(*sys.modules)")
    assert done.returncode == 0, done.stderr
    assert [name for name in done.stdout.split() if name.split(".")[0] == "core"] == []


def test_the_default_data_set_is_prepared_without_scipy() -> None:
    """The window shows it as soon as it opens; importing ``scipy.signal`` takes over a second."""
    code = "import sys; from mlpsvd.experiments.experiment import Experiment; from mlpsvd.settings import with_value\n"
    code += "from mlpsvd.experiments.prepare import prepare\n"
    code += "few = with_value(Experiment(), 'data.synthetic.train_per_class', 4)\n"
    done = run_python(code + "prepare(few); print('scipy' in sys.modules)")
    assert (done.returncode, done.stdout) == (0, "False\n"), done.stderr
