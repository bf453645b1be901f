"""Chooser of the source: microphone, recording or synthetic bank."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QStackedWidget,
    QWidget,
)

from mlpsvd_gui.file_dialogs import AUDIO_FILES, ask_for_path
from mlpsvd_gui.pages.listen.views.device_chooser import DeviceChooser
from mlpsvd_gui.plots.theme import Theme
from mlpsvd_gui.widgets.choosers import Chooser
from mlpsvd_gui.widgets.path_edit import PathEdit

__all__ = ["FILE_SOURCE", "MICROPHONE_SOURCE", "SYNTHETIC_SOURCE", "SourceChooser"]

MICROPHONE_SOURCE = "microphone"
FILE_SOURCE = "file"
SYNTHETIC_SOURCE = "synthetic"


class SourceChooser(QWidget):
    """The kind of source and the choices of that kind."""

    kind_chosen = Signal(str)
    """Emits the kind, also when a choice within it has changed."""
    class_chosen = Signal(int)
    """Emits the index of the class for the synthetic bank."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._is_chosen = False
        self.kind_box = Chooser(self)
        self.devices = DeviceChooser(self)
        self.path_edit = PathEdit(self)
        self.browse_button = QPushButton("Browse…", self)
        self.loop_box = QCheckBox("Repeat", self)
        self.pace_box = Chooser(self)
        self.class_box = Chooser(self)
        self._pages = QStackedWidget(self)
        self._page_of: dict[str, QWidget] = {}
        self._build_boxes()
        self._build_pages()
        self._build_layout()
        self._connect()

    @property
    def kind(self) -> str:
        """Key of the chosen kind of source."""
        return str(self.kind_box.currentData())

    @property
    def is_chosen_by_hand(self) -> bool:
        """Whether the user has chosen the kind; it is then not changed automatically."""
        return self._is_chosen

    @property
    def path(self) -> str:
        """Path of the recording to play."""
        return self.path_edit.path

    @property
    def loops(self) -> bool:
        """Whether the recording repeats."""
        return self.loop_box.isChecked()

    @property
    def is_real_time(self) -> bool:
        """Whether the recording is played in real time."""
        return self.pace_box.currentIndex() == 0

    @property
    def class_index(self) -> int:
        """Index of the class for the synthetic bank."""
        return max(0, self.class_box.currentIndex())

    def show_kind(self, kind: str) -> None:
        """Show the kind of the last session, as chosen by the user."""
        row = self.kind_box.findData(kind)
        if row >= 0:
            self._is_chosen = True
            self.kind_box.setCurrentIndex(row)

    def suggest(self, kind: str) -> None:
        """Choose a kind of source, unless the user has chosen one or a recording."""
        if not self._is_chosen and not self.path:
            self.kind_box.setCurrentIndex(self.kind_box.findData(kind))

    def show_classes(self, names: Sequence[str]) -> None:
        """Set the classes of the synthetic bank, keeping the choice if it still exists; emits nothing."""
        if [self.class_box.itemText(row) for row in range(self.class_box.count())] == list(names):
            return
        chosen = self.class_box.currentText()
        blocked = self.class_box.blockSignals(True)
        self.class_box.clear()
        self.class_box.addItems(list(names))
        self.class_box.setCurrentIndex(max(0, self.class_box.findText(chosen)))
        self.class_box.setEnabled(bool(names))
        self.class_box.blockSignals(blocked)

    def show_running(self, is_running: bool) -> None:
        """Disable what cannot change during a session."""
        for widget in (self.kind_box, self.path_edit, self.browse_button, self.loop_box, self.pace_box):
            widget.setEnabled(not is_running)
        self.devices.show_running(is_running)

    def set_theme(self, theme: Theme) -> None:
        """Apply the colours of a theme."""
        self.devices.set_theme(theme)

    def _build_boxes(self) -> None:
        self.kind_box.setToolTip("Source")
        self.path_edit.setPlaceholderText("Recording (WAV, FLAC, OGG, MP3, AIFF…)")
        self.path_edit.setToolTip("Recording to play, resampled to the model's sample rate")
        self.path_edit.setMinimumWidth(120)
        self.loop_box.setToolTip("Repeat the recording without a gap")
        self.pace_box.addItems(["Real time", "As fast as possible"])
        self.pace_box.setToolTip("Playback speed")
        self.class_box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.class_box.setToolTip("Class played by the bank, from the next clip")
        self.show_classes(())

    def _build_pages(self) -> None:
        self._add_page(MICROPHONE_SOURCE, "Microphone", (self.devices,))
        self._add_page(FILE_SOURCE, "Recording", (self.path_edit, self.browse_button, self.loop_box, self.pace_box))
        self._add_page(SYNTHETIC_SOURCE, "Synthetic bank", (QLabel("plays", self), self.class_box))
        self._pages.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def _add_page(self, key: str, text: str, widgets: Sequence[QWidget]) -> None:
        page = QWidget(self)
        row = QHBoxLayout(page)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        for widget in widgets:
            row.addWidget(widget)
        self._pages.addWidget(page)
        self._page_of[key] = page
        self.kind_box.addItem(text, key)

    def _build_layout(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        row.addWidget(self.kind_box)
        row.addWidget(self._pages, 1)

    def _connect(self) -> None:
        self.browse_button.clicked.connect(self._ask_for_recording)
        self.kind_box.currentIndexChanged.connect(self._show_page)
        self.kind_box.activated.connect(self._keep)
        self.class_box.currentIndexChanged.connect(self.class_chosen)
        self.path_edit.textChanged.connect(lambda _: self.kind_chosen.emit(self.kind))
        self.devices.chosen.connect(lambda _: self.kind_chosen.emit(self.kind))

    def _keep(self, _row: int) -> None:
        self._is_chosen = True

    def _show_page(self) -> None:
        self._pages.setCurrentWidget(self._page_of[self.kind])
        self.kind_chosen.emit(self.kind)

    def _ask_for_recording(self) -> None:
        ask_for_path(
            self,
            "recordings",
            "Play a recording",
            self.path_edit.setText,
            name_filter=AUDIO_FILES,
            start=self.path,
        )
