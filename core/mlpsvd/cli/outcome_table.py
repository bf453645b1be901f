"""Outcomes of a race as a text table."""

from __future__ import annotations

from collections.abc import Mapping

from mlpsvd.contenders import baseline_of, opponents_of
from mlpsvd.experiments.compare_outcomes import compare_outcomes
from mlpsvd.experiments.race import Outcome
from mlpsvd.metrics.scores import accuracy
from mlpsvd.metrics.uncertainty import accuracy_text

__all__ = ["outcome_table"]


def outcome_table(outcomes: Mapping[str, Outcome]) -> str:
    """Return accuracy, rank, weights, operations and time of each network, and its ratio to the baseline's.

    Accuracies have their 95 % Wilson interval; a line below says whether two networks differ by more than chance,
    and a line above what each comparison shows.
    """
    networks = list(outcomes.values())
    measured = {
        "Accuracy": ([100 * accuracy(one.confusion) for one in networks], "{:.2f} %"),
        "Weights": ([float(one.last.n_weights) for one in networks], "{:,.0f}"),
        "Operations": ([float(one.flops) for one in networks], "{:.3g}"),
        "Training time": ([one.train_s for one in networks], "{:.2f} s"),
    }
    rows = [["", *(one.contender.title for one in networks)]]
    for name, (values, form) in measured.items():
        rows.append([name, *(form.format(value) for value in values)])
    rows[1] = ["Accuracy", *(accuracy_text(accuracy(one.confusion), int(one.confusion.sum()), 2) for one in networks)]
    rows.insert(2, ["Rank, by layer", *("/".join(str(rank) for rank in one.last.ranks) for one in networks)])
    contenders = [one.contender for one in networks]
    opponents = opponents_of(contenders)
    for opponent in opponents:
        pair = contenders.index(opponent), contenders.index(baseline_of(contenders))
        ratios = {name: _ratio(*(values[index] for index in pair)) for name, (values, _) in measured.items()}
        heading = "Ratio" if len(opponents) == 1 else f"Ratio {opponent.title}"
        for row in rows:
            row.append(heading if row is rows[0] else ratios.get(row[0], ""))
    shown = [f"{one.title}: {one.shows}" for one in opponents if one.shows]
    return "\n".join([_aligned(rows), *shown, *_differences(outcomes)])


def _differences(outcomes: Mapping[str, Outcome]) -> list[str]:
    comparisons = compare_outcomes(outcomes)
    if len(comparisons) == 1:
        return [f"Difference: {one.describe()}" for one in comparisons.values()]
    baseline = baseline_of([one.contender for one in outcomes.values()]).title if outcomes else ""
    return [
        f"Difference of {outcomes[key].contender.title} from {baseline}: {one.describe()}"
        for key, one in comparisons.items()
    ]


def _ratio(numerator: float, denominator: float) -> str:
    return f"{numerator / denominator:.2f}" if denominator else "–"


def _aligned(rows: list[list[str]]) -> str:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = []
    for first, *others in rows:
        cells = [other.rjust(width) for other, width in zip(others, widths[1:], strict=True)]
        lines.append("  ".join([first.ljust(widths[0]), *cells]).rstrip())
    return "\n".join(lines)
