"""Training progress on stderr counts the epochs of all networks."""

from __future__ import annotations

import pytest

from mlpsvd.cli.progress import BarProgress, LineProgress
from mlpsvd.contenders import FAIR_CONTENDERS
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.prepare import prepare
from mlpsvd.experiments.race import Race, RaceEvent
from mlpsvd.settings import with_value

N_EPOCHS = 3


@pytest.fixture(scope="module")
def events() -> list[RaceEvent]:
    experiment = Experiment()
    for key, value in {
        "training.contenders": FAIR_CONTENDERS, "training.epochs": N_EPOCHS, "training.engine": "reference",
        "data.synthetic.train_per_class": 20, "data.synthetic.test_per_class": 10,
    }.items():  # fmt: skip
        experiment = with_value(experiment, key, value)
    return list(Race(prepare(experiment)).run())


def test_the_bar_is_full_when_the_last_of_five_networks_ends(events: list[RaceEvent]) -> None:
    bar = BarProgress(len(FAIR_CONTENDERS), N_EPOCHS)
    seen = []
    for event in events:
        bar.trained(event)
        seen.append(bar._bar.n)
    bar.close()
    assert bar._bar.total == seen[-1] == 15 and max(seen[:-1]) == 14
    assert seen == sorted(seen)


def test_lines_estimate_the_time_of_all_five(
    events: list[RaceEvent], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(LineProgress, "_is_due", lambda self: True)
    progress = LineProgress(len(FAIR_CONTENDERS), N_EPOCHS)
    for index, event in enumerate(one for one in events):
        if index == 5 + 4:  # as if every epoch of a network had taken a second
            progress._started -= 4.0
        progress.trained(event)
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 15 and lines[-1].endswith(" 0 s left")
    assert lines[4].endswith(" 8 s left"), "five epochs in four seconds, ten to go"
