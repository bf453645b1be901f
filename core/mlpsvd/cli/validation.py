"""Cross-validation after training, on the command line."""

from __future__ import annotations

from collections.abc import Mapping

from mlpsvd.cli.console import report
from mlpsvd.cli.interrupt import StopRequest
from mlpsvd.cli.text_table import aligned
from mlpsvd.datasets.folds import Folds
from mlpsvd.errors import TrainingError
from mlpsvd.experiments.cross_validation import cross_validate, folds_of
from mlpsvd.experiments.prepare import Prepared
from mlpsvd.experiments.promotion import ranked_contenders
from mlpsvd.experiments.race import Outcome, Race
from mlpsvd.experiments.validation_rows import basis_text, summary_rows, validation_rows, validation_title
from mlpsvd.text import percent

__all__ = ["validate", "verdict"]


def validate(race: Race, prepared: Prepared, stop: StopRequest, quiet: bool) -> None:
    """Cross-validate if the test set is small; Ctrl-C ends this, and the trained networks are kept."""
    folds = folds_of(prepared)
    if not folds or stop.is_requested:
        return
    if not quiet:
        report(f"cross-validating: {_purpose(prepared, folds)}")
    try:
        race.validations = cross_validate(prepared, lambda share: stop.raise_if_requested(), race.contenders)
    except KeyboardInterrupt:
        report("note: no cross-validation (stopped)")
    except TrainingError as error:
        report(f"note: no cross-validation: {error}")


def _purpose(prepared: Prepared, folds: Folds) -> str:
    n_clips = sum(fold.size for fold in folds)
    if prepared.experiment.data.recordings.evaluation == "test set":
        return f"{len(prepared.dataset.y_test)} test clips are few; testing each of {n_clips} clips once"
    repeats = prepared.experiment.data.recordings.repeats
    times = "once" if repeats == 1 else f"{repeats} times"
    return f"{len(folds)} folds, testing each of {n_clips:,} clips {times}"


def verdict(outcomes: Mapping[str, Outcome]) -> str:
    """Return lines with the cross-validated accuracies and the better network; empty without cross-validation."""
    validations = {name: one.validation for name, one in outcomes.items() if one.validation is not None}
    lines = []
    if validations:
        first = next(iter(validations.values()))
        titles = {name: one.contender.title for name, one in outcomes.items()}
        if first.evaluation == "test set":
            accuracies = (f"{titles[name]} {percent(one.accuracy)}" for name, one in validations.items())
            lines.append(f"Cross-validation ({first.n_clips} clips, {first.n_folds} folds): {', '.join(accuracies)}")
        else:
            rows = [*validation_rows(validations, titles), *summary_rows(validations)]
            lines += [f"{validation_title(first)}:", aligned(rows, numbers=(1,)), basis_text(first)]
    if len(outcomes) > 1 and (validations or any(one.at_chance for one in outcomes.values())):
        lines.append(f"Better network: {outcomes[ranked_contenders(outcomes)[-1]].contender.title}")
    return "\n".join(lines)
