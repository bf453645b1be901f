"""Values shown in the panels, computed from a run's events; pure functions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mlpsvd.analysis.directions import layer_factors, why_factors_differ
from mlpsvd.contenders import baseline_of, opponents_of
from mlpsvd.experiments.compare_outcomes import compare_outcomes
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.race import Outcome
from mlpsvd.experiments.validation_rows import mean_text
from mlpsvd.metrics.uncertainty import Comparison, compare_accuracies
from mlpsvd.network.initialise import initial_std
from mlpsvd.network.layers import LayerSpec, layer_family
from mlpsvd.network.network import Network
from mlpsvd.setting_labels import differences
from mlpsvd.training.criteria import discard_level
from mlpsvd.training.events import EpochEvent, Snapshot
from mlpsvd_gui.pages.explore.views.confusion_panel import ClassScores
from mlpsvd_gui.pages.explore.views.race_panel import RaceRow
from mlpsvd_gui.pages.explore.views.singular_values_panel import Factors, LayerChoice
from mlpsvd_gui.pages.explore.views.training_panel import TrainingCurves
from mlpsvd_gui.state.run_state import RunState

__all__ = [
    "changed_settings",
    "class_scores",
    "comparisons",
    "curves",
    "discard_threshold",
    "factors",
    "layer_choices",
    "layer_spec",
    "n_test_clips",
    "race_row",
    "validation_note",
]

Array = NDArray[np.floating]


def curves(history: Sequence[EpochEvent], n_test: int = 0) -> TrainingCurves:
    """Convert a history to columns; ``n_test`` is the number of test clips, 0 if unknown."""
    return TrainingCurves(
        epochs=np.array([event.epoch for event in history]),
        train_accuracy=np.array([event.train_accuracy for event in history]),
        test_accuracy=np.array([event.test_accuracy for event in history]),
        train_loss=np.array([event.train_loss for event in history]),
        test_loss=np.array([event.test_loss for event in history]),
        ranks=np.array([event.ranks for event in history]),
        n_weights=np.array([event.n_weights for event in history]),
        discards=np.array([event.epoch for event in history if event.discarded], dtype=int),
        n_test=n_test,
    )


def validation_note(run: RunState) -> str:
    """Return the results of a cross-validation that the user chose in one line; empty without one."""
    found = {one.contender.title: one.validation for one in run.outcomes.values()}
    chosen = {title: one for title, one in found.items() if one is not None and one.evaluation != "test set"}
    if not chosen:
        return ""
    method = "Leave one group out" if "leave one group out" in {one.evaluation for one in chosen.values()} else "K-fold"
    return f"{method}: {', '.join(f'{title} {mean_text(one)}' for title, one in chosen.items())}"


def race_row(history: Sequence[EpochEvent], n_test: int = 0) -> RaceRow | None:
    """Summarise a contender's results on ``n_test`` test clips; None before its first event."""
    if not history:
        return None
    last = history[-1]
    return RaceRow(
        test_accuracy=last.test_accuracy,
        epoch=last.epoch,
        n_epochs=last.n_epochs,
        ranks=last.ranks,
        n_weights=last.n_weights,
        flops=sum(event.flops for event in history),
        train_s=sum(event.train_s for event in history),
        n_test=n_test,
    )


def comparisons(run: RunState) -> dict[str, Comparison]:
    """Compare the networks of a run with the baseline, by their predictions if available, else by their accuracies.

    Networks that are not at the baseline's epoch have no entry.
    """
    if run.outcomes:
        return compare_outcomes(run.outcomes)
    last = {name: history[-1] for name, history in run.histories.items() if history}
    shown = [run.contenders[name] for name in last]
    if run.data is None or not shown:
        return {}
    baseline, n_test = last[baseline_of(shown).key], run.data.n_test
    return {
        one.key: compare_accuracies(baseline.test_accuracy, last[one.key].test_accuracy, n_test)
        for one in opponents_of(shown)
        if last[one.key].epoch == baseline.epoch
    }


def n_test_clips(run: RunState) -> int:
    """Return the number of test clips behind the accuracies of a run; 0 if unknown."""
    if run.data is not None and run.data.n_test:
        return run.data.n_test
    return max((int(outcome.confusion.sum()) for outcome in run.outcomes.values()), default=0)


def class_scores(outcome: Outcome) -> ClassScores:
    """Return an outcome's confusion matrix and per-class scores."""
    report = outcome.report
    return ClassScores(outcome.confusion, report.precision, report.recall, report.f1)


def layer_choices(run: RunState) -> list[LayerChoice]:
    """Return every layer of every contender, factored networks first."""
    choices = []
    for contender in sorted(run.contenders.values(), key=lambda one: not one.is_factored):
        history = run.histories[contender.key]
        if history:
            kinds = history[-1].kinds
            for layer, kind in enumerate(kinds):
                text = f"{contender.title}, layer {layer + 1} of {len(kinds)} ({kind})"
                choices.append(LayerChoice(contender.key, layer, text))
    return choices


def discard_threshold(
    experiment: Experiment, event: EpochEvent, layer: int, spec: LayerSpec | None = None
) -> float | None:
    """Return the level below which singular values of the layer are discarded; None if there is none.

    Criteria that depend on the size of the layer need its ``spec``, at any epoch.
    """
    values, discarding = event.singular_values[layer], experiment.discarding
    is_factored = layer_family(event.kinds[layer]).is_factored
    if not is_factored or not discarding.points or not len(values):
        return None
    if spec is None:
        return discard_level(values, discarding, None, 0.0)
    return discard_level(values, discarding, spec.matrix_shape, initial_std(experiment.network, spec))


def layer_spec(history: Sequence[EpochEvent], layer: int) -> LayerSpec | None:
    """Return the sizes of a layer, from the last event that has them; its rank is that of then."""
    specs = (one.snapshot.spec.layers[layer] for one in reversed(history) if one.snapshot is not None)
    return next(specs, None)


def factors(
    snapshot: Snapshot, layer: int, epoch: int, column_hz: Array | None, *, as_trained: bool = False
) -> Factors:
    """Return U, σ, Vᵀ of a layer: the singular value decomposition of W, or the factors as trained."""
    found = layer_factors(Network(snapshot.spec, snapshot.theta), layer, as_trained=as_trained)
    why = "" if found.departure is None else why_factors_differ(found.departure)
    return Factors(found.u, found.sigma, found.vt, found.are_trained, epoch, column_hz, why)


def changed_settings(before: Experiment, after: Experiment) -> list[str]:
    """Return the dotted keys of all settings that differ, except the name; a list counts as one."""
    return [key for key in differences(before, after) if key != "name"]
