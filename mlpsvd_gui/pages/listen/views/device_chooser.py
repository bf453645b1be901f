"""Chooser of input device and channel, with a refresh button."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QToolButton, QWidget

from mlpsvd.quantities import Quantity
from mlpsvd_gui.plots.theme import Theme
from mlpsvd_gui.qt_text import plain_tip
from mlpsvd_gui.widgets.eliding import ElidingComboBox
from mlpsvd_gui.widgets.icons import icon
from mlpsvd_gui.widgets.number_field import NumberField

__all__ = ["DEFAULT_KEY", "DeviceChooser", "DeviceEntry"]

DEFAULT_KEY = ""
"""Key of the system default."""

_KEY = int(Qt.ItemDataRole.UserRole)
_SYSTEM_SOUND = "System sound (computer output)"


@dataclass(frozen=True)
class DeviceEntry:
    """An entry of the list: key, text, tooltip, channels, and whether it is a monitor device."""

    key: str
    text: str
    tip: str
    n_channels: int
    is_system_sound: bool = False


class DeviceChooser(QWidget):
    """Shows devices and emits the choice."""

    chosen = Signal(str)
    """Emits the key of the chosen device."""
    channel_chosen = Signal(int)
    """Emits the channel, counted from 1; 0 mixes all."""
    refresh_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.box = ElidingComboBox(self)
        self.refresh_button = QToolButton(self)  # created in the order of the Tab key
        self.channel_box = NumberField(Quantity(is_integer=True, low=0, high=2, zero="all"), step=1, parent=self)
        self._entries: tuple[DeviceEntry, ...] = ()
        self._absent = ""
        self._build()
        self.box.activated.connect(lambda _: self.chosen.emit(self.key))
        self.box.currentIndexChanged.connect(lambda _: self._fit_channels())
        self.channel_box.valueChanged.connect(self.channel_chosen.emit)
        self.refresh_button.clicked.connect(self.refresh_requested)
        self.show_devices((), DEFAULT_KEY)

    @property
    def key(self) -> str:
        """Key of the chosen device; :data:`DEFAULT_KEY` for the system default."""
        return str(self.box.currentData(_KEY) or DEFAULT_KEY)

    @property
    def channel(self) -> int:
        """The chosen channel, counted from 1; 0 mixes all."""
        return int(self.channel_box.value())

    @property
    def texts(self) -> list[str]:
        """The texts of the list, headings included."""
        return [self.box.itemText(row) for row in range(self.box.count())]

    def show_devices(self, entries: Sequence[DeviceEntry], key: str, absent: str = "") -> None:
        """Set the devices and choose one; emits nothing.

        Parameters
        ----------
        entries
            The devices.
        key
            Key of the choice.
        absent
            Name of the chosen device if it is not among the entries.
        """
        wanted = (tuple(entries), key, absent)
        if wanted == (self._entries, self.key, self._absent) and self.box.count():
            return
        self._entries, self._absent = wanted[0], absent
        blocked = self.box.blockSignals(True)
        self.box.setModel(_list_of(self._entries, key, absent, self.box))
        self.box.setCurrentIndex(max(0, self.box.findData(key, _KEY)))
        self.box.blockSignals(blocked)
        self._fit_channels()

    def show_channel(self, channel: int) -> None:
        """Choose a channel; emits nothing."""
        blocked = self.channel_box.blockSignals(True)
        self.channel_box.setRange(0, max(self.channel_box.maximum(), channel))
        self.channel_box.setValue(channel)
        self.channel_box.blockSignals(blocked)

    def show_busy(self, is_busy: bool) -> None:
        """Disable the refresh button while a list is requested."""
        self.refresh_button.setEnabled(not is_busy)

    def show_running(self, is_running: bool) -> None:
        """Disable what cannot change during a session."""
        self.box.setEnabled(not is_running)
        self.channel_box.setEnabled(not is_running)

    def set_theme(self, theme: Theme) -> None:
        """Apply the colours of a theme."""
        self.refresh_button.setIcon(icon("reset", theme.foreground))

    def _build(self) -> None:
        self.box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.box.setMinimumContentsLength(14)
        self.box.setAccessibleName("Input device")
        self.box.setToolTip("Input device, with sound system and sample rate. System sound is the output of this "
                            "computer. Ctrl+D opens the list.")  # fmt: skip
        self.channel_box.setAccessibleName("Channel")
        self.channel_box.setToolTip("Input channel, from 1; “all” mixes the channels")
        self.refresh_button.setToolTip("Refresh the list of devices, which is also updated automatically every few "
                                       "seconds")  # fmt: skip
        self.refresh_button.setAccessibleName("Refresh devices")
        self.refresh_button.setIcon(icon("reset", self.palette().windowText().color()))
        # On the box: the shortcut is disabled with it, and while the page is hidden.
        QShortcut(QKeySequence("Ctrl+D"), self.box).activated.connect(self._open_list)
        label = QLabel("C&hannel", self)
        label.setBuddy(self.channel_box)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        for widget, stretch in ((self.box, 1), (self.refresh_button, 0), (label, 0), (self.channel_box, 0)):
            row.addWidget(widget, stretch)

    def _open_list(self) -> None:
        self.box.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.box.showPopup()

    def _fit_channels(self) -> None:
        """Set the channels of the device; those of a default or absent device are unknown."""
        entry = next((one for one in self._entries if one.key == self.key), None)
        blocked = self.channel_box.blockSignals(True)
        before = self.channel_box.value()
        self.channel_box.setRange(0, entry.n_channels if entry is not None else max(2, before))
        changed = self.channel_box.value() != before
        self.channel_box.blockSignals(blocked)
        if changed:
            self.channel_chosen.emit(self.channel)


def _list_of(entries: Sequence[DeviceEntry], key: str, absent: str, parent: QWidget) -> QStandardItemModel:
    model = QStandardItemModel(parent)
    model.appendRow(_item(DEFAULT_KEY, "System default", "Follows the default input of the system"))
    for entry in (one for one in entries if not one.is_system_sound):
        model.appendRow(_item(entry.key, entry.text, entry.tip))
    if absent and all(entry.key != key for entry in entries):
        model.appendRow(_item(key, f"{absent} (not connected)", "Used again as soon as it is connected"))
    monitors = [one for one in entries if one.is_system_sound]
    if monitors:
        heading = QStandardItem(_SYSTEM_SOUND)
        heading.setFlags(Qt.ItemFlag.NoItemFlags)
        model.appendRow(heading)
    for entry in monitors:
        model.appendRow(_item(entry.key, entry.text, entry.tip))
    return model


def _item(key: str, text: str, tip: str) -> QStandardItem:
    item = QStandardItem(text)
    item.setData(key, _KEY)
    item.setToolTip(plain_tip(tip))
    return item
