"""Small runs that have really been trained, for the pages that choose from their networks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mlpsvd.classification.classifier import Classifier
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.prepare import Prepared, prepare
from mlpsvd.experiments.race import Outcome, Race
from mlpsvd.experiments.runs.trained_model import model_of
from mlpsvd.settings import with_value
from mlpsvd_gui.state.run_state import RunPhase, RunState


@dataclass(frozen=True)
class Trained:
    """A run that has finished."""

    prepared: Prepared
    outcomes: dict[str, Outcome]

    @property
    def classifier(self) -> Classifier:
        """The MLP-SVD."""
        return Classifier(model_of(self.prepared, self.outcomes["mlp-svd"]))

    def finish_in(self, run_model: RunState) -> None:
        """Let the window believe that this run has just been trained in it."""
        run_model.begin(self.prepared.experiment)
        run_model.set_prepared(self.prepared)
        run_model.set_outcomes(self.outcomes)
        run_model.set_state(RunPhase.FINISHED)


def train(changes: Mapping[str, Any], seed: int = 1) -> Trained:
    """Train both networks of the default experiment with some settings changed."""
    experiment = with_value(Experiment(), "seed", seed)
    for key, value in changes.items():
        experiment = with_value(experiment, key, value)
    prepared = prepare(experiment)
    race = Race(prepared)
    for _ in race.run():
        pass
    return Trained(prepared, dict(race.outcomes()))
