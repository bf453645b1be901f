"""Kantack's letters: images of the 26 capitals, 30 × 30 pixels, rendered from the faces that Matplotlib contains."""

from __future__ import annotations

import string
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mlpsvd.datasets.clips import ClipSet
from mlpsvd.datasets.settings import LettersSettings
from mlpsvd.errors import MissingLibraryError
from mlpsvd.streams import Purpose, seeds

__all__ = ["FACES", "LETTERS", "N_PIXELS", "SIDE", "letter_clips"]

SIDE = 30
"""Pixels per side of an image, see :attr:`mlpsvd.datasets.settings.LettersSettings.image_shape`."""

N_PIXELS = SIDE * SIDE
"""Length of a feature vector: the rows of an image, one after another, from 0 (white) to 1 (black)."""

LETTERS = tuple(string.ascii_uppercase)
"""Names of the classes."""

FACES = (
    "DejaVuSans", "DejaVuSans-Bold", "DejaVuSans-Oblique", "DejaVuSans-BoldOblique",
    "DejaVuSansMono", "DejaVuSansMono-Bold", "DejaVuSansMono-Oblique",
    "DejaVuSerif", "DejaVuSerif-Bold", "DejaVuSerif-Italic", "DejaVuSerif-BoldItalic",
    "STIXGeneral", "STIXGeneralBol", "STIXGeneralItalic", "STIXGeneralBolIta",
    "cmr10", "cmb10", "cmti10", "cmss10", "cmtt10",
)  # fmt: skip
"""Font files of Matplotlib with Latin capitals: DejaVu 11, STIX 4, Computer Modern 5."""

_PURPOSES = {"train": Purpose.TRAINING_CLIPS, "test": Purpose.TEST_CLIPS}
_GLYPH = 80  # side of the rendered glyph in pixels, before distortion
_FILL = 0.8  # of the height or the width of an image, without distortion
_ROTATION = 0.12  # radians, standard deviations at distortion 1
_SHEAR = 0.10
_STRETCH = 0.08
_SHIFT = 0.04  # of the side
_GRID = 5  # nodes per side of the elastic displacement
_ELASTIC = 0.03  # of the side

_Array = NDArray[np.float32]


@lru_cache(maxsize=4)
def letter_clips(settings: LettersSettings, seed: int, split: str) -> ClipSet:
    """Return the images of all letters, class after class; kept in memory.

    Every class and split has a stream of its own. Each image has a random face and is rotated, sheared, stretched,
    shifted and displaced elastically.

    Parameters
    ----------
    settings
        Numbers of images and strength of the distortion.
    seed
        The experiment's seed.
    split
        ``train`` or ``test``.

    Returns
    -------
    ClipSet
        With samples [shape=(26 * n_per_class, 900)], read only, and a sample rate of 900: one image.

    Raises
    ------
    MissingLibraryError
        If Matplotlib, whose fonts are used, is not installed.
    """
    glyphs = _glyphs()
    n = settings.train_per_class if split == "train" else settings.test_per_class
    images = [
        _distorted(glyphs[index], n, settings.distortion, np.random.default_rng(seeds(_PURPOSES[split], seed, index)))
        for index in range(len(LETTERS))
    ]
    samples = np.concatenate(images)
    samples.flags.writeable = False
    return ClipSet(
        samples=samples,
        labels=np.repeat(np.arange(len(LETTERS), dtype=np.intp), n),
        class_names=LETTERS,
        sample_rate_hz=float(N_PIXELS),
        origins=[f"{name}, {split} image {number}" for name in LETTERS for number in range(1, n + 1)],
    )


@lru_cache(maxsize=1)
def _glyphs() -> _Array:
    """Return every letter in every face [shape=(26, n_faces, side, side)], centred, 0 to 1."""
    try:
        from matplotlib import get_data_path
        from matplotlib.ft2font import FT2Font
    except ImportError as error:
        raise MissingLibraryError("The letters need Matplotlib, whose fonts they are rendered from") from error
    folder = Path(get_data_path()) / "fonts" / "ttf"
    found = np.zeros((len(LETTERS), len(FACES), _GLYPH, _GLYPH), dtype=np.float32)
    for column, face in enumerate(FACES):
        font = FT2Font(str(folder / f"{face}.ttf"))
        for row, letter in enumerate(LETTERS):
            found[row, column] = _rendered(font, letter)
    return found


