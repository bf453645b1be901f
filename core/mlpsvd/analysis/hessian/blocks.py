"""Diagonal blocks of the Hessian: Naumov (2017), theorem 1, with its misprints corrected.

A block holds the second derivatives with respect to the weights, or the biases, of one layer. The blocks leave out
every second derivative with respect to two different layers, most of the Hessian's norm;
:class:`mlpsvd.analysis.hessian.product.HessianProduct` has all of it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlpsvd.analysis.hessian.point import Point, double, points
from mlpsvd.analysis.hessian.product import MOST_DENSE
from mlpsvd.errors import NetworkError
from mlpsvd.network.activations import backward, backward_tangent
from mlpsvd.network.losses import output_delta_tangent
from mlpsvd.network.network import Network

__all__ = ["HessianBlock", "hessian_blocks", "kronecker_eigenvalues"]

Array = NDArray[np.floating]

_PAIRS = 500  # clips that are paired with all others at a time
_MOST_NUMBERS = 2**27  # of the matrices A of all clips together: 1 GB


@dataclass(frozen=True, eq=False)
class HessianBlock:
    """The block of the weight matrix W [shape=(m, n)] of one layer, and that of its biases.

    Attributes
    ----------
    A : np.ndarray [shape=(n_clips, m, m)]
        A = C ∘ F + D of each clip: second derivatives of its loss with respect to y, equation (29).
    d : np.ndarray [shape=(n_clips, m)]
        Diagonal of D, equation (31) with (34) and (35) as corrected; zero for an output layer whose curvature is not
        of the form C ∘ F + D (a softmax).
    z : np.ndarray [shape=(n_clips, n)]
        Inputs of the layer, z(k−1).
    """

    A: Array
    d: Array
    z: Array

    @property
    def shape(self) -> tuple[int, int]:
        """Shape of W."""
        return self.A.shape[1], self.z.shape[1]

    def of_biases(self) -> Array:
        """Return H_b [shape=(m, m)], equation (29), averaged over the clips."""
        mean: Array = self.A.mean(axis=0)
        return mean

    def of_weights(self) -> Array:
        """Return H_w [shape=(m·n, m·n)] for the row-major vec(W), equation (28), averaged over the clips.

        Raises
        ------
        NetworkError
            If it is too large to form.
        """
        m, n = self.shape
        if m * n > MOST_DENSE:
            raise NetworkError(
                f"the Hessian block of {m} x {n} weights is too large to form; it is formed for at most {MOST_DENSE}"
            )
        outer = self.z[:, :, None] * self.z[:, None, :]
        flat = self.A.reshape(len(self.A), -1).T @ outer.reshape(len(outer), -1) / len(self.A)
        return flat.reshape(m, m, n, n).transpose(0, 2, 1, 3).reshape(m * n, m * n)

    def product(self, V: Array) -> Array:
        """Return the product of H_w with a direction V [shape=(m, n)] of the weights, without forming it."""
        turned = np.matmul(self.A, (self.z @ V.T)[:, :, None])[:, :, 0]
        return turned.T @ self.z / len(self.A)

    def squared_norm(self) -> float:
        """Return the squared Frobenius norm of H_w: Σ ⟨A_c, A_d⟩ (z_c · z_d)² / n² over all pairs of clips."""
        flat, total = self.A.reshape(len(self.A), -1), 0.0
        for start in range(0, len(flat), _PAIRS):
            some = slice(start, start + _PAIRS)
            total += float(((flat[some] @ flat.T) * (self.z[some] @ self.z.T) ** 2).sum())
        return total / len(flat) ** 2

    def eigenvalues(self) -> Array:
        """Return all m·n eigenvalues of H_w, smallest first; equation (46) for a single clip."""
        if len(self.A) == 1:
            return kronecker_eigenvalues(self.A[0], self.z[0])
        values: Array = np.linalg.eigvalsh(self.of_weights())
        return values


def kronecker_eigenvalues(A: Array, z: Array) -> Array:
    """Return the eigenvalues of A ⊗ z zᵀ, smallest first: 0, m (n − 1) times, and ‖z‖² λ(A), equation (46).

    Parameters
    ----------
    A : np.ndarray [shape=(m, m)]
        Symmetric.
    z : np.ndarray [shape=(n,)]

    Returns
    -------
    np.ndarray [shape=(m·n,)]

    Examples
    --------
    >>> kronecker_eigenvalues(np.diag([2.0, -1.0]), np.array([3.0, 4.0])).tolist()
    [-25.0, 0.0, 0.0, 50.0]
    """
    others = np.zeros(len(A) * (len(z) - 1))
    return np.sort(np.concatenate([others, float(z @ z) * np.linalg.eigvalsh(A)]))


def hessian_blocks(
    network: Network, x: NDArray[np.floating], targets: NDArray[np.floating]
) -> tuple[HessianBlock, ...]:
    """Return the diagonal blocks of every layer's weight matrix, input side first.

    The recursion is (28) to (35) with C(l) = I, d(l) = −(z* − z) ∘ f″(y(l)), d(k−1) = (W(k)ᵀ v(k)) ∘ f″(y(k−1)), v from
    (18) and (19). For the softmax and the cross-entropy A(l) is the second derivative of that loss. Of a factored layer
    the block is that of W = U Σ Vᵀ, as if W were trained.

    Parameters
    ----------
    network
        Any network.
    x : np.ndarray [shape=(n_clips, n_features)]
        Feature vectors.
    targets : np.ndarray [shape=(n_clips, n_classes)]
        Target outputs, one clip a row.

    Raises
    ------
    NetworkError
        If the matrices of so many clips do not fit into memory, or a shape is wrong.

    References
    ----------
    M. Naumov, "Feedforward and recurrent neural networks backward propagation and Hessian in matrix form" (2017),
    theorem 1.
    """
    spec = network.spec
    if len(x) * sum(layer.n_out**2 for layer in spec.layers) > _MOST_NUMBERS:
        widest = max(layer.n_out for layer in spec.layers)
        raise NetworkError(
            f"the Hessian blocks of {len(x)} clips and {widest} neurons need too much memory; take fewer clips"
        )
    network = double(network)
    found = [_blocks(network, point) for point in points(network, x, targets)]
    return tuple(
        HessianBlock(
            np.concatenate([one[index].A for one in found]),
            np.concatenate([one[index].d for one in found]),
            np.concatenate([one[index].z for one in found]),
        )
        for index in range(len(spec.layers))
    )


def _blocks(network: Network, point: Point) -> list[HessianBlock]:
    layers = network.spec.layers
    A, d = _output_curvature(network, point)
    blocks = [HessianBlock(A, d, point.inputs[-1])]
    for index in reversed(range(1, len(layers))):
        W, kind, z = network.weight_matrix(index), layers[index - 1].activation, point.outputs[index - 1]
        slope = backward(kind, z, np.ones_like(z))
        C = W.T @ A @ W  # equation (33)
        F = slope[:, :, None] * slope[:, None, :]  # equation (30)
        d = backward_tangent(kind, z, point.backs[index - 1], slope, np.zeros_like(z))  # equation (35)
        A = C * F + _diagonal(d)
        blocks.append(HessianBlock(A, d, point.inputs[index - 1]))
    return blocks[::-1]


def _output_curvature(network: Network, point: Point) -> tuple[Array, Array]:
    """Return A(l), column by column as the derivative of v(l) in each direction of y(l), and the diagonal of D(l)."""
    loss, kind, z = network.spec.loss, network.spec.layers[-1].activation, point.outputs[-1]
    A = np.empty((*z.shape, z.shape[1]))
    for column in range(z.shape[1]):
        direction = np.zeros_like(z)
        direction[:, column] = 1
        dz = backward(kind, z, direction)
        A[:, :, column] = output_delta_tangent(loss, kind, z, point.targets, dz)
    if loss == "cross-entropy" or kind == "softmax":
        return A, np.zeros_like(z)
    slope = backward(kind, z, np.ones_like(z))
    return A, backward_tangent(kind, z, z - point.targets, slope, np.zeros_like(z))  # equation (34)


def _diagonal(d: Array) -> Array:
    """Return diag(d) of each clip [shape=(n_clips, m, m)]."""
    diagonal: Array = d[:, :, None] * np.eye(d.shape[1])
    return diagonal
