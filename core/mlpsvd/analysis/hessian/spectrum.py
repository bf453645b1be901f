"""Leading eigenvalues of a Hessian and the density of all of them, from products with vectors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlpsvd.analysis.hessian.product import HessianProduct, dense_hessian
from mlpsvd.engines.blas_threads import OneThread
from mlpsvd.errors import NetworkError
from mlpsvd.streams import Purpose, seeds

__all__ = ["Leading", "SpectralDensity", "frobenius_norm", "leading_eigenvalues", "spectral_density"]

Array = NDArray[np.floating]

_FEW = 60  # parameters up to which all eigenvalues are computed instead of the leading ones
_TOLERANCE = 1e-6
_MOST_RESTARTS = 300


@dataclass(frozen=True, eq=False)
class Leading:
    """Eigenvalues of largest modulus.

    Attributes
    ----------
    values : np.ndarray [shape=(n_values,)]
        Largest first, negative ones last.
    vectors : np.ndarray [shape=(n_parameters, n_values)]
        Unit eigenvectors, in the columns.
    n_products
        Hessian-vector products that they took.
    """

    values: Array
    vectors: Array
    n_products: int


def leading_eigenvalues(
    product: HessianProduct, n_values: int = 10, progress: Callable[[float], None] | None = None
) -> Leading:
    """Return the eigenvalues of largest modulus, by ARPACK's implicitly restarted Lanczos method.

    Parameters
    ----------
    product
        The Hessian.
    n_values
        How many eigenvalues; fewer if the network has fewer parameters.
    progress
        Called after each product with an estimate of the share done, 0 to 1: the number of products is not known
        beforehand. It may raise to cancel.

    Raises
    ------
    NetworkError
        If the method does not converge.

    References
    ----------
    ``scipy.sparse.linalg.eigsh``; Lehoucq, Sorensen and Yang, "ARPACK users' guide" (1998).
    """
    import scipy.sparse.linalg  # noqa: F401  # loads its BLAS before the limit

    with OneThread().limited():  # once: to change the number of threads for every product is slow on a busy computer
        return _leading(product, n_values, progress)


def _leading(product: HessianProduct, n_values: int, progress: Callable[[float], None] | None) -> Leading:
    from scipy.sparse.linalg import ArpackNoConvergence, LinearOperator, eigsh

    n, before = product.n_parameters, product.n_products
    n_values = min(n_values, n)
    if n <= max(_FEW, 3 * n_values):
        values, vectors = np.linalg.eigh(dense_hessian(product, progress))
    else:
        usual = 12 * n_values

        def counted(vector: Array) -> Array:
            done = product.n_products - before
            if progress is not None:
                progress(done / (done + usual))
            return product(vector)

        start = np.random.default_rng(seeds(Purpose.HESSIAN_PROBES, 0)).standard_normal(n)
        operator = LinearOperator((n, n), matvec=counted, dtype=np.float64)
        try:
            values, vectors = eigsh(
                operator, n_values, which="LM", v0=start, tol=_TOLERANCE, maxiter=_MOST_RESTARTS,
                ncv=min(n, 2 * n_values + 10),
            )  # fmt: skip
        except ArpackNoConvergence as error:
            done = product.n_products - before
            raise NetworkError(
                f"only {len(error.eigenvalues)} of {n_values} eigenvalues of the Hessian converged in {done} products; "
                "ask for fewer"
            ) from error
    largest = np.argsort(-np.abs(values), kind="stable")[:n_values]
    order = largest[np.argsort(-values[largest], kind="stable")]
    return Leading(values[order], vectors[:, order], product.n_products - before)


@dataclass(frozen=True, eq=False)
class SpectralDensity:
    """How the eigenvalues of a Hessian are distributed, by stochastic Lanczos quadrature.

    Attributes
    ----------
    nodes, weights : np.ndarray [shape=(n_probes, n_steps)]
        Ritz values of each probe, and their weights, which sum to 1 for each probe. A mean over the spectrum,
        trace f(H) / n, is the mean over the probes of Σ weight f(node).
    n_parameters
        Number of eigenvalues.
    """

    nodes: Array
    weights: Array
    n_parameters: int

    def mean(self, power: int) -> float:
        """Return the estimate of trace(Hᵖ) / n for a power p."""
        return float((self.weights * self.nodes**power).sum() / len(self.nodes))

    def on_grid(self, n_points: int = 400) -> tuple[Array, Array]:
        """Return a grid and the density there, each node widened to a Gaussian of 1 % of the range.

        Returns
        -------
        grid : np.ndarray [shape=(n_points,)]
        density : np.ndarray [shape=(n_points,)]
            Its integral is 1.
        """
        low, high = float(self.nodes.min()), float(self.nodes.max())
        width = 0.01 * (high - low) or 1.0
        grid = np.linspace(low - 5 * width, high + 5 * width, n_points)
        density = np.zeros(n_points)
        for node, weight in zip(self.nodes.ravel(), self.weights.ravel(), strict=True):
            density += weight * np.exp(-0.5 * ((grid - node) / width) ** 2)
        return grid, density / (len(self.nodes) * width * np.sqrt(2 * np.pi))


def spectral_density(
    product: HessianProduct, n_probes: int = 6, n_steps: int = 40, progress: Callable[[float], None] | None = None
) -> SpectralDensity:
    """Estimate the density of all eigenvalues by stochastic Lanczos quadrature.

    Each random probe of signs starts a Lanczos recursion with full reorthogonalisation; the eigenvalues of the
    tridiagonal matrix are nodes, the squared first entries of its eigenvectors weights.

    Parameters
    ----------
    product
        The Hessian.
    n_probes, n_steps
        Random probes, and Lanczos steps of each; the cost is one product a step.
    progress
        Called after each product with the share done, 0 to 1. It may raise to cancel.

    References
    ----------
    Ubaru, Chen and Saad, "Fast estimation of tr(f(A)) via stochastic Lanczos quadrature" (2017); Ghorbani, Krishnan
    and Xiao, "An investigation into neural net optimization via Hessian eigenvalue density" (2019).
    """
    with OneThread().limited():
        return _density(product, n_probes, n_steps, progress)


def _density(
    product: HessianProduct, n_probes: int, n_steps: int, progress: Callable[[float], None] | None
) -> SpectralDensity:
    n = product.n_parameters
    n_steps = min(n_steps, n)
    rng = np.random.default_rng(seeds(Purpose.HESSIAN_PROBES, 1))
    nodes, weights = np.zeros((n_probes, n_steps)), np.zeros((n_probes, n_steps))
    for probe in range(n_probes):
        basis = np.zeros((n_steps, n))
        diagonal: list[float] = []
        beside: list[float] = []
        vector = rng.choice([-1.0, 1.0], n) / np.sqrt(n)
        for step in range(n_steps):
            if progress is not None:
                progress((probe * n_steps + step) / (n_probes * n_steps))
            basis[step] = vector
            turned = product(vector)
            diagonal.append(float(vector @ turned))
            for _ in range(2):  # twice is enough (Kahan and Parlett)
                turned -= basis[: step + 1].T @ (basis[: step + 1] @ turned)
            length = float(np.linalg.norm(turned))
            if length <= 1e-10 * max(1e-300, *(abs(one) for one in diagonal), *beside):
                break  # an invariant subspace: the nodes are exact
            beside.append(length)
            vector = turned / length
        size = len(diagonal)
        off = beside[: size - 1]
        values, vectors = np.linalg.eigh(np.diag(diagonal) + np.diag(off, 1) + np.diag(off, -1))
        nodes[probe, :size], weights[probe, :size] = values, vectors[0] ** 2
    return SpectralDensity(nodes, weights, n)


def frobenius_norm(product: Callable[[Array], Array], vectors: Array, values: Array, n_probes: int = 12) -> float:
    """Estimate the Frobenius norm of a symmetric matrix, whose leading eigenvalues are known.

    These count exactly, and random probes estimate the rest in the complement of their eigenvectors. Without that, one
    large eigenvalue alone would decide the estimate by chance.

    Parameters
    ----------
    product
        Multiplies the matrix with a vector.
    vectors : np.ndarray [shape=(n, n_values)]
        Orthonormal eigenvectors.
    values : np.ndarray [shape=(n_values,)]
        Their eigenvalues.
    n_probes
        Random probes; the cost is one product each.

    References
    ----------
    Meyer, Musco, Musco and Woodruff, "Hutch++: optimal stochastic trace estimation" (2021).
    """
    with OneThread().limited():
        return _norm(product, vectors, values, n_probes)


def _norm(product: Callable[[Array], Array], vectors: Array, values: Array, n_probes: int) -> float:
    rng = np.random.default_rng(seeds(Purpose.HESSIAN_PROBES, 2))
    total, n = float((values**2).sum()), len(vectors)
    if len(values) < n:
        for _ in range(n_probes):
            probe = rng.choice([-1.0, 1.0], n)
            probe = probe - vectors @ (vectors.T @ probe)
            turned = product(probe)
            turned = turned - vectors @ (vectors.T @ turned)
            total += float(turned @ turned) / n_probes
    return float(np.sqrt(total))
