"""The one thread that owns PortAudio.

PortAudio may block for ever (a sound server that hangs), crashes where two threads meet in its initialisation, and
knows only the devices that were there when it began. So one thread makes every call, others ask and wait for an
answer as long as they like, and nothing that hangs in here holds up the window or the end of the process.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from mlpsvd.audio.devices import DeviceList

__all__ = ["SoundHost"]

T = TypeVar("T")


class SoundHost:
    """Runs work that needs PortAudio, one piece after another, in a thread of its own.

    The thread and the library are not there before the first question. No method blocks its caller.
    """

    def devices(self, refresh: bool = False) -> Future[DeviceList]:
        """Return every input device; without ``refresh`` those of the last time this was asked."""
        raise NotImplementedError

    def run(self, work: Callable[[Any], T]) -> Future[T]:
        """Run ``work(sounddevice)`` in PortAudio's thread.

        The future raises what ``work`` raises, DeviceError or MissingLibraryError where there is no PortAudio, and
        DeviceError once the host is closed.
        """
        raise NotImplementedError

    def close(self, timeout_s: float = 1.0) -> None:
        """Close every stream and end the thread; where the sound system hangs, leave it behind after the timeout."""
