"""The analyses "hessian" and "sharpness" on a network that was really trained."""

from __future__ import annotations

import dataclasses
from itertools import pairwise

import numpy as np
import pytest

from mlpsvd.analysis.background import progress_of
from mlpsvd.analysis.hessian.blocks import hessian_blocks
from mlpsvd.analysis.hessian.curvature import block_shares, hessian, in_weights
from mlpsvd.analysis.hessian.sharpness_analysis import sharpness_over_training
from mlpsvd.analysis.hessian.training_set import training_set
from mlpsvd.analysis.result import AnalysisEvent, AnalysisResult, Progress
from mlpsvd.analysis.subject import Subject
from mlpsvd.errors import DataError
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.prepare import prepare
from mlpsvd.experiments.race import Race
from mlpsvd.settings import with_value


@pytest.fixture(scope="module")
def subject() -> Subject:
    experiment = Experiment()
    for key, value in {
        "data.synthetic.train_per_class": 40,
        "data.synthetic.test_per_class": 10,
        "training.epochs": 20,
        "training.contenders": ("mlp-svd",),
    }.items():
        experiment = with_value(experiment, key, value)
    prepared = prepare(experiment)
    race = Race(prepared)
    for _ in race.run():
        pass
    history = race.histories["mlp-svd"]
    snapshot = history[-1].snapshot
    assert snapshot is not None
    return Subject("mlp-svd", "MLP-SVD", snapshot, 20, prepared.features, prepared.class_names, prepared.dataset,
                   tuple(history))  # fmt: skip


def result_of(events: list[AnalysisEvent]) -> AnalysisResult:
    progress = [event for event in events if isinstance(event, Progress)]
    assert len(progress) > 3
    assert all(before.done <= after.done <= after.total for before, after in pairwise(progress))
    (result,) = [event for event in events if isinstance(event, AnalysisResult)]
    assert events[-1] is result
    return result


def test_curvature(subject: Subject) -> None:
    result = result_of(list(hessian(subject)))
    assert f"({subject.snapshot.spec.n_parameters} parameters as trained, exact products)" in result.findings[0]
    x, targets = training_set(subject)
    multiplied = in_weights(subject.network)
    np.testing.assert_allclose(multiplied.predict(x), subject.network.predict(x), atol=1e-4)
    shares = block_shares(hessian_blocks(subject.network, x, targets))
    assert result.arrays["block_largest"][0] == pytest.approx(shares[0].largest, rel=1e-6)
    exact = hessian_blocks(subject.network, x, targets)
    for share_of, block in zip(shares, exact, strict=True):
        assert share_of.norm == pytest.approx(block.squared_norm() ** 0.5, rel=0.05)
    share = sum(one.norm**2 for one in shares) / float(result.arrays["full_norm"]) ** 2
    assert 0 < share < 1
    figure = result.pictures[0].draw()
    assert len(figure.axes) == 2


def test_sharpness(subject: Subject) -> None:
    result = result_of(list(sharpness_over_training(subject)))
    epochs = result.arrays["epoch"].tolist()
    assert epochs[0] == 0 and epochs[-1] == 20
    largest = np.asarray(result.arrays["largest_eigenvalue"], np.float64)
    np.testing.assert_allclose(result.arrays["stable_rate"], 2 / largest)
    assert len(result.pictures[0].draw().axes) == 3


def test_without_snapshots_or_clips_nothing_is_computed(subject: Subject) -> None:
    bare = tuple(dataclasses.replace(event, snapshot=None) for event in subject.history)
    with pytest.raises(DataError, match="none was kept"):
        list(sharpness_over_training(dataclasses.replace(subject, history=bare)))
    for one in (hessian, sharpness_over_training):
        with pytest.raises(DataError, match="needs the clips"):
            list(one(dataclasses.replace(subject, dataset=None)))


def test_closing_ends_the_computation(subject: Subject) -> None:
    events = hessian(subject)
    for _ in range(3):
        next(events)
    events.close()

    def endless(report: object) -> None:
        assert callable(report)
        while True:
            report(0.5)

    running = progress_of(endless)
    next(running)
    running.close()  # returns, since the next report ends the thread


def test_failures_of_the_computation_are_raised() -> None:
    def fail(report: object) -> None:
        raise DataError("no")

    with pytest.raises(DataError, match="no"):
        list(progress_of(fail))
