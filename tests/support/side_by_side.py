"""Tests in two processes: a display and folders for each, the order of the files, and tests that run alone.

``./test`` without arguments starts the processes with pytest-xdist and makes a folder for each of them (``gw0``,
``gw1``) in ``MLPSVD_TEST_FOLDER``. In a single process the functions of this module have no effect.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")
FIRST = (
    "tests/core/engines/cpu/test_compiled_code.py",
    "tests/installed/",
    "tests/architecture/test_style.py",
    "tests/architecture/test_tree.py",
    "tests/architecture/test_imports.py",
    "tests/architecture/test_commands.py",
)
"""The first process compiles the kernels, while the second runs files that do not need them."""


def own_folder() -> Path | None:
    """Return the folder that ``./test`` made for this process."""
    folder = Path(os.environ.get("MLPSVD_TEST_FOLDER", os.devnull)) / WORKER
    return folder if WORKER and folder.is_dir() else None


def use_own_display_and_folders() -> None:
    """Let this process and its children use their own display and their own folders for settings and data."""
    folder = own_folder()
    if folder is None:
        return
    display = folder / "display"
    if display.is_file():
        os.environ["DISPLAY"] = f":{display.read_text().strip()}"
    for name in ("CONFIG_HOME", "DATA_HOME", "STATE_HOME", "RUNTIME_DIR"):
        os.environ[f"XDG_{name}"] = str(folder / name.split("_")[0].lower())


@contextmanager
def turn(is_alone: bool) -> Iterator[None]:
    """Wait until a test may run: a test that has to be alone when no other runs, any other when no such test runs.

    A waiting process holds the gate, so that a test that has to be alone does not wait for ever.
    """
    folder = own_folder()
    if folder is None:
        yield
        return
    import fcntl

    with (folder.parent / "gate").open("a") as gate, (folder.parent / "floor").open("a") as floor:
        fcntl.flock(gate, fcntl.LOCK_EX)
        fcntl.flock(floor, fcntl.LOCK_EX if is_alone else fcntl.LOCK_SH)
        fcntl.flock(gate, fcntl.LOCK_UN)
        yield


def files_with(items: list[pytest.Item], marker: str) -> set[Path]:
    """Return the files that contain a test with a marker."""
    return {item.path for item in items if item.get_closest_marker(marker)}


def rank(item: pytest.Item, slow_files: set[Path], alone_files: set[Path]) -> int:
    """Return the place of a test's file in the order.

    First the files of ``FIRST``, then slow ones, then others. Files with tests that run alone come last, slow ones
    first: such a test waits for the other process, which then has only short tests.
    """
    file = item.path.relative_to(item.config.rootpath).as_posix()
    for place, start in enumerate(FIRST):
        if file.startswith(start):
            return place
    return len(FIRST) + 2 * (item.path in alone_files) + (item.path not in slow_files)


def sort(items: list[pytest.Item]) -> None:
    """Put the files into the order in which the processes take them; the order within a file does not change."""
    if WORKER:
        slow_files, alone_files = files_with(items, "slow"), files_with(items, "alone")
        items.sort(key=lambda item: rank(item, slow_files, alone_files))
