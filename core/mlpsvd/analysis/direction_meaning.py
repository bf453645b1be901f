"""What a singular direction separates: the two classes furthest apart along it, and the frequencies that part them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlpsvd.analysis.directions import Directions
from mlpsvd.analysis.words import class_text
from mlpsvd.features.spectra import FittedFeatures
from mlpsvd.text import counted, frequency_text, percent, rounded_number

__all__ = ["Band", "Meaning", "meaning", "meaning_sentences", "narrowest_run", "range_text"]

_HALF = 0.5
_OVERLAP = 1.0
"""Standard deviations; classes whose means are nearer are not separated by the direction."""


@dataclass(frozen=True)
class Band:
    """Neighbouring frequencies of one part of the clip.

    Attributes
    ----------
    part
        Part of the clip, from 0.
    low_hz, high_hz
        The first and the last frequency, or centres of bands.
    share
        Part of the difference between two classes that they make; above 1 where other frequencies reduce it.
    """

    part: int
    low_hz: float
    high_hz: float
    share: float


@dataclass(frozen=True)
class Meaning:
    """What one direction separates.

    Attributes
    ----------
    high, low
        The classes with the highest and the lowest mean activation along the direction.
    gap
        Distance of their means in standard deviations (root mean square of those of both classes); infinite where
        these are 0.
    band
        The frequencies that make at least half of the distance; None where the row of Vᵀ does not lie over frequency.
    area
        The ninth of an image that makes most of the distance, in words, and its share; None for no image.
    """

    high: int
    low: int
    gap: float
    band: Band | None
    area: tuple[str, float] | None = None


def meaning(found: Directions, r: int, features: FittedFeatures) -> Meaning | None:
    """Return what direction r separates; None with fewer than two classes with test clips, or if these do not differ.

    The difference of the mean activations of the classes A and B is a sum over the features, Σ_f σ v_f (x̄_A − x̄_B)_f,
    where x̄ is the mean input of a class. The band is the narrowest run of neighbouring frequencies in one part of the
    clip whose terms make at least half of the sum of that part, in the part with the largest sum.

    Parameters
    ----------
    found
        Directions over frequency, see :func:`~mlpsvd.analysis.directions.over_frequency`.
    r
        Index of the direction.
    features
        The features of the run.
    """
    means = found.activation_mean[r]
    if np.isfinite(means).sum() < 2:
        return None
    high, low = int(np.nanargmax(means)), int(np.nanargmin(means))
    distance = float(means[high] - means[low])
    if distance <= 0.0:
        return None
    spread = float(np.sqrt(np.mean(found.activation_std[r, [high, low]] ** 2)))
    terms = found.factors.sigma[r] * found.factors.vt[r] * (found.class_inputs[high] - found.class_inputs[low])
    gap = distance / spread if spread > 0.0 else float("inf")
    if found.layer:
        return Meaning(high, low, gap, None)
    if features.image_shape is not None:
        return Meaning(high, low, gap, None, _area(terms.reshape(features.image_shape)))
    return Meaning(high, low, gap, _band(terms, features))


def _area(terms: NDArray[np.float64]) -> tuple[str, float]:
    sums = {
        f"{height} {side}".replace("middle centre", "central"): float(block.sum())
        for height, rows in zip(("upper", "middle", "lower"), np.array_split(terms, 3, axis=0), strict=True)
        for side, block in zip(("left", "centre", "right"), np.array_split(rows, 3, axis=1), strict=True)
    }
    name = max(sums, key=lambda one: sums[one])
    return name, sums[name] / float(terms.sum())


def _band(terms: NDArray[np.float64], features: FittedFeatures) -> Band | None:
    by_part = terms.reshape(int(features.parts[-1]) + 1, -1)
    sums = by_part.sum(axis=1)
    part = int(sums.argmax())
    if sums[part] <= 0.0:
        return None
    first, last = narrowest_run(by_part[part], _HALF * float(sums[part]))
    hz = features.frequencies_hz[: by_part.shape[1]]
    return Band(part, float(hz[first]), float(hz[last]), float(by_part[part, first : last + 1].sum() / sums.sum()))


def narrowest_run(terms: NDArray[np.float64], least: float) -> tuple[int, int]:
    """Return first and last index of the shortest run of neighbours whose sum is at least ``least``.

    Of runs of the same length the one with the largest sum is returned, and all terms if no run has that sum.

    Examples
    --------
    >>> import numpy as np
    >>> from mlpsvd.analysis.direction_meaning import narrowest_run
    >>> narrowest_run(np.array([1.0, 0.0, 3.0, 2.0, 0.0]), 4.5)
    (2, 3)
    """
    total = np.concatenate(([0.0], np.cumsum(terms)))
    for length in range(1, len(terms)):
        sums = total[length:] - total[:-length]
        if sums.max() >= least:
            first = int(sums.argmax())
            return first, first + length - 1
    return 0, len(terms) - 1


def meaning_sentences(
    found: Directions, r: int, class_names: tuple[str, ...], features: FittedFeatures
) -> tuple[str, ...]:
    """Return what direction r separates, by which frequencies, and what is confused without it, in sentences."""
    one = meaning(found, r, features)
    if one is None:
        return (f"Direction {r + 1} gives all classes the same mean activation.",)
    high, low = class_text(class_names[one.high]), class_text(class_names[one.low])
    gap = f"{rounded_number(one.gap, 2)} standard deviations"
    if one.gap < _OVERLAP:
        return (
            f"Direction {r + 1} separates no two classes: the means of the furthest two, {high} and {low}, differ by "
            f"only {gap}.",
        )
    sentences = [f"Direction {r + 1} separates {high} from {low} most: their mean activations differ by {gap}."]
    if one.band is not None:
        sentences.append(_where(one.band, features))
    if one.area is not None:
        sentences.append(f"The {one.area[0]} ninth of the image makes {percent(one.area[1], 0)} of this difference.")
    confused = found.confused[r]
    if confused is not None and confused.more > 0:
        sentences.append(
            f"Without it, {confused.n_without} of {counted(confused.n_clips, 'test clip')} of "
            f"{class_text(class_names[confused.actual])} are predicted as "
            f"{class_text(class_names[confused.predicted])}, with it {confused.n_with}."
        )
    return tuple(sentences)


def _where(band: Band, features: FittedFeatures) -> str:
    n_parts = int(features.parts[-1]) + 1
    of_part = f" of part {band.part + 1} of {n_parts}" if n_parts > 1 else ""
    rest = "; other frequencies reduce it" if band.share > 1.0 else ""
    verb = "makes" if band.low_hz == band.high_hz else "make"
    return f"{range_text(band.low_hz, band.high_hz)}{of_part} {verb} {percent(band.share, 0)} of this difference{rest}."


def range_text(low_hz: float, high_hz: float) -> str:
    """Return a range of frequencies in words, rounded to tenths of a hertz.

    Examples
    --------
    >>> from mlpsvd.analysis.direction_meaning import range_text
    >>> range_text(562.5, 625.0), range_text(625.0, 625.0)
    ('562.5 to 625 Hz', '625 Hz')
    """
    low, high = round(low_hz, 1), round(high_hz, 1)
    return (
        frequency_text(low) if low == high else f"{frequency_text(low).removesuffix(' Hz')} to {frequency_text(high)}"
    )
