"""Size of the frozen program by component."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

__all__ = ["size_table"]

_COMPONENTS = (
    (r"llvmlite", "llvmlite (LLVM, compiles the kernels)"),
    (r"numba", "Numba"),
    (r"PySide6/Qt/lib/libicu", "Qt: ICU (text of all languages; QtCore is linked to it)"),
    (r"PySide6|shiboken6", "Qt and PySide6, the rest"),
    (r"scipy", "SciPy with OpenBLAS"),
    (r"numpy", "NumPy with OpenBLAS"),
    (r"matplotlib|contourpy|kiwisolver|fontTools|PIL|pillow", "Matplotlib with Pillow and fontTools"),
    (r"_soundfile_data|soxr|_sounddevice|soundfile", "sound libraries"),
    (r"pyqtgraph", "pyqtgraph, data"),
    (r"mlpsvd", "MLP-SVD, data and sources of the kernels"),
    (r"libpython|lib-dynload|base_library", "Python"),
)


def size_table(folder: Path) -> str:
    """Return a table of components and their sizes in MB, the largest first."""
    sizes: Counter[str] = Counter()
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            sizes[_component(path.relative_to(folder))] += path.stat().st_size
    rows = [(name, n) for name, n in sizes.most_common()] + [("total", sizes.total())]
    return "\n".join(f"{n / 1e6:8.1f} MB  {name}" for name, n in rows) + "\n"


def _component(path: Path) -> str:
    if len(path.parts) == 1:
        if path.suffix == ".txt":
            return "licences"
        return "all Python modules, compressed"
    inside = Path(*path.parts[1:]).as_posix()
    return next((name for pattern, name in _COMPONENTS if re.match(pattern, inside)), "other")
