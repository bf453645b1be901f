"""Table I and the figures of merit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpsvd.metrics.scores import accuracy, class_report, confusion_matrix

TABLE_1 = np.array([[85, 5, 0], [15, 60, 15], [2, 8, 80]])


def test_table_1_of_the_paper() -> None:
    assert accuracy(TABLE_1) == pytest.approx(225 / 270)
    report = class_report(TABLE_1)
    np.testing.assert_allclose(report.recall, [85 / 90, 60 / 90, 80 / 90])
    np.testing.assert_allclose(report.precision, [85 / 102, 60 / 73, 80 / 95])
    np.testing.assert_allclose(report.f1, 2 * report.precision * report.recall / (report.precision + report.recall))
    np.testing.assert_array_equal(report.support, [90, 90, 90])


@given(pairs=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3))))
def test_every_clip_is_counted_once(pairs: list[tuple[int, int]]) -> None:
    targets = np.array([t for t, _ in pairs], np.intp)
    estimates = np.array([e for _, e in pairs], np.intp)
    confusion = confusion_matrix(targets, estimates, 4)
    assert confusion.sum() == len(pairs)
    for t in range(4):
        for e in range(4):
            assert confusion[t, e] == pairs.count((t, e))


def test_nothing_to_divide_by_is_not_a_number() -> None:
    report = class_report(np.array([[3, 0], [0, 0]]))
    assert np.isnan(report.recall[1])
    assert np.isnan(report.precision[1])
    assert np.isnan(accuracy(np.zeros((2, 2), np.intp)))
