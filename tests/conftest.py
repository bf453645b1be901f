"""Fixtures for all tests."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
import side_by_side
from hypothesis import settings
from sound_server import SoundServer

side_by_side.use_own_display_and_folders()
# Tests that change HOME use the kernels that are compiled already.
os.environ.setdefault("XDG_CACHE_HOME", str(Path.home() / ".cache"))

# Two slow cores may take any time over one example: a test that is late is not a test that fails.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Set the order in which two processes take the files."""
    side_by_side.sort(items)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Let a test that measures time run while no other runs."""
    with side_by_side.turn(item.get_closest_marker("alone") is not None):
        return (yield)


@pytest.fixture(autouse=True)
def _own_data_folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test keeps runs in the data folder of the person who runs it."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path_factory.getbasetemp() / "data"))
    monkeypatch.delenv("MLPSVD_RUNS", raising=False)


@pytest.fixture(scope="session")
def project_root() -> Path:
    """The top folder of the clone."""
    return Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def spoken_digits(project_root: Path) -> Path:
    """The folder of spoken digits beside the clone; without it, the test is skipped."""
    folder = project_root.parent / "shared" / "data" / "fsdd"
    if not folder.is_dir():
        pytest.skip("the spoken digits are not on this machine")
    return folder


@pytest.fixture(scope="session")
def hostile(cases: Path) -> Path:
    """The folder of hostile files among the inputs from the field."""
    return cases / "hostile"


@pytest.fixture(scope="session")
def cases(project_root: Path) -> Path:
    """The folder of inputs from the field beside the clone; without it, the test is skipped."""
    folder = project_root.parent / "shared" / "cases"
    if not folder.is_dir():
        pytest.skip("the inputs from the field are not on this machine")
    return folder


@pytest.fixture
def sound_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[SoundServer]:
    """A private PulseAudio that runs, the default of this process while the test lasts; see :class:`SoundServer`."""
    missing = [tool for tool in ("pulseaudio", "pactl", "pacat") if shutil.which(tool) is None]
    if missing:
        pytest.skip(f"a private sound server needs {' and '.join(missing)}, which is not installed")
    # Not below the test's own folder: the path of a socket may have 107 characters.
    with tempfile.TemporaryDirectory(prefix="mlpsvd-") as folder:
        server = SoundServer(Path(folder))
        for name, value in server.variables.items():
            monkeypatch.setenv(name, value)
        try:
            server.start()
            yield server
        finally:
            server.kill()
