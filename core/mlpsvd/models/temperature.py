"""Temperature of a model: its probabilities made less or more certain, in the same order."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["LARGEST", "SMALLEST", "tempered"]

SMALLEST, LARGEST = 0.01, 100.0
"""Temperatures that a model may have."""


def tempered(probabilities: NDArray[np.float64], temperature: float) -> NDArray[np.float64]:
    """Return probabilities proportional to p^(1/T).

    For p = softmax(a) these are softmax(a / T), temperature scaling. 1 changes nothing, bit for bit. The largest
    probability stays the largest.

    Parameters
    ----------
    probabilities : np.ndarray [shape=(..., n_classes)]
        At least 0, with a sum of 1.
    temperature
        T; above 1 makes them less certain.

    References
    ----------
    Guo, Pleiss, Sun and Weinberger (2017), On calibration of modern neural networks, equation (9).

    Examples
    --------
    >>> import numpy as np
    >>> from mlpsvd.models.temperature import tempered
    >>> tempered(np.array([0.9, 0.1]), 2.0)
    array([0.75, 0.25])
    """
    if temperature == 1.0:
        return probabilities
    logarithms = np.log(np.maximum(probabilities, np.finfo(np.float64).tiny)) / temperature
    powers = np.exp(logarithms - logarithms.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))
