"""Survey of a folder of paper results."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlpsvd.experiments.papers.kept_results import Tracker, load_result, survey
from mlpsvd.experiments.papers.registry import REPRODUCTIONS
from mlpsvd.experiments.trials.trials import TrialStore


def test_a_shared_trial_counts_for_both_results(tmp_path: Path) -> None:
    both = [REPRODUCTIONS["table-2"], REPRODUCTIONS["figure-7"]]
    tracker = Tracker(both, 1, tmp_path)
    empty = tracker.completions(left_s=100.0)
    assert empty["figure-7"].left_s == pytest.approx(100.0)
    assert empty["table-2"].left_s is not None and empty["table-2"].left_s < 100.0
    trial = REPRODUCTIONS["table-2"].trials(1)[0]
    TrialStore(tmp_path / "trials").put(trial, {"engine": "none"})
    begun = tracker.completions()
    assert begun["table-2"].n_done == begun["figure-7"].n_done == 1
    assert begun["table-2"].cost_left == pytest.approx(empty["table-2"].cost_left - trial.cost)
    assert survey(tmp_path, 1, ["table-2"]).problem  # trials without a manifest are not ours


def test_a_folder_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    found = survey(tmp_path / "new", 10, ["table-1"])
    assert not found.problem and not found.has_report and found.n_left == 10
    assert load_result(tmp_path / "new", "table-1") is None
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "reproduction.json").write_text("{")
    assert "damaged" in survey(tmp_path / "bad", 10).problem
