"""Files of pictures: few colours, and the fixed texts that the picture shows in a text chunk of the PNG."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image  # comes with Matplotlib
from PIL.PngImagePlugin import PngInfo

from window_pictures.static_texts import TextRecord

__all__ = ["read_record", "write_picture"]

_CHUNK = "mlpsvd-texts"
_N_EXACT, _N_FAR = 200, 56
"""Colours of the palette: the most frequent ones, and those farthest from them."""


def write_picture(path: Path, pixels: NDArray[np.uint8], record: TextRecord) -> None:
    """Write a picture, shape (height, width, 3), with the record of its texts."""
    chunk = PngInfo()
    chunk.add_itxt(_CHUNK, record.as_text(), zip=True)
    _with_256_colours(pixels).save(path, optimize=True, pnginfo=chunk)


def read_record(path: Path) -> TextRecord | None:
    """Return the record of a picture; None if it has none."""
    with Image.open(path) as picture:
        text = getattr(picture, "text", {}).get(_CHUNK)
    return None if text is None else TextRecord.parsed(text)


def _with_256_colours(pixels: NDArray[np.uint8]) -> Image.Image:
    """Return a picture of a third of the size: frequent colours stay, others become the nearest one.

    Colours of classes and text are frequent; the others are steps of colour scales and edges of curves.
    """
    packed = pixels.astype(np.uint32) @ np.array([65536, 256, 1], np.uint32)
    colours, inverse, counts = np.unique(packed.ravel(), return_inverse=True, return_counts=True)
    rgb = np.stack([colours >> 16, colours >> 8 & 255, colours & 255], axis=1).astype(np.uint8)
    order = np.argsort(-counts, kind="stable")
    palette = rgb[order[:_N_EXACT]]
    if len(order) > _N_EXACT:
        rest = order[_N_EXACT:]
        palette = np.vstack([palette, _farthest(rgb[rest].astype(np.int32), counts[rest], palette)])
    nearest = ((rgb.astype(np.int32)[:, None] - palette.astype(np.int32)[None]) ** 2).sum(axis=2).argmin(axis=1)
    few = Image.fromarray(nearest.astype(np.uint8)[inverse].reshape(packed.shape), "P")
    few.putpalette(palette.tobytes())
    return few


def _farthest(colours: NDArray[np.int32], counts: NDArray[np.intp], palette: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the colours that are frequent and far from those of a palette, and from each other."""
    distance = ((colours[:, None] - palette.astype(np.int32)[None]) ** 2).sum(axis=2).min(axis=1)
    found = []
    for _ in range(_N_FAR):
        chosen = colours[np.argmax(distance * np.sqrt(counts))]
        found.append(chosen.astype(np.uint8))
        distance = np.minimum(distance, ((colours - chosen) ** 2).sum(axis=1))
    return np.array(found)
