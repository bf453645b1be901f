"""Commands, options, settings, files and equations named in the documents exist."""

from __future__ import annotations

import dataclasses
import importlib
import re
import shlex
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import tomli_w

import mlpsvd
from mlpsvd.chart_files import write_data
from mlpsvd.classification.live.settings import LiveSettings
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.runs.charts import run_charts
from mlpsvd.settings import SettingInfo, describe

START_CLI = "import sys; from mlpsvd.cli import main; sys.exit(main())"
ROOT = Path(__file__).parents[2]
PAGES = sorted(f"docs/{one.name}" for one in ROOT.glob("docs/*.md"))
DOCUMENTS = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", *PAGES]

EXAMPLES = ["docs/exports.md", "docs/formats.md", "docs/python.md"]
TESTED_ELSEWHERE = {
    "docs/exports.md": ["tests/core/models/exports/test_exports.py", "tests/core/models/imports/test_imports.py"],
    "docs/naumov.md": ["tests/core/experiments/test_recurrence.py"],
}


def text_of(project_root: Path, name: str) -> str:
    return (project_root / name).read_text("utf-8")


def python_of(project_root: Path, name: str) -> list[str]:
    """Return the Python code in a document."""
    return re.findall(r"```python\n(.*?)```", text_of(project_root, name), re.DOTALL)


def commands(text: str) -> list[list[str]]:
    """Return every command line of ours in a document, split into words."""
    lines = [line.strip() for line in text.splitlines()]
    ours = [line for line in lines if line.startswith(("./run", "./test", "mlpsvd "))]
    return [shlex.split(line, comments=True) for line in ours]


def settings_keys(cls: Any, prefix: str = "") -> Iterator[tuple[str, SettingInfo]]:
    for info in describe(cls):
        if dataclasses.is_dataclass(info.type):
            yield from settings_keys(info.type, f"{prefix}{info.name}.")
        else:
            yield f"{prefix}{info.name}", info


def settings_row(key: str, info: SettingInfo) -> str:
    """Return the row about one setting from the tables in docs/settings.md."""
    if info.name == "filters":
        return f"| `{key}` | the five of the paper | a list of tables, see below | {info.help} |"
    default = tomli_w.dumps({"x": info.default}, multiline_strings=False).removeprefix("x = ").strip()
    default = re.sub(r"\s+", " ", default).replace("[ ", "[").replace(", ]", "]")
    meaning = re.sub(r"[*_]", r"\\\g<0>", info.help) if "*" in info.help else info.help
    return f"| `{key}` | `{default}` | {info.expected()} | {meaning} |"


@pytest.fixture(scope="module")
def help_of() -> Any:
    """Ask the command line for its help, once for each subcommand."""
    known: dict[tuple[str, ...], str] = {}

    def ask(*subcommand: str) -> str:
        if subcommand not in known:
            command = [sys.executable, "-c", START_CLI, *subcommand, "--help"]
            done = subprocess.run(command, capture_output=True, text=True)
            assert done.returncode == 0, done.stderr
            known[subcommand] = done.stdout
        return known[subcommand]

    return ask


def anchors(text: str) -> set[str]:
    """Return the anchors that GitHub gives to the headings of a document."""
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading).lower().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_links_inside_the_tree_have_a_target(project_root: Path, name: str) -> None:
    document = project_root / name
    links = re.findall(r"\]\(([^)#\s]*)(?:#([^)]*))?\)", text_of(project_root, name))
    missing = []
    for target, anchor in links:
        if "://" not in target:
            path = document.parent / target if target else document
            if not path.exists() or (anchor and anchor not in anchors(path.read_text("utf-8"))):
                missing.append((target, anchor))
    assert missing == []


def test_all_python_in_the_documents_is_run_by_a_test(project_root: Path) -> None:
    examples = {name: len(python_of(project_root, name)) for name in DOCUMENTS}
    tested = Counter(["README.md", *EXAMPLES])
    for name, files in TESTED_ELSEWHERE.items():
        tested.update([name] * len(files))
        assert all(name in text_of(project_root, file) for file in files)
    assert {name: number for name, number in examples.items() if number} == tested


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_commands_in_the_documents_exist(project_root: Path, name: str, help_of: Any) -> None:
    for words in commands(text_of(project_root, name)):
        if words[0] == "mlpsvd" and words[1:]:
            options = [word.split("=")[0] for word in words[1:] if word.startswith("--")]
            subcommand = [] if words[1].startswith("--") else [words[1]]
            assert [option for option in options if option not in help_of(*subcommand)] == [], words
        else:
            assert (project_root / words[0]).is_file()


def test_the_readme_begins_with_the_two_commands(project_root: Path) -> None:
    assert [words[0] for words in commands(text_of(project_root, "README.md"))][:2] == ["./run", "./test"]


@pytest.mark.slow
def test_the_readmes_python_runs(project_root: Path, tmp_path: Path) -> None:
    (code,) = python_of(project_root, "README.md")
    soundfile.write(tmp_path / "recording.wav", np.random.default_rng(1).uniform(-0.1, 0.1, 16000), 16000)
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert re.fullmatch(r"\{'mlp': 0\.\d+, 'mlp-svd': 0\.\d+\} \(6, 20\)\n\d+ Hz\n", done.stdout)
    assert (tmp_path / "results" / "model-mlp-svd.safetensors").is_file()
    accuracy = run_charts(mlpsvd.load_run(tmp_path / "results"))["accuracy"]
    write_data(tmp_path / "accuracy.npz", accuracy)
    for name in EXAMPLES:  # docs/formats.md reads the run, docs/exports.md the numbers of its picture
        *_, code = python_of(project_root, name)
        done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, ""), name


SETTINGS = [*settings_keys(Experiment), *settings_keys(LiveSettings, "live.")]


@pytest.mark.parametrize(("key", "info"), SETTINGS, ids=lambda value: str(value)[:40])
def test_every_setting_is_documented_with_its_default(project_root: Path, key: str, info: SettingInfo) -> None:
    assert settings_row(key, info) in text_of(project_root, "docs/settings.md")


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_functions_in_the_documents_exist(project_root: Path, name: str) -> None:
    for function in sorted(set(re.findall(r"`(mlpsvd\.[\w.]+)`", text_of(project_root, name)))):
        assert exists(function), function


def exists(name: str) -> bool:
    """Whether a dotted name is a module, or something inside one."""
    parts = name.split(".")
    for n_module_parts in range(len(parts), 0, -1):
        try:
            found: Any = importlib.import_module(".".join(parts[:n_module_parts]))
        except ModuleNotFoundError:
            continue
        for part in parts[n_module_parts:]:
            if not hasattr(found, part):
                return False
            found = getattr(found, part)
        return True
    return False
