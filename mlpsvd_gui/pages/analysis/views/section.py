"""Section of the Analysis page: heading, question, findings, progress and Export, above its own content."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from mlpsvd_gui.plots.theme import Theme
from mlpsvd_gui.qt_text import plain_tip
from mlpsvd_gui.widgets.help_mark import mark_help
from mlpsvd_gui.widgets.plain_label import PlainLabel

__all__ = ["NO_SOUND", "Section"]

NO_SOUND = "Images have no sound."
"""Why an image cannot be heard."""

_TITLE_SCALE = 1.25
_BAR_PX = 180
_EXPORT_TIP = "Write findings, tables, numbers and figures (CSV, NPZ, PNG, SVG, PDF) into a folder"


class Section(QWidget):
    """One section.

    Parameters
    ----------
    key, title, question
        Key, heading and the question that the section answers.
    """

    stop_requested = Signal()
    export_requested = Signal(str)
    """Emits the key of the section."""

    def __init__(self, key: str, title: str, question: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        mark_help(self, f"analysis-{key}")
        self.key = key
        self.title = PlainLabel(self, title)
        self.question = PlainLabel(self, question)
        self.findings = PlainLabel(self)
        self.status = PlainLabel(self)
        self.bar = QProgressBar(self)
        self.stop_button = QPushButton("Stop", self)
        self.export_button = QPushButton("Export…", self)
        self.buttons = QHBoxLayout()
        """Receives the buttons of a section, left of Stop and Export."""
        self.content = QVBoxLayout()
        """Receives the content of a section."""
        self._build_section()
        self.show_idle("")

    def _build_section(self) -> None:
        font = self.title.font()
        font.setPointSizeF(font.pointSizeF() * _TITLE_SCALE)
        font.setBold(True)
        self.title.setFont(font)
        for label in (self.question, self.findings, self.status):
            label.setWordWrap(True)
        self.findings.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.bar.setFixedWidth(_BAR_PX)
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Progress of the analysis")
        self.export_button.setToolTip(plain_tip(_EXPORT_TIP))
        self.export_button.clicked.connect(lambda: self.export_requested.emit(self.key))
        self.stop_button.clicked.connect(self.stop_requested)
        head = QHBoxLayout()
        head.setSpacing(12)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self.title)
        words.addWidget(self.question)
        head.addLayout(words, 1)
        head.addWidget(self.bar)
        self.buttons.setSpacing(8)
        head.addLayout(self.buttons)
        head.addWidget(self.stop_button)
        head.addWidget(self.export_button)
        self.content.setSpacing(6)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 0, 0, 0)
        layout.setSpacing(6)
        layout.addLayout(head)
        layout.addWidget(self.status)
        layout.addWidget(self.findings)
        layout.addLayout(self.content, 1)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_busy(self, text: str, share: float | None) -> None:
        """Show that a result is being computed; None for an unknown share."""
        self.status.setText(text)
        self.status.setVisible(bool(text))
        self.bar.setRange(0, 0 if share is None else 1000)
        self.bar.setValue(0 if share is None else round(1000 * share))
        self.bar.show()
        self.stop_button.show()
        self.export_button.setEnabled(False)

    def show_idle(self, text: str, *, has_result: bool = False) -> None:
        """Show that nothing is being computed, with a reason or a note."""
        self.status.setText(text)
        self.status.setVisible(bool(text))
        self.bar.hide()
        self.stop_button.hide()
        self.export_button.setEnabled(has_result)

    def show_findings(self, sentences: Sequence[str]) -> None:
        """Show the result in words."""
        self.findings.setText(" ".join(sentences).replace(" %", "\u00a0%"))  # no line begins with a percent sign
        self.findings.setVisible(bool(sentences))

    def set_theme(self, theme: Theme) -> None:
        """Apply the colours of a theme."""
        self.question.setStyleSheet(f"color: {theme.muted.name()};")
        self.status.setStyleSheet(f"color: {theme.muted.name()};")
