from __future__ import annotations

import itertools
from math import log10

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytestqt.qtbot import QtBot

from mlpsvd_gui.plots.frequency_axis import PlainAxis, label_stride, log_ticks, rounded_outwards, tick_text


@pytest.mark.parametrize(
    ("frequency_hz", "text"),
    [(20, "20"), (500, "500"), (1000, "1k"), (1500, "1.5k"), (20000, "20k"), (710.5, "710.5")],
)
def test_frequencies_read_as_on_an_equaliser(frequency_hz: float, text: str) -> None:
    assert tick_text(frequency_hz) == text


def test_the_audible_range_has_the_labels_of_the_field() -> None:
    labelled, minor = log_ticks(20, 20_000, 500)
    assert labelled == [20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000]
    assert 30 in minor and 3000 in minor


def test_a_narrow_plot_has_fewer_labels_and_a_zoomed_one_finer_ones() -> None:
    assert log_ticks(20, 20_000, 150)[0] == [100, 1000, 10_000]
    zoomed, _ = log_ticks(660, 720, 500)
    assert len(zoomed) >= 5
    assert np.allclose(np.diff(zoomed), np.diff(zoomed)[0])


@given(st.floats(0.5, 20_000), st.floats(1.001, 1e4), st.floats(100, 3000))
def test_labels_lie_inside_ascend_and_do_not_touch(low: float, ratio: float, size_px: float) -> None:
    high = low * ratio
    labelled, minor = log_ticks(low, high, size_px)
    assert labelled == sorted(labelled)
    assert all(low * 0.999999 <= tick <= high * 1.000001 for tick in labelled + minor)
    assert not set(labelled) & set(minor)
    places = [size_px * log10(tick / low) / log10(ratio) for tick in labelled]
    decades_alone = all(abs(log10(tick) - round(log10(tick))) < 1e-9 for tick in labelled)
    assert decades_alone or all(b - a > 15 for a, b in itertools.pairwise(places))


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6))
def test_a_rounded_range_holds_the_other_and_little_more(low: float, span: float) -> None:
    ends = rounded_outwards(low, low + span)
    slack = 1e-6 * span + 1e-9 * abs(low)
    assert ends[0] <= low + slack and low + span - slack <= ends[1]
    assert ends[1] - ends[0] <= 1.2 * span + slack


def test_a_rounded_range_is_stable_while_the_data_grow() -> None:
    assert rounded_outwards(8.1, 60.3) == rounded_outwards(8.3, 61.9) == (5.0, 65.0)
    assert rounded_outwards(0.0, 99.0) == (0.0, 100.0)
    assert rounded_outwards(3.0, 3.0) == (3.0, 3.0)


def test_impossible_ranges_have_no_ticks() -> None:
    assert log_ticks(0, 100, 300) == ([], [])
    assert log_ticks(100, 100, 300) == ([], [])


@given(st.lists(st.tuples(st.floats(0, 50), st.floats(1, 40)), min_size=1, max_size=30))
def test_labels_are_thinned_until_they_stand_apart_and_no_further(steps: list[tuple[float, float]]) -> None:
    places = np.cumsum([step for step, _ in steps])
    spans = [(float(x) - width / 2, float(x) + width / 2) for x, (_, width) in zip(places, steps, strict=True)]
    stride = label_stride(spans)

    def stand_apart(k: int) -> bool:
        return all(b[0] - a[1] >= 4.0 for a, b in itertools.pairwise(spans[::k]))

    assert stand_apart(stride)
    assert not any(stand_apart(k) for k in range(1, stride))


def test_negative_numbers_on_an_axis_have_minus_signs(qtbot: QtBot) -> None:
    assert PlainAxis("left").tickStrings([-20.0, 0.0, 5.0], 1.0, 5.0) == ["−20", "0", "5"]
