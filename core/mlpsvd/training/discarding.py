"""Discarding of singular values: schedule and criteria (Paul and Nelson, section III A and equation 65)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from mlpsvd.arrays import namespace
from mlpsvd.engines.optimiser import OptimiserState
from mlpsvd.network.factorise import factorised, with_layer
from mlpsvd.network.layers import Factored, layer_family
from mlpsvd.network.network import Network, parameter_views
from mlpsvd.network.spec import NetworkSpec
from mlpsvd.training.criteria import kept_rank
from mlpsvd.training.events import Discard
from mlpsvd.training.settings import DiscardingSettings

__all__ = ["TrainingLoss", "discard", "discarding_points"]

TrainingLoss = Callable[[Network], float]
"""Returns the mean loss of a network over the training set."""


def discarding_points(settings: DiscardingSettings) -> tuple[int, ...]:
    """Return the epochs after which singular values are discarded: equation (65), rounded to whole epochs.

    d(n) = d(n−1) · 10^((b−a)/(N−1)) from d(1) = 10ᵃ (``first``) to d(N) = 10ᵇ (``last``). Points that round to the
    same epoch are merged.
    """
    if settings.points == 0:
        return ()
    if settings.points == 1:
        return (settings.first,)
    a, b = np.log10(settings.first), np.log10(settings.last)
    exponents = a + (b - a) * np.arange(settings.points) / (settings.points - 1)
    return tuple(int(point) for point in np.unique(np.rint(10.0**exponents)))


def discard(
    network: Network,
    state: OptimiserState,
    kinds: tuple[str, ...],
    settings: DiscardingSettings,
    training_loss: TrainingLoss | None = None,
    initial_std: Sequence[float] = (),
) -> tuple[Network, OptimiserState, tuple[Discard, ...]]:
    """Discard small singular values from every factored layer, as at a discarding point.

    Each weight matrix is reassembled and decomposed again. If no singular value falls below the threshold, the layer
    is left unchanged; otherwise U_D, Σ_D and V_Dᵀ replace its factors in a new, shorter parameter vector. A layer that
    is to be factored but is still dense (``factor_from`` "first point") is factored in any case.

    Parameters
    ----------
    network, state
        The network and the optimiser's state; neither is changed.
    kinds
        For each layer, its kind from the first discarding point on.
    settings
        Criterion, guard, and treatment of the optimiser's moments.
    training_loss
        Loss function for the guard; without it, or with a guard of 0, only the criterion is applied.
    initial_std
        For each layer the standard deviation of its initial weights, which some criteria need.

    Returns
    -------
    network, state, discarded
        The new network and state and one entry per changed layer; the same objects and an empty tuple if nothing was
        discarded or factored.
    """
    discarded = []
    for index, kind in enumerate(kinds):
        family, layer = layer_family(kind), network.spec.layers[index]
        std = initial_std[index] if initial_std else 0.0
        if not isinstance(family, Factored):
            continue
        rank = kept_rank(network.singular_values(index), settings, layer.matrix_shape, std)
        if settings.guard and training_loss is not None:
            rank = _guarded_rank(network, index, kind, rank, settings.guard, training_loss)
        if rank == layer.rank and layer.kind == kind:
            continue
        cut, factors = factorised(layer, network.parameters(index), kind, rank)
        partners = None
        if settings.moments == "truncate" and layer.kind == kind:
            factors, partners = family.aligned(network.parameters(index), factors)
        after = with_layer(network, index, cut, factors)
        state = _moments_after(network.spec, after.spec, state, index, partners)
        network = after
        discarded.append(Discard(index, layer.rank, rank))
    return network, state, tuple(discarded)


def _guarded_rank(network: Network, index: int, kind: str, rank: int, guard: float, training_loss: TrainingLoss) -> int:
    """Return the smallest rank, at least ``rank``, at which the training loss rises by no more than ``guard``.

    Found by bisection, which assumes that the loss falls as the rank grows. The loss at the returned rank has been
    measured, unless it is the full rank.
    """
    layer, parameters = network.spec.layers[index], network.parameters(index)
    allowed = training_loss(network) + guard

    def is_harmless(candidate: int) -> bool:
        cut, factors = factorised(layer, parameters, kind, candidate)
        return training_loss(with_layer(network, index, cut, factors)) <= allowed

    low, high = rank, layer.rank  # the full rank never raises the loss
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if is_harmless(middle) else (middle + 1, high)
    return low


def _moments_after(
    before: NetworkSpec, after: NetworkSpec, state: OptimiserState, index: int, partners: NDArray[np.intp] | None
) -> OptimiserState:
    """Copy the moments to the new layout; those of layer ``index`` are set to zero, or taken from their partners."""
    steps = list(state.steps)
    if partners is None:
        steps[index] = 0
    vectors = [_carried_over(before, after, vector, index, partners) for vector in (state.first, state.second)]
    return OptimiserState(vectors[0], vectors[1], steps)


def _carried_over(
    before: NetworkSpec,
    after: NetworkSpec,
    vector: NDArray[np.floating],
    changed: int,
    partners: NDArray[np.intp] | None,
) -> NDArray[np.floating]:
    new = namespace(vector).zeros(after.n_parameters, vector.dtype)
    for index, layer in enumerate(after.layers):
        if index == changed and partners is None:
            continue
        family = layer.family if index == changed else None
        old_views = parameter_views(before, vector, index)
        for name, view in parameter_views(after, new, index).items():
            values = old_views[name]
            if isinstance(family, Factored) and partners is not None:
                values = family.of_partners(name, values, partners)
            view[...] = values
    return new
