"""Widths of the columns of the comparison of networks."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from mlpsvd.contenders import FAIR_CONTENDERS, named_contenders
from mlpsvd_gui.pages.explore.views.race_panel import RacePanel


def test_five_networks_that_are_always_right_fit_at_1280_pixels(qtbot: QtBot) -> None:
    """ "100.0 % (64.6–100.0)" was shown as "100.0 % …"."""
    panel = RacePanel()
    qtbot.addWidget(panel)
    panel.resize(990, 160)  # its width in a window of 1280 pixels
    with qtbot.waitExposed(panel):
        panel.show()
    panel.show_contenders(named_contenders(FAIR_CONTENDERS))
    table = panel.table
    needed = table.fontMetrics().horizontalAdvance("100.0 % (64.6–100.0)") + 6
    assert table.columnWidth(1) >= needed
    assert sum(table.columnWidth(column) for column in range(table.columnCount())) <= table.viewport().width()
