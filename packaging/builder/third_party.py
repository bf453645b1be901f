"""The list of everything inside the frozen program, with licences and their texts."""

from __future__ import annotations

import re
import sys
import sysconfig
from importlib.metadata import Distribution, distribution
from pathlib import Path

from mlpsvd.cli.installation import Library, libraries

__all__ = ["third_party_text"]

# Libraries inside other packages, which no metadata names: pattern of file names, name, licence.
_INSIDE = (
    (r"(?i)msvcp140|vcruntime140|concrt140|vcomp140|vccorlib140|vcamp140|ucrtbase|api-ms-win-",
     "run-time libraries of Microsoft Visual C++", "Microsoft's licence for redistributable code"),
    (r"libQt6|PySide6/(Qt/)?(plugins|lib)/|(^|/)Qt6\w+\.dll|(lib)?pyside6\.|d3dcompiler",
     "Qt, PySide6", "LGPL-3.0-only"),
    (r"(^|/)(lib)?shiboken6\.", "shiboken6", "LGPL-3.0-only"),
    (r"libicu", "ICU, in PySide6", "Unicode-3.0"),
    (r"libsndfile|_soundfile_data", "libsndfile with FLAC, Ogg, Vorbis, Opus, mpg123 and LAME, in soundfile",
     "LGPL-2.1-or-later, BSD-3-Clause, LGPL-2.0-or-later"),
    (r"openblas", "OpenBLAS, in NumPy and SciPy", "BSD-3-Clause"),
    (r"libgfortran|libquadmath|libgcc_s|libstdc\+\+|libgomp",
     "run-time libraries of GCC, in NumPy, SciPy and llvmlite", "GPL-3.0-or-later WITH GCC-exception-3.1"),
    (r"libllvmlite|llvmlite", "LLVM, in llvmlite", "Apache-2.0 WITH LLVM-exception"),
    (r"pillow\.libs/|PIL/\.dylibs/", "libjpeg-turbo, libpng, libtiff, openjpeg, lcms2, freetype, harfbuzz, xz, zstd, "
     "brotli, xcb, in Pillow", "IJG, libpng-2.0, BSD-2-Clause, MIT, FTL, 0BSD, BSD-3-Clause"),
    (r"libpython|lib-dynload/|^python3\d*\.dll|^[a-z0-9_]+\.pyd", "Python", "PSF-2.0"),
    (r"^libffi-\d+\.dll", "libffi, in Python", "MIT"),
    (r"^sqlite3\.dll", "SQLite, in Python", "blessing"),
    (r"portaudio-binaries/libportaudio", "PortAudio, in sounddevice", "MIT"),
)  # fmt: skip

_LGPL = """\
Qt, PySide6 and shiboken6 are used under the GNU Lesser General Public License, version 3; libsndfile, mpg123, LAME and
soxr under version 2.1. They are separate shared libraries in this program's folder and may be replaced by other
versions with the same interface: overwrite the files in PySide6, PySide6/Qt/lib, shiboken6, _soundfile_data and soxr.
Nothing in MLP-SVD prevents that, and its licence (MIT) allows reverse engineering for debugging such changes.
Their source code, of the versions listed above:
  Qt, PySide6, shiboken6   https://download.qt.io/official_releases/
  libsndfile               https://github.com/libsndfile/libsndfile
  mpg123, LAME             https://www.mpg123.de, https://lame.sourceforge.io
  soxr                     https://github.com/dofuuz/python-soxr
"""
_LGPL_TEXTS = ("LGPL-3.0.txt", "GPL-3.0.txt", "LGPL-2.1.txt")
_TEXT_NAMES = re.compile(r"(^|/)(licen[cs]e|copying|notice|copyright)[^/]*$", re.IGNORECASE)
_LINE = "=" * 100


def third_party_text(folder: Path, texts: Path) -> str:
    """Return the list for the program in ``folder``; ``texts`` holds the licences of the GNU project.

    Raises
    ------
    RuntimeError
        If the program contains a library of unknown origin.
    """
    python = Library("Python", sys.version.split()[0], "PSF-2.0")
    loader = Library("PyInstaller's start program", distribution("pyinstaller").version, "GPL-2.0 WITH exception")
    known = [*libraries(), python, loader]
    rows = [f"{one.name:<28}{one.version:<14}{one.licence}" for one in known]
    rows += [f"{name}\n{'':<42}{licence}" for name, licence in _inside(folder, known)]
    parts = ["MLP-SVD contains these components. MLP-SVD itself is under the MIT licence (LICENSE.txt).\n"]
    parts += ["\n".join(rows) + "\n", _LGPL]
    parts += [_chapter(f"{one.name} {one.version}", _own_texts(one.name)) for one in libraries()]
    parts.append(_chapter(f"Python {python.version}", [_python_licence()]))
    parts.append(_chapter("PyInstaller", _own_texts("pyinstaller")))
    parts += [_chapter(name.removesuffix(".txt"), [(texts / name).read_text("utf-8")]) for name in _LGPL_TEXTS]
    return "\n".join(parts)


def _chapter(title: str, texts: list[str]) -> str:
    body = "\n".join(texts) or "The package contains no licence text; its licence is in the table above.\n"
    return f"{_LINE}\n{title}\n{_LINE}\n{body}"


def _inside(folder: Path, known: list[Library]) -> list[tuple[str, str]]:
    """Return name and licence of the libraries in other packages; every shared library must have an origin."""
    found: dict[str, str] = {}
    owned = {str(file) for one in known[:-2] for file in distribution(one.name).files or []}
    unknown = []
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.is_symlink() or not re.search(r"\.(so|dll|dylib|pyd)(\.|$)", path.name):
            continue
        name = path.relative_to(folder).as_posix().partition("/")[2]
        matching = [(title, licence) for pattern, title, licence in _INSIDE if re.search(pattern, name)]
        found.update(matching[:1])
        if not matching and name not in owned:
            unknown.append(name)
    if unknown:
        raise RuntimeError(f"libraries of unknown origin, to be named in third_party.py: {', '.join(unknown)}")
    return sorted(found.items())


def _own_texts(name: str) -> list[str]:
    one: Distribution = distribution(name)
    files = [file for file in one.files or [] if _TEXT_NAMES.search(str(file)) and file.suffix not in (".py", ".pyc")]
    return [Path(str(file.locate())).read_text("utf-8", "replace") for file in sorted(files, key=str)]


def _python_licence() -> str:
    places = (Path(sysconfig.get_path("stdlib")) / "LICENSE.txt", Path(sys.base_prefix) / "LICENSE.txt",
              Path(f"/usr/share/doc/python3.{sys.version_info[1]}/copyright"))  # fmt: skip
    for path in places:
        if path.is_file():
            return path.read_text("utf-8", "replace")
    raise RuntimeError(f"the licence of Python is in none of {', '.join(map(str, places))}")
