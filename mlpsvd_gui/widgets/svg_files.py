"""Files of drawings that are there as SVG: the same drawing as SVG, PDF or PNG, on white."""

from __future__ import annotations

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMarginsF, QRectF, QSizeF
from PySide6.QtGui import QColor, QImage, QImageWriter, QPageSize, QPainter, QPdfWriter
from PySide6.QtSvg import QSvgRenderer

from mlpsvd.draw_chart import PictureSize

__all__ = ["svg_content"]

_MM_PER_IN = 25.4


def svg_content(svg: bytes, kind: str, size: PictureSize) -> bytes:
    """Return a drawing as the content of a file.

    Parameters
    ----------
    svg
        The drawing.
    kind
        ``svg``, which is unchanged, ``pdf`` or ``png``.
    size
        Width and resolution; the proportions are those of the drawing.
    """
    if kind == "svg":
        return svg
    renderer = QSvgRenderer(QByteArray(svg))
    proportion = renderer.viewBoxF().height() / (renderer.viewBoxF().width() or 1.0)
    if kind == "pdf":
        return _pdf(renderer, size, proportion)
    width = round(size.width_mm / _MM_PER_IN * size.dpi)
    image = QImage(width, max(1, round(width * proportion)), QImage.Format.Format_RGB32)
    image.setDotsPerMeterX(round(size.dpi / _MM_PER_IN * 1000))
    image.setDotsPerMeterY(image.dotsPerMeterX())
    image.fill(QColor("white"))
    painter = QPainter(image)
    renderer.render(painter, QRectF(image.rect()))
    painter.end()
    content, buffer = _buffer()
    QImageWriter(buffer, QByteArray(b"png")).write(image)
    return bytes(content.data())


def _pdf(renderer: QSvgRenderer, size: PictureSize, proportion: float) -> bytes:
    content, buffer = _buffer()
    writer = QPdfWriter(buffer)
    page = QSizeF(size.width_mm, size.width_mm * proportion)
    writer.setPageSize(QPageSize(page, QPageSize.Unit.Millimeter, "", QPageSize.SizeMatchPolicy.ExactMatch))
    writer.setPageMargins(QMarginsF(0, 0, 0, 0))
    writer.setResolution(size.dpi)
    painter = QPainter(writer)
    renderer.render(painter, QRectF(0, 0, writer.width(), writer.height()))
    painter.end()
    buffer.close()
    return bytes(content.data())


def _buffer() -> tuple[QByteArray, QBuffer]:
    content = QByteArray()
    buffer = QBuffer(content)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    return content, buffer
