"""PortAudio and its open streams, used by one thread only."""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import logging
from types import ModuleType
from typing import Any

from mlpsvd.audio.devices.pulse import PulseAnswer, PulseClient, PulseState
from mlpsvd.errors import DeviceError, MissingLibraryError

__all__ = ["PortAudioLibrary", "PortAudioMissingError", "load_sound_library"]

_log = logging.getLogger(__name__)

_NO_PACKAGE = (
    "There is no sound because the Python package sounddevice is not installed; install it (pip install sounddevice) "
    "and start again"
)
_NO_PORTAUDIO = (
    "There is no sound because the PortAudio library is missing; install it (on Debian and Ubuntu: apt-get install "
    "libportaudio2) and start again"
)
_HANGS = "The sound server does not respond; audio resumes automatically when it does, or when it is restarted"


class PortAudioMissingError(DeviceError):
    """The PortAudio library is not installed: waiting does not help."""


class PortAudioLibrary:
    """PortAudio, initialised. Every method belongs to the one thread that owns it.

    Attributes
    ----------
    sd
        The module ``sounddevice``.
    """

    def __init__(self, sd: ModuleType, pulse: PulseClient) -> None:
        self.sd: Any = sd
        self._streams: list[Any] = []
        self._pulse = pulse

    @property
    def is_idle(self) -> bool:
        """Whether no stream is open, so that PortAudio may be reinitialised without interruption."""
        return not self._streams

    def ask_pulse(self) -> PulseAnswer:
        """Query the sound server, before any call that would hang with it."""
        return self._pulse.ask()

    def hold(self, stream: Any) -> None:
        """Close this stream before PortAudio is reinitialised, or given up."""
        self._streams.append(stream)

    def close_stream(self, stream: Any) -> bool:
        """Abort and close a stream, unless the sound server hangs: then it stays held, and False is returned.

        A stream that is closed already is left alone. (``stop`` would wait for sound that may never come.)
        """
        if stream not in self._streams:
            return True
        if self.ask_pulse().state is PulseState.HANGS:
            return False
        self._streams.remove(stream)
        with contextlib.suppress(self.sd.PortAudioError):
            stream.abort()
            stream.close()
        return True

    def reinitialise(self) -> None:
        """Close every stream and let PortAudio look for devices again: it knows only those of its start.

        Raises
        ------
        DeviceError
            If the sound server hangs, or PortAudio cannot be initialised; it may be the next time.
        """
        if not self._end():
            raise DeviceError(_HANGS)
        try:
            self.sd._initialize()
        except self.sd.PortAudioError as error:
            raise DeviceError(f"The sound system cannot be started: {error}") from None

    def close(self) -> bool:
        """Close every stream and end PortAudio; False where the sound server hangs, so that it cannot be done now.

        This object must then be kept: PortAudio's own thread still calls what belongs to its streams.
        """
        return self._end()

    def _end(self) -> bool:
        if [stream for stream in list(self._streams) if not self.close_stream(stream)]:
            return False
        while self.sd._initialized:
            try:
                self.sd._terminate()
            except self.sd.PortAudioError as error:
                _log.info("PortAudio could not be ended: %s", error)
                break
        return True


def load_sound_library(pulse: PulseClient) -> PortAudioLibrary:
    """Import sounddevice, which looks for PortAudio and its devices, unless the sound server hangs: so would that.

    Raises
    ------
    MissingLibraryError, PortAudioMissingError
        If the package or the library is not installed.
    DeviceError
        If the sound server hangs, or PortAudio is there and cannot be initialised.
    """
    if pulse.ask().state is PulseState.HANGS:
        raise DeviceError(_HANGS)
    try:
        import sounddevice
    except ImportError:
        raise MissingLibraryError(_NO_PACKAGE) from None
    except OSError:
        raise PortAudioMissingError(_NO_PORTAUDIO) from None
    except Exception as error:  # sounddevice.PortAudioError, which cannot be named: the import has failed
        raise DeviceError(f"The sound system cannot be started: {error}") from None
    # This handler ends PortAudio from the main thread, which crashes or hangs if our thread is inside PortAudio.
    atexit.unregister(sounddevice._exit_handler)
    # The interpreter unloads the library at exit, even if a stream could not be closed; ctypes keeps it loaded.
    ctypes.CDLL(sounddevice._libname)
    library = PortAudioLibrary(sounddevice, pulse)
    if not sounddevice._initialized:  # another host has used it before and closed it
        library.reinitialise()
    return library
