"""Recurrent networks beside the mean magnitude and the limit of whole clips."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from mlpsvd.analysis.result import Progress
from mlpsvd.errors import DataError
from mlpsvd.experiments.bayes_limit import bayes_limit
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.recurrence import (
    MEAN_MLP,
    Recurrence,
    RecurrenceSettings,
    compare_recurrence,
    recurrence_task,
)
from mlpsvd.experiments.trials.measurements import Measurement, recurrence_table
from mlpsvd.experiments.trials.trials import Trial, TrialStore
from mlpsvd.features.settings import FeatureSettings
from mlpsvd.settings import with_value
from mlpsvd.signals.bank import paper_bank


def small_task(spacing_hz: float = 200.0) -> Experiment:
    """Return a task of two classes that trains in a moment."""
    task = recurrence_task()
    for key, value in {
        "data.synthetic.filters": paper_bank(2, spacing_hz, 100.0),
        "data.synthetic.duration_s": 0.05,
        "data.synthetic.train_per_class": 60,
        "data.synthetic.test_per_class": 30,
        "training.epochs": 4,
        "training.learning_rate": 0.01,
        "training.batch_size": 16,
        "training.engine": "reference",
    }.items():
        task = with_value(task, key, value)
    return task


def test_a_small_comparison(tmp_path: Path) -> None:
    task = small_task()
    *events, result = compare_recurrence(task, RecurrenceSettings(limit_clips=200))
    assert isinstance(result, Recurrence)
    progress = [event for event in events if isinstance(event, Progress)]
    assert len(progress) == len(events) >= 2 * 2 + 3 * 5
    assert all(event.done <= event.total for event in progress)
    assert list(result.histories) == ["RNN", "RNN-SVD", MEAN_MLP]
    assert result.accuracy[MEAN_MLP] > 0.9 and result.accuracy["RNN"] > 0.8
    assert result.limit is not None and result.limit.accuracy > 0.97
    assert len(result.table().rows) == 4
    assert "No classifier of whole clips" in result.findings()[1]
    assert result.picture().draw().axes
    table = json.loads(json.dumps(recurrence_table(result)))
    assert table["networks"]["RNN"]["test_accuracy"][-1] == pytest.approx(result.accuracy["RNN"], abs=1e-6)
    trial = Trial(result.experiment, Measurement.RECURRENCE)
    store = TrialStore(tmp_path)
    store.put(trial, table)
    assert store.get(trial) == table, "the report and a second run use what was stored"
    table["networks"]["RNN"]["test_accuracy"].pop()
    store.put(trial, table)
    assert store.get(trial) is None


def test_recordings_are_refused() -> None:
    task = with_value(recurrence_task(), "data.source", "recordings")
    task = with_value(task, "data.recordings.path", "somewhere")
    with pytest.raises(DataError, match="needs synthetic clips"):
        next(compare_recurrence(task))


@pytest.mark.parametrize("spacing_hz", [5.0, 30.0])
def test_limit_of_whole_clips(spacing_hz: float, project_root: Path) -> None:
    path = project_root.parent / "shared" / "reference" / "bayes.json"
    if not path.exists():
        pytest.skip("the reference values lie beside the clone, in shared/reference")
    known = json.loads(path.read_text("utf-8"))["by_samples_10_classes (4,000 clips, se <= 0.8)"]
    expected = known[f"B=100 df={spacing_hz:g}"]["4800"] / 100
    limit = bayes_limit(replace(recurrence_task(spacing_hz), features=FeatureSettings(segments="mean")), None, 270)
    assert limit is not None
    assert limit.accuracy == pytest.approx(expected, abs=4 * limit.standard_error + 0.016)


def test_the_example_in_the_documents_runs(
    project_root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (project_root / "docs/naumov.md").read_text("utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    monkeypatch.setattr("mlpsvd.experiments.recurrence.recurrence_task", small_task)
    exec(code, {})
    assert "No classifier of whole clips" in capsys.readouterr().out
