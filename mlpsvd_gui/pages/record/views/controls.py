"""Record button, recording state and recording settings."""

from __future__ import annotations

import time

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QKeySequence, QPainter, QPaintEvent, QShortcut
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from mlpsvd import settings
from mlpsvd.collection.recording.settings import BY_HAND, FIXED_LENGTH, TRIGGERED, RecordSettings
from mlpsvd_gui.plots.theme import LIGHT, Theme
from mlpsvd_gui.qt_text import plain_tip
from mlpsvd_gui.widgets.plain_label import PlainLabel
from mlpsvd_gui.widgets.setting_editors import SettingEditor, editor_for

__all__ = ["RecordControls", "RecordLamp"]

_RED = QColor("#c62828")
_AMBER = QColor("#b26a00")
_HOLD_S = 0.35
"""A key or button held longer than this records while it is held; otherwise until the next press."""
_SHOWN: dict[str, tuple[str, ...]] = {
    BY_HAND: ("mode", "pre_roll_s", "longest_s", "file_format"),
    FIXED_LENGTH: ("mode", "length_s", "pre_roll_s", "file_format"),
    TRIGGERED: ("mode", "trigger_dbfs", "pre_roll_s", "hang_s", "shortest_s", "longest_s", "file_format"),
}
_SHORT_LABELS = {
    "trigger_dbfs": "Trigger",
    "file_format": "Format",
    "shortest_s": "Shortest",
    "longest_s": "Longest",
}
_SELDOM = ("shortest_s", "longest_s", "file_format")
"""Settings in a second row, initially hidden."""
_PROBLEM_COLOUR = "#d0453a"


