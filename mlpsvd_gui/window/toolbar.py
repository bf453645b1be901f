"""The toolbar: what to train, the three buttons, how far it is, and what computes."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QHBoxLayout, QMenu, QProgressBar, QSizePolicy, QToolBar, QToolButton, QWidget

from mlpsvd_gui.qt_text import plain_tip
from mlpsvd_gui.widgets.plain_label import PlainLabel
from mlpsvd_gui.window.actions import WindowActions

__all__ = ["RunToolBar"]

_ENGINE_WIDTH = 330
FINISHED_MS = 6000
"""How long "finished" and a full bar stay."""


class RunToolBar(QToolBar):
    """Preset, open, save; train, pause, stop and keep; progress; engine."""

    def __init__(self, actions: WindowActions, parent: QWidget | None = None) -> None:
        super().__init__("Toolbar", parent)
        self.setObjectName("toolbar")
        self.setMovable(False)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.preset_button = QToolButton(self)
        self.progress = QProgressBar(self)
        self._left = PlainLabel(self)
        self._engine = PlainLabel(self)
        self._fading = QTimer(self)
        self._fading.setSingleShot(True)
        self._fading.setInterval(FINISHED_MS)
        self._fading.timeout.connect(self._fade)
        self._build(actions)
        self.show_progress(0.0, "")

    def _build(self, actions: WindowActions) -> None:
        menu = QMenu(self.preset_button)
        menu.addActions(actions.presets)
        self.preset_button.setText("Preset")
        self.preset_button.setMenu(menu)
        self.preset_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.preset_button.setToolTip("Start from one of the paper's tasks or from settings for recordings")
        self.preset_button.setAutoRaise(True)
        self.addWidget(self.preset_button)
        self.addActions([actions.open, actions.save])
        self.addSeparator()
        self.addActions([actions.train, actions.pause, actions.stop])
        self.addSeparator()
        self.progress.setRange(0, 1000)
        self.progress.setTextVisible(False)
        self.progress.setFixedWidth(150)
        self.progress.setMaximumHeight(14)
        self.progress.setAccessibleName("Progress of the training")
        self._left.setMinimumWidth(130)
        self._left.setContentsMargins(8, 0, 8, 0)
        self._engine.setContentsMargins(8, 0, 8, 0)
        self._engine.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        keeps_room = self.progress.sizePolicy()
        keeps_room.setRetainSizeWhenHidden(True)
        self.progress.setSizePolicy(keeps_room)
        holder = QWidget(self)  # a toolbar gives the room of a hidden widget of its own to others
        holder.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        self._left.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.progress)
        self.addWidget(holder)
        self.addWidget(self._left)
        spacer = QWidget(self)
        spacer.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.addWidget(spacer)
        self.addWidget(self._engine)

    def show_progress(self, share: float, text: str) -> None:
        """Show how far the run is.

        Parameters
        ----------
        share
            0 to 1; negative while unknown.
        text
            How long is left, in words.
        """
        self.progress.setRange(0, 0 if share < 0 else 1000)
        self.progress.setValue(round(1000 * max(0.0, share)))
        self.progress.setVisible(share != 0.0 or bool(text))
        self._left.setText(text)
        if share >= 1.0:
            self._fading.start()
        else:
            self._fading.stop()

    def _fade(self) -> None:
        """Leave no "finished" behind: the line at the bottom says what was reached."""
        self.show_progress(0.0, "")

    @property
    def left_text(self) -> str:
        """How long is left, as shown."""
        return self._left.text()

    def show_engine(self, text: str) -> None:
        """Say what computes."""
        width = _ENGINE_WIDTH
        self._engine.setText(self._engine.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, width))
        self._engine.setToolTip(plain_tip(f"What computes the epochs: {text}" if text else ""))
