"""Welcome page of Record, shown while no collection is open."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QPushButton, QWidget

from mlpsvd_gui.plots.theme import Theme
from mlpsvd_gui.qt_text import menu_text, plain_tip
from mlpsvd_gui.widgets.icons import icon
from mlpsvd_gui.widgets.plain_label import PlainLabel
from mlpsvd_gui.widgets.welcome_page import WelcomePage

__all__ = ["RecordWelcome"]

_MOST_RECENT = 4
_WIDTH = 460
_TEXT = (
    "A collection is a folder with one folder of recordings per class. Clips are written to it as FLAC or WAV files "
    "while you record, with a CSV table, so that nothing is lost if the program or the computer stops.\n\nCreate a "
    "collection, add classes, press Record (R), then Retrain. The Listen page uses the new model immediately."
)


class RecordWelcome(WelcomePage):
    """Explains collections, with buttons to create or open one."""

    new_requested = Signal()
    open_requested = Signal()
    recent_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        labels = ("New collection…", "Open collection…")
        super().__init__("Record your own sounds", _TEXT, labels, parent)
        self.new_button, self.open_button = self.buttons
        self.new_button.clicked.connect(self.new_requested)
        self.open_button.clicked.connect(self.open_requested)
        self.status = PlainLabel(self)
        self.status.setWordWrap(True)
        self.status.hide()
        self._heading = QLabel("Recent:", self)
        self.recent_buttons: list[QPushButton] = []
        for widget in (self.status, self._heading):
            self.column.addWidget(widget)

    def show_recent(self, folders: Sequence[str]) -> None:
        """Show recent collections."""
        for button in self.recent_buttons:
            button.deleteLater()
        self.recent_buttons = []
        self._heading.setVisible(bool(folders))
        for folder in folders[:_MOST_RECENT]:
            shown = self.fontMetrics().elidedText(folder, Qt.TextElideMode.ElideMiddle, _WIDTH - 40)
            button = QPushButton(menu_text(shown), self)
            button.setFlat(True)
            button.setToolTip(plain_tip(f"Open {folder}"))
            button.clicked.connect(partial(self.recent_chosen.emit, folder))
            self.column.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)
            self.recent_buttons.append(button)

    def show_status(self, text: str) -> None:
        """Show the status."""
        self.status.setText(text)
        self.status.setVisible(bool(text))

    def set_theme(self, theme: Theme) -> None:
        """Apply the colours of a theme."""
        super().set_theme(theme)
        self.new_button.setIcon(icon("microphone", theme.foreground))
        self.open_button.setIcon(icon("open", theme.foreground))