class RecordLamp(QWidget):
    """Recording indicator; red while recording."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = LIGHT
        self._state = "idle"
        self._text = ""
        self._note = ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Recording state")

    @property
    def state(self) -> str:
        """``idle``, ``waiting`` or ``recording``."""
        return self._state

    @property
    def text(self) -> str:
        """The headline."""
        return self._text

    @property
    def note(self) -> str:
        """The detail."""
        return self._note

    def sizeHint(self) -> QSize:
        """Return a size for two lines."""
        return QSize(320, 56)

    def minimumSizeHint(self) -> QSize:
        """Return a size for the elapsed time."""
        return QSize(190, 56)

    def set_theme(self, theme: Theme) -> None:
        """Apply the colours of a theme."""
        self._theme = theme
        self.update()

    def show_state(self, state: str, text: str, note: str = "") -> None:
        """Show ``idle``, ``waiting`` (for the trigger) or ``recording``, with headline and detail."""
        if (state, text, note) != (self._state, self._text, self._note):
            self._state, self._text, self._note = state, text, note
            self.setToolTip(plain_tip(f"{text}\n{note}".strip()))
            self.setAccessibleDescription(f"{text} {note}".strip())
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the state."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        fill = {"recording": _RED, "waiting": _AMBER}.get(self._state)
        area = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(Qt.PenStyle.NoPen if fill else self._theme.grid)
        painter.setBrush(fill or self._theme.background)
        painter.drawRoundedRect(area, 5.0, 5.0)
        left = 14.0
        if self._state == "recording":
            painter.setBrush(QColor("#ffffff"))
            painter.drawEllipse(QPointF(23.0, area.center().y()), 8.0, 8.0)
            left = 42.0
        self._paint_caption(painter, area.adjusted(left, 5.0, -10.0, -5.0), QColor("#ffffff") if fill else None)
        painter.end()

    def _paint_caption(self, painter: QPainter, area: QRectF, ink: QColor | None) -> None:
        large = self.font()
        large.setPointSizeF(large.pointSizeF() * 1.45)
        large.setBold(True)
        for font, text, top, colour in (
            (large, self._text, 0.0, ink or self._theme.foreground),
            (self.font(), self._note, 0.58, ink or self._theme.muted),
        ):
            painter.setFont(font)
            painter.setPen(colour)
            share = 1.0 if not self._note else (0.58 if top == 0.0 else 0.42)
            line = QRectF(area.left(), area.top() + top * area.height(), area.width(), share * area.height())
            shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, int(area.width()))
            painter.drawText(line, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)


class RecordControls(QWidget):
    """Emits requests to record and changes of settings."""

    record_requested = Signal()
    """Requests a take, or arming of the trigger."""
    stop_requested = Signal()
    settings_edited = Signal(str, object)
    """Emits a setting's name and its new value."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = LIGHT
        self._is_on = False
        self._can = False
        self._shown_state: tuple[bool, bool, str] | None = None
        self._mode = BY_HAND
        self._pressed_s: float | None = None
        self._held_key: Qt.Key | None = None
        self.button = QPushButton("Record  (R)", self)
        self.lamp = RecordLamp(self)
        self.problem = PlainLabel(self)
        self.more_button = QToolButton(self)
        self.editors: dict[str, SettingEditor] = {}
        self._cells: dict[str, tuple[QWidget, QWidget]] = {}
        self._build()
        self._connect()
        self._paint_button()

    @property
    def is_on(self) -> bool:
        """Whether a take is running or the trigger is armed."""
        return self._is_on

    def show_settings(self, shown: RecordSettings, problem: str = "") -> None:
        """Show the settings that have an effect, and their problems."""
        self._mode = shown.mode
        for name, editor in self.editors.items():
            editor.show_value(getattr(shown, name))
            for widget in self._cells[name]:
                widget.setVisible(name in _SHOWN[shown.mode])
        self.problem.setText(problem)
        self.problem.setVisible(bool(problem))
        if problem:
            self.more_button.setChecked(True)  # the problem may be there
        self._paint_button()

    def show_recording(self, is_on: bool, can_record: bool, reason: str = "") -> None:
        """Switch between Record and Stop; show on the button why recording is not possible."""
        if (is_on, can_record, reason) == self._shown_state:  # called many times per second
            return
        self._shown_state = (is_on, can_record, reason)
        self._is_on, self._can = is_on, can_record
        self.button.setEnabled(is_on or can_record)
        tip = "Record the selected class (R). By hand: press to start and press again to stop, or hold while recording."
        self.button.setToolTip(plain_tip(tip if can_record or is_on else reason))
        self._paint_button()

    def set_theme(self, theme: Theme) -> None:
        """Apply the colours of a theme."""
        self._theme = theme
        self.lamp.set_theme(theme)
        self._paint_button()

    # -- building

    def _build(self) -> None:
        self.button.setMinimumSize(170, 56)
        self.button.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.button.setAccessibleName("Record")
        font = self.button.font()
        font.setBold(True)
        font.setPointSizeF(font.pointSizeF() * 1.2)
        self.button.setFont(font)
        self.problem.setWordWrap(True)
        self.problem.setStyleSheet(f"color: {_PROBLEM_COLOUR};")
        self.problem.hide()
        first = QHBoxLayout()
        first.setSpacing(10)
        first.addWidget(self.button)
        first.addWidget(self.lamp, 1)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(6)
        grid.addLayout(first, 0, 0)
        grid.addLayout(self._build_settings(), 1, 0)
        grid.addWidget(self.problem, 2, 0)

    def _build_settings(self) -> QVBoxLayout:
        rows = tuple(QHBoxLayout() for _ in range(2))
        seldom = QWidget(self)
        seldom.setLayout(rows[1])
        rows[1].setContentsMargins(0, 0, 0, 0)
        for info in settings.describe(RecordSettings):
            editor = editor_for(info)
            editor.edited.connect(lambda value, name=info.name: self.settings_edited.emit(name, value))
            text = _SHORT_LABELS.get(info.name, info.label)
            label = PlainLabel(self, text)
            rich_tip = f"<p style='white-space: normal'><b>{info.label}</b> – {info.help}</p>Allowed: {info.expected()}"
            label.setToolTip(rich_tip)
            label.setBuddy(editor.editor)
            editor.editor.setToolTip(rich_tip)
            editor.editor.setObjectName(info.name)
            editor.editor.setAccessibleName(f"{info.label} {info.unit}".strip())
            editor.setFixedWidth(118 if info.name == "mode" else 92)
            row = rows[info.name in _SELDOM]
            row.addWidget(label)
            row.addWidget(editor)
            row.addSpacing(6)
            self.editors[info.name] = editor
            self._cells[info.name] = (label, editor)
        self._build_more(rows[0], seldom)
        column = QVBoxLayout()
        column.setSpacing(6)
        column.addLayout(rows[0])
        column.addWidget(seldom)
        for row in rows:
            row.setSpacing(6)
            row.addStretch(1)
        return column

    def _build_more(self, row: QHBoxLayout, seldom: QWidget) -> None:
        self.more_button.setText("More")
        self.more_button.setCheckable(True)
        self.more_button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.more_button.setArrowType(Qt.ArrowType.RightArrow)
        self.more_button.setAutoRaise(True)
        self.more_button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.more_button.setToolTip("Shortest and longest clip, file format")
        self.more_button.toggled.connect(seldom.setVisible)
        self.more_button.toggled.connect(self._turn_arrow)
        seldom.hide()
        row.addWidget(self.more_button)

    def _turn_arrow(self, is_open: bool) -> None:
        self.more_button.setArrowType(Qt.ArrowType.DownArrow if is_open else Qt.ArrowType.RightArrow)

    def _connect(self) -> None:
        self.button.pressed.connect(self._press)
        self.button.released.connect(self._release)
        shortcut = QShortcut(QKeySequence(Qt.Key.Key_R), self)
        shortcut.setAutoRepeat(False)
        shortcut.activated.connect(lambda: self.press_key(Qt.Key.Key_R))

    # -- press and hold

    def _press(self) -> None:
        if self._is_on:
            self._pressed_s = None
            self.stop_requested.emit()
        elif self._can:
            self.record_requested.emit()
            self._pressed_s = time.monotonic()  # only now: the time to start the take does not count as holding

    def _release(self) -> None:
        began_s, self._pressed_s = self._pressed_s, None
        if began_s is not None and self._mode == BY_HAND and time.monotonic() - began_s >= _HOLD_S:
            self.stop_requested.emit()

    def press_key(self, key: Qt.Key) -> None:
        """Press Record by key; the key may be held like the button."""
        self._press()
        if self._pressed_s is not None and self._held_key is None:
            self._held_key = key
            _application().installEventFilter(self)  # the key may be released with any focus

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Detect the release of the held key."""
        if event.type() == QEvent.Type.KeyRelease and isinstance(event, QKeyEvent):
            if event.key() == self._held_key and not event.isAutoRepeat():
                self._held_key = None
                _application().removeEventFilter(self)
                self._release()
        elif event.type() == QEvent.Type.ApplicationDeactivate and self._held_key is not None:
            self._held_key = None  # another program receives the release: press again to end the take
            _application().removeEventFilter(self)
        return super().eventFilter(watched, event)

    def _paint_button(self) -> None:
        begin = "Arm trigger" if self._mode == TRIGGERED else "Record"
        self.button.setText("■  Stop  (R)" if self._is_on else f"●  {begin}  (R)")
        if self._is_on or self._can:
            fill = "#5f6368" if self._is_on else _RED.name()
            self.button.setStyleSheet(
                f"QPushButton {{ background: {fill}; color: white; border: none; border-radius: 5px; padding: 0 14px }}"
                "QPushButton:focus { border: 2px solid palette(text); }"
                f"QPushButton:pressed {{ background: {QColor(fill).darker(125).name()}; }}"
            )
        else:
            self.button.setStyleSheet("")

    def commit(self) -> None:
        """Apply text that is typed but not yet confirmed."""
        for editor in self.editors.values():
            editor.commit()


def _application() -> QCoreApplication:
    found = QCoreApplication.instance()
    assert found is not None
    return found
