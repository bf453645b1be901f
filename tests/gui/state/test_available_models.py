"""The entries of the list of models, from networks that have been trained."""

from __future__ import annotations

import dataclasses

import numpy as np
from trained import train

from mlpsvd.metrics.cross_validation import Validation
from mlpsvd.metrics.uncertainty import accuracy_text
from mlpsvd.signals.bank import paper_bank
from mlpsvd_gui.state.available_models import models_from_run

SMALL = {
    "data.synthetic.filters": paper_bank(3, 200.0, 50.0),
    "data.synthetic.duration_s": 0.1,
    "data.synthetic.train_per_class": 100,
    "data.synthetic.test_per_class": 30,
    "training.epochs": 10,
    "training.learning_rate": 0.005,
}


def test_an_entry_says_of_which_clips_its_accuracy_is() -> None:
    trained = train(SMALL)
    outcome = trained.outcomes["mlp-svd"]
    assert not outcome.at_chance
    validation = Validation(5, np.diag([9, 9, 9]) + 1)
    (tested,) = models_from_run(trained.prepared, [outcome])
    (validated,) = models_from_run(trained.prepared, [dataclasses.replace(outcome, validation=validation)])
    (untaught,) = models_from_run(trained.prepared, [dataclasses.replace(outcome, at_chance=True)])
    confusion = outcome.confusion
    n = int(confusion.sum())
    assert tested.text == f"MLP-SVD, just trained: test accuracy {accuracy_text(np.trace(confusion) / n, n)}"
    assert validated.text == f"MLP-SVD, just trained: cross-validated {accuracy_text(30 / 36, 36)}"
    assert "cross-validated accuracy" in validated.tip
    assert untaught.text == "MLP-SVD, just trained: did not learn"
