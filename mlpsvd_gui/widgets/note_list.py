"""List of warnings beside the label."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QVBoxLayout, QWidget

from mlpsvd_gui.plots.theme import Theme, small_font

__all__ = ["NoteList"]

_MARK_COLOUR = "#c77d0a"


class NoteList(QScrollArea):
    """A few wrapped sentences with marks; scrolls if necessary, with a fixed size hint.

    The most important one comes first.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sentences: tuple[str, ...] = ()
        self._text = QLabel(self)
        self._text.setWordWrap(True)
        self._text.setTextFormat(Qt.TextFormat.RichText)
        self._text.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._text.setFont(small_font())
        inner = QWidget(self)
        column = QVBoxLayout(inner)
        column.setContentsMargins(6, 4, 6, 4)
        column.addWidget(self._text, 0, Qt.AlignmentFlag.AlignVCenter)
        self.setWidget(inner)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMinimumHeight(60)
        self.viewport().setAutoFillBackground(False)
        inner.setAutoFillBackground(False)
        self.setAccessibleName("Warnings about the classification")

    @property
    def sentences(self) -> tuple[str, ...]:
        """The displayed notes."""
        return self._sentences

    def sizeHint(self) -> QSize:
        """Return a size for three lines."""
        return QSize(320, 66)

    def set_theme(self, theme: Theme) -> None:
        """Apply the colours of a theme."""
        self._text.setStyleSheet(f"color: {theme.foreground.name()};")

    def show_sentences(self, sentences: Sequence[str]) -> None:
        """Show these sentences."""
        if tuple(sentences) == self._sentences:
            return
        self._sentences = tuple(sentences)
        rows = "".join(
            f"<tr><td style='color:{_MARK_COLOUR}'><b>!</b>&nbsp;&nbsp;</td><td>{_escaped(one)}</td></tr>"
            for one in sentences
        )
        self._text.setText(f"<table cellspacing='0' cellpadding='1'>{rows}</table>" if rows else "")
        self.setAccessibleDescription(" ".join(sentences))


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")
