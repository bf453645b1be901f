"""The Runs page: kept runs are listed, searched, annotated, deleted, restored, opened and continued."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from kept_runs import fill
from PySide6.QtCore import QSettings, Qt
from PySide6.QtWidgets import QApplication, QMessageBox
from pytestqt.qtbot import QtBot
from runs_page import Page

from mlpsvd.experiments.runs.about import About, change_about, read_about
from mlpsvd.experiments.runs.library import RunLibrary
from mlpsvd.experiments.runs.read_run import load_run
from mlpsvd.experiments.runs.run import Run
from mlpsvd.experiments.runs.run_folder import RunFolder
from mlpsvd.metrics.uncertainty import accuracy_text
from mlpsvd_gui.main_window import MainWindow
from mlpsvd_gui.pages.runs.views.panel import ALL, STARRED, TRASH, UNFINISHED
from mlpsvd_gui.state.preferences import Preferences
from mlpsvd_gui.state.run_state import RunPhase


def text(page: Page, row: int, column: int) -> str:
    return str(page.panel.table.rows.index(row, column).data())


# -- the list


def test_every_run_is_listed_with_status_and_intervals(page: Page, complete: Run) -> None:
    assert page.names == [f"2026-01-0{day}" for day in (5, 4, 3, 2, 1)]
    assert [text(page, row, 3) for row in range(3)] == ["interrupted, 1 of 6", "stopped, 1 of 6", "complete"]
    shown = [accuracy_text(complete.accuracy[key], complete.data.n_test) for key in ("mlp", "mlp-svd")]
    assert text(page, 2, 4) == f"MLP {shown[0]}, MLP-SVD {shown[1]}" and "–" in shown[0]
    assert page.panel.count_label.text() == "5 runs" and page.selected == [0]


def test_an_empty_library_shows_one_text_and_the_way_to_explore(empty_page: Page, complete: Run, qtbot: QtBot) -> None:
    welcome = empty_page.panel.welcome
    assert welcome.isVisible() and not empty_page.panel.table.isVisible()
    with qtbot.waitSignal(welcome.explore_requested):
        qtbot.mouseClick(welcome.explore_button, Qt.MouseButton.LeftButton)
    fill(empty_page.library, complete, 1)
    empty_page.panel.hide()
    empty_page.panel.show()
    qtbot.waitUntil(lambda: len(empty_page.shown) == 1, timeout=5000)
    assert empty_page.panel.table.isVisible()


def test_a_click_on_a_heading_sorts_and_the_selection_stays(page: Page) -> None:
    page.select(1)
    page.panel.table.sortByColumn(2, Qt.SortOrder.AscendingOrder)
    assert page.names == [f"2026-01-0{day}" for day in (1, 2, 3, 4, 5)] and page.selected == [3]
    page.panel.table.sortByColumn(1, Qt.SortOrder.AscendingOrder)
    assert [run.name for run in page.shown][:2] == ["Half a run", "Half a run"]


def test_search_finds_words_tags_and_settings(page: Page) -> None:
    change_about(page.shown[4].folder, lambda _: About(note="Birds at dawn", tags=("final",)))
    for query, days in (("half", "54"), ("seed=7", "321"), ("epochs=6 status=stopped", "4"), ("#final", "1"),
                        ("DAWN", "1"), ("nothing like it", "")):  # fmt: skip
        page.search(query)
        assert [name[-1] for name in page.names] == list(days), query
    assert page.panel.nothing.isVisible() and "nothing like it" in page.panel.nothing.text()
    assert page.panel.count_label.text() == "0 of 5 runs"
    page.search("")
    page.choose(UNFINISHED)
    assert len(page.shown) == 2 and page.panel.count_label.text() == "2 of 5 runs"


def test_a_change_by_another_program_is_seen(page: Page, complete: Run, qtbot: QtBot) -> None:
    """A new folder is seen by the watcher; what changes inside a run, when the window is active again."""
    shutil.move(page.shown[0].folder, page.library.folder.parent / "elsewhere")
    qtbot.waitUntil(lambda: len(page.shown) == 4, timeout=5000)
    change_about(page.shown[3].folder, lambda _: About(title="Renamed"))
    page.panel.opened.emit()
    page.wait()
    assert page.shown[3].name == "Renamed"


def test_a_run_that_is_being_trained_cannot_be_deleted(page: Page, qtbot: QtBot) -> None:
    with RunFolder(page.shown[1].folder):
        page.controller.refresh()
        page.wait()
        assert text(page, 1, 3) == "being trained"
        page.select(1)
        for action in (page.panel.actions_.delete, page.panel.actions_.open, page.panel.actions_.resume):
            assert not action.isEnabled() and "being trained" in action.toolTip()
    qtbot.waitUntil(lambda: text(page, 1, 3).startswith("stopped"), timeout=6000)
    assert page.panel.actions_.delete.isEnabled()


# -- notes, tags, star


def test_details_show_what_differs_from_the_defaults(page: Page, qtbot: QtBot) -> None:
    page.select(2)
    qtbot.waitUntil(lambda: "Learning rate" in page.settings(), timeout=5000)
    assert page.settings()["Learning rate"] == "0.01" and page.settings()["Epochs"] == "3"
    assert "seed 7" in page.panel.details.facts.text() and "test clips" in page.panel.details.facts.text()
    page.select(2, 3)
    assert page.panel.details.heading.text() == "2 runs selected" and page.settings() == {}
    assert not page.panel.details.note_edit.isEnabled()


def test_name_tags_and_note_are_stored_and_undone(page: Page, qtbot: QtBot) -> None:
    page.select(3)
    folder, details = page.shown[3].folder, page.panel.details
    page.key(Qt.Key.Key_F2)
    assert details.title_edit.hasFocus()
    qtbot.keyClicks(details.title_edit, "Best one")
    qtbot.keyClick(details.title_edit, Qt.Key.Key_Return)
    qtbot.keyClicks(details.tags_edit, "birds, #final")
    page.key(Qt.Key.Key_N)
    qtbot.keyClicks(details.note_edit, "Two")
    qtbot.keyClick(details.note_edit, Qt.Key.Key_Return)
    qtbot.keyClicks(details.note_edit, "lines")
    page.select(0)  # what was typed belongs to the run that was selected
    page.wait()
    assert read_about(folder) == About("Best one", "Two\nlines", ("birds", "final"))
    assert text(page, 3, 1) == "Best one" and text(page, 3, 6) == "Two lines"
    assert details.note_edit.toPlainText() == "" and read_about(page.shown[0].folder) == About()
    for _ in range(3):
        page.undo()
    assert read_about(folder) == About()
    page.redo()
    assert read_about(folder) == About("Best one")


def test_typing_is_not_interrupted_by_a_refresh(page: Page, qtbot: QtBot) -> None:
    page.select(0)
    edit = page.panel.details.note_edit
    edit.setFocus()
    qtbot.keyClicks(edit, "half a wo")
    change_about(page.shown[0].folder, lambda about: About(tags=("other",)))
    page.controller.refresh()
    page.wait()
    assert edit.toPlainText() == "half a wo" and page.panel.details.tags_edit.text() == "other"
    qtbot.waitUntil(lambda: read_about(page.shown[0].folder).note == "half a wo", timeout=5000)
    assert read_about(page.shown[0].folder).tags == ("other",)


def test_a_tag_that_is_too_long_is_one_sentence(page: Page, qtbot: QtBot) -> None:
    page.select(0)
    qtbot.keyClicks(page.panel.details.tags_edit, "x" * 50)
    qtbot.keyClick(page.panel.details.tags_edit, Qt.Key.Key_Return)
    page.wait()
    assert "at most 40 characters" in page.panel.messages.text
    assert page.panel.details.tags_edit.text() == "" and read_about(page.shown[0].folder) == About()


def test_a_star_by_click_and_by_key(page: Page) -> None:
    page.click(2, 0)
    page.wait()
    assert read_about(page.shown[2].folder).is_starred and text(page, 2, 0) == "★" and page.selected == [0]
    page.choose(STARRED)
    assert page.names == ["2026-01-03"]
    page.choose(ALL)
    page.select(1, 2)
    page.key(Qt.Key.Key_S)
    assert [read_about(run.folder).is_starred for run in page.shown[:3]] == [False, True, True]
    page.press("Remove star")
    assert not any(read_about(run.folder).is_starred for run in page.shown)


# -- trash


def test_deleted_runs_come_back_by_undo(page: Page, qtbot: QtBot) -> None:
    page.select(1, 3)
    before = sorted(run.folder for run in page.shown)
    page.key(Qt.Key.Key_Delete)
    assert page.names == ["2026-01-05", "2026-01-03", "2026-01-01"] and len(page.selected) == 1
    assert page.panel.messages.text == "Moved 2 runs to the trash."
    qtbot.mouseClick(page.panel.messages._button, Qt.MouseButton.LeftButton)
    page.wait()
    assert sorted(run.folder for run in page.shown) == before and all(load_run(one) for one in before)


def test_the_trash_is_listed_searched_restored_and_emptied(page: Page) -> None:
    page.select(0, 1, 2)
    page.press("Delete")
    page.choose(TRASH)
    assert len(page.shown) == 3 and not page.panel.actions_.open.isVisible()
    page.search("half")
    assert len(page.shown) == 2 and page.panel.count_label.text() == "2 of 3 runs"
    page.search("")
    page.select(2)
    page.press("Restore")
    assert len(page.shown) == 2 and len(page.library.search()) == 3
    page.press("Empty trash…")
    page.answer("Keep")
    assert len(page.library.trashed()) == 2
    page.press("Empty trash…")
    page.answer("Delete")
    assert page.library.trashed() == [] and page.panel.nothing.text() == "The trash is empty."
    page.choose(ALL)
    page.undo()
    assert len(page.shown) == 3, "what is deleted for good cannot be undone, and nothing else is"
    assert not page.panel.findChildren(QMessageBox)


def test_actions_say_why_they_are_not_possible(page: Page) -> None:
    page.select(2)
    assert page.panel.actions_.resume.toolTip() == "The run is complete"
    page.run.set_state(RunPhase.TRAINING)
    page.select(1)
    assert page.panel.actions_.resume.toolTip() == "Stop the training first"
    page.run.set_state(RunPhase.FINISHED)
    assert page.panel.actions_.resume.isEnabled()


def test_a_damaged_run_is_named_and_can_be_deleted(page: Page) -> None:
    (page.shown[2].folder / "checkpoint.safetensors").write_bytes(b"\xff" * 100)
    page.controller.refresh()
    page.wait()
    page.select(2)
    assert "checkpoint.safetensors" in text(page, 2, 6) and page.panel.details.problem.isVisible()
    page.key(Qt.Key.Key_Delete)
    assert len(page.shown) == 4


# -- in the window


@pytest.fixture
def window(qtbot: QtBot, library: RunLibrary, tmp_path: Path) -> MainWindow:
    window = MainWindow(Preferences(QSettings(str(tmp_path / "window.ini"), QSettings.Format.IniFormat)))
    qtbot.addWidget(window)
    with qtbot.waitExposed(window):
        window.show()
    qtbot.waitUntil(lambda: window.run.state is RunPhase.STOPPED, timeout=20_000)  # the last run is restored
    window.tabs.setCurrentIndex(1)
    return window


def page_of(window: MainWindow, qtbot: QtBot) -> Page:
    page = Page(window.runs_panel, window.runs, RunLibrary(window.preferences.runs_folder), window.run, qtbot)
    qtbot.waitUntil(lambda: len(page.shown) == 5, timeout=10_000)
    return page


def test_a_run_is_opened_analysed_and_continued_in_the_window(
    window: MainWindow, qtbot: QtBot, complete: Run, stopped: Run
) -> None:
    page = page_of(window, qtbot)
    window.resize(1280, 720)
    QApplication.processEvents()  # the layout, which could make it larger
    assert (window.width(), window.height()) == (1280, 720)
    for one in [button for button in window.runs_panel.buttons if button.isVisible()]:
        assert one.toolTip() and window.runs_panel.rect().contains(one.geometry())
    page.select(4)
    page.key(Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.run.state is RunPhase.FINISHED, timeout=10_000)
    assert window.tabs.currentIndex() == 0 and window.experiments.experiment == complete.experiment
    window.tabs.setCurrentIndex(1)
    page.select(1)
    page.press("Analyse")
    assert window.tabs.tabText(window.tabs.currentIndex()) == "Analysis"
    qtbot.waitUntil(lambda: "Half a run" in window.analysis_panel.source.text(), timeout=10_000)

    window.tabs.setCurrentIndex(1)
    run_id, folder = page.shown[1].id, page.shown[1].folder
    page.press("Continue")
    qtbot.waitUntil(lambda: window.run.state is RunPhase.FINISHED and window.run.run_id == run_id, timeout=30_000)
    assert [len(window.run.histories[key]) for key in ("mlp", "mlp-svd")] == [7, 7]
    assert window.experiments.experiment == stopped.experiment and window.race_panel.stale_text == ""
    window.tabs.setCurrentIndex(1)
    qtbot.waitUntil(lambda: [run.status for run in page.shown if run.folder == folder] == ["complete"], timeout=10_000)
    assert len(page.shown) == 5 and load_run(folder).epoch == 6
    window.close()


def test_a_run_that_another_program_trains_is_not_continued(page: Page, qtbot: QtBot) -> None:
    requested: list[object] = []
    page.controller.resume_requested.connect(lambda *run: requested.append(run))
    page.select(1)
    with RunFolder(page.shown[1].folder):  # between the listing and the click
        page.press("Continue")
        qtbot.waitUntil(lambda: "is being trained" in page.panel.messages.text, timeout=5000)
    assert requested == []
