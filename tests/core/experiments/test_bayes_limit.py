"""The limit of an experiment against values computed by independent code, and where there is none to know."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from mlpsvd.experiments.bayes_limit import bayes_limit, bayes_limits
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.settings import with_value
from mlpsvd.signals.bank import paper_bank

EXACT = {  # percent, and the standard error of 400,000 clips: shared/reference/bayes.json
    "K=2 B=10 df=30": (86.647, 0.054),
    "K=5 B=10 df=30": (78.808, 0.065),
    "K=10 B=10 df=30": (75.979, 0.068),
    "K=2 B=100 df=30": (73.189, 0.07),
    "K=5 B=100 df=30": (56.987, 0.078),
    "K=10 B=100 df=30": (51.815, 0.079),
    "K=5 B=10 df=5": (32.862, 0.074),
    "K=5 B=10 df=60": (95.649, 0.032),
}


def task(name: str) -> Experiment:
    found = re.fullmatch(r"K=(\d+) B=(\d+) df=(\d+)", name)
    assert found is not None
    n_classes, bandwidth_hz, spacing_hz = (int(number) for number in found.groups())
    return with_value(Experiment(), "data.synthetic.filters", paper_bank(n_classes, spacing_hz, bandwidth_hz))


@pytest.mark.parametrize("name", EXACT)
def test_the_limit_is_the_one_computed_by_other_code(name: str) -> None:
    limit = bayes_limit(task(name), n_clips=10_000)
    assert limit is not None
    percent, error = EXACT[name]
    assert limit.n_clips == 10_000
    assert limit.standard_error < 0.0025
    assert 100 * limit.accuracy == pytest.approx(percent, abs=4 * (1e4 * limit.standard_error**2 + error**2) ** 0.5)


def test_the_values_above_are_those_of_the_reference(project_root: Path) -> None:
    path = project_root.parent / "shared" / "reference" / "bayes.json"
    if not path.exists():
        pytest.skip("the reference values are not here")
    assert {name: tuple(value) for name, value in json.loads(path.read_text())["first_256"].items()} == EXACT


@pytest.mark.slow
def test_the_limit_of_the_default_task_is_known_to_a_tenth_of_a_point() -> None:
    limits = list(bayes_limits(Experiment()))
    assert [one.n_clips for one in limits][-1] == 100_000
    assert limits[-1].standard_error < 0.0007
    assert 100 * limits[-1].accuracy == pytest.approx(78.81, abs=0.2)
    assert limits[-1].describe() == "78.8 ± 0.1 %"


def test_estimates_become_more_certain_and_belong_to_the_task_not_to_the_seed() -> None:
    limits = list(bayes_limits(Experiment(), n_clips=20_000))
    assert len(limits) >= 2
    errors = [one.standard_error for one in limits]
    assert errors == sorted(errors, reverse=True)
    assert bayes_limit(with_value(Experiment(), "seed", 7), n_clips=20_000) == limits[-1]


def test_long_clips_are_fewer_and_say_what_they_are_worth() -> None:
    experiment = with_value(Experiment(), "features.segments", "mean")
    experiment = with_value(experiment, "data.synthetic.duration_s", 5.0)
    experiment = with_value(experiment, "data.synthetic.filters", paper_bank(2, 1.0, 100.0))
    first = next(bayes_limits(experiment))  # of several, so that the window shows one soon
    assert 2 <= first.n_clips < 100
    assert 0.0 < first.standard_error < 0.1


def test_a_caller_can_cancel() -> None:
    class CancelledError(Exception):
        pass

    def cancel(share: float) -> None:
        if share > 0.1:
            raise CancelledError

    with pytest.raises(CancelledError):
        bayes_limit(Experiment(), cancel)


def test_unknown_for_other_noise_and_for_recordings() -> None:
    assert bayes_limit(with_value(Experiment(), "data.synthetic.noise", "pink")) is None
    assert bayes_limit(with_value(Experiment(), "data.source", "recordings")) is None
    long = with_value(Experiment(), "features.segments", "mean")
    long = with_value(long, "data.synthetic.sample_rate_hz", 768000.0)
    assert bayes_limit(with_value(long, "data.synthetic.duration_s", 2.0)) is None
