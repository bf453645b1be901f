"""Parts of the Papers page: widths, texts, counting, processes."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from concurrent.futures import BrokenExecutor
from pathlib import Path
from threading import Timer

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpsvd.errors import TrainingError
from mlpsvd.experiments.papers.finding import Comparison, Finding, Table
from mlpsvd.experiments.papers.kept_results import Completion, KeptResult
from mlpsvd.experiments.papers.registry import REPRODUCTIONS
from mlpsvd_gui.pages.papers.controllers.texts import failure_text, idle_state, running_state, shown_result
from mlpsvd_gui.pages.papers.views.table import shares_px
from mlpsvd_gui.state.preferences import Preferences
from mlpsvd_gui.workers.trial_processes import StoppedError, TrialProcesses


@given(st.lists(st.integers(1, 900), min_size=2, max_size=6), st.integers(100, 1500))
def test_columns_fill_the_room_and_no_narrow_one_is_cut_for_a_wide_one(natural: list[int], room: int) -> None:
    shares = shares_px(natural, room)
    assert sum(shares) <= room or sum(natural) <= room
    if sum(natural) <= room:
        assert sum(shares) == room and shares[:-1] == natural[:-1]
    else:
        assert room - sum(shares) < len(natural)
        cut = [share for share, whole in zip(shares, natural, strict=True) if share < whole]
        assert all(share <= min(cut) + 1 for share in shares)


def test_states_are_described_correctly() -> None:
    nothing = Completion(0, 60, 120, 600.0)
    assert idle_state(nothing, 10, None).text == "not run · 120 networks to train"
    assert idle_state(nothing, 10, 20.0).text == "not run · 120 networks to train · about 30 s"
    part = Completion(12, 60, 120, 480.0, left_s=8.0)
    assert idle_state(part, 10, None).text == "12 of 60 trials done"
    assert running_state(part).text == "running · 12 of 60 trials · about 8 s left"
    assert running_state(part).share == pytest.approx(0.2)
    whole = Completion(60, 60, 120, 0.0, n_written=10, written_at=0.0)
    assert idle_state(whole, 10, None).is_done and "1970" in idle_state(whole, 10, None).text
    # a result made of fewer trials than are asked for now is not passed off as done
    older = Completion(12, 60, 120, 480.0, n_written=2, written_at=0.0)
    assert not idle_state(older, 10, None).is_done and "2 trials" in idle_state(older, 10, None).tip


def test_failures_are_one_sentence(caplog: pytest.LogCaptureFixture, expect_log: Callable[[str], None]) -> None:
    expect_log("A reproduction failed")
    assert failure_text(TrainingError("Loss is not a number")) == "Loss is not a number."
    assert "No space" in failure_text(OSError(28, "No space left on device"))
    assert "ZeroDivisionError" in failure_text(ZeroDivisionError())


def test_tables_are_written_as_a_person_reads_them() -> None:
    table = Table(
        "t", "T", ("bandwidth_hz", "network", "mlp_svd_std_percent"), ((10.0, "MLP", math.nan), (5, "X", -1.5)), True
    )
    claim = Comparison("what", "paper", "ours", "holds", True)
    number = Comparison("mean", "1", "2", "more", False, difference=-1.26)
    one = REPRODUCTIONS["figure-5"]
    claims = shown_result(KeptResult(one, Finding("s", (claim,), (table,)), 1, 0.0, ()))
    assert claims.tables[0].heads == ("Compared", "Paper", "This run (mean ± SD)", "Verdict")
    assert claims.tables[1].heads == ("Bandwidth (Hz)", "Network", "MLP-SVD std (%)")
    assert claims.tables[1].rows == (("10", "MLP", "–"), ("5", "X", "−1.5")) and claims.tables[1].right == {0, 2}
    both = shown_result(KeptResult(one, Finding("s", (claim, number)), 1, 0.0, ())).tables[0]
    assert [row[3] for row in both.rows] == ["", "−1.3"] and both.marks == (True, False)


@pytest.mark.alone
def test_processes_end_when_they_are_stopped_and_none_is_opened_after_that() -> None:
    processes = TrialProcesses(1)
    timer = Timer(1.5, processes.stop)
    timer.start()
    began = time.monotonic()
    with pytest.raises(BrokenExecutor), processes.open() as executor:
        executor.submit(time.sleep, 60).result()
    assert time.monotonic() - began < 20
    with pytest.raises(StoppedError), processes.open():
        pass


def test_damaged_memory_of_the_speed_is_none(tmp_path: Path) -> None:
    from PySide6.QtCore import QSettings

    store = QSettings(str(tmp_path / "a.ini"), QSettings.Format.IniFormat)
    preferences = Preferences(store)
    assert preferences.trial_cost_per_s is None and preferences.experiments_folder is None
    for damaged in ("fast", "-1", "nan", "inf"):
        store.setValue("experiments/cost_per_s", damaged)
        assert preferences.trial_cost_per_s is None
    preferences.trial_cost_per_s = 1234.5
    assert preferences.trial_cost_per_s == 1234.5
