"""Controls of the Files page: model, files, Start, progress."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction, QPalette
from PySide6.QtWidgets import (
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QMenu,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QWidget,
)

from mlpsvd_gui.file_dialogs import AUDIO_FILES, ask_for_path, ask_for_paths
from mlpsvd_gui.pages.files.views.folder_exports import add_folder_exports
from mlpsvd_gui.plots.theme import Theme
from mlpsvd_gui.qt_text import plain_tip
from mlpsvd_gui.widgets.eliding import ElidedLabel
from mlpsvd_gui.widgets.icons import icon
from mlpsvd_gui.widgets.model_box import ModelBox

__all__ = ["FilesControls"]

_MODEL_FILES = "Models (*.safetensors);;All files (*)"
_EXPORTS = (
    ("files", "&Recordings as CSV…", "recordings.csv", "One row per recording"),
    ("windows", "&Windows as CSV…", "windows.csv", "One row per window"),
    ("json", "&Everything as JSON…", "classified.json", "Recordings, windows, probabilities and totals"),
    ("audacity", "&Audacity labels of the selected recording…", "labels.txt", "Label track of the selected recording"),
    (
        "raven",
        "Ra&ven table of the selected recording…",
        "recording.Table.1.selections.txt",
        "Selection table of the selected recording",
    ),
    (
        "manifest",
        "&Labelled recordings for training…",
        "reviewed.csv",
        "Manifest of the recordings with a reviewed label, or a class known from folder or file name",
    ),
)
_NAMES = {kind: name for kind, _, name, _ in _EXPORTS} | {"train": "reviewed.csv"}
_FULL = 1000


class FilesControls(QWidget):
    """Model, files, Start button and progress bar."""

    start_requested = Signal()
    stop_requested = Signal()
    model_chosen = Signal(str)
    """Emits the key of the chosen model."""
    model_file_chosen = Signal(str)
    """Emits the path of a model file to open."""
    paths_chosen = Signal(list)
    """Emits paths of files and folders to add."""
    clear_requested = Signal()
    export_requested = Signal(str, str)
    """Emits the kind of export (``train`` writes a manifest and trains on it), and the path to write to."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._is_running = False
        self._ink = self.palette().color(QPalette.ColorRole.ButtonText)
        self.model_box = ModelBox("No model: train one or open a file", 22, self)
        self.open_button = QPushButton("&Open model…", self)
        self.files_button = QPushButton("Add f&iles…", self)
        self.folder_button = QPushButton("Add fol&der…", self)
        self.clear_button = QPushButton("C&lear", self)
        self.export_button = QPushButton("E&xport", self)
        self.start_button = QPushButton("Start", self)
        self.progress = QProgressBar(self)
        self.status = ElidedLabel(parent=self)
        self.export_actions: dict[str, QAction] = {}
        self._folder = ""
        self._build()
        self._build_layout()
        self._connect()

    def show_running(self, is_running: bool) -> None:
        """Switch between Start and Stop."""
        self._is_running = is_running
        self.start_button.setText("Stop" if is_running else "Start")
        self.start_button.setShortcut("Ctrl+Return")  # setText removes the shortcut
        self.progress.setVisible(is_running)
        self._paint_icon()

    def show_startable(self, reason: str) -> None:
        """Enable the Start button, or disable it with a reason."""
        self.start_button.setEnabled(not reason or self._is_running)
        self.start_button.setToolTip(
            plain_tip(reason or "Classify the recordings, or stop and keep the results (Ctrl+Return)")
        )

    def show_progress(self, share: float | None, text: str) -> None:
        """Show the progress as bar (None if unknown) and text."""
        self.progress.setRange(0, 0 if share is None else _FULL)
        if share is not None:
            self.progress.setValue(round(_FULL * share))
        self.status.setText(text)

    def show_files(self, has_files: bool, has_results: bool, can_label: bool) -> None:
        """Enable the actions that apply to the files."""
        self.clear_button.setEnabled(has_files)
        self.export_button.setEnabled(has_results)
        for kind in ("audacity", "raven"):
            self.export_actions[kind].setEnabled(can_label)

    def show_trainable(self, is_trainable: bool) -> None:
        """Enable the list of labelled recordings, if there are any."""
        self.export_actions["manifest"].setEnabled(is_trainable)

    def set_theme(self, theme: Theme) -> None:
        """Apply the colours of a theme."""
        self._ink = theme.foreground
        self._paint_icon()

    def ask_for_files(self) -> None:
        """Ask for recordings to add."""
        ask_for_paths(self, "recordings", "Add recordings", self._on_paths, name_filter=AUDIO_FILES)

    def ask_for_folder(self) -> None:
        """Ask for a folder of recordings to add."""
        ask_for_path(
            self,
            "recordings",
            "Add folder of recordings",
            lambda path: self._on_paths([path]),
            mode=QFileDialog.FileMode.Directory,
        )

    def ask_for_model(self) -> None:
        """Ask for a model file."""
        ask_for_path(self, "model", "Open model", self.model_file_chosen.emit, name_filter=_MODEL_FILES)

    def ask_for_export(self, kind: str) -> None:
        """Ask for the file of an export."""
        ask_for_path(
            self,
            "results",
            "Save list of labelled recordings" if kind == "train" else "Export",
            lambda path: self.export_requested.emit(kind, path),
            mode=QFileDialog.FileMode.AnyFile,
            suggested=_NAMES[kind],
        )

    def _on_paths(self, paths: list[str]) -> None:
        self.paths_chosen.emit(paths)

    def _paint_icon(self) -> None:
        self.start_button.setIcon(icon("stop" if self._is_running else "play", self._ink))

    def _build(self) -> None:
        self.model_box.setToolTip("Model for classification")
        self.open_button.setToolTip("Open a model file (.safetensors)")
        self.files_button.setToolTip("Add recordings (WAV, FLAC, OGG, MP3, AIFF…), or drop them anywhere on this page")
        self.folder_button.setToolTip("Add all recordings in a folder and its subfolders")
        self.clear_button.setToolTip("Remove all recordings from this page; no file is deleted")
        self.export_button.setToolTip("Export the results")
        self.export_button.setMenu(self._export_menu())
        self.start_button.setMinimumWidth(104)
        self.start_button.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        self.progress.setTextVisible(False)
        self.progress.setMaximumWidth(220)
        self.progress.setAccessibleName("Progress of the classification")
        self.show_running(False)
        self.show_startable("Train a network or open a model file first")
        self.show_files(False, False, False)

    def _export_menu(self) -> QMenu:
        menu = QMenu(self.export_button)
        menu.setToolTipsVisible(True)
        for kind, text, _, tip in _EXPORTS:
            action = menu.addAction(text)
            action.setToolTip(plain_tip(tip))
            action.triggered.connect(lambda _=False, kind=kind: self.ask_for_export(kind))
            self.export_actions[kind] = action
        self.export_actions |= add_folder_exports(menu, self, self.export_requested.emit)
        return menu

    def _build_layout(self) -> None:
        first, second = QHBoxLayout(), QHBoxLayout()
        for row in (first, second):
            row.setSpacing(8)
        label = QLabel("&Model", self)
        label.setBuddy(self.model_box)
        first.addWidget(label)
        first.addWidget(self.model_box, 1)
        first.addWidget(self.open_button)
        for button in (self.files_button, self.folder_button, self.clear_button, self.export_button):
            second.addWidget(button)
        second.addSpacing(8)
        second.addWidget(self.progress, 1)
        second.addWidget(self.status, 2)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(6)
        grid.addLayout(first, 0, 0)
        grid.addLayout(second, 1, 0)
        grid.addWidget(self.start_button, 0, 1, 2, 1)
        grid.setColumnStretch(0, 1)

    def _connect(self) -> None:
        self.model_box.chosen.connect(self.model_chosen)
        self.open_button.clicked.connect(self.ask_for_model)
        self.files_button.clicked.connect(self.ask_for_files)
        self.folder_button.clicked.connect(self.ask_for_folder)
        self.clear_button.clicked.connect(self.clear_requested)
        self.start_button.clicked.connect(self._start_or_stop)

    def _start_or_stop(self) -> None:
        (self.stop_requested if self._is_running else self.start_requested).emit()
