"""Parallel coordinates of a sweep: the position of every combination on every axis, for the window and for print."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from mlpsvd.experiments.sweeps.axes import Axis
from mlpsvd.experiments.sweeps.results import CombinationResult
from mlpsvd.experiments.sweeps.sweep import Sweep
from mlpsvd.text import rounded_number

__all__ = ["Coordinate", "Coordinates", "coordinates"]

_WEIGHTS, _SECONDS = "Weights", "Time (s)"


@dataclass(frozen=True)
class Coordinate:
    """One axis.

    Attributes
    ----------
    label
        Its name.
    positions
        Position of each combination, 0 to 1.
    ticks
        Positions and texts of the values.
    """

    label: str
    positions: tuple[float, ...]
    ticks: tuple[tuple[float, str], ...]


@dataclass(frozen=True)
class Coordinates:
    """All axes of the complete combinations: the settings, then accuracy, weights and time of the deciding network.

    Attributes
    ----------
    numbers
        Numbers of the combinations, in the order of the positions.
    accuracies
        Their mean accuracies.
    columns
        The axes.
    """

    numbers: tuple[int, ...]
    accuracies: tuple[float, ...]
    columns: tuple[Coordinate, ...]


def coordinates(sweep: Sweep, results: Sequence[CombinationResult]) -> Coordinates:
    """Return the parallel coordinates of the complete combinations."""
    complete = [one for one in results if one.is_complete and sweep.judge in one.networks]
    networks = [one.networks[sweep.judge] for one in complete]
    shown = [(place, axis) for place, axis in enumerate(sweep.axes) if axis.span or len(axis.values) > 1]
    columns = [_of_axis(axis, place, complete) for place, axis in shown]
    columns.append(_of_numbers("Test accuracy (%)", [100 * one.mean for one in networks], digits=3))
    columns.append(_of_numbers(_WEIGHTS, [one.n_weights for one in networks]))
    columns.append(_of_numbers(_SECONDS, [one.train_s for one in networks], digits=2))
    return Coordinates(
        tuple(one.combination.number for one in complete), tuple(one.mean for one in networks), tuple(columns)
    )


def _of_axis(axis: Axis, place: int, complete: Sequence[CombinationResult]) -> Coordinate:
    def scaled(number: float) -> float:
        return math.log(number) if axis.is_logarithmic else number

    if axis.span is not None:
        return _of_span(axis, [axis.number(one.combination.values[place]) for one in complete])
    numbers = [scaled(axis.number(value)) for value in axis.values]
    low, width = min(numbers), (max(numbers) - min(numbers)) or 1.0
    at = {value: (number - low) / width for value, number in zip(axis.values, numbers, strict=True)}
    positions = tuple(at[one.combination.values[place]] for one in complete)
    return Coordinate(axis.heading, positions, tuple(zip(at.values(), axis.texts, strict=True)))


def _of_span(axis: Axis, numbers: Sequence[float]) -> Coordinate:
    """Return the coordinate of a range, with ticks at its ends and in the middle."""
    span = axis.span
    assert span is not None
    forward, back = (math.log, math.exp) if span.is_logarithmic else (float, float)
    low, width = forward(span.low), forward(span.high) - forward(span.low)
    marks = [back(low + at * width) for at in (0.0, 0.5, 1.0)]
    marks = [float(round(mark)) for mark in marks] if axis.is_integer else marks
    ticks = tuple(((forward(mark) - low) / width, rounded_number(mark, 3)) for mark in marks)
    return Coordinate(axis.heading, tuple((forward(number) - low) / width for number in numbers), ticks)


def _of_numbers(label: str, numbers: Sequence[float], digits: int = 4) -> Coordinate:
    if not numbers:
        return Coordinate(label, (), ())
    low, high = min(numbers), max(numbers)
    width = (high - low) or 1.0
    positions = tuple((number - low) / width if high > low else 0.5 for number in numbers)
    ends = [(0.0, low), (1.0, high)] if high > low else [(0.5, low)]
    return Coordinate(label, positions, tuple((at, rounded_number(number, digits)) for at, number in ends))
