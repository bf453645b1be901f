"""A page in a scroll area fills the available space, and scrolls only if it is too small."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from mlpsvd_gui.pages.record.views.panel import RecordPanel
from mlpsvd_gui.widgets.scrolling import scrolling


def test_a_message_at_the_lower_end_of_a_page_lies_inside_a_small_window(qtbot: QtBot) -> None:
    panel = RecordPanel()
    area = scrolling(panel)
    qtbot.addWidget(area)
    area.resize(1280, 588)
    panel.show_open(True)
    with qtbot.waitExposed(area):
        area.show()
    panel.show_warning("2 clips are reached through a link: read, and never moved, trimmed or deleted. " * 4)
    bar = panel.messages
    qtbot.waitUntil(lambda: bar.isVisible() and bar.height() > 0)
    qtbot.waitUntil(lambda: bar.mapTo(area, bar.rect().bottomLeft()).y() < area.height())
    assert area.verticalScrollBar().maximum() == 0
    area.resize(1280, 300)
    qtbot.waitUntil(lambda: area.verticalScrollBar().maximum() > 0)
