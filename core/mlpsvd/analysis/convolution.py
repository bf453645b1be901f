"""Sliding dot product, cross-correlation, true convolution and similarity (Divya, section IV)."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike, NDArray

from mlpsvd.errors import DataError

__all__ = ["convolution", "patches", "similarity", "sliding_dot_product"]

_Array = NDArray[np.float64]


def patches(image: ArrayLike, shape: tuple[int, ...]) -> _Array:
    """Return all sub-arrays of a shape that lie inside an array.

    Parameters
    ----------
    image : array_like
        An array of any number of dimensions.
    shape
        Shape of a patch, with as many dimensions.

    Returns
    -------
    np.ndarray [shape=(*positions, *shape)]

    Raises
    ------
    DataError
        If a patch does not fit into the array.
    """
    values = np.asarray(image, dtype=np.float64)
    if len(shape) != values.ndim or not np.all(np.less_equal(shape, values.shape)) or min(shape) < 1:
        raise DataError(f"a patch of the shape {shape} does not fit into an array of the shape {values.shape}")
    return sliding_window_view(values, shape)


def sliding_dot_product(image: ArrayLike, kernel: ArrayLike) -> _Array:
    """Return the dot product of the kernel with each patch: the valid cross-correlation, out[i] = Σ image[i+j] k[j].

    Divya calls it convolution, as do most libraries for neural networks.

    Examples
    --------
    >>> from mlpsvd.analysis.convolution import convolution, sliding_dot_product
    >>> sliding_dot_product([0.0, 1.0, 0.0, 0.0], [1.0, 2.0, 3.0]).tolist()
    [2.0, 1.0]
    >>> convolution([0.0, 1.0, 0.0, 0.0], [1.0, 2.0, 3.0]).tolist()
    [2.0, 3.0]
    """
    k = np.asarray(kernel, dtype=np.float64)
    return np.tensordot(patches(image, k.shape), k, axes=k.ndim)


def convolution(image: ArrayLike, kernel: ArrayLike) -> _Array:
    """Return the valid convolution: the sliding dot product with the kernel reversed along every axis."""
    return sliding_dot_product(image, np.flip(np.asarray(kernel, dtype=np.float64)))


def similarity(image: ArrayLike, kernel: ArrayLike) -> _Array:
    """Return the cosine of the angle between the kernel and each patch, −1 to 1; 0 where a patch is 0.

    The dot product alone is large wherever the image is: in Divya's example it is 44 at the bright edge, more than
    the kernel's own 18. Only patches of norm 1 can be compared by it.
    """
    k = np.asarray(kernel, dtype=np.float64)
    found = patches(image, k.shape)
    norms = np.sqrt((found**2).sum(axis=tuple(range(-k.ndim, 0)))) * np.linalg.norm(k)
    dots = np.tensordot(found, k, axes=k.ndim)
    return np.divide(dots, norms, out=np.zeros_like(dots), where=norms > 0.0)
