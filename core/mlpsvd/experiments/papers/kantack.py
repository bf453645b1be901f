"""Kantack (2020): rank of the alphabet, low-rank letters, and the closed-form classifier (figures 3 to 5)."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mlpsvd.analysis.class_means import Combination, Ranks, class_means, combinations, measure_ranks, reconstructions
from mlpsvd.analysis.closed_form import closed_form_weights, linear_predictions, nearest_mean
from mlpsvd.datasets.clips import ClipSet
from mlpsvd.datasets.letters import LETTERS, SIDE, letter_clips
from mlpsvd.datasets.settings import LettersSettings
from mlpsvd.drawing import PALETTE, new_figure, style
from mlpsvd.experiments.papers.compare import compare_claim
from mlpsvd.experiments.papers.finding import Finding, Picture, Reproduction, Results, Table
from mlpsvd.experiments.trials.trials import Trial
from mlpsvd.text import counted, percent

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["KANTACK_FIGURE_3", "KANTACK_FIGURE_4", "KANTACK_FIGURE_5", "alphabet", "no_trials"]

_SEED = 1
_SETTINGS = LettersSettings(train_per_class=150)
_RANKS = (1, 2, 3, 5, 10, 26)
_E = LETTERS.index("E")
_OTHER_DATA = (
    "Kantack's handwritten letters are not published. Ours are rendered from 20 faces with affine and elastic "
    "distortion; the alphabet matrix A has the mean of 150 images of each letter."
)


@lru_cache(maxsize=1)
def alphabet() -> NDArray[np.float64]:
    """Return the alphabet matrix A [shape=(900, 26)]: the mean of each letter."""
    clips = _clips("train")
    return class_means(np.asarray(clips.samples), clips.labels, len(LETTERS))


def no_trials(n_trials: int) -> list[Trial]:
    """Return no trials: the result needs no training."""
    return []


def _clips(split: str) -> ClipSet:
    return letter_clips(_SETTINGS, _SEED, split)


def _ranks() -> tuple[NDArray[np.float64], Ranks]:
    sigma = np.asarray(np.linalg.svd(alphabet(), compute_uv=False), dtype=np.float64)
    return sigma, measure_ranks(sigma, alphabet().shape)


# -- figure 3


def _find_3(n_trials: int, results: Results) -> Finding:
    test = _clips("test")
    weights = closed_form_weights(alphabet())
    predicted = linear_predictions(weights, np.asarray(test.samples))
    closed = float(np.mean(predicted != test.labels))
    nearest = float(np.mean(nearest_mean(alphabet(), np.asarray(test.samples)) != test.labels))
    of_e = test.labels == _E
    wrong_e = [LETTERS[k] for k in predicted[of_e] if k != _E]
    found = combinations(alphabet(), LETTERS)
    e = next(one for one in found if one.name == "E")
    unit = float(np.abs(weights @ alphabet() - np.eye(26)).max())
    return Finding(
        f"The closed-form classifier misclassifies {percent(closed, 0)} of the test letters, the nearest mean letter "
        f"{percent(nearest, 0)}. The letter nearest to a combination of three others is {found[0]} (residual "
        f"{found[0].residual:.2f}).",
        (
            compare_claim("(9a) L + F ≈ E", "L + F ≈ E", f"{e}, residual {e.residual:.2f}",
                          {"L", "F"} <= {name for name, _ in e.terms}),
            compare_claim("(7), (8): W A with linearly independent letters", "the identity",
                          f"the identity within {unit:.0e}", unit < 1e-9),
            compare_claim("Figure 3: an E of the test set is misclassified", "yes",
                          f"{len(wrong_e)} of {int(of_e.sum())}: as {', '.join(sorted(set(wrong_e))) or '–'}",
                          bool(wrong_e)),
        ),
        (_combinations_table(found),),
        (Picture("kantack-figure-3", "Output of the closed-form classifier for one misclassified E.", _draw_3),),
        (_OTHER_DATA, "No letter is an exact combination of others: rank(A) is 26 and W A is the identity. Small "
         "singular values of A become large ones of its pseudo-inverse, which amplify what an image has beyond its "
         "mean. This, not a contradiction, makes the classifier inaccurate."),
    )  # fmt: skip


def _combinations_table(found: list[Combination]) -> Table:
    rows = tuple((one.name, str(one), round(one.residual, 4), round(one.residual_of_all, 4)) for one in found)
    columns = ("letter", "combination", "residual", "residual with all others")
    return Table("kantack-combinations", "Letters as combinations of three others", columns, rows, shown=True)


def _draw_3() -> Figure:
    test, weights = _clips("test"), closed_form_weights(alphabet())
    numbers = np.flatnonzero(test.labels == _E)
    images = np.asarray(test.samples)[numbers]
    wrong = np.flatnonzero(linear_predictions(weights, images) != _E)
    image = images[wrong[0] if len(wrong) else 0]
    with style():
        figure = new_figure(2.4)
        picture, bars = figure.subplots(1, 2, width_ratios=(1, 2.4))
        picture.imshow(1.0 - image.reshape(SIDE, SIDE), cmap="gray")
        picture.set_axis_off()
        bars.bar(LETTERS, weights @ image, color=[PALETTE[1] if k == _E else PALETTE[0] for k in range(26)])
        bars.tick_params(axis="x", labelsize=5)
        bars.set_ylabel("Output q")
    return figure


# -- figure 4


def _find_4(n_trials: int, results: Results) -> Finding:
    a = alphabet()
    errors = np.linalg.norm(reconstructions(a, range(27)) - a, axis=1) / np.linalg.norm(a, axis=0)
    of_b = errors[:, LETTERS.index("B")]
    # "distinguishable": nearer to the mean of its own letter than to that of any other
    own = [int((nearest_mean(a, low.T) == np.arange(26)).sum()) for low in reconstructions(a, range(27))]
    is_b = [bool(nearest_mean(a, low.T)[1] == 1) for low in reconstructions(a, range(27))]
    first = is_b.index(True)
    return Finding(
        f"With {counted(first, 'singular value')} the letter B is nearest to its own mean, with 5 {own[5]} of 26 are. "
        f"The relative error of B is {of_b[2]:.2f} with 2 and {of_b[5]:.2f} with 5.",
        (
            compare_claim("Figure 4: singular values until B is distinguishable", "5",
                          f"{first}; with 5, {own[5]} of the 26 letters", first <= 5),
        ),
        (Table("kantack-figure-4", "Relative error of each letter by rank", ("rank", *LETTERS),
               tuple((rank, *(round(float(one), 5) for one in row)) for rank, row in enumerate(errors))),
         Table("kantack-own-letter", "Letters that are nearest to their own mean", ("rank", "letters"),
               tuple(enumerate(own)), shown=True)),
        (Picture("kantack-figure-4", "Letters B and E with 1, 2, 3, 5, 10 and all 26 singular values.", _draw_4),),
        (_OTHER_DATA, "Distinguishable is judged here by the nearest mean letter, in the paper by eye. The first "
         "direction, nearly the mean of all letters, resembles B: B says the least about the rank "
         "that is needed."),
    )  # fmt: skip


def _draw_4() -> Figure:
    found = reconstructions(alphabet(), _RANKS)
    with style():
        figure = new_figure(1.5)
        for row, letter in enumerate("BE"):
            for column, rank in enumerate(_RANKS):
                axes = figure.add_subplot(2, len(_RANKS), row * len(_RANKS) + column + 1)
                axes.imshow(1.0 - found[column, :, LETTERS.index(letter)].reshape(SIDE, SIDE), cmap="gray")
                axes.set_axis_off()
                if not row:
                    axes.set_title(f"r = {rank}")
    return figure


# -- figure 5


def _find_5(n_trials: int, results: Results) -> Finding:
    sigma, ranks = _ranks()
    energy = np.cumsum(sigma**2) / (sigma**2).sum()
    return Finding(
        f"A has rank {ranks.numerical}, stable rank {ranks.stable:.2f} and entropy rank "
        f"{ranks.entropy_of_energies:.2f}; {ranks.above_a_tenth} of its singular values are above a tenth of the "
        f"largest. The first two hold {percent(energy[1], 0)} of the energy.",
        (
            compare_claim("Rank of A", "26", str(ranks.numerical), ranks.numerical == 26),
            compare_claim("Effective rank of A", "close to 5",
                          f"entropy rank {ranks.entropy_of_energies:.1f}, above a tenth {ranks.above_a_tenth}",
                          ranks.entropy_of_energies <= 5 <= ranks.above_a_tenth or None),
            compare_claim("A is well approximated by the first two", "significantly well",
                          f"{percent(energy[1], 0)} of the energy", bool(energy[1] > 0.75)),
        ),
        (Table("kantack-figure-5", "Singular values of A", ("number", "singular value", "energy up to here"),
               tuple((k + 1, round(float(s), 5), round(float(e), 5)) for k, (s, e) in enumerate(zip(sigma, energy,
                                                                                                    strict=True)))),),
        (Picture("kantack-figure-5", "Singular values of the alphabet matrix.", _draw_5),),
        (_OTHER_DATA, "The paper does not define the effective rank. The first singular value is mostly the mean of "
         "all letters."),
    )  # fmt: skip


def _draw_5() -> Figure:
    sigma, _ = _ranks()
    with style():
        figure = new_figure(2.4)
        axes = figure.subplots()
        axes.plot(range(1, len(sigma) + 1), sigma, ".-", color=PALETTE[0])
        axes.set_xlabel("Number")
        axes.set_ylabel("Singular value")
        axes.set_ylim(bottom=0)
    return figure


KANTACK_FIGURE_3 = Reproduction(
    "kantack-figure-3",
    "Figure 3: closed-form classifier",
    "Pseudo-inverse of the mean letters, and letters that are nearly combinations of others.",
    False,
    no_trials,
    _find_3,
)

KANTACK_FIGURE_4 = Reproduction(
    "kantack-figure-4", "Figure 4: low-rank letters", "Letters with few singular values.", False, no_trials, _find_4
)

KANTACK_FIGURE_5 = Reproduction(
    "kantack-figure-5",
    "Figure 5: singular values of the letters",
    "Rank of the alphabet matrix, by several definitions.",
    False,
    no_trials,
    _find_5,
)
