"""Robustness of a network under the fast gradient sign method (Goodfellow et al., 2015)."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mlpsvd.analysis.hessian.point import point
from mlpsvd.analysis.predictions import accuracy_on
from mlpsvd.analysis.result import AnalysisEvent, AnalysisResult, Progress
from mlpsvd.analysis.subject import Subject
from mlpsvd.network.network import Network
from mlpsvd.streams import Purpose, seeds
from mlpsvd.tables import Picture, Table
from mlpsvd.text import percent

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["accuracy_under_attack", "fast_gradient_sign", "input_gradient", "robustness"]

_Array = NDArray[np.floating]

STEPS = (0.0, 0.01, 0.02, 0.05, 0.1, 0.2)
"""Steps of the analysis, relative to the root mean square of the features."""


def input_gradient(network: Network, x: _Array, targets: _Array) -> _Array:
    """Return the gradient of each clip's loss with respect to its feature vector: Wᵀ δ of the first layer.

    Parameters
    ----------
    network
        The network.
    x : np.ndarray [shape=(n_clips, n_features)]
        Feature vectors.
    targets : np.ndarray [shape=(n_clips, n_classes)]
        Target outputs.

    Returns
    -------
    np.ndarray [shape=(n_clips, n_features)]
    """
    first = network.spec.layers[0].family
    return first.backward_input(network.parameters(0), point(network, x, targets).deltas[0])


def fast_gradient_sign(network: Network, x: _Array, targets: _Array, step: float) -> _Array:
    """Return x + step · sign(∂L/∂x): of all changes of at most ``step`` per entry, the worst to first order."""
    changed: _Array = x + np.asarray(step, dtype=x.dtype) * np.sign(input_gradient(network, x, targets))
    return changed


def accuracy_under_attack(network: Network, x: _Array, labels: NDArray[np.integer], step: float) -> float:
    """Return the accuracy on clips that are changed by :func:`fast_gradient_sign`."""
    x = x.astype(network.theta.dtype, copy=False)
    targets = np.eye(network.spec.layers[-1].n_out, dtype=x.dtype)[labels]
    return accuracy_on(network, fast_gradient_sign(network, x, targets, step), labels)


def robustness(subject: Subject) -> Generator[AnalysisEvent, None, None]:
    """Analysis "robustness": accuracy on the test set against the step of the fast gradient sign.

    Yields
    ------
    AnalysisEvent
        Progress, and one result.

    Raises
    ------
    DataError
        If the clips of the run are not available.
    """
    dataset, network = subject.require_dataset(), subject.network
    scale = float(np.sqrt(np.mean(dataset.x_test.astype(np.float64) ** 2)))
    accuracies, random = [], []
    for done, step in enumerate(STEPS):
        yield Progress(done, len(STEPS))
        accuracies.append(accuracy_under_attack(network, dataset.x_test, dataset.y_test, step * scale))
        random.append(accuracy_on(network, _with_random_signs(dataset.x_test, step * scale), dataset.y_test))
    gain = _gain(network)
    at = STEPS.index(0.1)
    yield AnalysisResult(
        key="robustness",
        findings=(
            f"Changes of at most 10 % of the features' root mean square, chosen against {subject.title}, lower its "
            f"test accuracy from {percent(accuracies[0])} to {percent(accuracies[at])}; changes of the same size with "
            f"random signs to {percent(random[at])}.",
            f"The spectral norm of the first weight matrix, which bounds how far a change of the input moves the "
            f"neuron inputs, is {gain:.3g}.",
        ),
        tables=(
            Table(
                "robustness",
                "Accuracy under the fast gradient sign",
                ("Step / rms of the features", "Accuracy", "With random signs"),
                tuple((step, round(a, 6), round(b, 6)) for step, a, b in zip(STEPS, accuracies, random, strict=True)),
                shown=True,
            ),
        ),
        arrays={"step": np.array(STEPS), "accuracy": np.array(accuracies), "accuracy_random": np.array(random)},
        pictures=(
            Picture(
                "robustness",
                "Test accuracy against the step, with the worst sign for every feature and with random signs",
                lambda: _draw(STEPS, accuracies, random),
            ),
        ),
    )


def _with_random_signs(x: _Array, step: float) -> _Array:
    signs = np.random.default_rng(seeds(Purpose.RANDOM_SIGNS, 0)).choice([-1.0, 1.0], x.shape)
    changed: _Array = x + np.asarray(step * signs, dtype=x.dtype)
    return changed


def _gain(network: Network) -> float:
    """Return the spectral norm of the matrix that multiplies the whole input in the first layer."""
    layer, parameters = network.spec.layers[0], network.parameters(0)
    if layer.window is None:
        return float(np.linalg.norm(network.weight_matrix(0), 2))
    units = np.eye(layer.n_in, dtype=network.theta.dtype)
    return float(
        np.linalg.norm(layer.family.forward(parameters, units)[0] - layer.family.forward(parameters, 0 * units)[0], 2)
    )


def _draw(steps: Sequence[float], accuracies: Sequence[float], random: Sequence[float]) -> Figure:
    from mlpsvd.drawing import new_figure, style

    with style():
        figure = new_figure(2.2)
        axes = figure.add_subplot()
        axes.plot(steps, 100 * np.array(accuracies), marker=".", label="worst signs")
        axes.plot(steps, 100 * np.array(random), marker=".", linestyle="--", label="random signs")
        axes.set_xlabel("Step / rms of the features")
        axes.set_ylabel("Test accuracy (%)")
        axes.set_ylim(bottom=0)
        axes.legend()
    return figure
