"""The program's icon as pictures, drawn from its SVG.

``python -m icons FOLDER`` writes FOLDER/mlpsvd.ico and FOLDER/mlpsvd.icns; ``packaging/build icons`` calls it.
"""

from __future__ import annotations

import os
import sys
from importlib.resources import files
from pathlib import Path

__all__ = ["PNG_SIZES", "icon_svg", "write_png"]

PNG_SIZES = (16, 22, 24, 32, 48, 64, 96, 128, 256, 512)
_ICO_SIZES = [(size, size) for size in (16, 24, 32, 48, 64, 128, 256)]


def icon_svg() -> bytes:
    """Return the drawing."""
    return (files("mlpsvd_resources") / "icons" / "app.svg").read_bytes()


def write_png(path: Path, size: int) -> None:
    """Draw the icon with ``size`` × ``size`` pixels."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtCore import QByteArray, QRectF
    from PySide6.QtGui import QImage, QPainter
    from PySide6.QtSvg import QSvgRenderer

    image = QImage(size, size, QImage.Format.Format_ARGB32)
    image.fill(0)
    painter = QPainter(image)
    QSvgRenderer(QByteArray(icon_svg())).render(painter, QRectF(0, 0, size, size))
    painter.end()
    path.parent.mkdir(parents=True, exist_ok=True)
    if not image.save(str(path)):
        raise OSError(f"{path} cannot be written")


def _write_containers(folder: Path) -> None:
    from PIL import Image

    largest = folder / "mlpsvd-1024.png"
    write_png(largest, 1024)
    with Image.open(largest) as image:
        image.save(folder / "mlpsvd.ico", sizes=_ICO_SIZES)
        image.save(folder / "mlpsvd.icns")
    largest.unlink()


if __name__ == "__main__":
    _write_containers(Path(sys.argv[1]))
