"""Names from files are shown as text, never as markup: in every tooltip, label, table, list and plot of the window."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PySide6.QtCore import QAbstractItemModel, QAbstractListModel, QSettings, Qt
from PySide6.QtGui import QAction, QTextDocument
from PySide6.QtGui import Qt as GuiQt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QGraphicsTextItem,
    QGraphicsView,
    QLabel,
    QListView,
    QMenu,
    QTableView,
    QWidget,
)
from pytestqt.qtbot import QtBot
from trained import Trained, train

from mlpsvd.experiments.experiment_file import save_experiment
from mlpsvd.experiments.runs.trained_model import model_of
from mlpsvd.models.model_file import save_model
from mlpsvd.signals.bank import paper_bank
from mlpsvd_gui.main_window import MainWindow
from mlpsvd_gui.plots.matrix_view import MatrixView
from mlpsvd_gui.qt_text import menu_text, plain_tip
from mlpsvd_gui.state.preferences import Preferences
from mlpsvd_gui.widgets.eliding import ElidingComboBox
from mlpsvd_gui.widgets.messages import MessageKind

WAIT_MS = 30_000
HOSTILE = '<b>x</b><img src="x.png">'
IN_A_FILE_NAME = '<i>f<img src="x.png">'  # without the / of an end tag
NEIGHBOURS = ("<a href='x.png'>&amp;", "two\n<h1>x.png", "<?xml x.png?><p>")


@pytest.fixture(scope="module")
def trained() -> Trained:
    bank = paper_bank(2, 200.0, 50.0)
    return train(
        {
            "name": HOSTILE,
            "data.synthetic.filters": (replace(bank[0], label=HOSTILE), bank[1]),
            "data.synthetic.duration_s": 0.1,
            "data.synthetic.train_per_class": 30,
            "data.synthetic.test_per_class": 10,
            "training.epochs": 3,
        }
    )


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path) -> Iterator[MainWindow]:
    store = QSettings(str(tmp_path / "window.ini"), QSettings.Format.IniFormat)
    window = MainWindow(Preferences(store))
    qtbot.addWidget(window)
    with qtbot.waitExposed(window):
        window.show()
    yield window
    window.close()


def columns_of(model: QAbstractItemModel) -> range:
    """Return the columns of a model; lists keep the method to themselves."""
    return range(1 if isinstance(model, QAbstractListModel) else model.columnCount())


def rendered(text: str) -> str:
    """Return the plain text that Qt shows for a tooltip or a label with automatic markup detection."""
    if not GuiQt.mightBeRichText(text):
        return text
    document = QTextDocument()
    document.setHtml(text)
    return document.toPlainText()


def is_text(text: str) -> bool:
    """Whether each name in a tooltip is shown unchanged."""
    return "x.png" not in text or any(name in rendered(text) for name in (HOSTILE, IN_A_FILE_NAME))


def faults(widget: QWidget) -> list[str]:
    """Return where a widget shows a name as markup."""
    found = [] if is_text(widget.toolTip()) else ["tooltip"]
    if isinstance(widget, QLabel):
        as_text = widget.textFormat() is Qt.TextFormat.PlainText
        found += [] if as_text or is_text(widget.text()) else ["text"]
    if isinstance(widget, QComboBox | QAbstractItemView):
        found += _model_faults(widget)
    if isinstance(widget, QGraphicsView) and widget.scene() is not None:
        texts = [one for one in widget.scene().items() if isinstance(one, QGraphicsTextItem)]
        found += [f"plot: {one.toHtml()}" for one in texts if "<img" in one.toHtml()]
    return [f"{type(widget).__name__} {widget.accessibleName()}: {what}" for what in found]


def _model_faults(view: QComboBox | QAbstractItemView) -> list[str]:
    model = view.model()
    if model is None:
        return []
    role = Qt.ItemDataRole.ToolTipRole
    tips = [
        model.data(model.index(row, column), role) for row in range(model.rowCount()) for column in columns_of(model)
    ]
    if isinstance(view, QTableView):
        tips += [model.headerData(one, Qt.Orientation.Horizontal, role) for one in columns_of(model)]
        tips += [model.headerData(one, Qt.Orientation.Vertical, role) for one in range(model.rowCount())]
    return [f"tooltip of an entry: {tip}" for tip in tips if isinstance(tip, str) and not is_text(tip)]


def shows_tip(action: QAction) -> bool:
    """Whether the tooltip of an action is ever shown: most menus have none."""
    places = action.associatedObjects()
    return any(one.toolTipsVisible() if isinstance(one, QMenu) else isinstance(one, QWidget) for one in places)


def all_faults(window: MainWindow) -> list[str]:
    widgets = [window, *window.findChildren(QWidget)]
    assert len(widgets) > 300
    actions = [
        f"action {one.text()}" for one in window.findChildren(QAction) if shows_tip(one) and not is_text(one.toolTip())
    ]
    return [fault for widget in widgets for fault in faults(widget)] + actions


def occurrences(window: MainWindow) -> int:
    """Return how many labels, tooltips and entries hold one of the names: a walk that finds none proves nothing."""
    count = sum("x.png" in widget.toolTip() for widget in window.findChildren(QWidget))
    count += sum("x.png" in label.text() for label in window.findChildren(QLabel))
    for view in (*window.findChildren(QTableView), *window.findChildren(QListView)):
        model = view.model()
        count += sum(
            "x.png" in str(model.data(model.index(row, column)))
            for row in range(model.rowCount())
            for column in columns_of(model)
        )
    return count


@pytest.mark.slow
def test_names_from_files_are_text_everywhere_in_the_window(
    qtbot: QtBot, window: MainWindow, trained: Trained, tmp_path: Path
) -> None:
    sounds = tmp_path / IN_A_FILE_NAME
    for name in (IN_A_FILE_NAME, "other"):
        (sounds / name).mkdir(parents=True)
        for number in range(2):
            noise = 0.1 * np.random.default_rng(number).standard_normal(1600)
            soundfile.write(sounds / name / f"{IN_A_FILE_NAME}{number}.wav", noise, 16000)
    (sounds / f"{IN_A_FILE_NAME}.wav").write_text("no sound")
    model, experiment = (tmp_path / f"{IN_A_FILE_NAME}{suffix}" for suffix in (".safetensors", ".toml"))
    save_model(model, model_of(trained.prepared, trained.outcomes["mlp-svd"]))
    save_experiment(experiment, trained.prepared.experiment)

    window.documents.open(experiment)
    trained.finish_in(window.run)
    window.models.open_model(str(model))
    qtbot.waitUntil(lambda: window.models.find(str(model)) is not None, timeout=WAIT_MS)
    assert all_faults(window) == []

    window.files_panel.controls.paths_chosen.emit([str(sounds)])
    qtbot.waitUntil(lambda: len(window.files_panel.table.rows.entries) == 5, timeout=WAIT_MS)
    window.files.start()
    qtbot.waitUntil(lambda: not window.files.is_running, timeout=WAIT_MS)
    window.record.collection.open(sounds)
    qtbot.waitUntil(lambda: window.record_panel.review.table.model().rowCount() == 4, timeout=WAIT_MS)
    for bar in (window.messages, window.listen_panel.messages, window.files_panel.messages):
        bar.show_message(MessageKind.ERROR, f"{HOSTILE} cannot be opened.")
    window.listen_panel.sound_form.show_device(HOSTILE)
    assert all_faults(window) == []
    assert occurrences(window) >= 20


def test_a_plot_title_and_the_tooltip_of_a_short_chooser_are_text(qtbot: QtBot) -> None:
    plot, box = MatrixView(HOSTILE), ElidingComboBox()
    for widget in (plot, box):
        qtbot.addWidget(widget)
    titles = [one.toHtml() for one in plot.canvas.scene().items() if isinstance(one, QGraphicsTextItem)]
    assert any("x.png" in one for one in titles)
    assert not any("<img" in one for one in titles)
    box.addItem(HOSTILE)
    box.setToolTip(plain_tip(HOSTILE))
    assert is_text(box.full_tip())
    assert box.full_tip().count("x.png") == 2


@pytest.mark.parametrize("name", [HOSTILE, IN_A_FILE_NAME, *NEIGHBOURS])
def test_a_tooltip_shows_each_character_of_a_name(name: str) -> None:
    assert rendered(plain_tip(name)) == name


@pytest.mark.parametrize("name", ["&File", "a && b", "R&D"])
def test_an_ampersand_in_a_name_stays_one_in_a_menu(qtbot: QtBot, name: str) -> None:
    assert menu_text(name).replace("&&", "\0").count("&") == 0
    assert menu_text(name).replace("&&", "&") == name
