"""Clip browser: choose a clip of a class and play it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QPixmap
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QWidget

from mlpsvd.quantities import Quantity
from mlpsvd_gui.plots.theme import Theme
from mlpsvd_gui.qt_text import plain_tip
from mlpsvd_gui.widgets.choosers import Chooser
from mlpsvd_gui.widgets.eliding import ElidedLabel, ElidingComboBox
from mlpsvd_gui.widgets.icons import icon
from mlpsvd_gui.widgets.number_field import NumberField

__all__ = ["ClipBrowser"]

_SPLITS = ("train", "test")


class ClipBrowser(QWidget):
    """Chooses split, class and clip number; plays the clip."""

    clip_chosen = Signal(str, int, int)
    """Emits split, class index and clip number counted from 0."""
    play_requested = Signal()
    stop_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._is_playing = False
        self._build_widgets()
        self._build_layout()
        self._connect()
        self.show_sound("Looking for an audio output…")

    def _build_widgets(self) -> None:
        self.split = Chooser(self)
        self.split.addItems(("Training", "Test"))
        self.split.setToolTip("Training clips or held-out test clips")
        self.class_box = ElidingComboBox(self)
        self.class_box.setToolTip("Class of the clip")
        self.class_box.setMinimumContentsLength(8)
        self.previous_button = self._button("◀", "Previous clip (Down or Page Down in the number)")
        self.number = NumberField(Quantity(is_integer=True, low=1, high=1), 1, 1, self)
        self.number.setToolTip("Clip number within the class (Up, Down: by one; Page Up, Page Down: by ten)")
        self.number.setAccessibleName("Clip number")
        self.number.setButtonSymbols(NumberField.ButtonSymbols.NoButtons)
        self.next_button = self._button("▶", "Next clip (Up in the number)")
        self.play_button = self._button("Play", "")
        self.play_button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.origin = ElidedLabel(Qt.TextElideMode.ElideMiddle, least_px=90, parent=self)
        self.origin.setAccessibleName("Origin of the clip")

    def _button(self, text: str, tip: str) -> QToolButton:
        button = QToolButton(self)
        button.setText(text)
        button.setToolTip(plain_tip(tip))
        button.setAutoRaise(True)
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        return button

    def _build_layout(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        self.kind = QLabel("Clip", self)
        row.addWidget(self.kind)
        for widget in (self.split, self.class_box, self.previous_button, self.number, self.next_button):
            row.addWidget(widget)
        row.addWidget(self.play_button)
        row.addWidget(self.origin, 1)

    def _connect(self) -> None:
        self.split.activated.connect(self._ask)
        self.class_box.activated.connect(self._ask)
        self.number.valueChanged.connect(self._ask)
        self.previous_button.clicked.connect(self.number.stepDown)
        self.next_button.clicked.connect(self.number.stepUp)
        self.play_button.clicked.connect(self._play_or_stop)

    def _ask(self, *_: int) -> None:
        split = _SPLITS[self.split.currentIndex()]
        self.clip_chosen.emit(split, max(self.class_box.currentIndex(), 0), int(self.number.value()) - 1)

    def _play_or_stop(self) -> None:
        (self.stop_requested if self._is_playing else self.play_requested).emit()

    def show_classes(self, names: Sequence[str], colours: Sequence[QColor]) -> None:
        """Show the classes."""
        with QSignalBlocker(self.class_box):
            chosen = self.class_box.currentIndex()
            if [self.class_box.itemText(k) for k in range(self.class_box.count())] != list(names):
                self.class_box.clear()
                self.class_box.addItems(list(names))
                self.class_box.setCurrentIndex(min(max(chosen, 0), len(names) - 1))
        self.show_colours(colours)

    def show_colours(self, colours: Sequence[QColor]) -> None:
        """Set the colours of the class swatches."""
        for index, colour in enumerate(colours):
            pixmap = QPixmap(10, 10)
            pixmap.fill(colour)
            self.class_box.setItemIcon(index, QIcon(pixmap))

    def choose_class(self, index: int) -> None:
        """Show a class as chosen, before its clip is available; emits nothing."""
        with QSignalBlocker(self.class_box):
            self.class_box.setCurrentIndex(index)

    def show_clip(self, class_index: int, number: int, n_clips: int, origin: str) -> None:
        """Show which clip is chosen; emits nothing."""
        with QSignalBlocker(self.class_box), QSignalBlocker(self.number):
            self.class_box.setCurrentIndex(class_index)
            self.number.setRange(1, n_clips)
            self.number.setSuffix(f" of {n_clips}")
            if not self.number.hasFocus() or self.number.value() > n_clips:
                self.number.setValue(number + 1)
        self.previous_button.setEnabled(number > 0)
        self.next_button.setEnabled(number < n_clips - 1)
        self.origin.setText(origin)

    def show_kind(self, kind: str) -> None:
        """Show whether clips or images are browsed: ``Clip`` or ``Image``."""
        self.kind.setText(kind)
        word = kind.lower()
        self.split.setToolTip(plain_tip(f"Training {word}s or held-out test {word}s"))
        self.class_box.setToolTip(plain_tip(f"Class of the {word}"))
        self.previous_button.setToolTip(plain_tip(f"Previous {word} (Down or Page Down in the number)"))
        self.next_button.setToolTip(plain_tip(f"Next {word} (Up in the number)"))
        self.number.setToolTip(
            plain_tip(f"{kind} number within the class (Up, Down: by one; Page Up, Page Down: by ten)")
        )
        self.number.setAccessibleName(f"{kind} number")
        self.origin.setAccessibleName(f"Origin of the {word}")

    def show_sound(self, problem: str) -> None:
        """Disable Play with a reason; an empty text enables it."""
        self.play_button.setEnabled(not problem)
        self.play_button.setToolTip(plain_tip(problem or "Play this clip, normalised to half of full scale"))

    def show_playing(self, is_playing: bool) -> None:
        """Show whether the clip is playing."""
        self._is_playing = is_playing
        self.play_button.setText("Stop" if is_playing else "Play")

    def set_theme(self, theme: Theme) -> None:
        """Apply the colours of a theme."""
        self.play_button.setIcon(icon("speaker", theme.foreground))
        self.origin.setStyleSheet(f"color: {theme.muted.name()};")
