"""Playback through the PortAudio thread, also if the sound server hangs or is lost."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
import pytest
from pytestqt.qtbot import QtBot
from sound_server import SoundServer

from mlpsvd.audio.devices.microphone import MicrophoneSource
from mlpsvd.audio.devices.portaudio_thread import PortAudioThread
from mlpsvd.audio.level import measure_level
from mlpsvd.audio.ring_buffer import RingBuffer
from mlpsvd.audio.sources.source import SourceState
from mlpsvd_gui.workers.player import Player

TONE = np.sin(2.0 * np.pi * 1000.0 * np.arange(16000) / 16000).astype(np.float32)


@pytest.fixture
def host() -> Iterator[PortAudioThread]:
    host = PortAudioThread()
    yield host
    host.close()


@pytest.fixture
def player(qtbot: QtBot, host: PortAudioThread) -> Iterator[Player]:
    player = Player(host)
    yield player
    player.close()


def listening_to(qtbot: QtBot, host: PortAudioThread) -> tuple[MicrophoneSource, RingBuffer]:
    source, ring = MicrophoneSource(host, None, 16000.0), RingBuffer(160_000)
    source.start(ring)
    qtbot.waitUntil(lambda: source.status.state is SourceState.RUNNING)
    return source, ring


def loudest_dbfs(ring: RingBuffer, start: int) -> float:
    heard = ring.read(start, ring.n_written - start)
    assert heard is not None
    return max(measure_level(block).rms_dbfs for block in np.array_split(heard, 20))


def test_a_clip_is_heard_at_half_of_full_scale(
    qtbot: QtBot, sound_server: SoundServer, host: PortAudioThread, player: Player
) -> None:
    source, ring = listening_to(qtbot, host)
    with qtbot.waitSignal(player.playing_changed, check_params_cb=lambda playing: not playing, timeout=5000):
        player.play(TONE, 16000.0)
    assert loudest_dbfs(ring, 0) == pytest.approx(-6.02, abs=0.1)
    assert source.health.n_gaps == 0  # the microphone was not disturbed
    source.stop()


def test_the_availability_of_an_output_is_reported(qtbot: QtBot, sound_server: SoundServer, player: Player) -> None:
    with qtbot.waitSignal(player.available_changed, timeout=5000) as received:
        player.look_for_output()
    assert received.args == [""]


def test_no_output_is_one_sentence_and_one_that_comes_later_is_found(
    qtbot: QtBot, sound_server: SoundServer, player: Player
) -> None:
    sound_server.kill()
    with qtbot.waitSignal(player.failed, timeout=5000) as received:
        player.play(TONE, 16000.0)
    assert received.args == ["Clips cannot be played: no audio output found."]
    sound_server.start()
    with qtbot.waitSignal(player.available_changed, timeout=5000) as received:
        player.look_for_output()
    assert received.args == [""]


@pytest.mark.alone
def test_a_hanging_server_is_reported_and_blocks_nothing(
    qtbot: QtBot, sound_server: SoundServer, player: Player
) -> None:
    with qtbot.waitSignal(player.available_changed, timeout=5000):
        player.look_for_output()
    sound_server.hang()
    with qtbot.waitSignal(player.failed, timeout=5000) as received:
        player.play(TONE, 16000.0)
    assert "does not respond" in received.args[0]
    began_s = time.monotonic()
    player.stop()
    assert player.close()
    assert time.monotonic() - began_s < 1.0
    sound_server.wake()


def test_a_cancelled_clip_is_not_played_later(
    qtbot: QtBot, sound_server: SoundServer, host: PortAudioThread, player: Player
) -> None:
    source, ring = listening_to(qtbot, host)
    player.play(TONE, 16000.0)
    player.stop()
    qtbot.wait(300)  # time in which nothing may sound, except for what had left already
    start = ring.n_written
    qtbot.waitUntil(lambda: ring.n_written > start + 4800)
    assert loudest_dbfs(ring, start) < -60.0
    source.stop()


def test_a_device_lost_while_a_clip_plays_ends_both_and_brings_both_back(
    qtbot: QtBot, sound_server: SoundServer, host: PortAudioThread, player: Player
) -> None:
    source, ring = listening_to(qtbot, host)
    player.play(np.tile(TONE, 5), 16000.0)
    qtbot.waitUntil(lambda: ring.n_written > 1600 and loudest_dbfs(ring, 0) > -10.0)
    sound_server.kill()
    qtbot.waitUntil(lambda: source.status.state is SourceState.STALLED, timeout=1000)
    sound_server.start()
    n_written = ring.n_written
    qtbot.waitUntil(lambda: ring.n_written > n_written, timeout=1000)
    with qtbot.waitSignal(player.playing_changed, check_params_cb=lambda playing: not playing, timeout=9000):
        player.play(TONE, 16000.0)
    assert loudest_dbfs(ring, n_written) == pytest.approx(-6.02, abs=0.1)
    source.stop()


def test_playing_while_portaudio_is_initialised_anew_crashes_nothing(
    qtbot: QtBot, sound_server: SoundServer, host: PortAudioThread, player: Player
) -> None:
    source, ring = listening_to(qtbot, host)
    for _ in range(5):
        player.play(TONE, 16000.0)
        qtbot.wait(60)  # any moment, before or within the sound
        host.ask(lambda library: library.reinitialise()).result(5.0)
    n_written = ring.n_written
    qtbot.waitUntil(lambda: ring.n_written > n_written, timeout=1000)
    source.stop()


def test_a_player_is_made_without_touching_the_sound(qtbot: QtBot, host: PortAudioThread) -> None:
    """PortAudio is looked for in its own thread, and not before something is to be played."""
    player = Player(host)
    assert host._thread is None
    player.close()
