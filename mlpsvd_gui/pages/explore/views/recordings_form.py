"""Form for the folder of recordings and the source of their labels."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from mlpsvd import settings
from mlpsvd.datasets.settings import RecordingsSettings
from mlpsvd_gui.file_dialogs import ask_for_path
from mlpsvd_gui.pages.explore.views.groups_form import GroupsForm
from mlpsvd_gui.plots.theme import Theme
from mlpsvd_gui.qt_text import plain_tip
from mlpsvd_gui.widgets.choosers import Chooser
from mlpsvd_gui.widgets.eliding import ElidedLabel
from mlpsvd_gui.widgets.path_edit import PathEdit
from mlpsvd_gui.widgets.plain_label import PlainLabel

__all__ = ["RecordingsForm"]

_INFO = {info.name: info for info in settings.describe(RecordingsSettings)}
_PROBLEM_COLOURS = {False: "#b3261e", True: "#ff8a80"}


class RecordingsForm(QWidget):
    """Chooses path, source of the labels and pattern; shows what was found."""

    path_chosen = Signal(str)
    """Emits a typed or chosen folder or CSV manifest."""
    labels_chosen = Signal(str)
    """Emits the source of the labels, one of the setting's choices."""
    pattern_edited = Signal(str)
    """Emits the pattern as it is being typed."""
    pattern_chosen = Signal(str)
    """Emits the confirmed pattern."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._build_widgets()
        self._build_layout()
        self._connect()
        self._show_pattern_fields()

    def _build_widgets(self) -> None:
        self.path = PathEdit(self)
        self.path.setPlaceholderText("Folder of recordings or CSV manifest (or drop one here)")
        self.path.setToolTip(plain_tip(_INFO["path"].help))
        self.path.setClearButtonEnabled(False)
        self.folder_button = self._button("Folder…", "Choose a folder of recordings (WAV, FLAC, OGG, MP3, AIFF…)")
        self.manifest_button = self._button(
            "Manifest…", "Choose a CSV file with the columns path, label and, optionally, split"
        )
        self.labels_from = Chooser(self)
        self.labels_from.addItems(_INFO["labels_from"].choices)
        self.labels_from.setToolTip(plain_tip(_INFO["labels_from"].help))
        self.pattern = QLineEdit(self)
        self.pattern.setToolTip(plain_tip(_INFO["pattern"].help))
        self.pattern.setMinimumWidth(90)
        self.pattern_preview = ElidedLabel(parent=self)
        self.groups = GroupsForm(self)
        self.status = PlainLabel(self)
        self.status.setWordWrap(True)
        self.progress = QProgressBar(self)
        self.progress.setTextVisible(False)
        self.progress.setFixedWidth(120)
        self.progress.setMaximumHeight(8)
        self.progress.hide()
        self.status.hide()

    def _button(self, text: str, tip: str) -> QToolButton:
        button = QToolButton(self)
        button.setText(text)
        button.setToolTip(plain_tip(tip))
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        return button

    def _build_layout(self) -> None:
        where = QHBoxLayout()
        where.setSpacing(4)
        where.addWidget(self.path, 1)
        where.addWidget(self.folder_button)
        where.addWidget(self.manifest_button)
        labels = QHBoxLayout()
        labels.setSpacing(6)
        self._pattern_label = QLabel("pattern", self)
        for widget in (QLabel("Labels from", self), self.labels_from, self._pattern_label):
            labels.addWidget(widget)
        labels.addWidget(self.pattern, 1)
        labels.addWidget(self.pattern_preview, 1)
        labels.addStretch(0)
        status_row = QHBoxLayout()
        status_row.addWidget(self.status, 1)
        status_row.addWidget(self.progress)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(where)
        column.addLayout(labels)
        column.addWidget(self.groups)
        column.addLayout(status_row)

    def _connect(self) -> None:
        self.path.returnPressed.connect(self._ask_path)
        self.path.editingFinished.connect(self._ask_path)
        self.folder_button.clicked.connect(self._browse_folder)
        self.manifest_button.clicked.connect(self._browse_manifest)
        self.labels_from.textActivated.connect(self.labels_chosen)
        self.pattern.textEdited.connect(self.pattern_edited)
        self.pattern.editingFinished.connect(self._ask_pattern)

    def _ask_path(self) -> None:
        if self.path.isModified():
            self.path.setModified(False)
            self.path_chosen.emit(self.path.path)

    def _ask_pattern(self) -> None:
        if self.pattern.isModified():
            self.pattern.setModified(False)
            self.pattern_chosen.emit(self.pattern.text().strip())

    def _browse_folder(self) -> None:
        ask_for_path(
            self,
            "recordings",
            "Folder of recordings",
            self.path_chosen.emit,
            mode=QFileDialog.FileMode.Directory,
            start=self.path.text(),
        )

    def _browse_manifest(self) -> None:
        ask_for_path(
            self,
            "recordings",
            "Manifest of recordings",
            self.path_chosen.emit,
            name_filter="CSV files (*.csv)",
            start=self.path.text(),
        )

    def show_settings(self, recordings: RecordingsSettings) -> None:
        """Show the settings; emits nothing."""
        if not self.path.isModified():
            self.path.setText(recordings.path)
        if not self.pattern.isModified():
            self.pattern.setText(recordings.pattern)
        with QSignalBlocker(self.labels_from):
            self.labels_from.setCurrentText(recordings.labels_from)
        self.groups.show_settings(recordings)
        self._show_pattern_fields()

    def show_path(self, path: str) -> None:
        """Show a chosen path before it has been checked."""
        self.path.setText(path)

    def _show_pattern_fields(self) -> None:
        shown = self.labels_from.currentText() == "file names"
        for widget in (self._pattern_label, self.pattern, self.pattern_preview):
            widget.setVisible(shown)

    def show_pattern_preview(self, text: str) -> None:
        """Show the label that the pattern finds in a file name."""
        self.pattern_preview.setText(text)

    def show_status(self, text: str, is_problem: bool = False, tip: str = "") -> None:
        """Show the result or the problem; ``tip`` has the full text."""
        self.status.setText(text)
        self.status.setToolTip(plain_tip(tip))
        self.status.setVisible(bool(text))
        self.status.setProperty("problem", is_problem)
        self._restyle()

    def show_progress(self, share: float | None) -> None:
        """Show the reading progress (below 0: unknown); None hides it."""
        self.progress.setVisible(share is not None)
        if share is not None:
            self.progress.setRange(0, 0 if share < 0 else 1000)
            self.progress.setValue(round(max(share, 0.0) * 1000))

    def set_theme(self, theme: Theme) -> None:
        """Apply the colours of a theme."""
        self._problem_colour, self._plain_colour = _PROBLEM_COLOURS[theme.is_dark], theme.muted.name()
        self._restyle()

    def _restyle(self) -> None:
        problem = getattr(self, "_problem_colour", _PROBLEM_COLOURS[False])
        plain = getattr(self, "_plain_colour", "palette(text)")
        self.status.setStyleSheet(f"color: {problem if self.status.property('problem') else plain};")
