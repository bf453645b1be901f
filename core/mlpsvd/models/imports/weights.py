"""Weights of another program's network, before they become a model of this one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["ForeignLayer", "ForeignWeights"]


@dataclass(frozen=True, eq=False)
class ForeignLayer:
    """One layer: a = W x + b.

    Attributes
    ----------
    name
        Name in messages.
    weights : np.ndarray [shape=(n_out, n_in)]
    biases : np.ndarray [shape=(n_out,)]
    """

    name: str
    weights: NDArray[np.floating]
    biases: NDArray[np.floating]


@dataclass(frozen=True, eq=False)
class ForeignWeights:
    """A network of fully connected layers.

    Attributes
    ----------
    program
        Name of the program.
    layers : tuple of ForeignLayer
        Input side first.
    activation, output
        Activations of the hidden and of the last layer, in this program's words; empty if the file does not say.
    classes : np.ndarray or None [shape=(n_classes,)]
        Class of each output: texts, or whole numbers from 0; None if the file does not say.
    """

    program: str
    layers: tuple[ForeignLayer, ...]
    activation: str = ""
    output: str = ""
    classes: NDArray[np.generic] | None = None
