"""Report of the runs that are selected on the Runs page."""

from __future__ import annotations

from pathlib import Path

from dialogs import choose_path
from PySide6.QtCore import Qt
from runs_page import Page

from mlpsvd.experiments.runs.about import About, change_about


def test_two_selected_runs_give_one_report_with_their_notes(page: Page, tmp_path: Path) -> None:
    change_about(page.shown[2].folder, lambda _: About(title="First <run>", note="two\nlines"))
    page.controller.refresh()
    page.wait()
    page.select(2, 3)
    page.key(Qt.Key.Key_P)
    choose_path(page.qtbot, page.panel, tmp_path / "both")
    path = tmp_path / "both.html"
    page.qtbot.waitUntil(lambda: page.panel.messages.text == f"Saved {path}.", timeout=60_000)
    text = path.read_text("utf-8")
    assert "<h1>Comparison of 2 runs</h1>" in text and "two\nlines" in text
    assert text.count("data:image/svg+xml") == 5  # accuracy, loss, rank and a confusion matrix for each network


def test_one_run_is_reported_under_its_title(page: Page, tmp_path: Path) -> None:
    change_about(page.shown[2].folder, lambda _: About(title="First <run>"))
    page.controller.refresh()
    page.wait()
    page.select(2)
    page.controller.comparison.save_report(page.panel.table.selected, tmp_path / "one.html")
    page.qtbot.waitUntil((tmp_path / "one.html").exists, timeout=60_000)
    assert "<h1>First &lt;run&gt;</h1>" in (tmp_path / "one.html").read_text("utf-8")
    page.controller.comparison.save_report(page.panel.table.selected, tmp_path / "gone" / "one.html")
    page.qtbot.waitUntil(lambda: "No such file or directory" in page.panel.messages.text, timeout=60_000)
