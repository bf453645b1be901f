"""What the network looks at, in the words of the Analysis page."""

from __future__ import annotations

from analysis_page import WAIT_MS, Page
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from mlpsvd.experiments.runs.run import Run
from mlpsvd_gui.widgets.plain_label import PlainLabel


def test_the_selected_direction_is_told_in_words(shown: Page, trained: Run) -> None:
    view = shown.panel.directions
    assert "most important" in shown.panel.section.findings.text()
    assert " Hz " in view.meaning.text() and "of this difference" in view.meaning.text()
    assert view.rows.rows[view.rows.list.currentRow()].shown.effect[-1].startswith("No. 1 of ")
    view.rows.list.setFocus()
    QTest.keyClick(view.rows.list, Qt.Key.Key_Home)
    for index, row in enumerate(view.rows.rows):
        assert view.meaning.text().startswith(f"Direction {index + 1} ") and view.meaning.isVisible()
        assert row.shown.meaning in row.accessibleName()
        assert row.text_at(row._places()[0].center()) == row.shown.meaning
        QTest.keyClick(view.rows.list, Qt.Key.Key_Down)
    view.kind.choose(1)
    assert not view.meaning.isVisible() and "speak for a class" in view.legend.text()


def test_what_the_network_looks_at_is_drawn_with_its_captions(shown: Page) -> None:
    shown.show("occlusion")
    view = next(one for one in shown.panel.results if one.key == "occlusion")
    shown.qtbot.mouseClick(view.run_button, Qt.MouseButton.LeftButton)
    shown.qtbot.waitUntil(view.export_button.isEnabled, timeout=WAIT_MS)
    assert " Hz: without it, " in view.findings.text() and view.tabs.count() == 3
    caption = next(one for one in view.tabs.widget(0).findChildren(PlainLabel))
    assert caption.isVisible() and "accuracy lost without each band" in caption.text()
