"""The trained network of a contender as a model."""

from __future__ import annotations

from mlpsvd.experiments.prepare import Prepared
from mlpsvd.experiments.race import Outcome
from mlpsvd.experiments.runs.run_data import RunData
from mlpsvd.json_fields import finite_or_none
from mlpsvd.metrics.scores import accuracy
from mlpsvd.models.input_contract import InputContract
from mlpsvd.models.model import Model
from mlpsvd.settings import to_table

__all__ = ["model_of"]


def model_of(data: Prepared | RunData, outcome: Outcome, run_id: str = "") -> Model:
    """Return the trained network of one contender with its preprocessing.

    Parameters
    ----------
    data
        The data set.
    outcome
        The contender's result.
    run_id
        Identity of the run, stored in the model's summary.
    """
    last = outcome.last
    return Model(
        spec=outcome.snapshot.spec,
        theta=outcome.snapshot.theta,
        features=data.features,
        class_names=data.class_names,
        contract=InputContract.of_data(
            data.experiment.data, data.features.settings, data.features.sample_rate_hz, data.clip_s, data.class_names
        ),
        experiment_table=to_table(data.experiment),
        summary={
            "contender": outcome.contender.key,
            "epoch": last.epoch,
            "n_epochs": last.n_epochs,
            "test_accuracy": finite_or_none(accuracy(outcome.confusion)),
            "ranks": list(last.ranks),
            "n_weights": last.n_weights,
            **({"run_id": run_id} if run_id else {}),
        },
        reference=data.reference,
        temperature=outcome.temperature,
    )
