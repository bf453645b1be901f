"""List of the input devices: the sources of the sound server, by name, and those that PortAudio reports."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from mlpsvd.audio.devices.devices import DeviceList, InputDevice
from mlpsvd.audio.devices.portaudio import PortAudioLibrary
from mlpsvd.audio.devices.pulse import PulseAnswer, PulseState
from mlpsvd.errors import DeviceError, MissingLibraryError

__all__ = ["PULSE_KEY", "default_index", "has_pulse", "list_inputs", "portaudio_inputs", "pulse_inputs"]

PULSE_KEY = "pulse:"
"""Prefix of the key of a sound server's source, followed by its name there."""

_THROUGH_PULSE = "pulse"
_ALIASES = frozenset({"pulse", "default", "pipewire", "sysdefault", "jack"})
_CHANNELS_OF_ALIAS = 2
"""Aliases with 32 nominal channels that mix all devices."""
_MONITOR_WORDS = ("loopback", "monitor", "stereo mix", "what u hear", "wave out mix", "blackhole", "soundflower")
_NO_INPUT = "No microphone was found; connect one or switch one on"
_HANGS = "The sound server does not respond; the devices are listed when it does, or when it is restarted"


def list_inputs(loaded: Callable[[], PortAudioLibrary], refresh: bool = False) -> DeviceList:
    """Return the available input devices, or the reason why there are none.

    Parameters
    ----------
    loaded
        Returns the library; raises if there is none.
    refresh
        Whether PortAudio searches for devices again if there is no sound server.
    """
    try:
        library = loaded()
        pulse = library.ask_pulse()
        if pulse.state is PulseState.HANGS:
            return DeviceList(problem=_HANGS)
        through_pulse = has_pulse(library, pulse)
        if refresh and not through_pulse:
            library.reinitialise()
        inputs = _in_order(library, pulse, through_pulse)
    except (DeviceError, MissingLibraryError) as error:
        return DeviceList(problem=str(error))
    return DeviceList(inputs, "" if inputs else _NO_INPUT)


def has_pulse(library: PortAudioLibrary, pulse: PulseAnswer) -> bool:
    """Return whether PortAudio can reach the server's sources; reinitialises it if the server started later."""
    if pulse.state is not PulseState.ANSWERS:
        return False
    if _index_named(library.sd, _THROUGH_PULSE) is None:
        library.reinitialise()
    return _index_named(library.sd, _THROUGH_PULSE) is not None


def pulse_inputs(pulse: PulseAnswer) -> list[InputDevice]:
    """Return the server's sources as devices."""
    names = _numbered_duplicates([source.description for source in pulse.sources])
    return [
        InputDevice(
            key=PULSE_KEY + source.name,
            name=name,
            host_api=pulse.server,
            n_channels=source.n_channels,
            native_rate_hz=source.rate_hz,
            is_default=source.name == pulse.default,
            is_monitor=source.is_monitor,
        )
        for source, name in zip(pulse.sources, names, strict=True)
    ]


def portaudio_inputs(sd: Any) -> list[tuple[int, InputDevice]]:
    """Return PortAudio's input devices, each with its number, which holds until PortAudio is reinitialised."""
    apis = sd.query_hostapis()
    found = [(index, one) for index, one in enumerate(sd.query_devices()) if one["max_input_channels"] > 0]
    names = _numbered_duplicates([(one["hostapi"], one["name"]) for _, one in found])
    default = default_index(sd)
    return [
        (
            index,
            InputDevice(
                key=f"{apis[one['hostapi']]['name']}:{name}",
                name=name,
                host_api=apis[one["hostapi"]]["name"],
                n_channels=min(_CHANNELS_OF_ALIAS, n) if one["name"] in _ALIASES else n,
                native_rate_hz=float(one["default_samplerate"]),
                is_default=index == default,
                is_monitor=any(word in name.lower() for word in _MONITOR_WORDS),
            ),
        )
        for (index, one), name in zip(found, names, strict=True)
        for n in (int(one["max_input_channels"]),)
    ]


def default_index(sd: Any) -> int | None:
    """Return the number of PortAudio's default input, None if it has none.

    On Windows, PortAudio's default is that of MME, the oldest host API, which truncates names to 31 characters and
    resamples; the default of WASAPI is the same device at its native rate.
    """
    apis = sd.query_hostapis()
    for api in apis:
        if api["name"] == "Windows WASAPI" and api["default_input_device"] >= 0:
            return int(api["default_input_device"])
    index = int(sd.default.device[0])
    if index >= 0:
        return index
    defaults = [int(api["default_input_device"]) for api in apis if api["default_input_device"] >= 0]
    return defaults[0] if defaults else None


def pulse_index(sd: Any) -> int | None:
    """Return the number of the device through which PortAudio reaches a sound server."""
    return _index_named(sd, _THROUGH_PULSE)


def _in_order(library: PortAudioLibrary, pulse: PulseAnswer, through_pulse: bool) -> tuple[InputDevice, ...]:
    inputs = [device for _, device in portaudio_inputs(library.sd)]
    if through_pulse:
        # The aliases are the server's default device, which its own list contains by name.
        beside = [device for device in inputs if device.name not in _ALIASES]
        inputs = pulse_inputs(pulse) + beside
    return tuple(sorted(inputs, key=lambda one: (not one.is_default, one.is_monitor)))


def _index_named(sd: Any, name: str) -> int | None:
    indices = (i for i, one in enumerate(sd.query_devices()) if one["name"] == name and one["max_input_channels"] > 0)
    return next(indices, None)


def _numbered_duplicates(names: list[Any]) -> Iterator[str]:
    """Give the second of two equal names a number; yields names, of pairs their second half."""
    seen: Counter[Any] = Counter()
    for one in names:
        seen[one] += 1
        name = one[1] if isinstance(one, tuple) else one
        yield name if seen[one] == 1 else f"{name} ({seen[one]})"
