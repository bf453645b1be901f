"""List of input devices, queried in the background, and the chosen one."""

from __future__ import annotations

import dataclasses
from concurrent.futures import Future

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal

from mlpsvd.audio.devices.devices import DeviceList, InputDevice
from mlpsvd.audio.devices.portaudio_thread import PortAudioThread
from mlpsvd.errors import MlpSvdError
from mlpsvd.json_fields import Fields
from mlpsvd.text import counted, frequency_text
from mlpsvd_gui.pages.listen.views.device_chooser import DEFAULT_KEY, DeviceChooser, DeviceEntry
from mlpsvd_gui.state.preferences import Preferences, or_default

__all__ = ["DevicesController"]

_AGAIN_MS = 2000
_SELDOM = 4
_SILENT_AFTER_MS = 1000
_SILENT = "The sound system does not respond. The list is updated as soon as it does."
_REMEMBERED = "live/device"
_MOST_CHANNELS = 1024


class DevicesController(QObject):
    """Keeps the list of devices up to date and stores the choice.

    The list is refreshed while it is visible and no session runs: a running source follows its device itself.
    """

    changed = Signal()
    """Emitted when the list, the problem or the choice has changed."""

    _answered = Signal(object)

    def __init__(
        self, chooser: DeviceChooser, host: PortAudioThread, preferences: Preferences, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._chooser = chooser
        self._host = host
        self._preferences = preferences
        self._list = DeviceList()
        self._is_listed = False
        self._pending: Future[DeviceList] | None = None
        self._is_running = False
        self._n_looks = 0
        self._problem = ""
        remembered = preferences.fields(_REMEMBERED)
        self._wanted = or_default(lambda: _device_from(remembered), None)
        self._again = self._timer(_AGAIN_MS, self._refresh)
        self._silent = self._timer(_SILENT_AFTER_MS, lambda: self._report(_SILENT), once=True)
        self._answered.connect(self._take, Qt.ConnectionType.QueuedConnection)
        chooser.refresh_requested.connect(self.refresh)
        chooser.chosen.connect(self._choose)
        chooser.channel_chosen.connect(lambda _: self._remember())
        chooser.installEventFilter(self)
        chooser.show_channel(or_default(lambda: remembered.integer("channel", 0, _MOST_CHANNELS), 0))
        self._show()

    def _timer(self, interval_ms: int, slot: object, once: bool = False) -> QTimer:
        timer = QTimer(self)
        timer.setInterval(interval_ms)
        timer.setSingleShot(once)
        timer.timeout.connect(slot)
        return timer

    @property
    def chosen(self) -> InputDevice | None:
        """The chosen device, as last seen if absent; None for the system default."""
        wanted = self._wanted
        if wanted is None:
            return None
        return next((one for one in self._list.inputs if one.key == wanted.key), wanted)

    @property
    def key(self) -> str:
        """The stored key of the chosen device; for the default, that of the current default device."""
        device = self.chosen or self._list.default
        return device.key if device is not None else DEFAULT_KEY

    @property
    def name(self) -> str:
        """The name of the chosen device."""
        device = self.chosen or self._list.default
        return device.name if device is not None else "Default microphone"

    @property
    def problem(self) -> str:
        """Why there is no input device, in one sentence; otherwise empty."""
        return self._problem

    def refresh(self) -> None:
        """Request a new list."""
        if self._pending is not None:
            return
        self._chooser.show_busy(True)
        self._silent.start()
        self._pending = self._host.devices(refresh=True)
        self._pending.add_done_callback(self._deliver)

    def set_running(self, is_running: bool) -> None:
        """Suspend updates of the list while a session runs."""
        self._is_running = is_running

    def close(self) -> None:
        """Stop updating."""
        self._again.stop()
        self._silent.stop()
        self._pending = None

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Query devices while the chooser is visible."""
        if event.type() == QEvent.Type.Show:
            self._again.start()
            if not self._is_running:
                self.refresh()
        elif event.type() == QEvent.Type.Hide:
            self._again.stop()
        return False

    def _refresh(self) -> None:
        self._n_looks += 1
        # Without a sound server a query restarts PortAudio: query rarely, unless a device is missing.
        is_due = self._is_missing or self._n_looks % _SELDOM == 0
        if is_due and not self._is_running and not self._chooser.box.view().isVisible():
            self.refresh()

    @property
    def _is_missing(self) -> bool:
        """Whether there is no device, or the chosen one is absent."""
        wanted, inputs = self._wanted, self._list.inputs
        return not inputs or (wanted is not None and all(one.key != wanted.key for one in inputs))

    def _deliver(self, future: Future[DeviceList]) -> None:
        try:
            self._answered.emit(future)
        except RuntimeError:  # the window and this object no longer exist
            return

    def _take(self, future: Future[DeviceList]) -> None:
        if future is not self._pending:
            return
        self._pending = None
        self._silent.stop()
        self._chooser.show_busy(False)
        try:
            self._list = future.result()
            self._problem = self._list.problem
        except MlpSvdError as error:
            self._list, self._problem = DeviceList(), f"{error}"
        self._is_listed = True
        self._show()
        self.changed.emit()

    def _report(self, problem: str) -> None:
        self._problem = problem
        self.changed.emit()

    def _choose(self, key: str) -> None:
        if key == DEFAULT_KEY:
            self._wanted = None
        else:
            self._wanted = next((one for one in self._list.inputs if one.key == key), self._wanted)
        self._remember()
        self.changed.emit()

    def _remember(self) -> None:
        device = self.chosen
        table = dataclasses.asdict(device) if device is not None else {}
        self._preferences.set_table(_REMEMBERED, {**table, "channel": self._chooser.channel})

    def _show(self) -> None:
        devices, wanted, absent = self._list.inputs, self._wanted, ""
        if wanted is not None and not any(one.key == wanted.key for one in devices):
            if self._is_listed:
                absent = wanted.name
            else:
                devices = (wanted,)  # not yet known whether it is present
        key = DEFAULT_KEY if wanted is None else wanted.key
        self._chooser.show_devices([_entry(one) for one in devices], key, absent)


def _entry(device: InputDevice) -> DeviceEntry:
    rate = frequency_text(device.native_rate_hz)
    default = ", default" if device.is_default else ""
    channels = counted(device.n_channels, "channel")
    text = f"{device.name}   {device.host_api}, {rate}{default}"
    tip = f"{device.name}: {channels}, {rate}, {device.host_api}{default}"
    return DeviceEntry(device.key, text, tip, device.n_channels, device.is_monitor)


def _device_from(fields: Fields) -> InputDevice | None:
    """Return the stored device; None without one. FileFormatError if another version stored it."""
    if "key" not in fields:
        return None
    return InputDevice(
        fields.text("key"),
        fields.text("name"),
        fields.text("host_api"),
        fields.integer("n_channels", 1, _MOST_CHANNELS),
        fields.number("native_rate_hz", 1.0, 1e7),
        fields.flag("is_default"),
        fields.flag("is_monitor"),
    )
