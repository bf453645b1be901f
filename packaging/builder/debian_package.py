"""The Debian package, from the frozen program.

``python -m debian_package ROOT WORK OUT`` packs WORK/mlpsvd; ``packaging/build deb`` calls it. Menu entry, icons,
metadata, MIME types and manual pages are added here; the dependencies are those of the program's shared libraries.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

import mlpsvd
from icons import PNG_SIZES, icon_svg, write_png
from man_pages import man_page
from system_libraries import needed_packages

__all__ = ["build"]

_SUMMARIES = {
    "mlpsvd": "train neural networks on acoustic spectra and classify sound",
    "mlpsvd-gui": "window of MLP-SVD: neural networks on acoustic spectra",
}
_DESCRIPTION = """\
Description: neural networks on acoustic spectra, explored and trained
 MLP-SVD trains small neural networks on acoustic spectra and shows what they
 learn. It compares a multilayer perceptron with one whose weight matrices are
 singular value decompositions, pruned during training (Paul and Nelson, 2021).
 .
 The package contains the window, the command line, and Python with all
 libraries that they use. It classifies recordings and live sound, and records
 and labels own sounds.
"""
_PROGRAM = "usr/lib/mlpsvd/mlpsvd"
_RECOMMENDED = "fonts-dejavu-core, libasound2-plugins | pipewire-alsa, pulseaudio-utils"
_MAINTAINER = "The MLP-SVD authors <mlpsvd@localhost>"


def build(root: Path, work: Path, out: Path, compression: str = "xz") -> Path:
    """Pack ``WORK/mlpsvd`` as ``OUT/mlpsvd_VERSION_ARCH.deb``, and its list of files; return its path."""
    time = int(os.environ["SOURCE_DATE_EPOCH"])
    tree = work / "deb"
    shutil.rmtree(tree, ignore_errors=True)
    shutil.copytree(work / "mlpsvd", tree / "usr/lib/mlpsvd", symlinks=True)
    for name in ("mlpsvd", "mlpsvd-gui"):
        (tree / "usr/bin").mkdir(parents=True, exist_ok=True)
        (tree / "usr/bin" / name).symlink_to(f"../lib/mlpsvd/{name}")
    _add_desktop(tree, root / "packaging" / "debian", time)
    _add_manual(tree, time)
    _add_documents(tree, root, time)
    architecture = _answer("dpkg", "--print-architecture")
    _normalise(tree, time)
    _add_control(tree, architecture, needed_packages(tree / "usr/lib/mlpsvd", root / "packaging" / "setup.sh"))
    _normalise(tree / "DEBIAN", time)
    out.mkdir(parents=True, exist_ok=True)
    package = out / f"mlpsvd_{mlpsvd.__version__}_{architecture}.deb"
    command = ["dpkg-deb", "--root-owner-group", f"-Z{compression}", "--build", str(tree), str(package)]
    subprocess.run(command, check=True)
    package.with_suffix(".files").write_text(_file_list(tree), "utf-8")
    shutil.rmtree(tree)
    return package


def _add_desktop(tree: Path, texts: Path, time: int) -> None:
    share = tree / "usr/share"
    _write(share / "applications/mlpsvd.desktop", (texts / "mlpsvd.desktop").read_bytes())
    _write(share / "mime/packages/mlpsvd.xml", (texts / "mime.xml").read_bytes())
    metainfo = (texts / "metainfo.xml").read_text("utf-8")
    day = datetime.fromtimestamp(time, UTC).date()
    metainfo = metainfo.replace("@VERSION@", mlpsvd.__version__).replace("@DATE@", str(day))
    _write(share / "metainfo/com.mlp_svd.mlpsvd.metainfo.xml", metainfo.encode())
    _write(share / "lintian/overrides/mlpsvd", (texts / "lintian-overrides").read_bytes())
    for size in PNG_SIZES:
        write_png(share / f"icons/hicolor/{size}x{size}/apps/mlpsvd.png", size)
    _write(share / "icons/hicolor/scalable/apps/mlpsvd.svg", icon_svg())


def _add_manual(tree: Path, time: int) -> None:
    import mlpsvd.cli.program
    import mlpsvd_gui.app

    os.environ["COLUMNS"] = "100"
    for name in [name for name in os.environ if name.startswith(("XDG_", "MLPSVD_RUNS", "NUMBA_"))]:
        del os.environ[name]  # the places of files are those of anybody
    parsers: dict[str, argparse.ArgumentParser] = {
        "mlpsvd": mlpsvd.cli.program.command_parser(),
        "mlpsvd-gui": mlpsvd_gui.app.command_parser(),
    }
    with tempfile.TemporaryDirectory() as home:
        os.environ["HOME"] = home  # who builds may have moved the library of runs, which a file in the home folder says
        for name, other in (("mlpsvd", "mlpsvd-gui"), ("mlpsvd-gui", "mlpsvd")):
            page = man_page(parsers[name], _SUMMARIES[name], other, time)
            _write(tree / f"usr/share/man/man1/{name}.1.gz", gzip.compress(page.encode(), 9, mtime=0))


def _add_documents(tree: Path, root: Path, time: int) -> None:
    folder = tree / "usr/share/doc/mlpsvd"
    licence = (root / "LICENSE").read_text("utf-8").split("\n\n", 1)[1].strip()
    lines = [f" {line}" if line.strip() else " ." for line in licence.splitlines()]
    copyright_text = (root / "packaging/debian/copyright").read_text("utf-8").replace("@LICENCE@", "\n".join(lines))
    _write(folder / "copyright", copyright_text.encode())
    when = format_datetime(datetime.fromtimestamp(time, UTC))
    title = f"mlpsvd ({mlpsvd.__version__}) unstable; urgency=medium"
    entry = f"{title}\n\n  * See CHANGELOG.md.\n\n -- {_MAINTAINER}  {when}\n"
    _write(folder / "changelog.gz", gzip.compress(entry.encode(), 9, mtime=0))
    for document in (root / "README.md", root / "CHANGELOG.md", *sorted((root / "docs").glob("*.md"))):
        _write(folder / document.name, document.read_bytes())


def _add_control(tree: Path, architecture: str, depends: list[str]) -> None:
    size = sum(path.lstat().st_size for path in tree.rglob("*") if path.is_file() or path.is_symlink())
    fields = [
        "Package: mlpsvd",
        f"Version: {mlpsvd.__version__}",
        "Section: science",
        "Priority: optional",
        f"Architecture: {architecture}",
        f"Maintainer: {_MAINTAINER}",
        f"Installed-Size: {-(-size // 1024)}",
        f"Depends: {', '.join(depends)}",
        f"Recommends: {_RECOMMENDED}",
    ]
    _write(tree / "DEBIAN/control", ("\n".join(fields) + "\n" + _DESCRIPTION).encode())
    files = sorted(path for path in (tree / "usr").rglob("*") if path.is_file() and not path.is_symlink())
    sums = [f"{hashlib.md5(path.read_bytes()).hexdigest()}  {path.relative_to(tree)}\n" for path in files]
    _write(tree / "DEBIAN/md5sums", "".join(sums).encode())


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _normalise(tree: Path, time: int) -> None:
    """Give all files the modes and times that do not depend on who builds, and when."""
    for path in (tree, *tree.rglob("*")):
        if not path.is_symlink():
            is_open = path.is_dir() or path.relative_to(tree).as_posix() == _PROGRAM
            path.chmod(0o755 if is_open else 0o644)
        os.utime(path, (time, time), follow_symlinks=False)


def _file_list(tree: Path) -> str:
    """Return one line for each file: checksum, or target of a link, and path."""
    lines = []
    for path in sorted((tree / "usr").rglob("*")):
        name = path.relative_to(tree).as_posix()
        if path.is_symlink():
            lines.append(f"-> {path.readlink()}  {name}\n")
        elif path.is_file():
            lines.append(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {name}\n")
    return "".join(lines)


def _answer(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


if __name__ == "__main__":
    print(build(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), os.environ.get("MLPSVD_COMPRESSION", "xz")))
