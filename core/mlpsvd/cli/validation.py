"""Cross-validation after training, on the command line."""

from __future__ import annotations

from collections.abc import Mapping

from mlpsvd.cli.console import report
from mlpsvd.cli.interrupt import StopRequest
from mlpsvd.errors import TrainingError
from mlpsvd.experiments.cross_validation import cross_validate, folds_of
from mlpsvd.experiments.prepare import Prepared
from mlpsvd.experiments.promotion import ranked_contenders
from mlpsvd.experiments.race import Outcome, Race
from mlpsvd.text import percent

__all__ = ["validate", "verdict"]


def validate(race: Race, prepared: Prepared, stop: StopRequest, quiet: bool) -> None:
    """Cross-validate if the test set is small; Ctrl-C ends this, and the trained networks are kept."""
    folds = folds_of(prepared)
    if not folds or stop.is_requested:
        return
    if not quiet:
        n_clips = sum(fold.size for fold in folds)
        report(
            f"cross-validating: {len(prepared.dataset.y_test)} test clips are few; testing each of {n_clips} clips once"
        )
    try:
        race.validations = cross_validate(prepared, lambda share: stop.raise_if_requested(), race.contenders)
    except KeyboardInterrupt:
        report("note: no cross-validation (stopped)")
    except TrainingError as error:
        report(f"note: no cross-validation: {error}")


def verdict(outcomes: Mapping[str, Outcome]) -> str:
    """Return lines with the cross-validated accuracies and the better network; empty without cross-validation."""
    validations = {name: one.validation for name, one in outcomes.items() if one.validation is not None}
    lines = []
    if validations:
        first = next(iter(validations.values()))
        accuracies = (f"{outcomes[name].contender.title} {percent(one.accuracy)}" for name, one in validations.items())
        lines.append(f"Cross-validation ({first.n_clips} clips, {first.n_folds} folds): {', '.join(accuracies)}")
    if len(outcomes) > 1 and (validations or any(one.at_chance for one in outcomes.values())):
        lines.append(f"Better network: {outcomes[ranked_contenders(outcomes)[-1]].contender.title}")
    return "\n".join(lines)