def _rendered(font: object, letter: str) -> _Array:
    """Render one letter so that its longer side fills the image as far as intended."""
    bitmap = _bitmap(font, letter, 200.0)
    bitmap = _bitmap(font, letter, 200.0 * _FILL * _GLYPH / max(bitmap.shape))[:_GLYPH, :_GLYPH]
    canvas = np.zeros((_GLYPH, _GLYPH), dtype=np.float32)
    top, left = ((_GLYPH - size) // 2 for size in bitmap.shape)
    canvas[top : top + bitmap.shape[0], left : left + bitmap.shape[1]] = bitmap / 255.0
    return canvas


def _bitmap(font: object, letter: str, size: float) -> _Array:
    font.set_size(size, 72)  # type: ignore[attr-defined]
    font.set_text(letter)  # type: ignore[attr-defined]
    font.draw_glyphs_to_bitmap(antialiased=True)  # type: ignore[attr-defined]
    image = np.array(font.get_image(), dtype=np.float32)  # type: ignore[attr-defined]
    rows, columns = np.flatnonzero(image.any(axis=1)), np.flatnonzero(image.any(axis=0))
    return image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _distorted(glyphs: _Array, n: int, distortion: float, rng: np.random.Generator) -> _Array:
    """Return images [shape=(n, 900)] of glyphs [shape=(n_faces, side, side)]."""
    faces = rng.integers(len(glyphs), size=n)
    places = _affine(n, distortion, rng) + np.float32(distortion * _ELASTIC) * _elastic(n, rng)
    return _sampled(glyphs[faces], places).reshape(n, N_PIXELS)


def _affine(n: int, distortion: float, rng: np.random.Generator) -> _Array:
    """Return where each pixel looks into the glyph [shape=(n, 2, 30, 30)], from −0.5 to 0.5 of its side."""
    angle, shear = (width * distortion * rng.standard_normal(n) for width in (_ROTATION, _SHEAR))
    stretch = np.exp(_STRETCH * distortion * rng.standard_normal((n, 2)))
    shift = _SHIFT * distortion * rng.standard_normal((n, 2, 1, 1))
    cos, sin = np.cos(angle), np.sin(angle)
    turn = np.array([[cos, -sin], [sin, cos]]).transpose(2, 0, 1)
    lean = np.broadcast_to(np.eye(2), (n, 2, 2)).copy()
    lean[:, 1, 0] = shear
    matrix = turn @ lean * stretch[:, None]
    axis = (np.arange(SIDE) + 0.5) / SIDE - 0.5
    grid = np.stack(np.meshgrid(axis, axis, indexing="ij")).reshape(2, -1)
    places: _Array = ((matrix @ grid).reshape(n, 2, SIDE, SIDE) + shift).astype(np.float32)
    return places


def _elastic(n: int, rng: np.random.Generator) -> _Array:
    """Return smooth random displacements [shape=(n, 2, 30, 30)] of unit deviation at the nodes."""
    nodes = rng.standard_normal((n, 2, _GRID, _GRID), dtype=np.float32)
    at = np.linspace(0.0, _GRID - 1.0, SIDE, dtype=np.float32)
    weights = np.maximum(0.0, 1.0 - np.abs(at[:, None] - np.arange(_GRID, dtype=np.float32)))  # linear interpolation
    smooth: _Array = weights @ nodes @ weights.T
    return smooth


def _sampled(glyphs: _Array, places: _Array) -> _Array:
    """Return bilinearly interpolated values; outside of the glyph it is white."""
    padded = np.pad(glyphs, ((0, 0), (1, 1), (1, 1)))
    side = padded.shape[1]
    at = np.clip((places + 0.5) * _GLYPH + 0.5, 0.0, _GLYPH + 0.999)
    low = at.astype(np.intp)
    dy, dx = (at - low).transpose(1, 0, 2, 3)
    start = (np.arange(len(glyphs))[:, None, None] * side + low[:, 0]) * side + low[:, 1]
    flat = padded.ravel()
    top = flat[start] * (1.0 - dx) + flat[start + 1] * dx
    bottom = flat[start + side] * (1.0 - dx) + flat[start + side + 1] * dx
    found: _Array = (top * (1.0 - dy) + bottom * dy).astype(np.float32)
    return found
