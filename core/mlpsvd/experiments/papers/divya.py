"""Divya: the printed convolution, and compression and robustness, which the paper announces and does not show."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from mlpsvd.analysis.compression import compression
from mlpsvd.analysis.convolution import convolution, patches, similarity, sliding_dot_product
from mlpsvd.analysis.fast_gradient_sign import STEPS, robustness
from mlpsvd.analysis.result import AnalysisResult, result_of
from mlpsvd.contenders import contender_title
from mlpsvd.drawing import PALETTE, new_figure, style
from mlpsvd.experiments.analyse import subject_of
from mlpsvd.experiments.papers.compare import compare_claim
from mlpsvd.experiments.papers.finding import Finding, Picture, Reproduction, Results, Table
from mlpsvd.experiments.papers.kantack import no_trials
from mlpsvd.experiments.papers.tasks import table_2_task
from mlpsvd.experiments.prepare import prepare
from mlpsvd.experiments.race import Race
from mlpsvd.experiments.runs.run import Run
from mlpsvd.experiments.runs.run_data import new_run_id

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["DIVYA_COMPRESSION", "DIVYA_CONVOLUTION", "DIVYA_ROBUSTNESS"]

_IMAGE = np.array([[3, 3, 2, 1, 0, 5], [0, 0, 1, 3, 1, 6], [3, 1, 2, 2, 3, 7], [2, 0, 0, 2, 2, 8], [2, 0, 0, 0, 1, 9]])
_KERNEL = np.array([[0, 1, 2], [2, 2, 0], [0, 1, 2]])
_PRINTED = np.array([[12, 12, 17, 35], [10, 17, 19, 41], [9, 6, 14, 44]])
_ONE = np.array([[0, 5, 0], [0, 8, 0], [0, 1, 0]])
_PRINTED_ONE = (0, 5, 0, 0, 0, 0, 0, 1, 0)


# -- section IV: convolution


def _find_convolution(n_trials: int, results: Results) -> Finding:
    dots, true, cosine = (one(_IMAGE, _KERNEL) for one in (sliding_dot_product, convolution, similarity))
    n_patches = int(np.prod(patches(_IMAGE, _KERNEL.shape).shape[:2]))
    best, top, nearest = _at(cosine), _at(dots), _at(-np.abs(dots - (_KERNEL**2).sum()))
    return Finding(
        "The printed 3 × 4 matrix is right as a sliding dot product, that is a cross-correlation; the convolution, "
        f"with the kernel reversed, is {_text(true)}. The largest dot product, {dots.max():g}, is at patch "
        f"{_place(top)}; the patch most similar to the kernel is {_place(best)}, with a cosine of {cosine.max():.3f}.",
        (
            compare_claim("“Convolution of A with k”: sliding dot product", _text(_PRINTED), _text(dots),
                          bool((dots == _PRINTED).all())),
            compare_claim("“Convolution of A with k”: convolution", _text(_PRINTED), _text(true),
                          bool((true == _PRINTED).all())),
            compare_claim("A₄ · k", "35", f"{dots[0, 3]:g}", bool(dots[0, 3] == 35)),
            compare_claim("Number of sub-matrices", "9", str(n_patches), n_patches == 9),
            compare_claim("Values near |k|² show the pattern", "the nearer the more similar",
                          f"|k|² = {int((_KERNEL**2).sum())}, nearest is {_place(nearest)} with a cosine of "
                          f"{cosine[nearest]:.3f}; the best has {cosine.max():.3f}", nearest == best),
            compare_claim("Vector of the 1", _line(_PRINTED_ONE), _line(tuple(_ONE.ravel().tolist())),
                          tuple(_ONE.ravel().tolist()) == _PRINTED_ONE),
        ),
        (Table("divya-convolution", "Each patch", ("row", "column", "dot product", "convolution", "cosine"),
               tuple((i + 1, j + 1, float(dots[i, j]), float(true[i, j]), round(float(cosine[i, j]), 4))
                     for i in range(3) for j in range(4)), shown=True),),
        (Picture("divya-convolution", "Sliding dot product, convolution and cosine of the printed example.",
                 lambda: _draw_convolution(dots, true, cosine)),),
        ("A dot product is large wherever the image is: patches have to be divided by their norm before they can be "
         "compared.",),
    )  # fmt: skip


def _at(values: np.ndarray) -> tuple[int, int]:
    i, j = divmod(int(values.argmax()), values.shape[1])
    return i, j


def _place(index: tuple[int, int]) -> str:
    return f"({index[0] + 1}, {index[1] + 1})"


def _text(matrix: np.ndarray) -> str:
    return "; ".join(" ".join(f"{int(value)}" for value in row) for row in matrix)


def _line(values: tuple[int, ...]) -> str:
    return " ".join(map(str, values))


def _draw_convolution(dots: np.ndarray, true: np.ndarray, cosine: np.ndarray) -> Figure:
    with style():
        figure = new_figure(1.6)
        panels = figure.subplots(1, 3)
        shown = ("Dot product", dots, "{:.0f}"), ("Convolution", true, "{:.0f}"), ("Cosine", cosine, "{:.2f}")
        for axes, (title, values, form) in zip(panels, shown, strict=True):
            axes.imshow(values, cmap="Blues", vmin=0)
            for (i, j), value in np.ndenumerate(values):
                is_dark = value > 0.6 * values.max()
                axes.text(j, i, form.format(value), ha="center", va="center", fontsize=6,
                          color="white" if is_dark else "black")  # fmt: skip
            axes.set_title(title)
            axes.set_xticks([])
            axes.set_yticks([])
    return figure


# -- announced and not shown: compression and robustness


@lru_cache(maxsize=1)
def _analysed() -> dict[str, dict[str, AnalysisResult]]:
    """Train both networks of the paper's task with five classes, and analyse them; a few seconds."""
    prepared = prepare(table_2_task(10.0, 5))
    race = Race(prepared)
    for _ in race.run():
        pass
    run = Run.of(new_run_id(), prepared, race)
    found = {}
    for name in run.outcomes:
        subject = subject_of(run, name, prepared)
        found[name] = {"compression": result_of(compression(subject)), "robustness": result_of(robustness(subject))}
    return found


