"""Row of source, model and Start button."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from mlpsvd_gui.file_dialogs import ask_for_path
from mlpsvd_gui.pages.listen.views.source_chooser import SourceChooser
from mlpsvd_gui.plots.theme import Theme
from mlpsvd_gui.qt_text import plain_tip
from mlpsvd_gui.widgets.icons import icon
from mlpsvd_gui.widgets.model_box import ModelBox
from mlpsvd_gui.widgets.plain_label import PlainLabel

__all__ = ["ListenControls"]

_MODEL_FILES = "Models (*.safetensors);;All files (*)"
_START_KEY = "Ctrl+L"
_PROBLEM_COLOUR = "#c77d0a"


class ListenControls(QWidget):
    """Source, model and Start, with problems of the source below."""

    start_requested = Signal()
    stop_requested = Signal()
    model_chosen = Signal(str)
    """Emits the key of the chosen model."""
    model_file_chosen = Signal(str)
    """Emits the path of a model file to open."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._is_running = False
        self._ink = self.palette().color(QPalette.ColorRole.ButtonText)
        self.source = SourceChooser(self)
        self.model_box = ModelBox("No model yet", 14, self)
        self.open_button = QPushButton("Open…", self)
        self.start_button = QPushButton("Start", self)
        self.problem = PlainLabel(self)
        self._build_boxes()
        self._build_layout()
        self._connect()

    def show_problem(self, sentence: str) -> None:
        """Show a problem of the input devices; an empty text hides it."""
        self.problem.setText(sentence)
        self.problem.setVisible(bool(sentence))

    def show_running(self, is_running: bool) -> None:
        """Switch between Start and Stop; disable what cannot change during a session."""
        self._is_running = is_running
        self.start_button.setText("Stop" if is_running else "Start")
        self.start_button.setShortcut(_START_KEY)  # Qt removes the shortcut with the text
        self._paint_icon()
        self.source.show_running(is_running)

    def show_startable(self, is_startable: bool, reason: str) -> None:
        """Enable the Start button, or disable it with a reason."""
        self.start_button.setEnabled(is_startable or self._is_running)
        self.start_button.setToolTip(plain_tip(reason or "Start or stop listening (Ctrl+L)"))

    def set_theme(self, theme: Theme) -> None:
        """Apply the colours of a theme."""
        self._ink = theme.foreground
        self._paint_icon()
        self.source.set_theme(theme)

    def _paint_icon(self) -> None:
        self.start_button.setIcon(icon("stop" if self._is_running else "play", self._ink))

    def _build_boxes(self) -> None:
        self.model_box.setToolTip("Model for classification; a change takes effect with the next window")  # fmt: skip
        self.open_button.setToolTip("Open a model file (.safetensors)")
        self.start_button.setMinimumWidth(96)
        self.start_button.setShortcut(_START_KEY)
        self.problem.setWordWrap(True)
        self.problem.setTextFormat(Qt.TextFormat.PlainText)
        self.problem.setStyleSheet(f"color: {_PROBLEM_COLOUR};")
        self.problem.hide()
        self.show_startable(False, "Choose a source first")

    def _build_layout(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(6)
        row.addWidget(_label("S&ource", self.source.kind_box))
        row.addWidget(self.source, 3)
        row.addSpacing(10)
        row.addWidget(_label("&Model", self.model_box))
        row.addWidget(self.model_box, 2)
        row.addWidget(self.open_button)
        row.addSpacing(10)
        row.addWidget(self.start_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(row)
        column.addWidget(self.problem)

    def _connect(self) -> None:
        self.model_box.chosen.connect(self.model_chosen)
        self.open_button.clicked.connect(self._ask_for_model)
        self.start_button.clicked.connect(self._start_or_stop)

    def _start_or_stop(self) -> None:
        (self.stop_requested if self._is_running else self.start_requested).emit()

    def _ask_for_model(self) -> None:
        ask_for_path(self, "model", "Open model", self.model_file_chosen.emit, name_filter=_MODEL_FILES)


def _label(text: str, buddy: QWidget) -> QLabel:
    label = PlainLabel(text=text)
    label.setBuddy(buddy)
    return label
