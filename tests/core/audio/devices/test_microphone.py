"""Sound through real PortAudio streams from a private PulseAudio: level, frequency, rates, channels, the clock."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from microphone_listening import Listening
from sound_server import SoundServer

from mlpsvd.audio.devices.devices import find_device
from mlpsvd.audio.devices.microphone import MicrophoneSource
from mlpsvd.audio.devices.portaudio_thread import PortAudioThread
from mlpsvd.audio.devices.receiver import Receiver
from mlpsvd.audio.level import measure_level
from mlpsvd.audio.sources.source import SourceState
from mlpsvd.errors import DeviceError

_RATE_HZ = 48000


def sine(frequency_hz: float, seconds: float, amplitude: float = 0.1) -> np.ndarray:
    return amplitude * np.sin(2.0 * np.pi * frequency_hz * np.arange(round(seconds * _RATE_HZ)) / _RATE_HZ)


def strongest_hz(samples: np.ndarray, rate_hz: float) -> float:
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum)) * rate_hz / len(samples)


@pytest.mark.parametrize("rate_hz", [None, 16000.0, 8000.0, 44100.0])
def test_a_sine_arrives_at_its_level_and_frequency(
    sound_server: SoundServer, listen: Callable[..., Listening], rate_hz: float
) -> None:
    # Much in hand: a player that falls behind would be heard as a lower level.
    sound_server.play(sine(1000.0, 20.0), _RATE_HZ, latency_ms=500)
    listening = listen(rate_hz=rate_hz)
    listening.until_steady()
    heard = listening.hear(0.5)
    assert measure_level(heard).rms_dbfs == pytest.approx(-20.0, abs=0.02)
    assert strongest_hz(heard, rate_hz or _RATE_HZ) == pytest.approx(1000.0, abs=2.0)


def test_what_lies_above_the_models_band_is_not_folded_into_it(
    sound_server: SoundServer, listen: Callable[..., Listening]
) -> None:
    sound_server.play(sine(9000.0, 20.0), _RATE_HZ, latency_ms=500)
    listening = listen(rate_hz=16000.0)
    listening.until_steady(raw=True)
    listening.hear(0.25)
    raw = listening.source.raw_ring
    assert raw is not None
    before = raw.read(raw.n_written - 9600, 9600)
    assert before is not None
    assert measure_level(before).rms_dbfs == pytest.approx(-20.0, abs=0.1)
    assert measure_level(listening.hear(0.3)).rms_dbfs < -90.0


def test_the_raw_ring_keeps_the_devices_own_samples(
    sound_server: SoundServer, listen: Callable[..., Listening]
) -> None:
    sound_server.play(sine(15000.0, 20.0), _RATE_HZ, latency_ms=500)
    listening = listen(rate_hz=16000.0)
    source = listening.source
    listening.until_steady(raw=True)
    listening.hear(0.3)
    assert source.raw_rate_hz == _RATE_HZ
    n_raw = source.raw_ring.n_written
    heard = source.raw_ring.read(n_raw - _RATE_HZ // 4, _RATE_HZ // 4)
    assert heard is not None
    assert strongest_hz(heard, _RATE_HZ) == pytest.approx(15000.0, abs=10.0)
    # A second reader never advances: the first one's place is its own.
    assert listening.ring.n_read == 0


def test_both_ring_buffers_report_the_same_time(sound_server: SoundServer, listen: Callable[..., Listening]) -> None:
    listening = listen(rate_hz=16000.0)
    listening.hear(0.5)
    source = listening.source
    difference_s = source.raw_ring.n_written / source.raw_rate_hz - listening.ring.n_written / 16000.0
    assert -0.011 < difference_s - 0.0046 < 0.011


def test_every_sample_is_accounted_for_against_the_clock(
    sound_server: SoundServer, listen: Callable[..., Listening]
) -> None:
    listening = listen()
    listening.hear(3.0)
    health = listening.source.health
    assert health.n_gaps == 0
    assert health.expected_s - health.received_s == pytest.approx(0.0, abs=0.06)
    assert listening.ring.n_written / 16000.0 == pytest.approx(health.received_s, abs=0.03)


def test_the_latency_is_a_block_and_what_resampling_adds(
    sound_server: SoundServer, listen: Callable[..., Listening]
) -> None:
    native, resampled = listen(rate_hz=None), listen(rate_hz=16000.0)
    native.hear(0.6)
    resampled.hear(0.6)
    assert 0.01 <= native.source.latency_s < 0.1
    assert resampled.source.latency_s == pytest.approx(native.source.latency_s + 0.0046, abs=0.03)


def test_channels_are_mixed_or_picked(
    sound_server: SoundServer, host: PortAudioThread, listen: Callable[..., Listening]
) -> None:
    sound_server.add_sink("pair", channels=2)
    left_and_right = np.stack([sine(1000.0, 20.0, 0.2), sine(3000.0, 20.0, 0.1)], axis=1)
    sound_server.play(left_and_right, _RATE_HZ, name="pair")
    device = find_device(host.devices().result(5.0).inputs, "pair")
    assert device.n_channels == 2
    mixed, left, right = (listen(device, 16000.0, channel) for channel in (0, 1, 2))
    for listening in (mixed, left, right):
        listening.until_steady()
    for listening, frequency_hz, level_dbfs in ((left, 1000.0, -13.98), (right, 3000.0, -20.0)):
        heard = listening.hear(0.3)
        assert strongest_hz(heard, 16000.0) == pytest.approx(frequency_hz, abs=5.0)
        # On a busy machine a lost block costs up to 0.2 dB; another channel or the mean differs by 1 dB and more.
        assert measure_level(heard).rms_dbfs == pytest.approx(level_dbfs, abs=0.3)
    # Half of each: their powers add to that of one of amplitude sqrt(0.1² + 0.05²).
    expected_dbfs = 20.0 * np.log10(np.hypot(0.1, 0.05))
    assert measure_level(mixed.hear(0.3)).rms_dbfs == pytest.approx(expected_dbfs, abs=0.3)


def test_a_missing_channel_raises_a_clear_error(
    sound_server: SoundServer, host: PortAudioThread, listen: Callable[..., Listening]
) -> None:
    device = host.devices().result(5.0).inputs[0]
    with pytest.raises(DeviceError, match="“Monitor of Speaker” has 1 channel, and channel 2 was requested"):
        MicrophoneSource(host, device, channel=2)
    # Of the default, this is found out as it is opened.
    listening = listen(channel=3, wait=False)
    listening.until_state(SourceState.FAILED)
    assert "has 1 channel, and channel 3 was requested" in listening.source.status.message


def test_the_default_is_followed_when_it_changes(sound_server: SoundServer, listen: Callable[..., Listening]) -> None:
    listening = listen()
    sound_server.add_sink("other")
    sound_server.play(sine(2000.0, 20.0), _RATE_HZ, name="other")
    listening.until(lambda: abs(strongest_hz(listening.hear(0.1), 16000.0) - 2000.0) < 20.0)


def test_two_sources_listen_at_once(
    sound_server: SoundServer, host: PortAudioThread, listen: Callable[..., Listening]
) -> None:
    sound_server.play(sine(1000.0, 20.0), _RATE_HZ)
    device = host.devices().result(5.0).inputs[0]
    first, second = listen(device, 16000.0), listen(None, 8000.0)
    first.until_steady()
    assert strongest_hz(first.hear(0.3), 16000.0) == pytest.approx(1000.0, abs=5.0)
    first.source.stop()
    assert strongest_hz(second.hear(0.3), 8000.0) == pytest.approx(1000.0, abs=5.0)


def test_a_source_is_started_once_and_stopped_any_number_of_times(
    sound_server: SoundServer, host: PortAudioThread, listen: Callable[..., Listening]
) -> None:
    listening = listen()
    with pytest.raises(RuntimeError):
        listening.source.start(listening.ring)
    listening.source.stop()
    listening.source.stop()
    assert listening.source.status.state is SourceState.STOPPED
    n_written = listening.ring.n_written
    time.sleep(0.1)  # time in which nothing may come
    assert listening.ring.n_written == n_written


def test_an_unexpected_error_is_a_gap_and_not_the_end(
    sound_server: SoundServer,
    listen: Callable[..., Listening],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    listening = listen()
    take, taken = Receiver.take, []

    def take_but_once(self: Receiver, block: Any, rate_hz: Any) -> None:
        taken.append(block)
        if len(taken) == 5:
            raise RuntimeError("two threads met")
        take(self, block, rate_hz)

    monkeypatch.setattr(Receiver, "take", take_but_once)
    received = []
    tell = listening.source._report

    def report(*said: Any) -> None:
        received.append(said)
        tell(*said)

    monkeypatch.setattr(listening.source, "_report", report)
    with caplog.at_level(logging.CRITICAL, "mlpsvd"):
        listening.until(lambda: len(taken) > 60 and listening.source.status.state is SourceState.RUNNING)
    assert received[0] == (
        SourceState.STALLED,
        "The default microphone is reopened automatically after an error: two threads met",
    )
    assert [state for state, *_ in received] == [SourceState.STALLED, SourceState.RUNNING]
    health = listening.source.health
    assert health.n_gaps == 1
    assert health.expected_s - health.received_s - health.gaps_s == pytest.approx(0.0, abs=0.06)


def test_a_repeated_error_is_reported_and_ends_the_session(
    sound_server: SoundServer,
    listen: Callable[..., Listening],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    listening = listen()

    def never_take(*_: Any) -> None:
        raise RuntimeError("no room")

    monkeypatch.setattr(Receiver, "take", never_take)
    with caplog.at_level(logging.CRITICAL, "mlpsvd"):
        listening.until_state(SourceState.FAILED)
    assert listening.source.status.message == "The default microphone cannot be used: no room"
    listening.source.stop()
