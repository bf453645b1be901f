"""What is classified, and by what: model, source, speed, hop, and the button that starts it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QSpinBox,
    QStackedWidget,
    QWidget,
)

from mlpsvd_gui.plots.theme import Theme
from mlpsvd_gui.views.icons import icon

__all__ = ["FILE_SOURCE", "SYNTHETIC_SOURCE", "LiveControls"]

FILE_SOURCE = "file"
SYNTHETIC_SOURCE = "synthetic"

_AUDIO_FILES = "Recordings (*.wav *.WAV *.flac *.FLAC *.ogg *.OGG *.aif *.aiff *.AIF *.AIFF);;All files (*)"
_MODEL_FILES = "Models (*.safetensors);;All files (*)"


class LiveControls(QWidget):
    """Two rows of choices and a Start button; asks through signals and decides nothing."""

    start_requested = Signal()
    stop_requested = Signal()
    model_chosen = Signal(str)
    """Emits the key of the chosen model."""
    model_file_chosen = Signal(str)
    """Emits the path of a model file to open."""
    source_kind_chosen = Signal(str)
    """Emits the key of the kind of source, e.g. ``file`` or ``synthetic``."""
    class_chosen = Signal(int)
    """Emits the index of the class that the synthetic bank should play."""
    hop_chosen = Signal(float)
    """Emits the hop as a share of a window."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._is_running = False
        self._source_is_chosen = False
        self._ink = self.palette().color(QPalette.ColorRole.ButtonText)
        self.model_box = QComboBox(self)
        self.open_button = QPushButton("Open model…", self)
        self.hop_box = QSpinBox(self)
        self.source_box = QComboBox(self)
        self.path_edit = QLineEdit(self)
        self.browse_button = QPushButton("Browse…", self)
        self.loop_box = QCheckBox("Repeat", self)
        self.pace_box = QComboBox(self)
        self.class_box = QComboBox(self)
        self.start_button = QPushButton("Start", self)
        self._source_pages = QStackedWidget(self)
        self._source_keys: dict[str, QWidget] = {}
        self._build_boxes()
        self._build_pages()
        self._build_layout()
        self._connect()

    @property
    def model_key(self) -> str:
        """Key of the chosen model, empty where there is none."""
        return str(self.model_box.currentData() or "")

    @property
    def source_kind(self) -> str:
        """Key of the chosen kind of source."""
        return str(self.source_box.currentData())

    @property
    def path(self) -> str:
        """Path of the recording to play."""
        return self.path_edit.text().strip()

    @property
    def loops(self) -> bool:
        """Whether the recording begins again at its end."""
        return self.loop_box.isChecked()

    @property
    def is_real_time(self) -> bool:
        """Whether the recording is played at real speed."""
        return self.pace_box.currentIndex() == 0

    @property
    def class_index(self) -> int:
        """The class that the synthetic bank should play."""
        return max(0, self.class_box.currentIndex())

    @property
    def hop_share(self) -> float:
        """The hop as a share of a window."""
        return self.hop_box.value() / 100.0

    def show_models(self, entries: Sequence[tuple[str, str, str]], current: str) -> None:
        """Offer models as (key, words, tooltip); nothing is emitted."""
        blocked = self.model_box.blockSignals(True)
        self.model_box.clear()
        for row, (key, text, tip) in enumerate(entries):
            self.model_box.addItem(text, key)
            self.model_box.setItemData(row, tip, 3)  # Qt.ItemDataRole.ToolTipRole
        if not entries:
            self.model_box.addItem("No model yet: train one or open a file", "")
        self.model_box.setCurrentIndex(max(0, self.model_box.findData(current)))
        self.model_box.setEnabled(bool(entries))
        self.model_box.blockSignals(blocked)

    def show_classes(self, names: Sequence[str]) -> None:
        """Offer the classes of the synthetic bank; the chosen one stays if it still exists. Nothing is emitted."""
        if [self.class_box.itemText(row) for row in range(self.class_box.count())] == list(names):
            return
        chosen = self.class_box.currentText()
        blocked = self.class_box.blockSignals(True)
        self.class_box.clear()
        self.class_box.addItems(list(names))
        self.class_box.setCurrentIndex(max(0, self.class_box.findText(chosen)))
        self.class_box.setEnabled(bool(names))
        self.class_box.blockSignals(blocked)

    def suggest_source(self, kind: str) -> None:
        """Choose a kind of source unless a person has already chosen one or named a recording."""
        if not self._source_is_chosen and not self.path:
            self.source_box.setCurrentIndex(self.source_box.findData(kind))

    def _keep_source(self, _row: int) -> None:
        self._source_is_chosen = True

    def show_running(self, is_running: bool) -> None:
        """Turn Start into Stop and back; what cannot change while running is greyed."""
        self._is_running = is_running
        self.start_button.setText("Stop" if is_running else "Start")
        self._paint_icon()
        for widget in (self.source_box, self.path_edit, self.browse_button, self.loop_box, self.pace_box):
            widget.setEnabled(not is_running)
        self.hop_box.setEnabled(not is_running)

    def show_startable(self, is_startable: bool, reason: str) -> None:
        """Enable the Start button, or say on it why not."""
        self.start_button.setEnabled(is_startable or self._is_running)
        self.start_button.setToolTip(reason or "Start or stop classifying (Ctrl+L)")

    def set_theme(self, theme: Theme) -> None:
        """Take other colours."""
        self._ink = theme.foreground
        self._paint_icon()

    def _paint_icon(self) -> None:
        self.start_button.setIcon(icon("stop" if self._is_running else "play", self._ink))

    def _build_boxes(self) -> None:
        self.model_box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.model_box.setMinimumContentsLength(22)
        self.model_box.setToolTip("The trained network that decides; changing it while running takes effect with "
                                  "the next window")  # fmt: skip
        self.open_button.setToolTip("Open a model file (.safetensors)")
        self.hop_box.setRange(5, 100)
        self.hop_box.setValue(100)
        self.hop_box.setSuffix(" %")
        self.hop_box.setToolTip("Distance between the starts of neighbouring windows, as a share of a window. At 100 % "
                                "the decisions are those of classifying the file.")  # fmt: skip
        self.path_edit.setPlaceholderText("A WAV, FLAC, OGG or AIFF recording")
        self.path_edit.setToolTip("The recording to play; it is resampled to the model's sample rate")
        self.loop_box.setToolTip("Begin again at the end, without a gap")
        self.pace_box.addItems(["Real time", "As fast as possible"])
        self.pace_box.setToolTip("How fast the recording is played")
        self.class_box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.class_box.setToolTip("The class that the bank plays; changing it takes effect with the next clip")
        self.start_button.setMinimumWidth(104)
        self.start_button.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        self.start_button.setShortcut("Ctrl+L")
        self.show_models((), "")
        self.show_classes(())
        self.show_startable(False, "Train a network or open a model file first")

    def _build_pages(self) -> None:
        self._add_page(FILE_SOURCE, "Recording", (self.path_edit, self.browse_button, self.loop_box, self.pace_box))
        self._add_page(SYNTHETIC_SOURCE, "Synthetic bank", (QLabel("plays", self), self.class_box))
        self._source_pages.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def _add_page(self, key: str, text: str, widgets: Sequence[QWidget]) -> None:
        page = QWidget(self)
        row = QHBoxLayout(page)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        for widget in widgets:
            row.addWidget(widget)
        self._source_pages.addWidget(page)
        self._source_keys[key] = page
        self.source_box.addItem(text, key)

    def _build_layout(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(6)
        first = QHBoxLayout()
        first.setSpacing(8)
        first.addWidget(self.model_box, 1)
        first.addWidget(self.open_button)
        first.addSpacing(12)
        first.addWidget(_label("&Hop", self.hop_box))
        first.addWidget(self.hop_box)
        second = QHBoxLayout()
        second.setSpacing(8)
        second.addWidget(self.source_box)
        second.addWidget(self._source_pages, 1)
        grid.addWidget(_label("&Model", self.model_box), 0, 0)
        grid.addLayout(first, 0, 1)
        grid.addWidget(_label("S&ource", self.source_box), 1, 0)
        grid.addLayout(second, 1, 1)
        grid.addWidget(self.start_button, 0, 2, 2, 1)
        grid.setColumnStretch(1, 1)

    def _connect(self) -> None:
        self.model_box.activated.connect(lambda _: self.model_chosen.emit(self.model_key))
        self.open_button.clicked.connect(self._ask_for_model)
        self.browse_button.clicked.connect(self._ask_for_recording)
        self.source_box.currentIndexChanged.connect(self._show_page)
        self.source_box.activated.connect(self._keep_source)
        self.class_box.currentIndexChanged.connect(self.class_chosen)
        self.hop_box.valueChanged.connect(lambda _: self.hop_chosen.emit(self.hop_share))
        self.path_edit.textChanged.connect(lambda _: self.source_kind_chosen.emit(self.source_kind))
        self.start_button.clicked.connect(self._start_or_stop)

    def _show_page(self) -> None:
        self._source_pages.setCurrentWidget(self._source_keys[self.source_kind])
        self.source_kind_chosen.emit(self.source_kind)

    def _start_or_stop(self) -> None:
        (self.stop_requested if self._is_running else self.start_requested).emit()

    def _ask_for_recording(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, "Play a recording", self.path, _AUDIO_FILES)
        if path:
            self.path_edit.setText(path)

    def _ask_for_model(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, "Open a model", "", _MODEL_FILES)
        if path:
            self.model_file_chosen.emit(path)


def _label(text: str, buddy: QWidget) -> QLabel:
    label = QLabel(text)
    label.setBuddy(buddy)
    return label
