"""An owner of PortAudio for each test, and looks at a source while something is done to its device."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from microphone_listening import Listening

from mlpsvd.audio.devices.devices import InputDevice
from mlpsvd.audio.devices.microphone import MicrophoneSource
from mlpsvd.audio.devices.portaudio_thread import PortAudioThread
from mlpsvd.audio.sources.source import SourceState


@pytest.fixture
def host() -> Iterator[PortAudioThread]:
    """The owner of PortAudio, closed afterwards."""
    host = PortAudioThread()
    yield host
    host.close()


@pytest.fixture
def listen(host: PortAudioThread) -> Iterator[Callable[..., Listening]]:
    """Return a function that listens to a device: ``listen(device, rate_hz, channel)``, and waits for its sound."""
    begun: list[Listening] = []

    def begin(
        device: InputDevice | None = None, rate_hz: float | None = 16000.0, channel: int = 0, wait: bool = True
    ) -> Listening:
        listening = Listening(MicrophoneSource(host, device, rate_hz, channel))
        begun.append(listening)
        if wait:
            listening.until_state(SourceState.RUNNING)
        return listening

    yield begin
    for listening in begun:
        listening.source.stop()
