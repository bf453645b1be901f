"""Pictures and data from the real context menu of a dark window, and all pictures of a run."""

from __future__ import annotations

import csv
import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from dialogs import choose_path
from kept_runs import small_run
from main_window import open_main_window
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from mlpsvd.chart_files import to_csv
from mlpsvd.draw_chart import PictureSize
from mlpsvd_gui.file_dialogs import LAST_FOLDERS
from mlpsvd_gui.main_window import MainWindow
from mlpsvd_gui.plots.base_plot import BasePlot
from mlpsvd_gui.plots.picture_menu import PictureMenu
from mlpsvd_gui.widgets.picture_dialog import PictureDialog
from mlpsvd_gui.widgets.svg_files import svg_content
from mlpsvd_gui.widgets.svg_picture import SvgPicture

SVG = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 100" width="200pt" height="100pt">'
    b'<rect width="200" height="100" style="fill: #ffffff"/><circle cx="100" cy="50" r="40"/></svg>'
)


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path) -> Iterator[MainWindow]:
    window = open_main_window(qtbot, tmp_path)
    yield window
    qtbot.waitUntil(lambda: not window.pictures.is_busy, timeout=60_000)
    window.theme.choose("system")
    window.close()


def open_menu(qtbot: QtBot, plot: BasePlot) -> PictureMenu:
    """Right-click on a plot; return its open menu."""
    target = plot.canvas.viewport()
    qtbot.mouseMove(target, target.rect().center())
    qtbot.mouseClick(target, Qt.MouseButton.RightButton, pos=target.rect().center())
    qtbot.waitUntil(plot.context_menu().isVisible)
    return plot.context_menu()


def click(qtbot: QtBot, menu: PictureMenu, text: str) -> None:
    action = next(action for action in menu.actions() if action.text() == text)
    qtbot.mouseClick(menu, Qt.MouseButton.LeftButton, pos=menu.actionGeometry(action).center())


def wait_for(qtbot: QtBot, window: MainWindow, text: str) -> None:
    qtbot.waitUntil(lambda: window.statusBar().currentMessage() == text, timeout=60_000)


def test_the_menu_of_a_dark_plot_saves_on_white_and_the_numbers_shown(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    window.theme.choose("dark")
    plot = window.filters_panel.view.response_plot
    qtbot.waitUntil(lambda: plot.theme.is_dark and not plot.chart().is_empty)

    click(qtbot, open_menu(qtbot, plot), "Save picture…")
    dialog = window.findChild(PictureDialog)
    dialog.format_box.setCurrentText("PNG")
    dialog.width_box.setCurrentIndex(1)
    dialog.dpi_field.setValue(100)
    qtbot.mouseClick(dialog.buttons.buttons()[0], Qt.MouseButton.LeftButton)
    (tmp_path / "figures").mkdir()
    choose_path(qtbot, window, tmp_path / "figures" / "filters")
    path = tmp_path / "figures" / "filters.png"
    wait_for(qtbot, window, f"Saved {path}.")
    width, _ = struct.unpack(">II", path.read_bytes()[16:24])
    assert width == pytest.approx(180 / 25.4 * 100, abs=1)
    picture = QImage(str(path))
    assert all(picture.pixelColor(x, 1).lightness() > 250 for x in (1, width // 2, width - 2))
    assert LAST_FOLDERS.of("picture") == str(path.parent)
    assert window.preferences.table("pictures")["width_mm"] == 180.0

    click(qtbot, open_menu(qtbot, plot), "Save data…")
    choose_path(qtbot, window, tmp_path / "figures" / "filters.csv")
    wait_for(qtbot, window, f"Saved {tmp_path / 'figures' / 'filters.csv'}.")
    with (tmp_path / "figures" / "filters.csv").open(encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    assert header[:2] == ["Frequency (Hz)", "710 Hz: Response (dB)"]
    shown = plot.curve_data(0)
    np.testing.assert_array_equal(np.array(rows, dtype=np.float64)[:, :2], np.stack(shown, axis=1))

    click(qtbot, open_menu(qtbot, plot), "Copy data")
    assert QGuiApplication.clipboard().text() == to_csv(plot.chart())

    click(qtbot, open_menu(qtbot, plot), "Copy picture")
    wait_for(qtbot, window, "Copied the picture.")
    assert QGuiApplication.clipboard().image().width() == pytest.approx(85 / 25.4 * 300, abs=1)


def test_every_menu_of_the_window_works_with_and_without_content(qtbot: QtBot, window: MainWindow) -> None:
    for menu in window.findChildren(PictureMenu):
        menu.follow_content()
    window.show_run(small_run())
    QApplication.processEvents()
    menus = window.findChildren(PictureMenu)
    assert len(menus) > 20
    for menu in menus:
        menu.follow_content()
    assert window.training_panel.accuracy.context_menu().save_picture.isEnabled()
    table = window.confusion_panel.table.findChild(PictureMenu)
    assert table.save_data.isEnabled()


def test_all_pictures_and_the_report_of_a_run_from_the_file_menu(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    window.actions_.export_pictures.trigger()
    assert window.messages.text == "No run to draw. Train first."
    window.actions_.save_report.trigger()
    choose_path(qtbot, window, tmp_path / "none")
    assert window.messages.text == "No run to report. Train first."
    run = small_run({"training.epochs": 2})
    window.show_run(run)
    window.actions_.export_pictures.trigger()
    dialog = window.findChild(PictureDialog)
    dialog.format_box.setCurrentText("PNG")
    dialog.dpi_field.setValue(72)
    qtbot.mouseClick(dialog.buttons.buttons()[0], Qt.MouseButton.LeftButton)
    choose_path(qtbot, window, tmp_path / "all")
    wait_for(qtbot, window, f"Saved 18 files in {tmp_path / 'all'}.")
    assert (tmp_path / "all" / "confusion-mlp-svd.png").exists() and (tmp_path / "all" / "accuracy.csv").exists()
    window.actions_.save_report.trigger()
    choose_path(qtbot, window, tmp_path / "report")
    qtbot.waitUntil(lambda: window.messages.text == f"Saved {tmp_path / 'report.html'}.", timeout=60_000)
    text = (tmp_path / "report.html").read_text("utf-8")
    assert all(f'<data value="{share!r}">' in text for share in run.accuracy.values())


def test_a_folder_that_is_gone_is_one_sentence(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    plot = window.filters_panel.view.response_plot
    qtbot.waitUntil(lambda: not plot.chart().is_empty)
    window.pictures._save_data(plot.chart(), tmp_path / "nowhere" / "data.csv")
    qtbot.waitUntil(lambda: "cannot be written" in window.messages.text)


def test_a_finished_drawing_is_saved_as_pdf_and_png(qtbot: QtBot, tmp_path: Path) -> None:
    view = SvgPicture()
    qtbot.addWidget(view)
    menu = view.findChild(PictureMenu)
    menu.follow_content()
    assert not menu.save_picture.isEnabled()
    view.show_picture(SVG, "A circle")
    menu.follow_content()
    assert menu.save_picture.isEnabled() and not menu.save_data.isVisible()
    image = QImage.fromData(svg_content(SVG, "png", PictureSize(50.8, dpi=100)))
    assert (image.width(), image.height()) == (200, 100)
    assert image.pixelColor(1, 1).name() == "#ffffff" and image.pixelColor(100, 50).name() == "#000000"
    assert svg_content(SVG, "pdf", PictureSize()).startswith(b"%PDF")
    assert svg_content(SVG, "svg", PictureSize()) == SVG
