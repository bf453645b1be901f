"""What PyInstaller would collect but the program does not need, with reasons.

Also left out are libraries that belong to a Debian package, where the build machine has dpkg: graphics, sound and
desktop libraries must fit the system that the program runs on, and security updates reach the others. The package
declares them as dependencies instead.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from system_libraries import package_of

__all__ = ["MODULES", "REASONS", "without"]

Entry = tuple[str, str, str]
"""PyInstaller's: path in the folder, path on the build machine, kind."""

MODULES = [
    # never used by the program
    "tkinter", "_tkinter", "turtle", "idlelib", "lib2to3", "ensurepip", "pydoc_data", "test", "unittest.mock",
    "IPython", "jupyter_client", "notebook", "sphinx", "pytest", "setuptools", "pkg_resources", "pip", "docutils",
    # the program never uses the network; hashlib has its own SHA-256
    "_ssl", "ssl", "_hashlib",
    # a terminal's line editor
    "readline", "curses", "_curses", "_curses_panel",
    # the GPU engine uses CuPy, which cannot be added to the frozen program; Numba's own CUDA is not used
    "cupy", "numba.cuda",
    # optional: Dask, for clusters; Optuna, for searches; of ONNX only what writes files is used
    "distributed", "dask", "optuna", "alembic", "sqlalchemy",
    "onnxruntime", "onnx.backend", "onnx.reference", "onnx.test", "onnx.tools",
    # tests and examples of libraries
    "numba.tests", "pyqtgraph.examples", "pyqtgraph.opengl", "scipy.datasets",
    "matplotlib.tests", "matplotlib.backends.backend_tkagg",
    # formats of pictures that nothing is written in; AVIF alone takes 5 MB
    "PIL._avif", "PIL.AvifImagePlugin", "PIL._webp", "PIL.WebPImagePlugin", "PIL.ImageQt", "PIL.ImageTk",
    # parts of Qt that no page uses
    "PySide6.QtNetwork", "PySide6.QtQml", "PySide6.QtQuick", "PySide6.QtSql", "PySide6.QtDesigner", "PySide6.QtUiTools",
    "PySide6.QtTest", "PySide6.QtHelp", "PySide6.QtConcurrent", "PySide6.QtXml",
]  # fmt: skip

_QT = r"PySide6/(Qt/)?"
"""Folder of plug-ins and translations: ``PySide6/Qt`` on Linux and macOS, ``PySide6`` on Windows."""
_PLUGINS = _QT + "plugins/"
_LIBRARY = r"(PySide6/Qt/lib/(libQt6|Qt)|PySide6/Qt6)"
"""Start of the path of a library of Qt: on Linux, on macOS as a framework, on Windows."""

REASONS = {
    _QT + r"translations/": "the program is in English",
    _PLUGINS + r"platforms/(lib)?q(eglfs|linuxfb|minimal|minimalegl|vkkhrdisplay|vnc|direct2d)\b": "not for desktops",
    _PLUGINS + r"(egldeviceintegrations|generic|networkinformation|tls|sqldrivers|printsupport)/": "not used",
    _PLUGINS + r"(qmltooling|qmllint|designer)/": "for developers",
    _PLUGINS + r"platformthemes/libqgtk3": "needs GTK; the desktop portal gives the same file dialogs",
    _PLUGINS + r"platforminputcontexts/(lib)?qtvirtualkeyboard": "needs Qt Quick, 20 MB",
    _PLUGINS + r"wayland-graphics-integration-server/": "for a compositor",
    _PLUGINS + r"wayland-shell-integration/lib(fullscreen|ivi|qt|wl)-shell": "for embedded systems",
    _PLUGINS + r"imageformats/(lib)?q(gif|icns|ico|jpeg|macheif|macjp2|pdf|tga|tiff|wbmp|webp)\.":
        "pictures are PNG and SVG",
    _LIBRARY + r"(Quick|Qml|Designer|Pdf|Sql|Network|VirtualKeyboard|Labs|EglF[Ss]|WlShell|Help|Test|Concurrent|Xml|"
    r"WaylandCompositor|Print)": "no page uses it",
    r"PySide6/opengl32sw\.dll": "draws OpenGL without a graphics card, 20 MB; no page draws with OpenGL",
    r"_sounddevice_data/portaudio-binaries/(libportaudio32bit|libportaudioarm64|.*-asio\.)":
        "the program has 64 bits and does not use ASIO",
    r"numba/np/ufunc/(tbb|omp)pool": "no kernel has parallel loops; TBB is not installed",
    r"(libavif|libwebp|libsharpyuv)": "pictures are PNG and SVG",
    r"matplotlib/mpl-data/(sample_data|images|plot_directive)": "samples and buttons of Matplotlib's own window",
    r"(^|/)(tests|testing)/(data|baseline_images)": "tests of libraries",
    r"onnx/(backend|reference|test|bin|tools)/|onnx/.*\.(h|cc|proto|in|onnx|pb)$": "tests and sources",
    r"(^|/)dateutil/zoneinfo/": "times need no time zone",
    r"(^|/)tzdata(/|-)": "times need no time zone",
    r"scipy/.*/tests/": "tests of libraries",
    r"\.dist-info/(RECORD|INSTALLER|REQUESTED|direct_url\.json|uv_\w+\.json)$": "of pip and uv, with paths and times",
}  # fmt: skip
"""Patterns of paths in the program's folder, and why they are left out."""


def without(entries: Sequence[Entry]) -> list[Entry]:
    """Return the entries that the program needs."""
    return [entry for entry in entries if not _reason(entry)]


def _reason(entry: Entry) -> str:
    target, source, kind = entry[0].replace("\\", "/"), entry[1].replace("\\", "/"), entry[2]
    paths = (target, source) if kind == "SYMLINK" else (target,)
    for pattern, reason in REASONS.items():
        if any(re.search(pattern, path) for path in paths):
            return reason
    is_library = re.search(r"\.so(\.|$)", target) and "/" not in target and "libpython" not in target
    return "of the system" if is_library and package_of(source) else ""
