"""The thread that owns PortAudio.

PortAudio may block indefinitely (if a sound server hangs), crashes if two threads initialise it at the same time, and
lists only the devices present at its initialisation. One thread therefore makes all calls; other threads submit work
and may wait for the result with a timeout. A call that hangs blocks neither the window nor the end of the process.
"""

from __future__ import annotations

import atexit
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any, TypeVar

from mlpsvd.audio.devices.device_listing import list_inputs
from mlpsvd.audio.devices.devices import DeviceList
from mlpsvd.audio.devices.portaudio import PortAudioLibrary, load_sound_library
from mlpsvd.audio.devices.pulse import PulseClient
from mlpsvd.errors import DeviceError

__all__ = ["PortAudioThread"]

T = TypeVar("T")

_RETRY_S = 0.25
_CLOSED = "The audio system is being closed"


class PortAudioThread:
    """Runs work that needs PortAudio, one piece after another, in a thread of its own.

    The thread and the library are created at the first request. Requests do not block the caller: each returns a
    future, which may never complete if the sound system hangs.
    """

    def __init__(self) -> None:
        self._jobs: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._is_closed = False
        self._pulse = PulseClient()
        self._library: PortAudioLibrary | None = None
        self._devices: DeviceList | None = None
        self._is_done = threading.Event()

    def devices(self, refresh: bool = False) -> Future[DeviceList]:
        """Return every input device; without ``refresh`` those of the last time this was asked.

        Never raises a DeviceError: why there are no devices is told by ``DeviceList.problem``. Where no sound server
        answers for the devices, refreshing reinitialises PortAudio, and streams that are open are interrupted.
        """

        def look() -> DeviceList:
            if refresh or self._devices is None:
                self._devices = list_inputs(self._loaded, refresh)
            return self._devices

        return self._submit(look)

    def run(self, work: Callable[[Any], T]) -> Future[T]:
        """Run ``work(sounddevice)`` in PortAudio's thread; for short work that leaves no stream open.

        The future raises what ``work`` raises, DeviceError or MissingLibraryError where there is no PortAudio, and
        DeviceError once the host is closed.
        """
        return self._submit(lambda: work(self._loaded().sd))

    def ask(self, work: Callable[[PortAudioLibrary], T]) -> Future[T]:
        """As :meth:`run`, for work that opens streams and lets the library hold them."""
        return self._submit(lambda: work(self._loaded()))

    def close(self, timeout_s: float = 1.0) -> None:
        """Close every stream and end the thread; where the sound system hangs, leave it behind after the timeout."""
        with self._lock:
            thread, was_closed, self._is_closed = self._thread, self._is_closed, True
        if not was_closed:
            atexit.unregister(self.close)
            self._jobs.put(None)
        if thread is not None and thread is not threading.current_thread():
            self._is_done.wait(timeout_s)

    def _submit(self, work: Callable[[], T]) -> Future[T]:
        future: Future[T] = Future()

        def job() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                future.set_result(work())
            except BaseException as error:
                future.set_exception(error)

        with self._lock:
            if self._is_closed:
                future.set_exception(DeviceError(_CLOSED))
                return future
            if self._thread is None:
                self._thread = threading.Thread(target=self._serve, name="PortAudio", daemon=True)
                self._thread.start()
                # Closes the streams of a process that ends without closing this object.
                atexit.register(self.close)
            self._jobs.put(job)
        return future

    def _serve(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()
        # The streams of a server that hangs are closed when it resumes, or with the process. Until then this thread
        # holds references to them, as PortAudio's threads call their callbacks.
        while self._library is not None and not self._library.close():
            self._is_done.set()
            time.sleep(_RETRY_S)
        self._pulse.close()
        self._library = None
        self._is_done.set()

    def _loaded(self) -> PortAudioLibrary:
        if self._is_closed:
            raise DeviceError(_CLOSED)
        if self._library is None:
            self._library = load_sound_library(self._pulse)
        return self._library
