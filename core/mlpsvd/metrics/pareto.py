"""Pareto front: choices that no other choice beats in both cost and benefit."""

from __future__ import annotations

import math
from collections.abc import Sequence

__all__ = ["pareto_front"]


def pareto_front(points: Sequence[tuple[float, float]]) -> list[int]:
    """Return the indices of the Pareto-optimal points (cost, benefit), the least cost first; NaN is never optimal.

    Examples
    --------
    >>> pareto_front([(1.0, 0.7), (2.0, 0.6), (3.0, 0.9)])
    [0, 2]
    """
    known = [index for index, point in enumerate(points) if not any(math.isnan(one) for one in point)]
    front: list[int] = []
    for index in sorted(known, key=lambda index: (points[index][0], -points[index][1])):
        if not front or points[index][1] > points[front[-1]][1]:
            front.append(index)
    return front
