"""Style and file formats that all figures share.

Everything goes through Matplotlib's objects, never through pyplot: no window system is touched and no state is kept.
Matplotlib is imported where it is used.
"""

from __future__ import annotations

import io
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlpsvd.contenders import Contender
from mlpsvd.errors import MissingLibraryError
from mlpsvd.files import write_atomically

if TYPE_CHECKING:
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

__all__ = [
    "COLUMN_IN",
    "FORMATS",
    "PALETTE",
    "contender_colour",
    "figure_content",
    "integer_ticks",
    "new_figure",
    "save_figure",
    "style",
]

FORMATS = ("png", "svg", "pdf")

COLUMN_IN = 3.39  # width of one column of the Journal of the Acoustical Society of America, 86 mm
_DPI = 300
_STYLE: Any = {
    "font.size": 8,
    "axes.titlesize": 8,
    "axes.labelsize": 8,
    "legend.fontsize": 7,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "axes.linewidth": 0.6,
    "lines.linewidth": 1.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
    "pdf.fonttype": 42,
    "svg.hashsalt": "mlpsvd",
}
_STYLE_LOCK = threading.RLock()
# Okabe and Ito's colours, distinguishable with every kind of colour vision.
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")


def contender_colour(contender: Contender) -> str:
    """Return the colour of a contender in print."""
    return PALETTE[contender.colour % len(PALETTE)]


def save_figure(figure: Figure, folder: Path, stem: str) -> list[Path]:
    """Write a figure as ``stem.png`` (300 dpi), ``stem.svg`` and ``stem.pdf`` (fonts embedded); return the paths.

    Raises
    ------
    OSError
        If a file cannot be written; an old one is then unchanged.
    """
    paths = []
    with _laid_out(figure):
        for kind in FORMATS:
            paths.append(folder / f"{stem}.{kind}")
            write_atomically(paths[-1], _content(figure, kind, _DPI))
    return paths


def figure_content(figure: Figure, kind: str, dpi: int = _DPI) -> bytes:
    """Return a figure as the content of a file: ``png``, ``svg`` or ``pdf``."""
    with _laid_out(figure, dpi):
        return _content(figure, kind, dpi)


@contextmanager
def _laid_out(figure: Figure, dpi: int = _DPI) -> Iterator[None]:
    """Context in which a figure has its final layout; without it, ``savefig`` lays out and draws twice per format."""
    engine, own_dpi = figure.get_layout_engine(), figure.get_dpi()
    with _in_print():
        if engine is not None:
            figure.set_dpi(dpi)
            engine.execute(figure)
        figure.set_layout_engine(None)
    try:
        yield
    finally:
        figure.set_dpi(own_dpi)
        figure.set_layout_engine(engine)


def _content(figure: Figure, kind: str, dpi: int) -> bytes:
    """Return the content of the file of a figure that has its final layout."""
    content = io.BytesIO()
    undated: dict[str, Any] = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}.get(kind, {})
    with _in_print():
        figure.savefig(content, format=kind, dpi=dpi, metadata=undated)
    return content.getvalue()


@contextmanager
def _in_print() -> Iterator[None]:
    """Context with the style, in which characters missing in the font are boxes: better than no figure."""
    with style(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*[Gg]lyph.*missing")
        yield


@contextmanager
def style() -> Iterator[None]:
    """Context with the style for print, independent of the user's style.

    Raises
    ------
    MissingLibraryError
        If Matplotlib is not installed.
    """
    try:
        import matplotlib as mpl
    except ImportError as error:
        raise MissingLibraryError("Plots need Matplotlib, which is not installed: pip install matplotlib") from error
    with _STYLE_LOCK, mpl.rc_context():  # the style is one for all threads
        mpl.rcdefaults()  # a user's own style is intended for screens
        mpl.rcParams.update(_STYLE)
        yield


def new_figure(height_in: float, width_in: float = COLUMN_IN) -> Figure:
    """Return an empty figure, one journal column wide by default; sizes in inches."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width_in, height_in), layout="constrained")


def integer_ticks(axis: Axis) -> None:
    """Put ticks at whole numbers only, for counts and ranks."""
    from matplotlib.ticker import MaxNLocator

    axis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
