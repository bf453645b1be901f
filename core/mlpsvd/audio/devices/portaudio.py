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
    """Raised if the PortAudio library is not installed."""


class PortAudioLibrary:
    """The initialised PortAudio library; all methods must be called from the thread that owns it.

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
        """Whether no stream is open; reinitialising PortAudio then interrupts nothing."""
        return not self._streams

    def ask_pulse(self) -> PulseAnswer:
        """Query the sound server; to be called before calls that block if the server hangs."""
        return self._pulse.ask()

    def register(self, stream: Any) -> None:
        """Register an open stream, to be closed before PortAudio is reinitialised or terminated."""
        self._streams.append(stream)

    def close_stream(self, stream: Any) -> bool:
        """Abort and close a stream; return False if the sound server hangs, in which case it stays registered.

        Closing a closed stream has no effect. ``abort`` is used because ``stop`` waits for pending buffers.
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
        """Close all streams and reinitialise PortAudio, which updates its list of devices.

        Raises
        ------
        DeviceError
            If the sound server hangs, or PortAudio cannot be initialised. It may succeed later.
        """
        if not self._end():
            raise DeviceError(_HANGS)
        try:
            self.sd._initialize()
        except self.sd.PortAudioError as error:
            raise DeviceError(f"The sound system cannot be started: {error}") from None

    def close(self) -> bool:
        """Close all streams and terminate PortAudio; return False if that is not possible as the sound server hangs.

        In that case this object must be kept alive: PortAudio's thread still calls the callbacks of its streams.
        """
        return self._end()

    def _end(self) -> bool:
        if [stream for stream in list(self._streams) if not self.close_stream(stream)]:
            return False
        while self.sd._initialized:
            try:
                self.sd._terminate()
            except self.sd.PortAudioError as error:
                _log.info("PortAudio could not be terminated: %s", error)
                break
        return True


def load_sound_library(pulse: PulseClient) -> PortAudioLibrary:
    """Import sounddevice, which loads PortAudio and lists its devices; this would block if the sound server hangs.

    Raises
    ------
    MissingLibraryError, PortAudioMissingError
        If the package or the library is not installed.
    DeviceError
        If the sound server hangs, or PortAudio cannot be initialised.
    """
    if pulse.ask().state is PulseState.HANGS:
        raise DeviceError(_HANGS)
    try:
        import sounddevice
    except ImportError:
        raise MissingLibraryError(_NO_PACKAGE) from None
    except OSError:
        raise PortAudioMissingError(_NO_PORTAUDIO) from None
    except Exception as error:  # sounddevice.PortAudioError, which is not available as the import failed
        raise DeviceError(f"The sound system cannot be started: {error}") from None
    # This handler terminates PortAudio in the main thread; it crashes or hangs if our thread is using PortAudio.
    atexit.unregister(sounddevice._exit_handler)
    # The interpreter unloads the library at exit, even if a stream could not be closed; ctypes keeps it loaded.
    ctypes.CDLL(sounddevice._libname)
    library = PortAudioLibrary(sounddevice, pulse)
    if not sounddevice._initialized:  # a previous PortAudioThread has closed it
        library.reinitialise()
    return library
