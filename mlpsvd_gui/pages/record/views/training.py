"""Retrain: what speaks against it, how far it is, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QVBoxLayout, QWidget

from mlpsvd_gui.plots.theme import LIGHT, Theme, small_font
from mlpsvd_gui.qt_text import plain_tip
from mlpsvd_gui.widgets.icons import icon
from mlpsvd_gui.widgets.plain_label import PlainLabel

__all__ = ["RecordTraining"]

_MOST_WARNINGS = 3
_WARNING = {False: "#9a5b00", True: "#e0a244"}


class RecordTraining(QWidget):
    """A button that trains on the collection as it is now, and sentences."""

    retrain_requested = Signal()
    listen_requested = Signal()
    """Somebody wants to see the new network at work."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = LIGHT
        self.button = QPushButton("&Retrain", self)
        self.listen_button = QPushButton("Listen", self)
        self.progress = QProgressBar(self)
        self.result = PlainLabel(self)
        self.note = PlainLabel(self)
        self.warnings = PlainLabel(self)
        self._build()

    def show_warnings(self, sentences: Sequence[str]) -> None:
        """Say what speaks against training on what is there."""
        shown = list(sentences[:_MOST_WARNINGS])
        if len(sentences) > _MOST_WARNINGS:
            shown.append(f"… and {len(sentences) - _MOST_WARNINGS} more.")
        self.warnings.setText("\n".join(shown))
        self.warnings.setToolTip(plain_tip("\n".join(sentences)))
        self.warnings.setVisible(bool(sentences))

    def show_possible(self, possible: bool, tip: str) -> None:
        """Enable the button, or say on it why not."""
        self.button.setEnabled(possible)
        self.button.setToolTip(plain_tip(tip))

    def show_progress(self, share: float | None) -> None:
        """Show how far the training is (below 0: unknown); None: none is going on."""
        self.progress.setVisible(share is not None)
        if share is not None:
            self.progress.setRange(0, 0 if share < 0 else 1000)
            self.progress.setValue(round(max(share, 0.0) * 1000))

    def show_result(self, text: str, can_listen: bool) -> None:
        """Say what came of it, and offer to see it at work."""
        self.result.setText(text)
        self.result.setVisible(bool(text))
        self.listen_button.setVisible(can_listen)

    def show_note(self, sentence: str, tip: str) -> None:
        """Say below the result for what it holds, and more in the tooltip; an empty sentence takes it away."""
        self.note.setText(sentence)
        self.note.setToolTip(plain_tip(tip))
        self.note.setVisible(bool(sentence))

    def set_theme(self, theme: Theme) -> None:
        """Take other colours."""
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
        self.listen_button.setToolTip("Go to the Listen page, where the new network classifies what is heard")
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
