"""``mlpsvd doctor``: check of the installation and the hardware."""

from __future__ import annotations

import contextlib
import platform
import sys
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from mlpsvd import __version__
from mlpsvd.arrays import cpu, gpu_report
from mlpsvd.audio.devices.devices import InputDevice
from mlpsvd.audio.devices.portaudio_thread import PortAudioThread
from mlpsvd.cli.console import OK
from mlpsvd.cli.installation import places
from mlpsvd.cli.native_stderr import quiet_libraries
from mlpsvd.engines.cpu.warm_up import engine_report
from mlpsvd.errors import MlpSvdError
from mlpsvd.experiments.runs.results import LIBRARIES

__all__ = ["doctor"]

_OTHER_LIBRARIES = ("sounddevice", "PySide6-Essentials", "pyqtgraph", "cupy-cuda12x", "cupy-cuda13x")
_SOUND_TIMEOUT_S = 10.0


def doctor() -> int:
    """Print versions, GPU, sound devices and where files lie; return the exit code, always 0."""
    sections = {
        "Versions": _versions,
        "Computing": lambda: [
            ("Processor", cpu().description),
            ("Engine", engine_report()),
            ("GPU", gpu_report()),
        ],
        "Sound": _sound,
        "Places": places,
    }
    for title, rows in sections.items():
        print(title)
        for name, text in rows():
            print(f"  {name:<22}{text}")
    return OK


def _versions() -> list[tuple[str, str]]:
    rows = [("mlpsvd", __version__), ("Python", f"{platform.python_version()}, {sys.executable}")]
    rows.append(("System", platform.platform()))
    for name in (*LIBRARIES, *_OTHER_LIBRARIES):
        try:
            rows.append((name, version(name)))
        except PackageNotFoundError:
            rows.append((name, "not installed"))
    return rows


def _sound() -> list[tuple[str, str]]:
    """Query PortAudio in the same thread as the window, as it never returns if the sound server hangs."""
    with quiet_libraries(), contextlib.closing(PortAudioThread()) as host:
        try:
            listed = host.devices().result(_SOUND_TIMEOUT_S)
            problem = listed.problem
            rows = host.run(_portaudio).result(_SOUND_TIMEOUT_S)
        except TimeoutError:
            problem = f"the sound system did not respond within {_SOUND_TIMEOUT_S:g} s; restart its server"
            return [("Devices", problem)]
        except MlpSvdError:
            return [("Devices", problem)]
    inputs = [(_kind(one), _described(one)) for one in listed.inputs]
    return [rows[0], *(inputs or [("Microphone", problem)]), *rows[1:]]


def _portaudio(sd: Any) -> list[tuple[str, str]]:
    """Return PortAudio's version and its default output; runs in a separate thread."""
    return [
        ("PortAudio", sd.get_portaudio_version()[1].split(",")[0]),
        ("Loudspeaker", _device(lambda: sd.query_devices(kind="output"))),
    ]


def _kind(device: InputDevice) -> str:
    name = "System sound" if device.is_monitor else "Microphone"
    return f"{name}, default" if device.is_default else name


def _described(device: InputDevice) -> str:
    channels = "1 channel" if device.n_channels == 1 else f"{device.n_channels} channels"
    return f"{device.name}, {device.host_api}, {device.native_rate_hz:g} Hz, {channels}"


def _device(query: Callable[[], Any]) -> str:
    try:
        device = query()
    except Exception as error:  # PortAudioError, or ValueError if there is no device at all
        return f"none that works; PortAudio reports: {str(error).strip() or type(error).__name__}"
    return f"{device['name']}, {device['default_samplerate']:g} Hz"
