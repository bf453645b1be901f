"""The installed wheel, used from outside the source tree."""

from __future__ import annotations

import subprocess
import zipfile
from pathlib import Path
from typing import Protocol

import mlpsvd


class Installed(Protocol):
    """Interface of the fixture of the same name."""

    folder: Path

    def run(self, program: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]: ...


# Opens the installed window as a person would, and closes it once it has been drawn.
OPEN_AND_CLOSE = """
import sys
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QMainWindow

def look() -> None:
    windows = [w for w in QApplication.topLevelWidgets() if isinstance(w, QMainWindow) and w.isVisible()]
    if not windows or not windows[0].windowHandle().isExposed():
        QTimer.singleShot(50, look)
        return
    colours = windows[0].grab().toImage()
    seen = {colours.pixel(x, y) for x in range(0, colours.width(), 7) for y in range(0, colours.height(), 7)}
    print("window", windows[0].width(), windows[0].height(), len(seen))
    windows[0].close()

app = QApplication.instance() or QApplication(sys.argv)
QTimer.singleShot(0, look)
import mlpsvd_gui.app
print("from", mlpsvd_gui.app.__file__)
status = mlpsvd_gui.app.main([])
print("status", status)
"""


def names_in(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


def test_the_wheel_holds_three_packages_and_nothing_else(wheel: Path) -> None:
    tops = {name.split("/")[0] for name in names_in(wheel)}
    assert tops == {"mlpsvd", "mlpsvd_gui", "mlpsvd_resources", f"mlpsvd-{mlpsvd.__version__}.dist-info"}


def test_the_wheel_holds_every_resource(wheel: Path, project_root: Path) -> None:
    source = project_root / "resources"
    files = [p for p in (source / "mlpsvd_resources").rglob("*") if p.is_file() and "__pycache__" not in p.parts]
    assert any(path.suffix == ".svg" for path in files)
    assert {path.relative_to(source).as_posix() for path in files} <= set(names_in(wheel))


def test_the_wheel_is_typed_and_licensed(wheel: Path) -> None:
    names = names_in(wheel)
    assert {"mlpsvd/py.typed", "mlpsvd_gui/py.typed", "mlpsvd_resources/py.typed"} <= set(names)
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_the_installed_command_prints_its_version(installed: Installed) -> None:
    done = installed.run("mlpsvd", "--version")
    assert (done.returncode, done.stderr) == (0, "")
    assert mlpsvd.__version__ in done.stdout


def test_the_installed_package_is_what_runs(installed: Installed, project_root: Path) -> None:
    done = installed.run("python", "-c", "import mlpsvd; print(mlpsvd.__file__)")
    assert done.returncode == 0, done.stderr
    assert project_root not in Path(done.stdout.strip()).parents


def test_the_doctor_reports_versions_and_reasons(installed: Installed) -> None:
    done = installed.run("mlpsvd", "doctor")
    assert done.returncode == 0, done.stdout + done.stderr
    for word in ("Python", "numpy", "GPU"):
        assert word.lower() in done.stdout.lower()
    assert "Traceback" not in done.stdout + done.stderr


def test_a_missing_experiment_is_reported_without_a_traceback(installed: Installed) -> None:
    done = installed.run("mlpsvd", "train", "there-is-no-such-file.toml")
    assert done.returncode != 0
    assert "there-is-no-such-file.toml" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_installed_window_opens_and_closes(installed: Installed, tmp_path: Path) -> None:
    script = tmp_path / "open_and_close.py"
    script.write_text(OPEN_AND_CLOSE, "utf-8")
    done = installed.run(
        "python", str(script), XDG_CONFIG_HOME=str(tmp_path / "config"), XDG_DATA_HOME=str(tmp_path / "data")
    )
    assert done.returncode == 0, done.stdout + done.stderr
    lines = dict(line.split(" ", 1) for line in done.stdout.splitlines() if " " in line)
    assert "site-packages" in lines["from"]
    width, height, n_colours = (int(number) for number in lines["window"].split())
    assert width >= 800 and height >= 500
    assert n_colours > 20
    assert lines["status"] == "0"
