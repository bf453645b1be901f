"""Analysis "hessian": leading eigenvalues and density of the full Hessian, and the blocks beside it."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mlpsvd.analysis.background import progress_of
from mlpsvd.analysis.hessian.blocks import HessianBlock, hessian_blocks
from mlpsvd.analysis.hessian.product import HessianProduct
from mlpsvd.analysis.hessian.sharpness import directions_that_matter
from mlpsvd.analysis.hessian.spectrum import (
    Leading,
    SpectralDensity,
    frobenius_norm,
    leading_eigenvalues,
    spectral_density,
)
from mlpsvd.analysis.hessian.training_set import training_set
from mlpsvd.analysis.hessian.update_rank import UpdateRank, update_rank
from mlpsvd.analysis.layer_inputs import require_whole
from mlpsvd.analysis.result import AnalysisEvent, AnalysisResult, Progress
from mlpsvd.analysis.subject import Subject
from mlpsvd.engines.blas_threads import OneThread
from mlpsvd.network.factorise import factorised, with_layer
from mlpsvd.network.layers import DENSE
from mlpsvd.network.network import Network
from mlpsvd.tables import Picture, Table
from mlpsvd.text import counted, percent, with_minus

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["BlockShare", "block_shares", "hessian", "in_weights"]

_LEADING = 20
_WHOLE_BLOCK = 300  # weights of the largest block that is decomposed whole
_BLOCK_LEADING = 4
_BATCH = 64  # clips of the mini-batch whose update is examined


@dataclass(frozen=True)
class BlockShare:
    """One diagonal block beside the full Hessian in the weights W and biases.

    Attributes
    ----------
    layer
        Index of the layer, input side first.
    shape
        Shape of W.
    norm
        Frobenius norm of the block of W.
    largest
        Its largest eigenvalue.
    """

    layer: int
    shape: tuple[int, int]
    norm: float
    largest: float


def in_weights(network: Network) -> Network:
    """Return the same function with every W multiplied out: Naumov's blocks are derivatives with respect to W."""
    for index, layer in enumerate(network.spec.layers):
        if layer.is_factored:
            dense, parameters = factorised(layer, network.parameters(index), DENSE.name, min(layer.n_in, layer.n_out))
            network = with_layer(network, index, dense, parameters)
    return network


def block_shares(blocks: tuple[HessianBlock, ...]) -> tuple[BlockShare, ...]:
    """Return norm and largest eigenvalue of every layer's block."""
    import scipy.sparse.linalg  # noqa: F401  # loads its BLAS before the limit

    with OneThread().limited():
        return tuple(BlockShare(index, block.shape, *_norm_and_largest(block)) for index, block in enumerate(blocks))


def hessian(subject: Subject) -> Generator[AnalysisEvent, None, None]:
    """Examine the curvature of the training loss at one epoch.

    The full Hessian is taken in the parameters as they are trained (U, σ and Vᵀ of a factored layer), its leading
    eigenvalues and its density from products; Naumov's diagonal blocks stand beside the full Hessian in W.

    Parameters
    ----------
    subject
        The network, with its data set.

    Yields
    ------
    AnalysisEvent
        Progress, and one result.

    Raises
    ------
    DataError
        If the clips of the run are not available.
    NetworkError
        If the eigenvalues do not converge, or the first layer is a convolution.
    """
    require_whole(subject.network.spec, 0)
    yield Progress(0, 400)
    x, targets = training_set(subject)
    product = HessianProduct(subject.network, x, targets)
    leading = yield from progress_of(lambda report: leading_eigenvalues(product, _LEADING, report), 0, 4)
    density = yield from progress_of(lambda report: spectral_density(product, progress=report), 1, 4)
    multiplied = HessianProduct(in_weights(subject.network), x, targets)
    in_w = yield from progress_of(lambda report: leading_eigenvalues(multiplied, _LEADING, report), 2, 4)
    norm = frobenius_norm(multiplied, in_w.vectors, in_w.values)
    blocks = yield from progress_of(lambda report: block_shares(hessian_blocks(subject.network, x, targets)), 3, 4)
    update = update_rank(subject.network, x[:_BATCH], targets[:_BATCH])
    yield _result(subject, product, leading, density, blocks, norm, update)


def _norm_and_largest(block: HessianBlock) -> tuple[float, float]:
    """Return Frobenius norm and largest eigenvalue of a block, by Lanczos where it is large."""
    from scipy.sparse.linalg import LinearOperator, eigsh

    m, n = block.shape
    if m * n <= _WHOLE_BLOCK:
        values = np.linalg.eigvalsh(block.of_weights())
        return float(np.sqrt((values**2).sum())), float(values[-1])

    def product(vector: NDArray[np.floating]) -> NDArray[np.floating]:
        return block.product(vector.reshape(m, n)).ravel()

    operator = LinearOperator((m * n, m * n), matvec=product, dtype=np.float64)
    values, vectors = eigsh(operator, _BLOCK_LEADING, which="LM", v0=np.ones(m * n), tol=1e-3)
    return frobenius_norm(product, vectors, values), float(values.max())


