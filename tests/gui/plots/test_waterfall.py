"""The waterfall: newest on top, gaps empty, memory bounded, colours steady."""

from __future__ import annotations

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from mlpsvd.draw_chart import PictureSize, draw
from mlpsvd_gui.plots.theme import DARK
from mlpsvd_gui.plots.waterfall import Waterfall

FREQUENCIES_HZ = np.linspace(0.0, 8000.0, 129)


@pytest.fixture
def waterfall(qtbot: QtBot) -> Waterfall:
    plot = Waterfall()
    qtbot.addWidget(plot)
    plot.resize(500, 240)
    plot.show()
    plot.begin(FREQUENCIES_HZ, 0.1)
    return plot


def spectrum(peak_hz: float, peak_db: float = -20.0) -> np.ndarray:
    level_db = np.full(len(FREQUENCIES_HZ), -90.0)
    level_db[np.argmin(abs(FREQUENCIES_HZ - peak_hz))] = peak_db
    return level_db


def test_the_newest_row_shows_where_it_is_loudest(waterfall: Waterfall) -> None:
    assert waterfall.loudest_hz() is None
    for step, peak_hz in enumerate((500.0, 1000.0, 4000.0)):
        waterfall.append(0.1 * step, spectrum(peak_hz))
        assert waterfall.loudest_hz() == pytest.approx(peak_hz, rel=0.07)
    waterfall.redraw()
    assert waterfall.n_rows_filled == 3
    table = waterfall.chart().table()
    first = np.asarray(table["Frequency (Hz)"])[np.nanargmax(table["Level (dB) 0.2 s ago"])]
    assert first == pytest.approx(500.0, rel=0.1)


def test_time_without_a_spectrum_stays_empty(waterfall: Waterfall) -> None:
    waterfall.append(0.0, spectrum(500.0))
    waterfall.append(2.0, spectrum(500.0))
    assert waterfall.n_rows_filled == 2
    waterfall.append(5.0, spectrum(500.0), duration_s=1.0)
    assert waterfall.n_rows_filled == 2 + 10


def test_an_hour_takes_no_more_memory_than_half_a_minute(waterfall: Waterfall) -> None:
    size = waterfall._levels.nbytes
    for step in range(3000):
        waterfall.append(1.2 * step, spectrum(500.0))
    assert waterfall._levels.nbytes == size
    assert waterfall.n_rows_filled <= waterfall.most_rows


def test_many_short_windows_share_a_row_and_the_loudest_shows(qtbot: QtBot) -> None:
    plot = Waterfall()
    qtbot.addWidget(plot)
    plot.begin(FREQUENCIES_HZ, 0.005)
    for step in range(200):
        plot.append(0.005 * step, spectrum(1000.0 if step == 190 else 300.0, -10.0 if step == 190 else -40.0))
    assert plot.n_rows_filled < 20
    plot.append(0.96, spectrum(300.0, -40.0))
    assert plot.loudest_hz() == pytest.approx(1000.0, rel=0.07)


def test_colours_follow_the_loudest_in_steps_and_do_not_flicker(waterfall: Waterfall) -> None:
    ranges = set()
    for step in range(100):
        waterfall.append(0.1 * step, spectrum(500.0, -22.0 - 6.0 * (step % 2)))
        waterfall.redraw()
        ranges.add(waterfall.value_range)
    assert ranges == {(-100.0, -20.0)}
    waterfall.append(10.0, spectrum(500.0, 3.0))
    waterfall.redraw()
    assert waterfall.value_range == (-70.0, 10.0)


def test_its_chart_is_drawn_over_log_frequency(waterfall: Waterfall) -> None:
    waterfall.append(0.0, spectrum(500.0))
    waterfall.set_theme(DARK)
    waterfall.redraw()
    chart = waterfall.chart()
    assert chart.x.is_log and chart.y.is_reversed and chart.cells is not None
    loudest = chart.cells.centres[0][int(np.nanargmax(chart.cells.values[:, 0]))]
    assert loudest == pytest.approx(500.0, rel=0.05)
    axes = draw(chart, PictureSize()).axes[0]
    assert axes.get_xscale() == "log" and axes.yaxis_inverted()


def test_digital_silence_stays_dark(waterfall: Waterfall) -> None:
    waterfall.append(0.0, np.full(len(FREQUENCIES_HZ), -180.0))
    waterfall.redraw()
    assert waterfall.value_range == (-140.0, -60.0)
