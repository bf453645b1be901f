"""Details of the selected run: facts, name, tags, note, and the settings that differ from the defaults."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QSignalBlocker, Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import (
    QFormLayout,
    QLineEdit,
    QPlainTextEdit,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from mlpsvd.experiments.runs.kept_run import KeptRun
from mlpsvd.text import counted, one_line
from mlpsvd_gui.pages.runs.views.rows import accuracy_lines, status_text
from mlpsvd_gui.plots.theme import Theme
from mlpsvd_gui.qt_text import plain_tip
from mlpsvd_gui.widgets.eliding import ElidedLabel
from mlpsvd_gui.widgets.help_mark import mark_help
from mlpsvd_gui.widgets.number_field import problem_colour
from mlpsvd_gui.widgets.plain_label import PlainLabel
from mlpsvd_gui.widgets.tables import list_rows, pad_cells

__all__ = ["RunDetails"]

_COMMIT_MS = 1000
_NOTE_LINES = 5
_LEAST_PX = 250
_MOST_ACCURACIES = 8


class _NoteEdit(QPlainTextEdit):
    left = Signal()
    """Emitted when the editor loses the focus."""

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.left.emit()


class RunDetails(QWidget):
    """Shows one run and edits what a person writes about it."""

    edited = Signal(object, str, object, object)
    """Emits the folder of the run, ``title``, ``tags`` or ``note``, the old and the new value."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        mark_help(self, "run-details")
        self.heading = ElidedLabel(parent=self)
        self.facts, self.accuracies, self.problem = PlainLabel(self), PlainLabel(self), PlainLabel(self)
        self.title_edit, self.tags_edit, self.note_edit = QLineEdit(self), QLineEdit(self), _NoteEdit(self)
        self.settings_title = PlainLabel(self)
        self.settings = QTableWidget(0, 2, self)
        self._run: KeptRun | None = None
        self._stored: dict[str, object] = {}
        self._timer = QTimer(self)
        self._build()
        self._layout()
        self.show_runs(())

    def _build(self) -> None:
        font = self.heading.font()
        font.setBold(True)
        self.heading.setFont(font)
        for label in (self.facts, self.accuracies, self.problem):
            label.setWordWrap(True)
        self.title_edit.setAccessibleName("Name of the run")
        self.title_edit.setToolTip("Name of this run (F2); empty for the name of the experiment")
        self.tags_edit.setAccessibleName("Tags of the run")
        self.tags_edit.setPlaceholderText("words, e.g. birds final")
        self.tags_edit.setToolTip("Tags, separated by spaces; #tag in the search finds them")
        self.note_edit.setAccessibleName("Note on the run")
        self.note_edit.setPlaceholderText("What was tried, and what came out")
        self.note_edit.setToolTip("Note on this run (N); saved as you write")
        self.note_edit.setTabChangesFocus(True)
        self.note_edit.setFixedHeight(self.fontMetrics().lineSpacing() * _NOTE_LINES + 12)
        self.title_edit.editingFinished.connect(self.commit)
        self.tags_edit.editingFinished.connect(self.commit)
        self.note_edit.left.connect(self.commit)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_COMMIT_MS)
        self._timer.timeout.connect(self.commit)
        self.note_edit.textChanged.connect(self._timer.start)
        list_rows(self.settings)
        self.settings.setAccessibleName("Settings that differ from the defaults")
        self.settings.setHorizontalHeaderLabels(["Setting", "Value"])
        self.settings.horizontalHeader().setStretchLastSection(True)
        self.settings.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)

    def _layout(self) -> None:
        self.setMinimumWidth(_LEAST_PX)
        form = QFormLayout()
        form.setContentsMargins(0, 4, 0, 4)
        form.addRow("Na&me", self.title_edit)
        form.addRow("Ta&gs", self.tags_edit)
        form.addRow("N&ote", self.note_edit)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 0, 0, 0)
        layout.setSpacing(6)
        for label in (self.heading, self.facts, self.accuracies, self.problem):
            layout.addWidget(label)
        layout.addLayout(form)
        layout.addWidget(self.settings_title)
        layout.addWidget(self.settings, 1)

    @property
    def folder(self) -> Path | None:
        """The folder of the shown run."""
        return None if self._run is None else self._run.folder

    def show_runs(self, runs: Sequence[KeptRun], *, can_edit: bool = True) -> None:
        """Show the run if there is one, otherwise how many there are; text that is being edited stays."""
        run = runs[0] if len(runs) == 1 else None
        if self._run is not None and (run is None or run.folder != self._run.folder):
            self.commit()
        before, self._run = self._run, run
        is_same = run is not None and before is not None and before.folder == run.folder
        if not is_same:
            self.show_settings(())
        editors = (self.title_edit, self.tags_edit, self.note_edit)
        for editor in editors:
            editor.setEnabled(run is not None and can_edit)
        if run is None:
            self._show_nothing(len(runs))
            return
        self.heading.setText(one_line(run.name, 200) or "run")
        self.facts.setText(_facts(run))
        self.accuracies.setText("\n".join(accuracy_lines(run)[:_MOST_ACCURACIES]))
        self.problem.setText(run.problem)
        self.accuracies.setVisible(bool(run.accuracies))
        self.problem.setVisible(bool(run.problem))
        self.title_edit.setPlaceholderText("" if run.about.title else one_line(run.name, 100))
        edited = self._values() if is_same else {}
        stored = {"title": run.about.title, "tags": run.about.tags, "note": run.about.note}
        for field, value in stored.items():
            if not is_same or edited[field] == self._stored[field]:
                self._stored[field] = value
                self._show_value(field, value)

    def show_settings(self, rows: Sequence[tuple[str, str, str]]) -> None:
        """Show label, value and key of each setting that differs from the defaults."""
        self.settings.setRowCount(len(rows))
        for row, (label, value, key) in enumerate(rows):
            for column, text in enumerate((label, value)):
                item = QTableWidgetItem(one_line(text, 200))
                item.setToolTip(plain_tip(f"{label}: {value}\n{key}={value}"))
                self.settings.setItem(row, column, item)
        self.settings.resizeColumnToContents(0)
        self.settings.setColumnWidth(0, min(self.settings.columnWidth(0), max(self.settings.width() * 2 // 3, 120)))
        n_text = counted(len(rows), "setting") if rows else "No setting"
        verb = "differs" if len(rows) < 2 else "differ"
        self.settings_title.setText("" if self._run is None else f"{n_text} {verb} from the defaults")

    def commit(self) -> None:
        """Emit what has been edited."""
        self._timer.stop()
        if self._run is None:
            return
        for field, value in self._values().items():
            before = self._stored[field]
            if value != before:
                self._stored[field] = value
                self.edited.emit(self._run.folder, field, before, value)

    def restore(self) -> None:
        """Show what is stored, instead of text that could not be stored."""
        if self._run is not None:
            about = self._run.about
            self._stored = {"title": about.title, "tags": about.tags, "note": about.note}
            for field, value in self._stored.items():
                self._show_value(field, value)

    def set_theme(self, theme: Theme) -> None:
        """Apply the colours of a theme."""
        pad_cells(self.settings)
        for label in (self.facts, self.settings_title):
            label.setStyleSheet(f"color: {theme.muted.name()};")
        self.problem.setStyleSheet(f"color: {problem_colour(self.palette()).name()};")

    def _show_nothing(self, n_runs: int) -> None:
        self.heading.setText(f"{counted(n_runs, 'run')} selected" if n_runs else "No run selected")
        self.facts.setText("Compare (C) shows them side by side." if n_runs else "")
        self.accuracies.hide()
        self.problem.hide()
        self.title_edit.clear()
        self.title_edit.setPlaceholderText("")
        self.tags_edit.clear()
        with QSignalBlocker(self.note_edit):
            self.note_edit.clear()

    def _values(self) -> dict[str, object]:
        words = self.tags_edit.text().replace(",", " ").split()
        return {
            "title": " ".join(self.title_edit.text().split()),
            "tags": tuple(sorted({word.strip("#") for word in words} - {""})),
            "note": self.note_edit.toPlainText().strip(),
        }

    def _show_value(self, field: str, value: object) -> None:
        """Show a value, unless the editor contains it already: the cursor stays."""
        if self._values()[field] == value:
            return
        if isinstance(value, tuple):
            self.tags_edit.setText(" ".join(value))
        elif field == "title":
            self.title_edit.setText(str(value))
        else:
            with QSignalBlocker(self.note_edit):
                self.note_edit.setPlainText(str(value))


def _facts(run: KeptRun) -> str:
    parts = [f"{run.started:%Y-%m-%d %H:%M:%S}", status_text(run)]
    if run.status == "complete":
        parts.append(counted(run.n_epochs, "epoch"))
    if run.seed is not None:
        parts.append(f"seed {run.seed}")
    if run.n_test:
        parts.append(counted(run.n_test, "test clip"))
    return " · ".join(parts)
