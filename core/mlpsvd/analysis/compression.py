"""Compression of a trained layer: truncated SVD, plain or weighted by the layer's inputs, and fine-tuning after it."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mlpsvd.analysis.layer_inputs import layer_inputs, require_whole
from mlpsvd.analysis.predictions import accuracy_on
from mlpsvd.analysis.result import AnalysisEvent, AnalysisResult, Progress
from mlpsvd.analysis.subject import Subject
from mlpsvd.datasets.dataset import DataSet
from mlpsvd.engines.optimiser import OptimiserRule, fresh_state, update
from mlpsvd.errors import SettingError
from mlpsvd.network.factorise import with_layer
from mlpsvd.network.layers import TWO_FACTOR, LayerSpec
from mlpsvd.network.network import Network
from mlpsvd.streams import Purpose, seeds
from mlpsvd.tables import Picture, Table
from mlpsvd.text import percent

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["compressed", "compression", "fine_tuned", "layer_bytes", "truncated", "truncated_for_inputs"]

_Array = NDArray[np.floating]

_ADAM = OptimiserRule("adam", 0.0005, 0.9, 0.9, 0.999, 1e-8)
_MOST_RANKS = 16
_TUNING_EPOCHS = 3
_TUNING_CLIPS = 20_000


def truncated(weights: _Array, rank: int) -> tuple[_Array, _Array]:
    """Return U_r and Σ_r V_rᵀ, whose product is the matrix of this rank that is nearest to the weights.

    Parameters
    ----------
    weights : np.ndarray [shape=(n_out, n_in)]
        A weight matrix.
    rank
        Number of singular values kept.

    Returns
    -------
    np.ndarray [shape=(n_out, rank)], np.ndarray [shape=(rank, n_in)]
        Its Frobenius error is the root of the sum of the squares of the discarded singular values.

    Raises
    ------
    SettingError
        If the rank is not from 1 to ``min(weights.shape)``.
    """
    _require_rank(weights, rank)
    return _cut(_singular_factors(weights), rank)


def truncated_for_inputs(weights: _Array, x: _Array, rank: int) -> tuple[_Array, _Array]:
    """Return the factors of rank r that change W x least over given inputs.

    With C = Xᵀ X / n they minimise ‖(W − Ŵ) C^(1/2)‖_F: if U_r holds the leading left singular vectors of W C^(1/2),
    Ŵ = U_r U_rᵀ W. They are the leading eigenvectors of W C Wᵀ, so that C^(1/2) itself is not needed.

    Parameters
    ----------
    weights : np.ndarray [shape=(n_out, n_in)]
        A weight matrix.
    x : np.ndarray [shape=(n_clips, n_in)]
        Inputs of the layer, one clip per row.
    rank
        Number of singular values kept.
    """
    _require_rank(weights, rank)
    return _cut(_factors_for_inputs(weights, x), rank)


def _singular_factors(weights: _Array) -> tuple[_Array, _Array]:
    """Return U and Σ Vᵀ of full rank."""
    u, sigma, vt = np.linalg.svd(weights, full_matrices=False)
    return u, sigma[:, None] * vt


def _factors_for_inputs(weights: _Array, x: _Array) -> tuple[_Array, _Array]:
    """Return U and Uᵀ W of full rank, with the eigenvectors U of W C Wᵀ, leading ones first."""
    exact, inputs = weights.astype(np.float64), x.astype(np.float64)
    outputs = inputs @ exact.T
    u = np.linalg.eigh(outputs.T @ outputs / len(inputs))[1][:, ::-1]
    return u.astype(weights.dtype), (u.T @ exact).astype(weights.dtype)


def _cut(factors: tuple[_Array, _Array], rank: int) -> tuple[_Array, _Array]:
    left, right = factors
    return left[:, :rank], right[:rank]


def compressed(network: Network, layer: int, left: _Array, right: _Array) -> Network:
    """Return a network in which one layer has the factors W = left · right; its biases and all else stay."""
    spec, rank = network.spec.layers[layer], left.shape[1]
    smaller = replace(spec, kind=TWO_FACTOR.name, rank=rank)
    return with_layer(network, layer, smaller, {"U": left, "SVt": right, "b": network.parameters(layer)["b"]})


def layer_bytes(layer: LayerSpec, rank: int | None = None) -> int:
    """Return the bytes of a layer in float32: in two factors of a rank, or dense for None; biases included."""
    weights = layer.n_in * layer.n_out if rank is None else rank * (layer.n_in + layer.n_out)
    return 4 * (weights + layer.n_out)


def fine_tuned(network: Network, dataset: DataSet, epochs: int, rule: OptimiserRule, batch_size: int = 64) -> Network:
    """Train a network further with Adam in batches of a fixed order, and return it; the given one stays.

    Parameters
    ----------
    network
        A network, e.g. from :func:`compressed`.
    dataset
        Its data.
    epochs
        Passes over the training set.
    rule
        The optimiser.
    batch_size
        Clips per update.
    """
    tuned = Network(network.spec, network.theta.copy())
    state = fresh_state(tuned.spec, tuned.theta)
    x = dataset.x_train.astype(tuned.theta.dtype, copy=False)
    targets = np.eye(len(dataset.class_names), dtype=x.dtype)[dataset.y_train]
    rng = np.random.default_rng(seeds(Purpose.FINE_TUNING, 0))
    for _ in range(epochs):
        order = rng.permutation(len(x))
        for start in range(0, len(order), batch_size):
            batch = order[start : start + batch_size]
            update(rule, tuned.spec, tuned.theta, tuned.gradient(x[batch], targets[batch]), state)
    return tuned


def compression(subject: Subject) -> Generator[AnalysisEvent, None, None]:
    """Analysis "compression": test accuracy and bytes of the first layer at each rank, three ways.

    Plain truncation, truncation weighted by the inputs, and the latter with fine-tuning.

    Yields
    ------
    AnalysisEvent
        Progress, and one result.

    Raises
    ------
    DataError
        If the clips of the run are not available.
    NetworkError
        If the first layer is a convolution.
    """
    dataset, network = subject.require_dataset(), subject.network
    require_whole(network.spec, 0)
    spec, weights = network.spec.layers[0], network.weight_matrix(0)
    inputs = layer_inputs(network, dataset.x_train[:: -(-len(dataset.x_train) // _TUNING_CLIPS)], 0)
    plain_factors, weighted_factors = _singular_factors(weights), _factors_for_inputs(weights, inputs)
    whole = accuracy_on(network, dataset.x_test, dataset.y_test)
    rows = []
    ranks = _ranks(min(weights.shape))
    for done, rank in enumerate(ranks):
        yield Progress(done, len(ranks))
        plain = compressed(network, 0, *_cut(plain_factors, rank))
        weighted = compressed(network, 0, *_cut(weighted_factors, rank))
        tuned = fine_tuned(weighted, dataset, _TUNING_EPOCHS, _ADAM)
        ways = (accuracy_on(one, dataset.x_test, dataset.y_test) for one in (plain, weighted, tuned))
        first, second, third = (round(accuracy, 6) for accuracy in ways)
        rows.append((rank, layer_bytes(spec, rank), first, second, third))
    yield _result(subject, tuple(rows), whole, layer_bytes(spec))


def _result(
    subject: Subject, rows: tuple[tuple[int, int, float, float, float], ...], whole: float, n_bytes: int
) -> AnalysisResult:
    columns = ("Rank", "Bytes", "Truncated", "Weighted by the inputs", "Weighted and fine-tuned")
    found = np.array(rows, dtype=np.float64)
    enough = [next((row for row in rows if row[column] >= whole - 0.01), rows[-1]) for column in (2, 3, 4)]
    ways = (
        "plain truncation",
        "truncation weighted by the inputs",
        f"that with {_TUNING_EPOCHS} epochs of fine-tuning",
    )
    return AnalysisResult(
        key="compression",
        findings=(
            f"{subject.title} as trained classifies {percent(whole)} of the test clips correctly; its first layer has "
            f"{n_bytes} bytes as a dense matrix.",
            "Within a percentage point of that are " + ", ".join(
                f"{way} at rank {row[0]} ({row[1]} bytes)" for way, row in zip(ways, enough, strict=True)
            ) + ".",
        ),
        tables=(Table("compression", "Accuracy and size by rank", columns, rows, shown=True),),
        arrays={"rank": found[:, 0], "bytes": found[:, 1], "accuracy": found[:, 2:]},
        pictures=(Picture("compression", "Test accuracy against the bytes of the first layer",
                          lambda: _draw(found, whole, n_bytes)),),
    )  # fmt: skip


def _ranks(full: int) -> list[int]:
    """Return all ranks, or about sixteen of many in equal ratios."""
    return sorted(
        {round(one) for one in np.geomspace(1, full, min(full, _MOST_RANKS))} | set(range(1, min(full, 6) + 1))
    )


def _require_rank(weights: _Array, rank: int) -> None:
    if not 1 <= rank <= min(weights.shape):
        raise SettingError("rank", rank, f"a whole number from 1 to {min(weights.shape)}")


def _draw(found: NDArray[np.float64], whole: float, n_bytes: int) -> Figure:
    from mlpsvd.drawing import PALETTE, new_figure, style

    with style():
        figure = new_figure(2.4)
        axes = figure.add_subplot()
        labels = ("truncated", "weighted by the inputs", "and fine-tuned")
        for column, (label, colour) in enumerate(zip(labels, PALETTE, strict=False), start=2):
            axes.plot(found[:, 1], 100 * found[:, column], marker=".", color=colour, label=label)
        axes.axhline(100 * whole, color="0.5", linewidth=0.6)
        axes.axvline(n_bytes, color="0.5", linewidth=0.6, linestyle=":")
        axes.set_xlabel("Bytes of the first layer (dotted: dense)")
        axes.set_ylabel("Test accuracy (%)")
        axes.legend()
    return figure