def _find_compression(n_trials: int, results: Results) -> Finding:
    mlp = _analysed()["mlp"]["compression"]
    return Finding(
        " ".join(mlp.findings),
        (),
        tuple(Table(f"divya-{one.stem}", one.title, one.columns, one.rows, one.shown) for one in mlp.tables),
        tuple(Picture("divya-compression", one.caption, one.draw) for one in mlp.pictures),
        ("One training of the MLP, five classes of 10 Hz, seed 1. Truncated: the largest singular values of W. "
         "Weighted: those of W C^(1/2), C the second moments of the inputs. A layer in two factors is smaller than a "
         "dense one only below a rank of n_in n_out / (n_in + n_out).",),
        (table_2_task(10.0, 5),),
    )  # fmt: skip


def _find_robustness(n_trials: int, results: Results) -> Finding:
    found = {name: one["robustness"] for name, one in _analysed().items()}
    rows = [(step, *(round(100 * float(one.arrays["accuracy"][k]), 3) for one in found.values()))
            for k, step in enumerate(STEPS)]  # fmt: skip
    columns = ("step / rms", *(f"{contender_title(name)}, percent" for name in found))
    return Finding(
        " ".join(sentence for one in found.values() for sentence in one.findings),
        (),
        (Table("divya-robustness", "Test accuracy under the fast gradient sign", columns, tuple(rows), shown=True),),
        (Picture("divya-robustness", "Test accuracy against the step of the fast gradient sign.",
                 lambda: _draw_robustness(found)),),
        ("One training, five classes of 10 Hz, seed 1. The low-rank network is the less robust one: at the same "
         "learning rate, its weights grow further. An MLP at a matched step is less robust still.",),
        (table_2_task(10.0, 5),),
    )  # fmt: skip


def _draw_robustness(found: dict[str, AnalysisResult]) -> Figure:
    with style():
        figure = new_figure(2.4)
        axes = figure.subplots()
        for (name, one), colour in zip(found.items(), PALETTE, strict=False):
            axes.plot(STEPS, 100 * one.arrays["accuracy"], ".-", color=colour, label=contender_title(name))
        axes.set_xlabel("Step / rms of the features")
        axes.set_ylabel("Test accuracy (%)")
        axes.set_ylim(bottom=0)
        axes.legend()
    return figure


DIVYA_CONVOLUTION = Reproduction(
    "divya-convolution",
    "Section IV: convolution",
    "The printed example as sliding dot product, convolution and similarity.",
    False,
    no_trials,
    _find_convolution,
)

DIVYA_COMPRESSION = Reproduction(
    "divya-compression",
    "Model compression",
    "Truncated SVD of a trained layer, announced in the abstract: accuracy against rank and bytes.",
    True,
    no_trials,
    _find_compression,
)

DIVYA_ROBUSTNESS = Reproduction(
    "divya-robustness",
    "Adversarial robustness",
    "Accuracy under the fast gradient sign, announced in the abstract.",
    True,
    no_trials,
    _find_robustness,
)
