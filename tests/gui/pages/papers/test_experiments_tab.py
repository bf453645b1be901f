"""Use of the Papers page: tick, run, stop, continue, read the table, open, export."""

from __future__ import annotations

import csv
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing import active_children
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QSettings, Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from mlpsvd.experiments.papers.registry import PAPERS, REPRODUCTIONS
from mlpsvd_gui.pages.papers.controllers import papers
from mlpsvd_gui.pages.papers.controllers.papers import PapersController
from mlpsvd_gui.pages.papers.views.panel import PapersPanel
from mlpsvd_gui.plots.theme import DARK, LIGHT
from mlpsvd_gui.state.preferences import Preferences
from mlpsvd_gui.widgets.messages import MessageKind

LEFT = Qt.MouseButton.LeftButton


@dataclass
class Tab:
    panel: PapersPanel
    controller: PapersController
    preferences: Preferences
    qtbot: QtBot

    def tick_only(self, *names: str) -> None:
        """Tick by clicks on the boxes."""
        for name in REPRODUCTIONS:
            box = self.panel.list.entry(name).check
            if box.isChecked() != (name in names):
                self.panel.list.scrollToItem(self.panel.list._items[name])
                self.qtbot.mouseClick(box, LEFT, pos=QPoint(8, box.height() // 2))
        assert self.panel.list.ticked_names() == names

    def click_entry(self, name: str) -> None:
        panel_list = self.panel.list
        panel_list.scrollToItem(panel_list._items[name])
        place = panel_list.visualItemRect(panel_list._items[name])
        self.qtbot.mouseClick(panel_list.viewport(), LEFT, pos=place.center())

    def press_run(self) -> None:
        self.qtbot.waitUntil(self.panel.form.run_button.isEnabled)
        self.qtbot.mouseClick(self.panel.form.run_button, LEFT)

    def wait_for_end(self) -> None:
        # the words at the end come from a look at the folder, a moment after the run
        self.qtbot.waitUntil(
            lambda: not self.controller.is_running and self.panel.form.run_button.isEnabled(), timeout=90_000
        )

    def state(self, name: str) -> str:
        return self.panel.list.state_text(name)


@pytest.fixture
def tab(qtbot: QtBot, tmp_path: Path) -> Iterator[Tab]:
    preferences = Preferences(QSettings(str(tmp_path / "window.ini"), QSettings.Format.IniFormat))
    preferences.experiments_folder = tmp_path / "experiments"
    panel = PapersPanel(n_cores=2)
    qtbot.addWidget(panel)
    controller = PapersController(panel, preferences)
    panel.resize(1260, 640)
    with qtbot.waitExposed(panel):
        panel.show()
    yield Tab(panel, controller, preferences, qtbot)
    controller.close()


def test_all_that_the_registry_holds_is_listed_in_groups(tab: Tab) -> None:
    headings = [box.text() for box in tab.panel.list._headings.values()]
    shorts = [(paper.short, any(one.beyond for one in paper.results)) for paper in PAPERS]
    assert headings == [one for short, more in shorts for one in (short, *([f"Beyond {short}"] if more else []))]
    assert headings[:2] == ["Paul and Nelson (2021)", "Beyond Paul and Nelson (2021)"]
    assert list(tab.panel.list._rows) == list(REPRODUCTIONS)
    tab.qtbot.waitUntil(lambda: tab.state("table-2") == "not run · 120 networks to train")
    assert tab.panel.form.trials.value() == 10 and tab.panel.form.processes.value() == 1
    assert "trials" in tab.panel.form.status.text()


def test_a_heading_ticks_its_group_and_space_the_chosen_entry(tab: Tab) -> None:
    beyond = tuple(one.name for one in PAPERS[0].results if one.beyond)
    paper = tuple(one.name for one in PAPERS[0].results if not one.beyond)
    assert tab.panel.list.ticked_names() == paper
    short = PAPERS[0].short
    for group, entry in ((short, "table-1"), (f"Beyond {short}", beyond[0])):
        heading = tab.panel.list._headings[group]
        place = tab.panel.list.row(tab.panel.list._items[entry])
        tab.panel.list.scrollToItem(tab.panel.list.item(place - 1))
        tab.qtbot.mouseClick(heading, LEFT, pos=QPoint(16, heading.height() // 2))
    assert tab.panel.list.ticked_names() == beyond
    tab.click_entry("table-1")
    tab.qtbot.keyClick(tab.panel.list, Qt.Key.Key_Space)
    assert tab.panel.list.ticked_names() == ("table-1", *beyond)
    assert tab.panel.list._headings[short].checkState() is Qt.CheckState.PartiallyChecked


def test_ticks_trials_and_processes_are_there_again_the_next_day(tab: Tab) -> None:
    tab.tick_only("table-1", "figure-3")
    tab.panel.form.trials.setValue(3)
    tab.panel.form.processes.setValue(2)
    panel = PapersPanel(n_cores=2)
    tab.qtbot.addWidget(panel)
    controller = PapersController(panel, tab.preferences)
    assert panel.list.ticked_names() == ("table-1", "figure-3")
    assert (panel.form.trials.value(), panel.form.processes.value()) == (3, 2)
    controller.close()


def test_what_is_remembered_of_another_version_or_machine_is_made_possible(tab: Tab) -> None:
    tab.preferences.set_table("experiments/choices", {"ticked": ["gone", "table-1"], "trials": "x", "processes": 64})
    panel = PapersPanel(n_cores=2)
    tab.qtbot.addWidget(panel)
    controller = PapersController(panel, tab.preferences)
    assert panel.list.ticked_names() == ("table-1",)
    assert (panel.form.trials.value(), panel.form.processes.value()) == (10, 2)
    controller.close()


def test_without_ticks_there_is_nothing_to_run(tab: Tab) -> None:
    tab.tick_only()
    tab.qtbot.waitUntil(lambda: not tab.panel.form.run_button.isEnabled())
    assert tab.panel.form.status.text() == "No results ticked."


@pytest.mark.slow
def test_run_stop_go_on_and_read_the_table(tab: Tab) -> None:
    tab.tick_only("table-1", "figure-5")
    tab.panel.form.trials.setValue(5)
    tab.press_run()
    assert not tab.panel.form.run_button.isEnabled() and not tab.panel.form.trials.isEnabled()
    tab.qtbot.waitUntil(lambda: " of 5 trials" in tab.state("table-1"), timeout=60_000)
    tab.qtbot.mouseClick(tab.panel.form.stop_button, LEFT)
    tab.wait_for_end()
    assert tab.panel.form.status.text().startswith("Stopped")
    kept = len(list((tab.controller.folder / "trials").iterdir()))
    assert 1 <= kept < 5 and f"{kept} of 5 trials done" in tab.state("table-1")

    tab.press_run()
    tab.wait_for_end()
    assert tab.panel.form.status.text().startswith("Finished")
    assert len(list((tab.controller.folder / "trials").iterdir())) == 5
    assert tab.state("table-1").startswith("✓ done") and "5 trials per task" in tab.state("table-1")

    tab.click_entry("table-1")
    tab.qtbot.waitUntil(lambda: tab.panel.result.shown is not None and tab.panel.result.shown.name == "table-1")
    table = tab.panel.result.current_table()
    assert table is not None
    rows = table.texts()
    written = list(csv.DictReader((tab.controller.folder / "table-1" / "comparison.csv").read_text().splitlines()))
    assert [row[1] for row in rows] == [row["what"] for row in written]
    assert [(row[2], row[3]) for row in rows] == [(row["paper"], row["ours"]) for row in written]
    assert rows[0][2] == "83.3 %" and "±" in rows[0][3] and rows[0][4][0] in "+−" and rows[0][5]
    tab.qtbot.keyClick(table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    copied = QApplication.clipboard().text().splitlines()
    assert copied[1].startswith("Test accuracy of the example\t83.3 %\t")
    assert table.horizontalScrollBar().maximum() == 0
    assert tab.panel.result.gallery.picture.has_picture
    assert tab.panel.result.report_button.isEnabled()


def test_one_is_run_from_its_own_page_and_its_files_are_opened(tab: Tab, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[QUrl] = []

    def open_url(url: QUrl) -> bool:
        opened.append(url)
        return True

    monkeypatch.setattr(QDesktopServices, "openUrl", open_url)
    tab.click_entry("figure-5")
    tab.qtbot.waitUntil(tab.panel.result.run_button.isVisible)
    tab.qtbot.waitUntil(tab.panel.result.run_button.isEnabled)
    tab.qtbot.mouseClick(tab.panel.result.run_button, LEFT)
    tab.qtbot.waitUntil(lambda: tab.panel.result.shown is not None, timeout=60_000)
    tab.wait_for_end()
    assert tab.state("figure-5").startswith("✓ done")
    tab.qtbot.waitUntil(tab.panel.result.report_button.isEnabled)
    tab.qtbot.mouseClick(tab.panel.result.report_button, LEFT)
    tab.qtbot.mouseClick(tab.panel.result.folder_button, LEFT)
    folder = tab.controller.folder
    assert [Path(url.toLocalFile()) for url in opened] == [folder / "report.html", folder / "figure-5"]

    path = folder.parent / "out.csv"
    tab.qtbot.mouseClick(tab.panel.result.csv_button, LEFT)
    dialog = tab.panel.findChild(QFileDialog)
    assert dialog is not None
    dialog.fileSelected.emit(str(path))
    dialog.close()
    tab.qtbot.waitUntil(lambda: tab.panel.messages.kind is MessageKind.DONE and path.is_file())
    assert path.read_text() == (folder / "figure-5" / "comparison.csv").read_text()


def test_no_other_result_is_shown_while_the_chosen_one_is_read(tab: Tab, monkeypatch: pytest.MonkeyPatch) -> None:
    tab.tick_only("figure-5")
    tab.press_run()
    tab.qtbot.waitUntil(lambda: tab.panel.result.shown is not None, timeout=60_000)
    tab.wait_for_end()
    may_read = threading.Event()
    monkeypatch.setattr(papers, "load_result", lambda *_: may_read.wait(30.0) and None)
    tab.click_entry("figure-6")
    assert tab.panel.list.current_name == "figure-6" and tab.panel.result.shown is None
    assert tab.panel.result.hint_title.text() == REPRODUCTIONS["figure-6"].title
    assert tab.panel.result.hint.text() == "Reading…" and not tab.panel.result.run_button.isVisible()
    may_read.set()
    tab.qtbot.waitUntil(tab.panel.result.run_button.isVisible)
    assert "Not run yet." in tab.panel.result.hint.text()


def test_a_folder_of_something_else_is_refused_in_a_sentence_and_another_one_is_remembered(
    tab: Tab, tmp_path: Path
) -> None:
    other = tmp_path / "holiday"
    other.mkdir()
    (other / "picture.txt").write_text("sea")
    tab.qtbot.mouseClick(tab.panel.form.folder_button, LEFT)
    dialog = tab.panel.findChild(QFileDialog)
    assert dialog is not None
    dialog.fileSelected.emit(str(other))
    dialog.close()
    tab.qtbot.waitUntil(lambda: "holiday" in tab.panel.messages.text)
    assert tab.panel.messages.kind is MessageKind.ERROR and tab.panel.messages.text.count(".") == 1
    assert not tab.panel.form.run_button.isEnabled()
    assert tab.panel.form.status.text() == "Choose another folder."

    better = tmp_path / "better"
    tab.controller.use_folder(better)
    tab.qtbot.waitUntil(tab.panel.form.run_button.isEnabled)
    assert tab.panel.messages.text == "" and tab.preferences.experiments_folder == better


def test_a_run_that_fails_says_why_and_leaves_the_tab_usable(tab: Tab) -> None:
    tab.tick_only("figure-5")
    tab.qtbot.waitUntil(tab.panel.form.run_button.isEnabled)
    tab.controller.folder.write_text("a file, made while nobody looked")
    tab.qtbot.mouseClick(tab.panel.form.run_button, LEFT)
    tab.qtbot.waitUntil(lambda: "is a file" in tab.panel.messages.text, timeout=30_000)
    assert not tab.controller.is_running and tab.panel.form.trials.isEnabled()


@pytest.mark.alone
def test_the_tab_closes_at_once_while_it_runs(tab: Tab) -> None:
    tab.tick_only("table-1")
    tab.press_run()
    tab.qtbot.waitUntil(lambda: bool(active_children()), timeout=30_000)
    assert tab.controller.worker.is_alive
    began = time.monotonic()
    tab.controller.close()
    assert time.monotonic() - began < 2.0
    assert not [thread for thread in threading.enumerate() if thread.name == "reproduction"]
    assert not active_children()


@pytest.mark.slow
def test_killed_processes_are_reported_and_the_run_resumes(tab: Tab) -> None:
    tab.tick_only("table-1")
    tab.panel.form.trials.setValue(3)
    tab.press_run()
    tab.qtbot.waitUntil(lambda: "running" in tab.state("table-1"), timeout=60_000)
    for process in active_children():
        process.kill()
    tab.wait_for_end()
    assert "terminated from outside" in tab.panel.messages.text
    tab.press_run()
    tab.wait_for_end()
    assert tab.state("table-1").startswith("✓ done") and tab.panel.messages.text == ""


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_the_paper_is_dimmed_in_the_dark_and_boxes_can_be_seen(tab: Tab, theme: object) -> None:
    svg = b"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 10">
    <path d="M 0 0 L 20 0 L 20 10 L 0 10 z" style="fill: #ffffff"/></svg>"""
    tab.panel.set_theme(theme)  # type: ignore[arg-type]
    picture = tab.panel.result.gallery.picture
    picture.resize(300, 200)
    picture.show_picture(svg, "nothing")
    image = picture.grab().toImage()
    lightness = image.pixelColor(image.rect().center()).lightnessF()
    assert lightness == 1.0 if theme is LIGHT else 0.7 < lightness < 0.95


def test_the_tab_fits_a_small_screen(tab: Tab) -> None:
    assert tab.panel.minimumSizeHint().width() <= 1280 and tab.panel.minimumSizeHint().height() <= 600


def test_pressing_stop_does_nothing_while_nothing_runs(tab: Tab, expect_log: Callable[[str], None]) -> None:
    tab.controller.stop()
    assert not tab.controller.is_running
