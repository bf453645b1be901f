"""Opening an input device: finding it, choosing a sample rate, explaining a failure."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from mlpsvd.audio.devices.device_listing import (
    PULSE_KEY,
    default_index,
    has_pulse,
    portaudio_inputs,
    pulse_index,
    pulse_inputs,
)
from mlpsvd.audio.devices.devices import InputDevice
from mlpsvd.audio.devices.input_stream import BLOCK_S, InputStream
from mlpsvd.audio.devices.portaudio import PortAudioLibrary
from mlpsvd.audio.devices.pulse import PulseAnswer, PulseSource, PulseState
from mlpsvd.errors import DeviceError
from mlpsvd.text import frequency_text

__all__ = ["ChannelError", "Target", "check_channel", "open_input", "require_answer"]

_COMMON_RATES_HZ = (48000.0, 44100.0, 96000.0, 32000.0, 16000.0, 8000.0)
_PULSE_SOURCE = "PULSE_SOURCE"
_INVALID_RATE, _UNAVAILABLE = -9997, -9985
_BUSY_WORDS = ("busy", "in use", "unavailable", "exclusive")


class ChannelError(DeviceError):
    """The device lacks the channel: waiting does not help."""


@dataclass(frozen=True)
class Target:
    """The input to open.

    Attributes
    ----------
    device
        The device; None for the system's default.
    channel
        Counted from 1; 0 is all of them.
    """

    device: InputDevice | None
    channel: int

    @property
    def name(self) -> str:
        """Name in messages."""
        return "The default microphone" if self.device is None else f"“{self.device.name}”"

    @property
    def is_of_pulse(self) -> bool:
        """Whether it is a source of a sound server."""
        return self.device is not None and self.device.key.startswith(PULSE_KEY)


@dataclass(frozen=True)
class _Match:
    """The input device that matches the target, with its current PortAudio index."""

    index: int
    device: InputDevice
    source: PulseSource | None = None
    """The source of the sound server, if it was requested by name."""


def check_channel(device: InputDevice, channel: int) -> None:
    """Raise ChannelError if a device lacks the channel (from 1; 0 is the mean of all)."""
    if channel < 0:
        raise ChannelError(f"Channel {channel} was requested; channels count from 1, and 0 mixes all of them")
    if channel > device.n_channels:
        has = "1 channel" if device.n_channels == 1 else f"{device.n_channels} channels"
        raise ChannelError(f"“{device.name}” has {has}, and channel {channel} was requested; choose another one")


def require_answer(library: PortAudioLibrary, target: Target, had_server: bool) -> PulseAnswer:
    """Query the sound server, if there is one, before any call of PortAudio, which would hang with the server.

    Parameters
    ----------
    library, target
        PortAudio, and what is to be opened.
    had_server
        Whether the default device was previously a server's. While the server is away, its devices are free, and
        opening one directly would prevent the server from using it again.

    Raises
    ------
    DeviceError
        If the server hangs, or is missing although the target is only available through it.
    """
    pulse = library.ask_pulse()
    if pulse.state is PulseState.HANGS:
        raise DeviceError(
            f"{target.name} cannot be opened because the sound server does not respond; listening resumes "
            "automatically when it does, or when it is restarted"
        )
    is_of_server = target.is_of_pulse or (target.device is None and had_server)
    if is_of_server and pulse.state is PulseState.NO_SERVER:
        raise DeviceError(
            f"{target.name} cannot be opened because the sound server has ended; listening resumes "
            "automatically when it is back"
        )
    return pulse


def open_input(
    library: PortAudioLibrary, target: Target, pulse: PulseAnswer, wake: threading.Event, look_again: bool
) -> InputStream:
    """Open and start the target at its native rate, or at another supported rate.

    Parameters
    ----------
    library, target, pulse, wake
        PortAudio, what is meant, what the sound server says, and what to set at each block.
    look_again
        Let PortAudio look for devices first: it knows only those of its start.

    Raises
    ------
    DeviceError
        Says in a sentence why it cannot be opened now, and that it will be tried again.
    ChannelError
        If it lacks the channel.
    """
    through_server = (target.device is None or target.is_of_pulse) and has_pulse(library, pulse)
    if look_again and not through_server:
        library.reinitialise()
    found = _find_at_server(library.sd, target, pulse) if through_server else _find(library.sd, target)
    check_channel(found.device, target.channel)
    with _pulse_source("" if found.source is None else found.source.name):
        return _open(library, target, found, wake)


def _find_at_server(sd: Any, target: Target, pulse: PulseAnswer) -> _Match:
    wanted = pulse.default if target.device is None else target.device.key.removeprefix(PULSE_KEY)
    devices = {device.key: device for device in pulse_inputs(pulse)}
    device, index = devices.get(PULSE_KEY + wanted), pulse_index(sd)
    if device is None or index is None:
        raise _absent(target)
    # No name is given for the default, so that the server moves the stream when the default changes.
    return _Match(index, device, None if target.device is None else pulse.find(wanted))


def _find(sd: Any, target: Target) -> _Match:
    default = default_index(sd)
    for index, device in portaudio_inputs(sd):
        if index == default if target.device is None else device.key == target.device.key:
            return _Match(index, device)
    raise _absent(target)


def _absent(target: Target) -> DeviceError:
    if target.device is None:
        return DeviceError(
            f"{target.name} is not connected; listening starts automatically when one is connected or switched on"
        )
    return DeviceError(
        f"{target.name} is not connected; listening resumes automatically when it is connected or switched on"
    )


def _open(library: PortAudioLibrary, target: Target, found: _Match, wake: threading.Event) -> InputStream:
    sd, device = library.sd, found.device
    refused: list[float] = []
    for rate_hz in dict.fromkeys((device.native_rate_hz, *_COMMON_RATES_HZ)):
        settings = {
            "device": found.index,
            "channels": device.n_channels,
            "samplerate": rate_hz,
            "blocksize": round(BLOCK_S * rate_hz),
            # A sound server buffers sound for a late callback. A driver does not: its buffer must be longer than the
            # time for which another thread holds the interpreter, 30 ms and more while a network is trained.
            "latency": "low" if found.index == pulse_index(sd) else "high",
        }
        try:
            source_index = None if found.source is None else found.source.index
            return InputStream(library, settings, wake, _remark(target, device, rate_hz), source_index)
        except sd.PortAudioError as error:
            if not _is_about_rate(error):
                raise DeviceError(_why_not(target, error)) from None
            refused.append(rate_hz)
    rates = ", ".join(f"{rate_hz:g}" for rate_hz in refused)
    raise DeviceError(
        f"{target.name} supports none of the sample rates {rates} Hz; set it to one of them in the system's sound "
        "settings, and listening starts automatically"
    )


def _remark(target: Target, device: InputDevice, rate_hz: float) -> str:
    if rate_hz == device.native_rate_hz:
        return ""
    native = frequency_text(device.native_rate_hz)
    return f"{target.name} refuses its native rate of {native} and is opened at {frequency_text(rate_hz)}"


def _is_about_rate(error: Exception) -> bool:
    code = error.args[1] if len(error.args) > 1 else None
    # Some Windows drivers report an unsupported rate as an invalid device, so another rate is tried.
    return code == _INVALID_RATE or "Invalid device" in str(error)


def _why_not(target: Target, error: Exception) -> str:
    code, text = error.args[1] if len(error.args) > 1 else None, str(error)
    if code == _UNAVAILABLE or any(word in text.lower() for word in _BUSY_WORDS):
        return (
            f"{target.name} is in use by another program; close that, or choose another device: listening starts "
            "automatically when it is free"
        )
    return f"{target.name} cannot be opened now ({_details(error)}); opening is retried automatically"


def _details(error: Exception) -> str:
    """Return the host API's message if there is one, as PortAudio's is only “unanticipated host error”."""
    host = error.args[2] if len(error.args) > 2 else None
    return str(host[2]) if host and host[2] else str(error.args[0]).removeprefix("Error opening InputStream: ")


@contextlib.contextmanager
def _pulse_source(name: str) -> Iterator[None]:
    """Let the streams opened meanwhile record from one source of the sound server: libpulse reads the variable."""
    before = os.environ.get(_PULSE_SOURCE)
    if name:
        os.environ[_PULSE_SOURCE] = name
    try:
        yield
    finally:
        if before is not None:
            os.environ[_PULSE_SOURCE] = before
        elif name:
            del os.environ[_PULSE_SOURCE]
