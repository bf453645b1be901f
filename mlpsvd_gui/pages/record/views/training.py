"""Retrain: warnings, button, progress and result."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QVBoxLayout, QWidget

from mlpsvd_gui.plots.theme import LIGHT, Theme, small_font
from mlpsvd_gui.qt_text import plain_tip
from mlpsvd_gui.widgets.help_mark import mark_help
from mlpsvd_gui.widgets.icons import icon
from mlpsvd_gui.widgets.plain_label import PlainLabel

__all__ = ["RecordTraining"]

_MOST_WARNINGS = 3
_WARNING = {False: "#9a5b00", True: "#e0a244"}


class RecordTraining(QWidget):
    """Retrain button with warnings, progress and result."""

    retrain_requested = Signal()
    listen_requested = Signal()
    """Requests the Listen page."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        mark_help(self, "retrain")
        self._theme = LIGHT
        self.button = QPushButton("&Retrain", self)
        self.listen_button = QPushButton("Listen", self)
        self.progress = QProgressBar(self)
        self.result = PlainLabel(self)
        self.note = PlainLabel(self)
        self.warnings = PlainLabel(self)
        self._build()

    def show_warnings(self, sentences: Sequence[str]) -> None:
        """Show warnings about the training set."""
        shown = list(sentences[:_MOST_WARNINGS])
        if len(sentences) > _MOST_WARNINGS:
            shown.append(f"… and {len(sentences) - _MOST_WARNINGS} more.")
        self.warnings.setText("\n".join(shown))
        self.warnings.setToolTip(plain_tip("\n".join(sentences)))
        self.warnings.setVisible(bool(sentences))

    def show_possible(self, possible: bool, tip: str) -> None:
        """Enable the button, or disable it with a reason."""
        self.button.setEnabled(possible)
        self.button.setToolTip(plain_tip(tip))

    def show_progress(self, share: float | None) -> None:
        """Show the training progress (below 0: unknown); None without training."""
        self.progress.setVisible(share is not None)
        if share is not None:
            self.progress.setRange(0, 0 if share < 0 else 1000)
            self.progress.setValue(round(max(share, 0.0) * 1000))

    def show_result(self, text: str, can_listen: bool) -> None:
        """Show the result, with a button to the Listen page."""
        self.result.setText(text)
        self.result.setVisible(bool(text))
        self.listen_button.setVisible(can_listen)

    def show_note(self, sentence: str, tip: str) -> None:
        """Show a note on the validity of the result, with details in the tooltip; empty hides it."""
        self.note.setText(sentence)
        self.note.setToolTip(plain_tip(tip))
        self.note.setVisible(bool(sentence))

    def set_theme(self, theme: Theme) -> None:
        """Apply the colours of a theme."""
        self._theme = theme
        self.button.setIcon(icon("train", theme.foreground))
        self.listen_button.setIcon(icon("live", theme.foreground))
        self.warnings.setStyleSheet(f"color: {_WARNING[theme.is_dark]};")
        self.note.setStyleSheet(f"color: {theme.muted.name()};")

    def _build(self) -> None:
        self.progress.setTextVisible(False)
        self.progress.setMaximumHeight(6)
        self.note.setFont(small_font())
        for label in (self.result, self.note, self.warnings):
            label.setWordWrap(True)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.listen_button.setToolTip("Go to the Listen page, which uses the new model")
        buttons = QHBoxLayout()
        buttons.setSpacing(6)
        buttons.addWidget(self.button, 1)
        buttons.addWidget(self.listen_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addLayout(buttons)
        column.addWidget(self.progress)
        column.addWidget(self.result)
        column.addWidget(self.note)
        column.addWidget(self.warnings)
        self.button.clicked.connect(self.retrain_requested)
        self.listen_button.clicked.connect(self.listen_requested)
        self.show_progress(None)
        self.show_result("", False)
        self.show_note("", "")
        self.show_warnings(())
