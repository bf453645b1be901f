"""Marks a panel with its topic of help: *What is this?* shows its sentence, F1 opens its page."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QCursor, QWhatsThisClickedEvent
from PySide6.QtWidgets import QWhatsThis, QWidget

from mlpsvd_gui.help_pages import open_help
from mlpsvd_gui.help_topics import TOPICS
from mlpsvd_gui.qt_text import plain_tip

__all__ = ["mark_help", "marked", "topic_of"]

_PROPERTY = "help topic"


def mark_help(panel: QWidget, topic: str) -> None:
    """Give a panel the text of *What is this?* and a topic for F1."""
    panel.setProperty(_PROPERTY, topic)
    more = f'<p><a href="{topic}">Read more in the documentation</a></p>'
    panel.setWhatsThis(f"<p>{escape(TOPICS[topic].text)}</p>{more}")
    panel.installEventFilter(_Links(panel))


def topic_of(widget: QWidget | None) -> str:
    """Return the topic of the panel that contains a widget; empty if it is in none."""
    while widget is not None:
        topic = widget.property(_PROPERTY)
        if topic:
            return str(topic)
        widget = widget.parentWidget()
    return ""


def marked(window: QWidget, topic: str) -> QWidget:
    """Return the panel of a window that has a topic.

    Raises
    ------
    KeyError
        If there is none.
    """
    for panel in window.findChildren(QWidget):
        if panel.property(_PROPERTY) == topic:
            return panel
    raise KeyError(topic)


class _Links(QObject):
    """Opens the link in the text of *What is this?*."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() != QEvent.Type.WhatsThisClicked or not isinstance(event, QWhatsThisClickedEvent):
            return False
        problem = open_help(event.href())
        if problem:
            QWhatsThis.showText(QCursor.pos(), plain_tip(problem))
        return True
