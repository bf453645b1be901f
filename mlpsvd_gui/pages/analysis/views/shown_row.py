"""What a row of a direction or neuron shows, and what all rows share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["ShownFrame", "ShownRow"]


@dataclass(frozen=True, eq=False)
class ShownRow:
    """One direction or neuron.

    Attributes
    ----------
    name, value, share
        Name, its number in words, and the length of its bar, 0 to 1; a negative share shows no bar.
    line : np.ndarray [shape=(n_parts, n_points)]
        Row of Vᵀ or of W.
    column : np.ndarray [shape=(n,)]
        Column of U, or outgoing weights.
    mean, spread : np.ndarray [shape=(n_classes,)]
        Activation by class; empty for none.
    effect
        Up to three lines on the accuracy without it.
    can_be_heard
        Whether *Hear* is offered.
    meaning
        What it separates, in words; empty for a neuron.
    """

    name: str
    value: str
    share: float
    line: NDArray[np.float64]
    column: NDArray[np.float64]
    mean: NDArray[np.float64]
    spread: NDArray[np.float64]
    effect: tuple[str, ...]
    can_be_heard: bool
    meaning: str = ""


@dataclass(frozen=True, eq=False)
class ShownFrame:
    """What all rows share.

    Attributes
    ----------
    heads, tips
        Headings of the five columns, and what they mean.
    x : np.ndarray [shape=(n_points,)]
        Position of each point of a line.
    unit
        ``Hz``, or empty where the points are numbered.
    class_means : np.ndarray [shape=(n_classes, n_parts, n_points)]
        Drawn behind the lines; empty for none.
    centres
        Centre of each class's filter in x; empty for none.
    class_names
        Name of each class.
    column_is_classes
        Whether the column has one entry a class.
    image_shape
        Height and width of the image that each line is; None for a line over x.
    """

    heads: tuple[str, str, str, str, str]
    x: NDArray[np.float64]
    unit: str
    class_means: NDArray[np.float64]
    centres: tuple[float, ...]
    class_names: tuple[str, ...]
    column_is_classes: bool = False
    image_shape: tuple[int, int] | None = None
    tips: tuple[str, ...] = ()
