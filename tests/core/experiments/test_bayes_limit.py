"""The limit of an experiment, and where there is none to know."""

from __future__ import annotations

from mlpsvd.experiments.bayes_limit import bayes_limit
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.settings import with_value


def test_limit_of_the_papers_task() -> None:
    limit = bayes_limit(Experiment())
    assert limit is not None
    assert 0.77 < limit < 0.83  # 79.8 % is known for this task; 5,000 test clips


def test_unknown_for_other_noise_and_for_recordings() -> None:
    assert bayes_limit(with_value(Experiment(), "data.synthetic.noise", "pink")) is None
    assert bayes_limit(with_value(Experiment(), "data.source", "recordings")) is None
