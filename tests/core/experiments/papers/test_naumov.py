"""What of Naumov's paper is recomputed, and the verdicts."""

from __future__ import annotations

import pytest

from mlpsvd.experiments.papers.finding import Comparison, Results
from mlpsvd.experiments.papers.naumov import NAUMOV_HESSIAN, NAUMOV_TIME
from mlpsvd.experiments.papers.naumov_recurrence import NAUMOV_RECURRENCE


def verdicts(comparisons: tuple[Comparison, ...], part: str) -> list[bool | None]:
    return [one.agrees for one in comparisons if part in one.what]


def test_theorem_1_is_right_as_corrected_and_wrong_as_printed() -> None:
    found = NAUMOV_HESSIAN.find(1, Results({}))
    assert verdicts(found.comparisons, "as printed") == [False, False, True]  # the ReLU has no second derivative
    assert verdicts(found.comparisons, "as corrected") == [True] * 3
    assert verdicts(found.comparisons, "(46)") == [True] * 3
    assert verdicts(found.comparisons, "(26)") == [True]
    assert "102 % wrong" in found.summary
    assert found.pictures[0].draw().axes


def test_theorem_2_is_not_the_whole_hessian() -> None:
    found = NAUMOV_TIME.find(1, Results({}))
    assert verdicts(found.comparisons, "bounds") == [True] * 4
    assert [verdicts(found.comparisons, part) for part in ("(74) is", "(75) is", "(76) is")] == [[False]] * 3
    assert verdicts(found.comparisons, "complete") == [True]
    assert verdicts(found.comparisons, "(71)") == [True]
    relu = [row for row in found.tables[0].rows if row[0] == "ReLU"]
    assert relu[0][2] < 1e-9 and relu[1][2] == pytest.approx(0.887, abs=0.001)
    assert found.pictures[0].draw().axes


def test_the_recurrent_comparison_is_summed_up() -> None:
    names = ("RNN", "RNN-SVD", "MLP, mean magnitude")
    trials = NAUMOV_RECURRENCE.trials(2)
    table = {
        "networks": {name: {"test_accuracy": [0.1, 0.9 + 0.01 * index]} for index, name in enumerate(names)},
        "limit": 0.99,
    }
    found = NAUMOV_RECURRENCE.find(2, Results({trial.key: table for trial in trials}))
    assert "RNN 90.0 %, RNN-SVD 91.0 %, the MLP on the mean magnitude 92.0 %, the limit is 99.0 %" in found.summary
    assert len(found.tables[0].rows) == 6
    assert len(found.pictures[0].draw().axes) == 2
