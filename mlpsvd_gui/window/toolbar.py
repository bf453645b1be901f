"""Toolbar: preset, files, training buttons, progress and engine."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QHBoxLayout, QMenu, QProgressBar, QSizePolicy, QToolBar, QToolButton, QWidget

from mlpsvd_gui.qt_text import plain_tip
from mlpsvd_gui.widgets.plain_label import PlainLabel
from mlpsvd_gui.window.actions import WindowActions

__all__ = ["RunToolBar"]

_ENGINE_WIDTH = 330
FINISHED_MS = 6000
"""Time for which "finished" and the full bar are shown."""


class RunToolBar(QToolBar):
    """Preset, open, save; train, pause, stop; progress; engine."""

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
        menu.setToolTipsVisible(True)
        self.preset_button.setText("Preset")
        self.preset_button.setMenu(menu)
        self.preset_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.preset_button.setToolTip("Load a preset: a task of the paper, or settings for recordings")
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
        holder = QWidget(self)  # a toolbar redistributes the space of a hidden widget
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
        """Show the progress of the run.

        Parameters
        ----------
        share
            0 to 1; negative while unknown.
        text
            Remaining time as text.
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
        """Clear "finished"; the status line shows the results."""
        self.show_progress(0.0, "")

    @property
    def left_text(self) -> str:
        """The remaining time, as shown."""
        return self._left.text()

    def show_engine(self, text: str) -> None:
        """Show the engine."""
        width = _ENGINE_WIDTH
        self._engine.setText(self._engine.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, width))
        self._engine.setToolTip(plain_tip(f"Engine: {text}" if text else ""))
