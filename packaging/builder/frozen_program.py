"""Build of the frozen program: PyInstaller, the list of licences and the table of sizes.

``python -m frozen_program ROOT WORK`` writes WORK/mlpsvd, on macOS also WORK/MLP-SVD.app; ``packaging/build`` calls it.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from sizes import size_table
from third_party import third_party_text

__all__ = ["build"]


def build(root: Path, work: Path) -> Path:
    """Build the program of the clone ``root`` in the folder ``work``; return its folder."""
    folder = work / "mlpsvd"
    for old in (folder, work / "MLP-SVD.app"):
        shutil.rmtree(old, ignore_errors=True)
    places = ["--distpath", str(work), "--workpath", str(work / "pyinstaller")]
    spec = root / "packaging" / "frozen" / "mlpsvd.spec"
    command = [sys.executable, "-m", "PyInstaller", "--noconfirm", "--log-level", "WARN", *places, str(spec)]
    subprocess.run(command, check=True)
    if not list(folder.glob("mlpsvd-gui*")):
        (folder / "mlpsvd-gui").symlink_to("mlpsvd")
    (folder / "THIRD-PARTY.txt").write_text(third_party_text(folder, root / "packaging" / "licences"), "utf-8")
    shutil.copy(root / "LICENSE", folder / "LICENSE.txt")
    resources = work / "MLP-SVD.app" / "Contents" / "Resources"
    if resources.is_dir():  # macOS; packaging/macos/make_dmg signs the bundle again
        for name in ("THIRD-PARTY.txt", "LICENSE.txt"):
            shutil.copy(folder / name, resources / name)
    table = size_table(folder)
    (work / "sizes.txt").write_text(table, "utf-8")
    print(table)
    return folder


if __name__ == "__main__":
    build(Path(sys.argv[1]), Path(sys.argv[2]))
