"""Gallery of the figures of a result, one at a time, with captions."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from mlpsvd.experiments.papers.kept_results import KeptPicture
from mlpsvd_gui.plots.theme import Theme, small_font
from mlpsvd_gui.qt_text import plain_tip
from mlpsvd_gui.widgets.plain_label import PlainLabel
from mlpsvd_gui.widgets.svg_picture import SvgPicture

__all__ = ["ResultGallery"]


class ResultGallery(QWidget):
    """Shows one figure; with several, arrow buttons step through them."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.picture = SvgPicture(self)
        self.caption = PlainLabel(self)
        self.back_button = QToolButton(self)
        self.next_button = QToolButton(self)
        self._pictures: tuple[KeptPicture, ...] = ()
        self._index = 0
        self._build()

    def _build(self) -> None:
        self.caption.setWordWrap(True)
        self.caption.setFont(small_font())
        self.caption.setAlignment(Qt.AlignmentFlag.AlignCenter)
        row = QHBoxLayout()
        buttons = (
            (self.back_button, Qt.ArrowType.LeftArrow, "Previous figure", -1),
            (self.next_button, Qt.ArrowType.RightArrow, "Next figure", 1),
        )
        for button, arrow, name, step in buttons:
            button.setArrowType(arrow)
            button.setAutoRaise(True)
            button.setToolTip(plain_tip(name))
            button.setAccessibleName(name)
            button.clicked.connect(lambda _=False, step=step: self._turn(step))
        row.addWidget(self.back_button)
        row.addWidget(self.caption, 1)
        row.addWidget(self.next_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self.picture, 1)
        layout.addLayout(row)

    def show_pictures(self, pictures: tuple[KeptPicture, ...]) -> None:
        """Show the first of these; a result that is shown again keeps its place."""
        self._index = self._index if len(pictures) == len(self._pictures) else 0
        self._pictures = pictures
        for button in (self.back_button, self.next_button):
            button.setVisible(len(pictures) > 1)
        self._turn(0)

    def set_theme(self, theme: Theme) -> None:
        """Apply the colours of a theme."""
        self.picture.set_theme(theme)
        self.caption.setStyleSheet(f"color: {theme.muted.name()};")

    def _turn(self, step: int) -> None:
        if not self._pictures:
            self.caption.clear()
            return
        self._index = (self._index + step) % len(self._pictures)
        shown = self._pictures[self._index]
        self.picture.show_picture(shown.svg, shown.caption)
        number = f"{self._index + 1} of {len(self._pictures)}: " if len(self._pictures) > 1 else ""
        self.caption.setText(number + shown.caption)
