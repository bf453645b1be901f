"""Message bars: one sentence about an error or a completed action."""

from __future__ import annotations

from enum import Enum

from PySide6.QtCore import QEvent, QObject, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QSizePolicy, QStyle, QTabBar, QToolButton, QWidget

from mlpsvd_gui.plots.theme import mix
from mlpsvd_gui.widgets.plain_label import PlainLabel

__all__ = ["FloatingMessage", "MessageBar", "MessageKind", "ShowsMessages"]


class MessageKind(Enum):
    """Severity of a message."""

    DONE = "done"
    WARNING = "warning"
    ERROR = "error"


_MARKS = {MessageKind.DONE: "✓", MessageKind.WARNING: "!", MessageKind.ERROR: "✕"}
_COLOURS = {MessageKind.DONE: "#2e8b57", MessageKind.WARNING: "#c77d0a", MessageKind.ERROR: "#c0392b"}
_DONE_MS = 8000
_GAP = 6
_LEAST_WIDTH, _MOST_WIDTH = 420, 900
_FURNITURE = 110
"""Width of the mark, the close button and the spacing."""


class MessageBar(QFrame):
    """One sentence with an optional action button and a close button. Errors stay until closed."""

    action_requested = Signal(str)
    """Emits the name of the action that the message offered."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("messageBar")
        self._kind = MessageKind.DONE
        self._action = ""
        self._mark = PlainLabel(self)
        self._text = PlainLabel(self)
        self._button = QPushButton(self)
        self._close = QToolButton(self)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.hide)
        self._build()
        self.hide()

    def _build(self) -> None:
        self._text.setWordWrap(True)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._close.setIcon(self.style().standardIcon(QStyle.StandardPixmap.SP_TitleBarCloseButton))
        self._close.setIconSize(QSize(12, 12))
        self._close.setAutoRaise(True)
        self._close.setToolTip("Close this message")
        self._close.setAccessibleName("Close this message")
        self._close.clicked.connect(self.hide)
        self._button.clicked.connect(self._ask)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 6, 8, 6)
        layout.setSpacing(10)
        layout.addWidget(self._mark)
        layout.addWidget(self._text, 1)
        layout.addWidget(self._button)
        layout.addWidget(self._close)

    @property
    def text(self) -> str:
        """The sentence shown, empty while the bar is hidden."""
        return self._text.text() if not self.isHidden() else ""

    @property
    def kind(self) -> MessageKind:
        """Severity of the last message."""
        return self._kind

    def show_message(self, kind: MessageKind, text: str, action: str = "", action_text: str = "") -> None:
        """Show a sentence; messages other than errors disappear after some time.

        Parameters
        ----------
        kind
            Severity.
        text
            The sentence.
        action, action_text
            Name of an action, and the text of its button; none by default.
        """
        self._kind = kind
        self._action = action
        self._text.setText(text)
        self._mark.setText(_MARKS[kind])
        self._button.setText(action_text)
        self._button.setVisible(bool(action))
        self._restyle()
        self.show()
        self._timer.stop()
        if kind is MessageKind.DONE:
            self._timer.start(_DONE_MS)

    def clear(self) -> None:
        """Hide the bar."""
        self._timer.stop()
        self.hide()

    def _ask(self) -> None:
        self.hide()
        self.action_requested.emit(self._action)

    def _restyle(self) -> None:
        colour = QColor(_COLOURS[self._kind])
        rgb = f"{colour.red()}, {colour.green()}, {colour.blue()}"
        self.setStyleSheet(
            f"#messageBar {{ background: rgba({rgb}, 38); border-left: 4px solid rgb({rgb}); border-radius: 3px; }}"
        )
        self._mark.setStyleSheet(f"color: rgb({rgb}); font-weight: bold;")


class FloatingMessage(MessageBar):
    """A message over the upper right corner of a page, beside its tabs, so that nothing moves.

    Parameters
    ----------
    page
        The page below the message.
    tabs
        The row of tabs at the top of ``page``.
    """

    def __init__(self, page: QWidget, tabs: QTabBar) -> None:
        super().__init__(page)
        self.setContentsMargins(0, -4, 0, -4)  # as low as the tabs
        self._page = page
        self._tabs = tabs
        for widget in (page, tabs):
            widget.installEventFilter(self)

    def show_message(self, kind: MessageKind, text: str, action: str = "", action_text: str = "") -> None:
        """Show a sentence on top of the page."""
        super().show_message(kind, text, action, action_text)
        self._place()
        self.raise_()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay in the corner, and take the colours of another palette."""
        if watched is self._page and event.type() == QEvent.Type.PaletteChange:
            self._restyle()
        if event.type() == QEvent.Type.Resize and not self.isHidden():
            self._place()
        return False

    def _place(self) -> None:
        words = self.fontMetrics().horizontalAdvance(self._text.text()) + _FURNITURE
        words += 0 if self._button.isHidden() else self._button.sizeHint().width()
        beside = self._page.width() - self._tabs.tabRect(self._tabs.count() - 1).right() - 2 * _GAP
        width = min(max(beside, _LEAST_WIDTH), max(words, _LEAST_WIDTH), _MOST_WIDTH, self._page.width() - 2 * _GAP)
        height = max(self.heightForWidth(width), self._tabs.height() - 2)
        self.setGeometry(self._page.width() - width - _GAP, 1, width, height)

    def _restyle(self) -> None:
        super()._restyle()
        colour = QColor(_COLOURS[self.kind])
        ground = mix(self._page.palette().color(QPalette.ColorRole.Window), colour, 0.15)  # opaque
        self.setStyleSheet(
            f"#messageBar {{ background: {ground.name()}; border: 1px solid {colour.name()};"
            f" border-left: 4px solid {colour.name()}; border-radius: 3px; }}"
        )


class ShowsMessages:
    """Mix-in for pages with a message bar: errors, warnings and confirmations, one sentence each."""

    messages: MessageBar

    def show_error(self, sentence: str, action: str = "", action_text: str = "") -> None:
        """Show an error; an empty sentence removes the error that is shown."""
        if sentence:
            self.messages.show_message(MessageKind.ERROR, sentence, action, action_text)
        elif self.messages.kind is MessageKind.ERROR:
            self.messages.clear()

    def show_warning(self, sentence: str, action: str = "", action_text: str = "") -> None:
        """Show a warning."""
        self.messages.show_message(MessageKind.WARNING, sentence, action, action_text)

    def show_done(self, sentence: str, action: str = "", action_text: str = "") -> None:
        """Show a confirmation."""
        self.messages.show_message(MessageKind.DONE, sentence, action, action_text)
