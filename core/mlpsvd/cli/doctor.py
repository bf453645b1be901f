"""``mlpsvd doctor``: what is installed and what works here, with reasons."""

from __future__ import annotations

import contextlib
import os
import platform
import sys
import threading
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from mlpsvd import __version__
from mlpsvd.arrays import cpu, gpu_report
from mlpsvd.cli.console import OK
from mlpsvd.engines.warm_up import engine_report
from mlpsvd.experiments.results import LIBRARIES

__all__ = ["doctor"]

_OTHER_LIBRARIES = ("sounddevice", "PySide6-Essentials", "pyqtgraph", "cupy-cuda12x", "cupy-cuda13x")
_SOUND_TIMEOUT_S = 10.0


def doctor() -> int:
    """Print versions, GPU, sound devices and where the window keeps its settings; return the exit code, always 0."""
    sections = {
        "Versions": _versions,
        "Computing": lambda: [
            ("Processor", cpu().description),
            ("Engine", engine_report()),
            ("GPU", gpu_report()),
        ],
        "Sound": _sound,
        "Places": _places,
    }
    for title, rows in sections.items():
        print(title)
        for name, text in rows():
            print(f"  {name:<20}{text}")
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
    """Ask PortAudio in a thread of its own: with a sound server that hangs it never answers."""
    answer: list[list[tuple[str, str]]] = []
    thread = threading.Thread(target=lambda: answer.append(_sound_devices()), daemon=True)
    with _silent_stderr():  # ALSA writes a page of its own about devices that are not there
        thread.start()
        thread.join(_SOUND_TIMEOUT_S)
    silence = f"the sound system did not answer within {_SOUND_TIMEOUT_S:g} s; restart its server"
    return answer[0] if answer else [("Devices", silence)]


def _sound_devices() -> list[tuple[str, str]]:
    try:
        import sounddevice
    except ModuleNotFoundError:
        return [("Devices", "none, because the library sounddevice is not installed: pip install sounddevice")]
    except OSError:
        return [("Devices", "none, because PortAudio is not installed; on Debian: apt-get install libportaudio2")]
    rows = [("PortAudio", sounddevice.get_portaudio_version()[1].split(",")[0])]
    for kind, name in (("input", "Microphone"), ("output", "Loudspeaker")):
        rows.append((name, _device(lambda: sounddevice.query_devices(kind=kind))))  # noqa: B023 - called at once
    return rows


def _device(query: Callable[[], Any]) -> str:
    try:
        device = query()
    except Exception as error:  # PortAudioError, and ValueError where there is no device at all
        return f"none that works; PortAudio says: {str(error).strip() or type(error).__name__}"
    return f"{device['name']}, {device['default_samplerate']:g} Hz"


@contextlib.contextmanager
def _silent_stderr() -> Iterator[None]:
    """Send what C libraries write to stderr nowhere."""
    sys.stderr.flush()
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def _places() -> list[tuple[str, str]]:
    return [("Program", str(Path(__file__).resolve().parent.parent)), ("Window's settings", _window_settings())]


def _window_settings() -> str:
    """Where Qt keeps the settings of the organisation and application MLP-SVD; asking Qt would need Qt."""
    if sys.platform == "win32":
        return r"registry, HKEY_CURRENT_USER\Software\MLP-SVD\MLP-SVD"
    if sys.platform == "darwin":
        return str(Path.home() / "Library" / "Preferences" / "com.mlp-svd.MLP-SVD.plist")
    folder = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    return str(folder / "MLP-SVD" / "MLP-SVD.conf")
