"""Top bar of the Record page: collection, source and level."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QMenu, QPushButton, QSizePolicy, QToolButton, QWidget

from mlpsvd.files import expand_home
from mlpsvd_gui.file_dialogs import ask_for_path
from mlpsvd_gui.plots.theme import LIGHT, Theme
from mlpsvd_gui.qt_text import menu_text
from mlpsvd_gui.widgets.eliding import ElidedLabel
from mlpsvd_gui.widgets.icons import icon
from mlpsvd_gui.widgets.level_meter import LevelMeter

__all__ = ["RecordBar"]

_NONE = "No collection yet"
_METER_TIP = (
    "Level in dBFS. Bar: RMS, where a full-scale sine is 0 dBFS. Mark: recent peak. The clipping indicator lights when "
    "a sample reaches full scale; click to reset it. Triangle (triggered recording): trigger level; drag to change it."
)


class RecordBar(QWidget):
    """Collection on the left, source and level on the right."""

    new_requested = Signal(str)
    """Emits the folder of a new collection."""
    open_requested = Signal(str)
    """Emits the folder of a collection to open."""
    show_folder_requested = Signal()
    start_requested = Signal()
    stop_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = LIGHT
        self._is_running = False
        self._folder = ""
        self.collection_button = QToolButton(self)
        self.folder = ElidedLabel(Qt.TextElideMode.ElideMiddle, parent=self)
        self.source = ElidedLabel(parent=self)
        self.listen_button = QPushButton("Start listening", self)
        self.meter = LevelMeter(self)
        self.menu = QMenu(self)
        self._recent: list[str] = []
        self._build()
        self.show_collection("", "")
        self.show_source("", False)

    def show_collection(self, folder: str, summary: str) -> None:
        """Show the open collection; an empty folder for none."""
        self._folder = folder
        self.collection_button.setText(menu_text(Path(folder).name) if folder else "Collection")
        self.folder.setText(f"{summary}  ·  {_from_home(folder)}" if folder else _NONE)

    def show_recent(self, folders: Sequence[str]) -> None:
        """Show recent collections."""
        self._recent = list(folders)

    def show_source(self, text: str, is_running: bool) -> None:
        """Show the source and switch between Start and Stop."""
        if text != self.source.text():
            self.source.setText(text)
        if is_running != self._is_running:
            self._is_running = is_running
            self._paint_button()
            self.meter.reset()

    def set_theme(self, theme: Theme) -> None:
        """Apply the colours of a theme."""
        self._theme = theme
        self.meter.set_theme(theme)
        self.folder.setStyleSheet(f"color: {theme.muted.name()};")
        self.collection_button.setIcon(icon("open", theme.foreground))
        self._paint_button()

    def ask_for_new(self) -> None:
        """Ask for the folder of a new collection."""
        self._ask("New collection: choose or enter a folder", True, self.new_requested.emit)

    def ask_to_open(self) -> None:
        """Ask for a collection, or a folder with one folder of recordings per class."""
        self._ask("Open a collection, or a folder with one folder per class", False, self.open_requested.emit)

    # -- building

    def _build(self) -> None:
        button = self.collection_button
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        button.setMenu(self.menu)
        button.setToolTip("Create or open a collection")
        button.setAccessibleName("Collection")
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        button.setMinimumHeight(self.listen_button.sizeHint().height())
        self.menu.aboutToShow.connect(self._fill_menu)
        self.source.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.listen_button.clicked.connect(self._start_or_stop)
        self.listen_button.setToolTip("Start or stop the source of the Listen page (Ctrl+L)")
        self.meter.setFixedWidth(330)
        self.meter.setToolTip(_METER_TIP)
        self.source.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.folder.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(10)
        row.addWidget(button)
        row.addWidget(self.folder, 3)
        row.addWidget(self.source, 2)
        row.addWidget(self.listen_button)
        row.addWidget(self.meter)

    def _fill_menu(self) -> None:
        self.menu.clear()
        self.menu.addAction("New collection…", self.ask_for_new)
        self.menu.addAction("Open collection…", self.ask_to_open)
        if self._folder:
            self.menu.addAction("Show folder", self.show_folder_requested.emit)
        others = [folder for folder in self._recent if folder != self._folder]
        if others:
            self.menu.addSection("Recent")
        for folder in others:
            self.menu.addAction(menu_text(folder), partial(self.open_requested.emit, folder))

    def _ask(self, title: str, is_new: bool, take: Callable[[str], object]) -> None:
        ask_for_path(
            self.window(),
            "collection",
            title,
            take,
            mode=QFileDialog.FileMode.AnyFile if is_new else QFileDialog.FileMode.Directory,
            suggested="My recordings" if is_new else "",
            accept_text="Create" if is_new else "",
        )

    def _start_or_stop(self) -> None:
        (self.stop_requested if self._is_running else self.start_requested).emit()

    def _paint_button(self) -> None:
        self.listen_button.setText("Stop listening" if self._is_running else "Start listening")
        self.listen_button.setShortcut("Ctrl+L")  # a new text removes the shortcut
        self.listen_button.setIcon(icon("stop" if self._is_running else "microphone", self._theme.foreground))


def _from_home(folder: str) -> str:
    """Return a path with the home folder written as ``~``."""
    home = expand_home("~").resolve()
    return str("~" / Path(folder).relative_to(home)) if Path(folder).is_relative_to(home) else folder
