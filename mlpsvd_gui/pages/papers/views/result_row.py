"""Entry in the list of paper results: check box, description and state."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QCheckBox, QGridLayout, QProgressBar, QSizePolicy, QWidget

from mlpsvd_gui.pages.papers.views.content import RowState, ShownPaperResult
from mlpsvd_gui.plots.theme import Theme, small_font
from mlpsvd_gui.qt_text import plain_tip
from mlpsvd_gui.widgets.eliding import ElidedLabel

__all__ = ["ResultRow", "make_box_visible"]

_BAR_PX = 4
_PER_MILLE = 1000


class ResultRow(QWidget):
    """Check box with title; below it description, state, and a thin progress bar while it runs."""

    checked_changed = Signal()

    def __init__(self, shown: ShownPaperResult, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.shown = shown
        self.check = QCheckBox(self)
        self.title = ElidedLabel(parent=self)
        self.about = ElidedLabel(parent=self)
        self.state = ElidedLabel(parent=self)
        self.bar = QProgressBar(self)
        self._state = RowState("")
        self._build()
        self.show_state(self._state)

    def _build(self) -> None:
        self.check.setAccessibleName(self.shown.title)
        self.check.setToolTip("Include in the run")
        self.check.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # Space ticks the selected entry
        self.check.toggled.connect(self.checked_changed)
        self.title.setText(self.shown.title)
        self.about.setText(self.shown.about)
        self.about.setFont(small_font())
        self.state.setFont(small_font())
        self.bar.setRange(0, _PER_MILLE)
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(_BAR_PX)
        keeps = self.bar.sizePolicy()
        keeps.setRetainSizeWhenHidden(True)
        self.bar.setSizePolicy(keeps)
        for label in (self.title, self.about, self.state):
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        grid = QGridLayout(self)
        grid.setContentsMargins(8, 6, 10, 2)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(1)
        grid.addWidget(self.check, 0, 0)
        for row, widget in enumerate((self.title, self.about, self.state, self.bar)):
            grid.addWidget(widget, row, 1)
        grid.setColumnStretch(1, 1)

    def show_state(self, state: RowState) -> None:
        """Show its state."""
        self._state = state
        self.state.setText(("✓ " if state.is_done else "") + state.text)
        self.state.setToolTip(plain_tip(state.tip or state.text))
        self.bar.setVisible(state.share is not None)
        self.bar.setValue(round(_PER_MILLE * (state.share or 0.0)))

    def set_theme(self, theme: Theme) -> None:
        """Apply the colours of a theme."""
        for label in (self.about, self.state):
            palette = label.palette()
            palette.setColor(label.foregroundRole(), theme.muted)
            label.setPalette(palette)
        make_box_visible(self.check, theme)
        accent = theme.accent.name()
        self.bar.setStyleSheet(
            f"QProgressBar {{ border: none; border-radius: 2px; background: {theme.grid.name()}; }}"
            f"QProgressBar::chunk {{ border-radius: 2px; background: {accent}; }}"
        )


def make_box_visible(box: QCheckBox, theme: Theme) -> None:
    """Give a check box a visible outline: Qt draws it darker than the window, even in the dark theme."""
    palette = box.palette()
    palette.setColor(QPalette.ColorRole.Window, theme.muted)
    box.setPalette(palette)
