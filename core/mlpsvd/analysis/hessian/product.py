"""Product of the full Hessian with a vector, without forming the Hessian (Pearlmutter, 1994)."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray

from mlpsvd.analysis.hessian.point import Point, double, points
from mlpsvd.engines.blas_threads import OneThread
from mlpsvd.errors import NetworkError
from mlpsvd.network.activations import backward, backward_tangent
from mlpsvd.network.losses import output_delta_tangent
from mlpsvd.network.network import Network, parameter_views

__all__ = ["MOST_DENSE", "HessianProduct", "dense_hessian"]

Array = NDArray[np.floating]

MOST_DENSE = 3000
"""Parameters of the largest network whose Hessian is formed: 72 MB, and as many products."""

_KEPT_BYTES = 2**28  # passes over more clips than fit into this are computed again for every product


class HessianProduct:
    """The Hessian H of the mean loss over a set of clips, in all parameters as they are trained.

    Calling it with a vector v returns H v. If every layer family has directional derivatives, H v is exact: the
    derivative of the gradient in the direction v, by the R-operator of Pearlmutter (1994). For a network with another
    family it is a central difference of exact gradients in float64.

    Parameters
    ----------
    network
        Any network; it is copied to float64.
    x : np.ndarray [shape=(n_clips, n_features)]
        Feature vectors.
    targets : np.ndarray [shape=(n_clips, n_classes)]
        Target outputs, one clip a row.

    Attributes
    ----------
    network
        The copy.
    is_exact
        Whether the products are exact up to rounding; otherwise they come from differences.
    n_products
        Products computed so far.

    Raises
    ------
    NetworkError
        If there is no clip, a shape does not fit, or the network's outputs are not finite.

    References
    ----------
    B. A. Pearlmutter, "Fast exact multiplication by the Hessian", Neural Computation 6 (1994), 147-160.
    """

    def __init__(self, network: Network, x: NDArray[np.floating], targets: NDArray[np.floating]) -> None:
        self.network = double(network)
        self.is_exact = all(layer.family.has_tangents for layer in network.spec.layers)
        self.n_products = 0
        self._x, self._targets = np.asarray(x, np.float64), np.asarray(targets, np.float64)
        self._threads = OneThread()
        width = sum(3 * layer.n_in + 4 * layer.n_out + 2 * layer.rank for layer in network.spec.layers)
        self._keeps = self.is_exact and 8 * width * len(x) <= _KEPT_BYTES
        self._points = list(self._passes()) if self._keeps else []
        if not np.isfinite(self.gradient()).all():
            raise NetworkError("the gradient of the loss is not finite; the weights or features should be smaller")

    @property
    def n_parameters(self) -> int:
        """Rows of H."""
        return self.network.spec.n_parameters

    def gradient(self) -> Array:
        """Return the gradient of the mean loss [shape=(n_parameters,)]."""
        with self._threads.limited():
            return self.network.gradient(self._x, self._targets)

    def __call__(self, vector: NDArray[np.floating]) -> Array:
        """Return H v.

        Parameters
        ----------
        vector : np.ndarray [shape=(n_parameters,)]

        Returns
        -------
        product : np.ndarray [shape=(n_parameters,)]
        """
        vector = np.asarray(vector, np.float64).ravel()
        if len(vector) != self.n_parameters:
            raise NetworkError(f"the vector has {len(vector)} entries; it should have {self.n_parameters}")
        self.n_products += 1
        with self._threads.limited():
            if not self.is_exact:
                return self._difference(vector)
            product = np.zeros_like(vector)
            for point in self._points if self._keeps else self._passes():
                self._add(point, vector, product)
        product /= len(self._x)
        return product

    def _passes(self) -> Iterable[Point]:
        return points(self.network, self._x, self._targets)

    def _add(self, point: Point, vector: Array, product: Array) -> None:
        """Add the derivative of the summed gradient over some clips in the direction ``vector``."""
        network, layers, spec = self.network, self.network.spec.layers, self.network.spec
        directions = [parameter_views(spec, vector, index) for index in range(len(layers))]
        pass_tangents, dz, dzs = [], None, []
        for index, layer in enumerate(layers):
            dy, pass_tangent = layer.family.forward_tangent(
                network.parameters(index), directions[index], point.passes[index], dz
            )
            # The Jacobian of every activation is symmetric, so its product with dy is what `backward` computes.
            dz = backward(layer.activation, point.outputs[index], dy)
            pass_tangents.append(pass_tangent)
            dzs.append(dz)
        ddelta = output_delta_tangent(spec.loss, layers[-1].activation, point.outputs[-1], point.targets, dzs[-1])
        for index in reversed(range(len(layers))):
            family, parameters, delta = layers[index].family, network.parameters(index), point.deltas[index]
            found = family.backward_tangent(
                parameters, directions[index], point.passes[index], pass_tangents[index], delta, ddelta
            )
            for name, view in parameter_views(spec, product, index).items():
                view += found[name]
            if index > 0:
                dback = family.backward_input_tangent(parameters, directions[index], delta, ddelta)
                ddelta = backward_tangent(
                    layers[index - 1].activation, point.outputs[index - 1], point.backs[index - 1], dzs[index - 1],
                    dback,
                )  # fmt: skip

    def _difference(self, vector: Array) -> Array:
        length = float(np.linalg.norm(vector))
        if length == 0:
            return np.zeros_like(vector)
        theta = self.network.theta
        step = float(np.finfo(np.float64).eps ** (1 / 3) * (1 + np.linalg.norm(theta)) / length)
        ahead, behind = (
            Network(self.network.spec, theta + sign * step * vector).gradient(self._x, self._targets)
            for sign in (1, -1)
        )
        return (ahead - behind) / (2 * step)


def dense_hessian(product: HessianProduct, progress: Callable[[float], None] | None = None) -> Array:
    """Return the whole matrix H [shape=(n_parameters, n_parameters)], one product a column.

    Parameters
    ----------
    product
        The Hessian.
    progress
        Called with the share done, 0 to 1. It may raise to cancel.

    Raises
    ------
    NetworkError
        If the network has more than :data:`MOST_DENSE` parameters.
    """
    n = product.n_parameters
    if n > MOST_DENSE:
        raise NetworkError(
            f"the Hessian of {n} parameters is too large to form; it is formed for at most {MOST_DENSE}, and for more "
            "its leading eigenvalues and its density are computed from products"
        )
    columns = np.empty((n, n))
    for index in range(n):
        if progress is not None:
            progress(index / n)
        columns[:, index] = product(np.eye(1, n, index)[0])
    return 0.5 * (columns + columns.T)
