"""Dialog that cuts annotated stretches out of recordings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QLineEdit,
    QMessageBox,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from mlpsvd.text import one_line
from mlpsvd_gui.file_dialogs import ask_for_path
from mlpsvd_gui.widgets.number_field import problem_colour
from mlpsvd_gui.widgets.path_row import PathRow
from mlpsvd_gui.widgets.plain_label import PlainLabel

__all__ = ["AnnotationsChoice", "AnnotationsDialog"]

_HOW = (
    "Cuts the annotated stretches out of recordings, as clips for training, in a folder per class. The annotations of "
    "NAME.wav are a Raven selection table (NAME.Table.1.selections.txt) or an Audacity label track (NAME.txt)."
)
_FULL = 1000


@dataclass(frozen=True)
class AnnotationsChoice:
    """What to cut out of what: paths (empty if not chosen), and the column of the labels."""

    recordings: str
    annotations: str
    column: str
    folder: str


class AnnotationsDialog(QDialog):
    """Asks for recordings, annotations and the new folder; shows progress and result."""

    start_requested = Signal(object)
    """Emits an :class:`AnnotationsChoice`."""
    replace_confirmed = Signal(object)
    """Emits an :class:`AnnotationsChoice` whose folder is to be replaced."""
    stop_requested = Signal()
    recordings_wanted = Signal(str)
    """Emits the folder of the clips to train on."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Import annotations")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        folder = QFileDialog.FileMode.Directory
        self.recordings = PathRow(self._asks("recordings", "Folder of recordings", folder), "Recordings", self)
        self.annotations = PathRow(self._asks("annotations", "Folder of annotations", folder), "Annotations", self)
        self.column = QLineEdit(self)
        self.folder = PathRow(
            self._asks("exchange", "New folder of clips", QFileDialog.FileMode.AnyFile, "clips"), "New folder", self
        )
        self.progress = QProgressBar(self)
        self.status = PlainLabel(self)
        self.start_button = QPushButton("Cut out clips", self)
        self.use_button = QPushButton("Use these recordings", self)
        self._is_running = False
        self._suggested = ""
        self._done = ""
        self._build()
        self._connect()
        self.show_running(False)

    @property
    def is_running(self) -> bool:
        """Whether clips are being written."""
        return self._is_running

    @property
    def choice(self) -> AnnotationsChoice:
        """What is chosen."""
        return AnnotationsChoice(
            self.recordings.path, self.annotations.path, self.column.text().strip(), self.folder.path
        )

    def show_running(self, is_running: bool) -> None:
        """Disable the fields while clips are written."""
        self._is_running = is_running
        for widget in (self.recordings, self.annotations, self.column, self.folder, self.start_button):
            widget.setEnabled(not is_running)
        self.progress.setValue(0)
        self.progress.setVisible(is_running)
        self.close_button.setEnabled(True)
        self.close_button.setText("Cancel" if is_running else "Close")
        if is_running:
            self._show_done("")
            self.show_status("Reading annotations…")

    def show_progress(self, share: float) -> None:
        """Show the completed fraction, 0 to 1."""
        self.progress.setValue(round(_FULL * share))
        self.show_status(f"Writing clips… {share:.0%}")

    def show_status(self, text: str, is_problem: bool = False) -> None:
        """Show the state, or a problem."""
        self.status.setText(text)
        colour = problem_colour(self.palette()).name() if is_problem else "palette(window-text)"
        self.status.setStyleSheet(f"color: {colour};")

    def show_result(self, text: str, folder: str) -> None:
        """Show what was written, and offer to train on it."""
        self.show_status(text)
        self._show_done(folder)

    def ask_to_replace(self, choice: AnnotationsChoice) -> None:
        """Ask before clips of an earlier import are replaced."""
        box = QMessageBox(self)
        box.setObjectName("replace question")
        box.setIcon(QMessageBox.Icon.Question)
        box.setWindowTitle("Replace clips")
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setText(f"{one_line(choice.folder, 300)} holds the clips of an earlier import.")
        box.setInformativeText("Replace them? Other files than these clips are never replaced.")
        replace = box.addButton("&Replace", QMessageBox.ButtonRole.DestructiveRole)
        replace.clicked.connect(lambda: self.replace_confirmed.emit(choice))
        keep = box.addButton("&Keep", QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(keep)
        box.setEscapeButton(keep)
        box.finished.connect(box.deleteLater)
        box.open()

    def reject(self) -> None:
        """Cancel what is running; close the dialog if nothing is."""
        if self._is_running:
            self.close_button.setEnabled(False)
            self.stop_requested.emit()
        else:
            super().reject()

    def _show_done(self, folder: str) -> None:
        self._done = folder
        self.use_button.setVisible(bool(folder))
        for button, is_default in ((self.use_button, bool(folder)), (self.start_button, not folder)):
            button.setDefault(is_default)

    def _asks(
        self, kind: str, title: str, mode: QFileDialog.FileMode, suggested: str = ""
    ) -> Callable[[Callable[[str], object]], object]:
        is_new = mode is QFileDialog.FileMode.AnyFile
        return partial(
            ask_for_path, self, kind, title, mode=mode, suggested=suggested, accept_text="Choose" if is_new else ""
        )

    def _build(self) -> None:
        how = PlainLabel(self, _HOW)
        how.setWordWrap(True)
        self.annotations.edit.setPlaceholderText("beside the recordings")
        self.column.setPlaceholderText("the first of Annotation, Label, Species, Class, …")
        self.column.setToolTip("Column of the labels in selection tables; label tracks have one only")
        self.progress.setRange(0, _FULL)
        self.progress.setTextVisible(False)
        self.progress.setMaximumHeight(8)
        policy = self.progress.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.progress.setSizePolicy(policy)
        self.status.setWordWrap(True)
        self.status.setMinimumHeight(3 * self.fontMetrics().lineSpacing())
        self.status.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.status.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow("Recordings", self.recordings)
        form.addRow("Annotations", self.annotations)
        form.addRow("Column of labels", self.column)
        form.addRow("New folder", self.folder)
        buttons = QDialogButtonBox(self)
        self.close_button = buttons.addButton("Close", QDialogButtonBox.ButtonRole.RejectRole)
        buttons.addButton(self.start_button, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.addButton(self.use_button, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setSpacing(10)
        column.addWidget(how)
        column.addLayout(form)
        column.addWidget(self.progress)
        column.addWidget(self.status)
        column.addWidget(buttons)
        self.resize(600, self.sizeHint().height())
        self._show_done("")

    def _connect(self) -> None:
        self.recordings.changed.connect(self._suggest)
        self.start_button.clicked.connect(lambda: self.start_requested.emit(self.choice))
        self.use_button.clicked.connect(self._use)

    def _suggest(self, recordings: str) -> None:
        """Suggest a new folder beside the recordings, unless another one was chosen."""
        if recordings and self.folder.path in ("", self._suggested):
            path = Path(recordings)
            self._suggested = str(path.with_name(f"{path.name} clips"))
            self.folder.edit.setText(self._suggested)

    def _use(self) -> None:
        self.recordings_wanted.emit(self._done)
        self.accept()
