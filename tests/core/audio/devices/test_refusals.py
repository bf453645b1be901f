"""Refusals by a driver: a sample rate, or a device in use by another program.

PulseAudio refuses neither, so a thin wrapper refuses in its stead what drivers do, in PortAudio's own words; what it
lets through goes to real PortAudio.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from microphone_listening import Listening
from sound_server import SoundServer

from mlpsvd.audio.devices.portaudio_thread import PortAudioThread
from mlpsvd.audio.level import measure_level
from mlpsvd.audio.sources.source import SourceState

Refusal = Callable[[dict[str, Any]], tuple[str, int] | None]


class _Driver:
    """sounddevice with a driver that refuses according to ``refusal``."""

    def __init__(self, sd: Any) -> None:
        self._sd = sd
        self.refusal: Refusal = lambda _: None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sd, name)

    def InputStream(self, **settings: Any) -> Any:  # noqa: N802 - sounddevice's own name
        refused = self.refusal(settings)
        if refused is not None:
            raise self._sd.PortAudioError(f"Error opening InputStream: {refused[0]}", refused[1])
        return self._sd.InputStream(**settings)


@pytest.fixture
def driver(sound_server: SoundServer, host: PortAudioThread) -> _Driver:
    def put_between(library: Any) -> _Driver:
        library.sd = _Driver(library.sd)
        return library.sd

    return host.ask(put_between).result(5.0)


@pytest.mark.parametrize(("words", "code"), [("Invalid sample rate", -9997), ("Invalid device", -9996)])
def test_another_rate_is_taken_where_the_native_one_is_refused(
    sound_server: SoundServer, driver: _Driver, listen: Callable[..., Listening], words: str, code: int
) -> None:
    sound_server.play(0.1 * np.sin(2.0 * np.pi * 1000.0 * np.arange(1_440_000) / 48000), 48000)
    driver.refusal = lambda settings: (words, code) if settings["samplerate"] != 44100 else None
    listening = listen(rate_hz=16000.0)
    assert listening.source.raw_rate_hz == 44100.0
    assert listening.source.status.message == (
        "The default microphone refuses its native rate of 48 kHz and is opened at 44.1 kHz"
    )
    listening.until_steady()
    # A busy machine interrupts the tone; a part without an interruption has its level.
    listening.until(lambda: measure_level(listening.hear(0.3)).rms_dbfs == pytest.approx(-20.0, abs=0.05), 15.0)


def test_a_device_that_takes_no_rate_at_all_says_which_were_tried(
    sound_server: SoundServer, driver: _Driver, listen: Callable[..., Listening]
) -> None:
    driver.refusal = lambda _: ("Invalid sample rate", -9997)
    listening = listen(wait=False)
    listening.until_state(SourceState.STALLED)
    said = listening.source.status.message
    assert said.startswith("The default microphone supports none of the sample rates 48000, 44100, 96000, ")
    assert said.endswith("listening starts automatically")


def test_a_device_held_by_another_program_is_listened_to_when_it_is_free(
    sound_server: SoundServer, driver: _Driver, listen: Callable[..., Listening]
) -> None:
    driver.refusal = lambda _: ("Device unavailable", -9985)
    listening = listen(wait=False)
    listening.until_state(SourceState.STALLED)
    assert "is in use by another program" in listening.source.status.message
    driver.refusal = lambda _: None
    assert listening.until_sound() < 1.0


def test_a_lost_device_that_comes_back_with_another_rate_keeps_the_rate_of_the_recording(
    sound_server: SoundServer, driver: _Driver, listen: Callable[..., Listening]
) -> None:
    listening = listen(rate_hz=16000.0)
    listening.hear(0.3)
    raw = listening.source.raw_ring
    driver.refusal = lambda settings: ("Invalid sample rate", -9997) if settings["samplerate"] != 44100 else None
    sound_server.remove_sink()
    listening.until_state(SourceState.STALLED)
    sound_server.add_sink()
    sound_server.play(0.1 * np.sin(2.0 * np.pi * 1000.0 * np.arange(480_000) / 48000), 48000)
    listening.until_sound()
    listening.until_steady(raw=True)
    listening.hear(0.25)
    assert listening.source.raw_ring is raw
    assert listening.source.raw_rate_hz == 48000.0
    heard = raw.read(raw.n_written - 9600, 9600)
    assert heard is not None
    assert int(np.argmax(np.abs(np.fft.rfft(heard * np.hanning(9600))))) == pytest.approx(200, abs=1)  # 1 kHz
