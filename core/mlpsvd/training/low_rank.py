"""Dynamical low-rank training: every update adapts the rank of the SVD layers.

The rank-adaptive basis-update and Galerkin integrator of Schotthöfer, Zangrando, Kusch, Ceruti and Tudisco (2022),
"Low-rank lottery tickets: finding efficient low-rank neural networks via matrix differential equations", NeurIPS 35,
algorithm 1. Between updates U and V are orthonormal and Σ holds the singular values, so the layers end as SVD layers.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from mlpsvd.arrays import namespace, to_host
from mlpsvd.engines.contract import LabelledVectors
from mlpsvd.engines.optimiser import OptimiserRule, OptimiserState, update
from mlpsvd.network.factorise import with_layer
from mlpsvd.network.layers import SVD, TWO_FACTOR, LayerSpec, Parameters
from mlpsvd.network.network import Network, parameter_views
from mlpsvd.network.spec import NetworkSpec

__all__ = ["low_rank_epoch", "low_rank_step", "truncated_rank"]

Array = NDArray[np.floating]
Factors = tuple[Array, Array]


def low_rank_epoch(
    network: Network,
    rule: OptimiserRule,
    state: OptimiserState,
    data: LabelledVectors,
    order: NDArray[np.intp],
    batch_size: int,
    tolerance: float,
) -> tuple[Network, OptimiserState]:
    """Train on every clip once with :func:`low_rank_step`; return the new network and state.

    Parameters
    ----------
    data, order, batch_size
        As in :meth:`mlpsvd.engines.contract.Engine.run_epoch`, on the reference engine's device.
    """
    device_order = namespace(network.theta).asarray(order)
    for start in range(0, len(order), batch_size):
        batch = device_order[start : start + batch_size]
        network, state = low_rank_step(network, rule, state, data.x[batch], data.targets[batch], tolerance)
    return network, state


def low_rank_step(
    network: Network, rule: OptimiserRule, state: OptimiserState, x: Array, targets: Array, tolerance: float
) -> tuple[Network, OptimiserState]:
    """Do one update: K- and L-step, augmentation of the bases, S-step, truncation.

    K-step and L-step move K = U Σ with V fixed and L = Σ Vᵀ with U fixed. Û and V̂ are orthonormal bases of
    [U, K₁] and [V, L₁ᵀ]. The S-step moves Ŝ = Ûᵀ W V̂, and all other parameters. Its singular values beyond the rank
    of :func:`truncated_rank` are discarded.

    With Adam, the steps of K, L and Ŝ are those of gradient descent with the learning rate divided by the running
    root mean square of W's gradient: one number a layer, which does not depend on the bases. The first moment would,
    so neither Adam nor momentum has one here; all other parameters are updated by the rule as it is.

    Parameters
    ----------
    network
        At least one SVD layer, whose U and V are orthonormal.
    state
        Moments of the other parameters; the mean square gradient of a low-rank layer lies where its ``sigma`` does.
    tolerance
        As in :func:`truncated_rank`.
    """
    low_rank = [index for index, layer in enumerate(network.spec.layers) if layer.family.has_low_rank_steps]
    old = {index: network.parameters(index) for index in low_rank}
    left = _gradient(network, {i: (one["U"] * one["sigma"], one["Vt"]) for i, one in old.items()}, x, targets)
    right = _gradient(network, {i: (one["U"], one["sigma"][:, None] * one["Vt"]) for i, one in old.items()}, x, targets)
    rates, squares, bases, products = {}, {}, {}, {}
    for i, one in old.items():
        rates[i], squares[i] = _rate(network.spec, rule, state, i, left[0][i][0])
        K = one["U"] * one["sigma"] - rates[i] * left[0][i][0]
        L = one["sigma"][:, None] * one["Vt"] - rates[i] * right[0][i][1]
        bases[i] = _basis(one["U"], K), _basis(one["Vt"].T, L.T)
        products[i] = (bases[i][0].T @ (one["U"] * one["sigma"])) @ (one["Vt"] @ bases[i][1])
    augmented = {i: (bases[i][0] @ products[i], bases[i][1].T) for i in low_rank}
    factors, rest = _gradient(network, augmented, x, targets)
    after, new_state = _others_updated(network, rule, state, low_rank, rest)
    for i, (U_hat, V_hat) in bases.items():
        P, s, Qt = namespace(x).linalg.svd(products[i] - rates[i] * (U_hat.T @ factors[i][0]), full_matrices=False)
        rank = truncated_rank(to_host(s), tolerance)
        b = after.parameters(i)["b"]
        cut = {"U": U_hat @ P[:, :rank], "sigma": s[:rank], "Vt": Qt[:rank] @ V_hat.T, "b": b}
        before = after.spec
        after = with_layer(after, i, _svd_layer(before.layers[i], rank), cut)
        new_state = _resized(before, after.spec, new_state, i, squares[i])
    return after, new_state


def truncated_rank(singular_values: NDArray[np.floating], tolerance: float) -> int:
    """Return the smallest rank, at least 1, whose discarded values have a norm of at most tolerance · ‖Σ‖_F.

    Examples
    --------
    >>> truncated_rank(np.array([4.0, 3.0, 0.3]), 0.1), truncated_rank(np.array([4.0, 3.0, 0.3]), 0.01)
    (2, 3)
    """
    squares = np.asarray(singular_values, np.float64) ** 2
    tails = np.cumsum(squares[::-1])[::-1]  # tails[r]: what is discarded at rank r
    return max(1, int(np.count_nonzero(tails > tolerance**2 * squares.sum())))


def _gradient(
    network: Network, factors: Mapping[int, Factors], x: Array, targets: Array
) -> tuple[dict[int, Factors], dict[int, Parameters]]:
    """Return the gradients of two factors of the given layers, and those of all biases and other layers."""
    for index, (left, right) in factors.items():
        layer = network.spec.layers[index]
        two = LayerSpec(TWO_FACTOR.name, layer.n_in, layer.n_out, left.shape[1], layer.activation)
        parameters = {"U": left, "SVt": right, "b": network.parameters(index)["b"]}
        network = with_layer(network, index, two, parameters)
    gradient = network.gradient(x, targets)
    views = [parameter_views(network.spec, gradient, index) for index in range(len(network.spec.layers))]
    pairs = {index: (views[index]["U"], views[index]["SVt"]) for index in factors}
    rest = {i: {"b": one["b"]} if i in factors else one for i, one in enumerate(views)}
    return pairs, rest


def _rate(
    spec: NetworkSpec, rule: OptimiserRule, state: OptimiserState, index: int, gradient_K: Array
) -> tuple[float, float]:
    """Return the rate of a layer's low-rank steps, and its new mean square gradient."""
    if rule.kind != "adam":
        return rule.learning_rate, 0.0
    layer = spec.layers[index]
    mean_square = float((gradient_K * gradient_K).sum()) / (layer.n_out * layer.n_in)
    previous = float(parameter_views(spec, state.second, index)["sigma"][0])
    square = rule.beta_2 * previous + (1 - rule.beta_2) * mean_square
    corrected = square / (1 - rule.beta_2 ** (state.steps[index] + 1))
    return rule.learning_rate / (math.sqrt(corrected) + rule.epsilon), square


