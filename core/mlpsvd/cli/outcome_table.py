"""Outcomes of a race as a text table."""

from __future__ import annotations

from collections.abc import Mapping

from mlpsvd.cli.text_table import aligned
from mlpsvd.contenders import baseline_of, opponents_of
from mlpsvd.experiments.compare_outcomes import compare_outcomes
from mlpsvd.experiments.matched_step import rates_line
from mlpsvd.experiments.race import Outcome
from mlpsvd.metrics.scores import accuracy, balanced_accuracy
from mlpsvd.metrics.uncertainty import accuracy_text
from mlpsvd.text import operations_text, percent

__all__ = ["outcome_table"]

_HEADINGS = ("Accuracy", "Rank", "Weights", "", "Operations", "", "Time", "")
_RATIOS = (4, 6, 8)


def outcome_table(outcomes: Mapping[str, Outcome]) -> str:
    """Return a row for each network: accuracy, rank, weights, operations and time, and their ratios to the baseline's.

    Accuracies have their 95 % Wilson interval. Lines below say which learning rates were determined, what each
    comparison shows, and whether two networks differ by more than chance.
    """
    networks = list(outcomes.values())
    contenders = [one.contender for one in networks]
    opponents = opponents_of(contenders)
    baseline = networks[contenders.index(baseline_of(contenders))] if networks else None
    rows = [["", *_HEADINGS]]
    for one in networks:
        base = baseline if one.contender in opponents else None
        rows.append([one.contender.title, *_cells(one, base)])
    below = [f"× relative to {baseline.contender.title}"] if baseline is not None and opponents else []
    rates = rates_line(contenders)
    shown = [f"{one.title}: {one.shows}" for one in opponents if one.shows]
    return "\n".join(
        [
            aligned(rows, numbers=range(1, len(rows[0])), beside=_RATIOS),
            *below,
            *_balanced_line(outcomes),
            *([rates] if rates else []),
            *shown,
            *_differences(outcomes),
        ]
    )


def _balanced_line(outcomes: Mapping[str, Outcome]) -> list[str]:
    """Return the balanced accuracies if the classes have different numbers of test clips."""
    if not any(len(set(one.report.support.tolist())) > 1 for one in outcomes.values()):
        return []
    values = (f"{one.contender.title} {percent(balanced_accuracy(one.confusion), 2)}" for one in outcomes.values())
    return [f"Balanced accuracy (mean recall of the classes): {', '.join(values)}"]


def _cells(one: Outcome, baseline: Outcome | None) -> list[str]:
    last = one.last
    return [
        accuracy_text(accuracy(one.confusion), int(one.confusion.sum()), 2),
        "/".join(str(rank) for rank in last.ranks),
        f"{last.n_weights:,}",
        _ratio(last.n_weights, None if baseline is None else baseline.last.n_weights),
        operations_text(one.flops),
        _ratio(one.flops, None if baseline is None else baseline.flops),
        f"{one.train_s:.2f} s",
        _ratio(one.train_s, None if baseline is None else baseline.train_s),
    ]


def _differences(outcomes: Mapping[str, Outcome]) -> list[str]:
    comparisons = compare_outcomes(outcomes)
    if len(comparisons) == 1:
        return [f"Difference: {one.describe()}" for one in comparisons.values()]
    baseline = baseline_of([one.contender for one in outcomes.values()]).title if outcomes else ""
    return [
        f"Difference of {outcomes[key].contender.title} from {baseline}: {one.describe()}"
        for key, one in comparisons.items()
    ]


def _ratio(value: float, baseline: float | None) -> str:
    if baseline is None:
        return ""
    if not baseline:
        return "–"
    ratio = value / baseline
    return f"×{ratio:.{2 if ratio < 10 else 1 if ratio < 100 else 0}f}"  # three digits: the row must fit
