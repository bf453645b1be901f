"""Figure 3: number of trained weights as singular values are discarded (counted, not measured)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlpsvd.drawing import PALETTE, new_figure, style
from mlpsvd.experiments.papers.compare import compare_claim
from mlpsvd.experiments.papers.finding import Comparison, Finding, Picture, Reproduction, Results, Table
from mlpsvd.experiments.papers.printed import FIGURE_3_FIRST_SAVING
from mlpsvd.experiments.trials.trials import Trial

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["FIGURE_3", "first_saving"]

_N_HIDDEN = 20


@dataclass(frozen=True)
class _Counting:
    """A way to count the weights between I inputs and J neurons at rank R, without biases."""

    column: str
    name: str
    weights: Callable[[int, int], int]


_COUNTINGS = (
    _Counting("three_matrices_square_sigma", "U, Σ as R × R, Vᵀ", lambda i, r: r * (_N_HIDDEN + r + i)),
    _Counting("three_matrices", "U, σ, Vᵀ", lambda i, r: r * (_N_HIDDEN + 1 + i)),
    _Counting("two_matrices", "U, ΣVᵀ", lambda i, r: r * (_N_HIDDEN + i)),
)


def first_saving(weights: Callable[[int, int], int], n_in: int) -> int:
    """Return the number of singular values to discard until fewer weights are trained than in W."""
    return next(n for n in range(_N_HIDDEN) if weights(n_in, _N_HIDDEN - n) < _N_HIDDEN * n_in)


def _find(n_trials: int, results: Results) -> Finding:
    comparisons = [_compared(n_in, printed) for n_in, printed in FIGURE_3_FIRST_SAVING.items()]
    square = [first_saving(_COUNTINGS[0].weights, n_in) for n_in in FIGURE_3_FIRST_SAVING]
    lean = [first_saving(_COUNTINGS[1].weights, n_in) for n_in in FIGURE_3_FIRST_SAVING]
    return Finding(
        f"With Σ counted as an R × R matrix, fewer weights than W has are trained once {_listed(square)} singular "
        f"values are discarded (512, 256 and 128 inputs); with only its diagonal, as trained here, {_listed(lean)}. "
        f"The paper prints {_listed(list(FIGURE_3_FIRST_SAVING.values()))}.",
        tuple(comparisons),
        (_table(),),
        (Picture("figure-3", "Trained weights against discarded singular values, 20 neurons. Solid: Σ as R × R "
                 "matrix; dashed: diagonal of Σ, as trained here; dotted: two factors; thin: W.", _drawn),),
        ("The paper does not say how it counts Σ. Counting its R diagonal values gives 1, 2 and 3, all R² of its "
         "entries gives 2, 3 and 5, which become the printed 2, 4 and 6 if only every second discarded value is "
         "plotted. The paper therefore seems to count all entries of Σ. Biases are not counted, as the printed "
         "totals for W show.",),
    )  # fmt: skip


def _compared(n_in: int, printed: int) -> Comparison:
    exact = first_saving(_COUNTINGS[0].weights, n_in)
    in_steps = exact + exact % 2
    ours = f"{exact} (in steps of two: {in_steps}); σ alone: {first_saving(_COUNTINGS[1].weights, n_in)}"
    return compare_claim(
        f"{n_in} inputs: discarded values until fewer weights are trained", str(printed), ours, in_steps == printed
    )


def _rows(n_in: int) -> list[tuple[int, ...]]:
    return [
        (n_in, gone, *(counting.weights(n_in, _N_HIDDEN - gone) for counting in _COUNTINGS), _N_HIDDEN * n_in)
        for gone in range(_N_HIDDEN)
    ]


def _table() -> Table:
    columns = ("n_inputs", "n_discarded", *(counting.column for counting in _COUNTINGS), "W")
    rows = [row for n_in in FIGURE_3_FIRST_SAVING for row in _rows(n_in)]
    return Table("figure-3", "Trained weights, without biases", columns, tuple(rows))


def _drawn() -> Figure:
    with style():
        figure = new_figure(2.6)
        axes = figure.subplots()
        gone = range(_N_HIDDEN)
        for n_in, colour in zip(FIGURE_3_FIRST_SAVING, PALETTE, strict=False):
            for counting, dashes in zip(_COUNTINGS, ("-", "--", ":"), strict=True):
                label = f"{n_in} inputs" if dashes == "-" else None
                counts = [counting.weights(n_in, _N_HIDDEN - n) for n in gone]
                axes.plot(gone, counts, dashes, color=colour, label=label)
            axes.axhline(_N_HIDDEN * n_in, color=colour, linewidth=0.4)
        axes.set_xlabel("Discarded singular values")
        axes.set_ylabel("Trained weights")
        axes.set_ylim(bottom=0)
        axes.set_xticks(range(0, _N_HIDDEN, 2))
        figure.legend(loc="outside upper center", ncols=3)
    return figure


def _listed(numbers: list[int]) -> str:
    return ", ".join(map(str, numbers[:-1])) + f" and {numbers[-1]}"


def _no_trials(n_trials: int) -> list[Trial]:
    return []


FIGURE_3 = Reproduction(
    "figure-3",
    "Figure 3: trained weights",
    "Number of weights trained in the three-factor and the two-factor form as singular values are discarded.",
    False,
    _no_trials,
    _find,
)