def _basis(old: Array, new: Array) -> Array:
    """Return an orthonormal basis [shape=(n, min(n, 2 rank))] whose span holds the columns of both."""
    xp = namespace(old)
    return xp.linalg.qr(xp.concatenate([old, new], axis=1))[0]


def _others_updated(
    network: Network,
    rule: OptimiserRule,
    state: OptimiserState,
    low_rank: list[int],
    rest: Mapping[int, Parameters],
) -> tuple[Network, OptimiserState]:
    """Update biases and all other layers by the rule; the factors of low-rank layers stay, as their gradient is 0."""
    after, new_state = Network(network.spec, network.theta.copy()), state.copy()
    gradient = namespace(network.theta).zeros_like(network.theta)
    for index, parameters in rest.items():
        views = parameter_views(network.spec, gradient, index)
        for name, values in parameters.items():
            views[name][...] = values
    for index in low_rank:  # the mean square lies in the place of sigma's second moment; Adam divides 0 by it
        for name, view in parameter_views(network.spec, new_state.first, index).items():
            if name != "b":
                view[...] = 0
    update(rule, network.spec, after.theta, gradient, new_state)
    return after, new_state


def _svd_layer(layer: LayerSpec, rank: int) -> LayerSpec:
    return LayerSpec(SVD.name, layer.n_in, layer.n_out, rank, layer.activation)


def _resized(
    before: NetworkSpec, after: NetworkSpec, state: OptimiserState, index: int, square: float
) -> OptimiserState:
    """Carry moments over to another rank of a layer: those of its factors are 0 but for the mean square."""
    vectors = []
    for vector, fill in ((state.first, 0.0), (state.second, square)):
        xp = namespace(vector)
        new = xp.zeros(after.n_parameters, vector.dtype)
        for layer in range(len(after.layers)):
            old_views = parameter_views(before, vector, layer)
            for name, view in parameter_views(after, new, layer).items():
                if layer != index or name == "b":
                    view[...] = old_views[name]
                elif name == "sigma":
                    view[...] = fill
        vectors.append(new)
    return OptimiserState(vectors[0], vectors[1], list(state.steps))
