"""Input devices by name, and selection of a device."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mlpsvd.errors import DeviceError

__all__ = ["DeviceList", "InputDevice", "find_device"]


@dataclass(frozen=True)
class InputDevice:
    """An input device.

    Attributes
    ----------
    key
        Persistent identifier, the same after a restart and at any position in the list.
    name
        Name in the system, unique within a host API.
    host_api
        Audio API through which it is reached: PulseAudio, PipeWire, ALSA, Core Audio, Windows WASAPI, …
    n_channels
        Number of channels.
    native_rate_hz
        The sample rate at which it is opened.
    is_default
        Whether it is the system's default.
    is_monitor
        Whether it records the output of a loudspeaker (the sound of the system) instead of a microphone.
    """

    key: str
    name: str
    host_api: str
    n_channels: int
    native_rate_hz: float
    is_default: bool = False
    is_monitor: bool = False


@dataclass(frozen=True)
class DeviceList:
    """List of the input devices.

    Attributes
    ----------
    inputs
        The default first, then microphones, then monitors.
    problem
        The reason why there are none, in one sentence.
    """

    inputs: tuple[InputDevice, ...] = ()
    problem: str = ""

    @property
    def default(self) -> InputDevice | None:
        """The system's default input."""
        return next((device for device in self.inputs if device.is_default), None)


def find_device(devices: Sequence[InputDevice], wanted: str) -> InputDevice:
    """Return the device with a key, an exact name, or a unique part of a name.

    Parts of names are matched without case. If several devices have the name, or the part of it, the
    default's host API decides, so that on Windows, where each device is there four times, its name is enough.

    Raises
    ------
    DeviceError
        If there is no such device or there are several; the message lists the devices.
    """
    text = wanted.casefold().strip()
    by_key = [one for one in devices if one.key == wanted]
    by_name = [one for one in devices if one.name == wanted]
    by_part = [one for one in devices if text and text in one.name.casefold()]
    for found in (by_key, by_name, by_part):
        chosen = found if len(found) == 1 else _of_default_api(devices, found)
        if len(chosen) == 1:
            return chosen[0]
        if found:
            raise DeviceError(f"“{wanted}” fits {len(found)} input devices; choose one of them: {_names(found)}")
    if not devices:
        raise DeviceError(f"There is no input device “{wanted}”, and no other one")
    raise DeviceError(f"There is no input device “{wanted}”; there are {_names(devices)}")


def _of_default_api(devices: Sequence[InputDevice], found: Sequence[InputDevice]) -> list[InputDevice]:
    apis = {one.host_api for one in devices if one.is_default}
    return [one for one in found if one.host_api in apis]


def _names(devices: Sequence[InputDevice]) -> str:
    return ", ".join(f"“{one.name}” ({one.host_api})" for one in devices)