def _result(
    subject: Subject,
    product: HessianProduct,
    leading: Leading,
    density: SpectralDensity,
    blocks: tuple[BlockShare, ...],
    norm: float,
    update: UpdateRank,
) -> AnalysisResult:
    grid, values = density.on_grid()
    shares = [(one.norm / norm) ** 2 if norm else 0.0 for one in blocks]
    return AnalysisResult(
        key="hessian",
        findings=tuple(_findings(subject, product, leading, blocks, sum(shares), update)),
        tables=(
            Table(
                "leading_eigenvalues", "Leading eigenvalues of the full Hessian", ("Number", "Eigenvalue"),
                tuple((index, float(value)) for index, value in enumerate(leading.values, start=1)), shown=True,
            ),
            Table(
                "blocks", "Blocks of the weight matrices beside the full Hessian in W",
                ("Layer", "Neurons", "Inputs", "Frobenius norm", "Share of the squared norm", "Largest eigenvalue"),
                tuple((one.layer + 1, *one.shape, one.norm, share, one.largest)
                      for one, share in zip(blocks, shares, strict=True)), shown=True,
            ),
            Table(
                "density", "Density of the eigenvalues", ("Eigenvalue", "Density"),
                tuple(zip(grid.tolist(), values.tolist(), strict=True)),
            ),
        ),
        arrays={
            "eigenvalues": leading.values, "density_grid": grid, "density": values,
            "block_largest": np.array([one.largest for one in blocks]),
            "block_norm": np.array([one.norm for one in blocks]), "full_norm": np.array(norm),
            "update_singular_values": update.singular_values,
        },
        pictures=(
            Picture("hessian_eigenvalues", "Density of all eigenvalues of the full Hessian (left, logarithmic) and its "
                    "leading eigenvalues with the largest of each block (right).",
                    lambda: _draw(leading.values, grid, values, blocks)),
        ),
    )  # fmt: skip


def _findings(
    subject: Subject,
    product: HessianProduct,
    leading: Leading,
    blocks: tuple[BlockShare, ...],
    share: float,
    update: UpdateRank,
) -> list[str]:
    largest, n_directions = float(leading.values[0]), directions_that_matter(leading.values)
    route = "exact products" if product.is_exact else "differences of gradients"
    found = [
        f"The largest eigenvalue of the full Hessian of {subject.title} is {largest:.3g} ({product.n_parameters} "
        f"parameters as trained, {route}); "
        + (f"gradient descent on the whole training set is stable up to a learning rate of {2 / largest:.3g}."
           if largest > 0 else "the loss curves up in no direction."),
        f"{counted(n_directions, 'direction')} of {product.n_parameters} "
        f"{'has' if n_directions == 1 else 'have'} an eigenvalue of at least a tenth of the largest"
        + (f" (of the {len(leading.values)} computed)." if n_directions == len(leading.values)
           else "; along the others the loss hardly changes."),
        f"The blocks of the single weight matrices (Naumov, theorem 1) hold {percent(share, 0)} of the squared "
        f"Frobenius norm of the full Hessian in W; their largest eigenvalue is "
        f"{max(one.largest for one in blocks):.3g}. They neglect how layers act together.",
        f"The update of W in the first layer from {update.bound} clips has rank {update.rank} (at most "
        f"{update.bound}, equation 26); its stable rank is {update.effective:.1f}.",
    ]  # fmt: skip
    if leading.values[-1] < 0:
        found.insert(
            1, f"The most negative of the leading eigenvalues is {leading.values[-1]:.3g}: not a minimum of the loss."
        )
    return [with_minus(one) for one in found]


def _draw(
    leading: NDArray[np.floating],
    grid: NDArray[np.floating],
    density: NDArray[np.floating],
    blocks: tuple[BlockShare, ...],
) -> Figure:
    from mlpsvd.drawing import COLUMN_IN, PALETTE, integer_ticks, new_figure, style

    with style():
        figure = new_figure(2.4, 2 * COLUMN_IN)
        left, right = figure.subplots(1, 2)
        left.semilogy(grid, np.maximum(density, 1e-6 * density.max()), color=PALETTE[0])
        left.set_xlabel("Eigenvalue")
        left.set_ylabel("Density of eigenvalues")
        right.plot(np.arange(1, len(leading) + 1), leading, "o", markersize=3, color=PALETTE[0], label="full Hessian")
        for one, colour in zip(blocks, PALETTE[1:], strict=False):
            right.axhline(
                one.largest, color=colour, linewidth=0.8, linestyle="--", label=f"largest of block {one.layer + 1}"
            )
        right.axhline(0, color="0.7", linewidth=0.5)
        right.set_xlabel("Number")
        integer_ticks(right.xaxis)
        right.set_ylabel("Leading eigenvalue")
        right.legend()
    return figure
