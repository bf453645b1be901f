"""Device losses: detected in under a second, and reopened in under a second after the return.

With the times of all of them: ``./test tests/core/audio/test_device_losses.py -s``.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from microphone_listening import Listening
from sound_server import SoundServer

from mlpsvd.audio.devices.devices import find_device
from mlpsvd.audio.devices.portaudio_thread import PortAudioThread
from mlpsvd.audio.sources.source import SourceState

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the private sound server is PulseAudio's")


def _hung_and_killed(server: SoundServer) -> None:
    server.kill()
    server.start()


WAYS: dict[str, tuple[Callable[[SoundServer], None], Callable[[SoundServer], None], str]] = {
    "unplugged": (lambda server: server.remove_sink(), lambda server: server.add_sink(), "is not connected"),
    "server killed": (lambda server: server.kill(), lambda server: server.start(), "sound server has ended"),
    "suspended": (lambda server: server.suspend(), lambda server: server.resume(), "sends no sound"),
    "server hung": (lambda server: server.hang(), lambda server: server.wake(), "sound server does not respond"),
    "server hung, then killed": (lambda server: server.hang(), _hung_and_killed, "sound server does not respond"),
}


@pytest.fixture(params=["", "without pactl"])
def with_or_without_pactl(
    request: pytest.FixtureRequest, sound_server: SoundServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> bool:
    """Whether the server can be asked beside PortAudio; it goes without, and then hangs where pactl would have told."""
    if request.param:
        monkeypatch.setenv("PATH", str(tmp_path))
    return not request.param


def lose_and_find_again(server: SoundServer, listening: Listening, way: str, is_told: bool = True) -> str:
    """Lose and restore the device; return the messages of the source."""
    lose, bring_back, received = WAYS[way]
    source, ring = listening.source, listening.ring
    n_gaps = source.health.n_gaps
    lose(server)
    lost_s = time.monotonic()
    detected_s = listening.until_state(SourceState.STALLED)
    time.sleep(0.5)  # the device stays away
    if is_told:
        listening.until(lambda: received in source.status.message)
    said = source.status.message
    bring_back(server)
    back_s = time.monotonic()
    recovered_s = listening.until_sound()
    away_s = back_s - lost_s
    print(f"\n{way}: noticed after {1e3 * detected_s:.0f} ms, heard again after {1e3 * recovered_s:.0f} ms: {said}")
    assert detected_s < 1.0
    assert recovered_s < 1.0
    listening.until_state(SourceState.RUNNING)
    listening.hear(0.3)
    health = source.health
    assert health.n_gaps == n_gaps + 1
    assert health.expected_s == pytest.approx(health.received_s + health.gaps_s, abs=0.12)
    assert ring.gaps_s == pytest.approx(health.gaps_s)
    assert away_s - 0.1 < health.gaps_s  # what came late is dropped, however much of it there is
    return said


@pytest.mark.parametrize("way", WAYS)
def test_the_default_is_lost_and_comes_back(
    sound_server: SoundServer, with_or_without_pactl: bool, listen: Callable[..., Listening], way: str
) -> None:
    listening = listen()
    listening.hear(0.2)
    said = lose_and_find_again(sound_server, listening, way, is_told=with_or_without_pactl)
    assert said.startswith("The default microphone")
    assert "automatically" in said
    first = listening.ring.first_break(0, listening.ring.n_written)
    assert first is not None
    assert listening.ring.time_s(first, 16000.0) > first / 16000.0 + 0.4


@pytest.mark.parametrize("way", ["unplugged", "server killed", "server hung"])
def test_a_device_by_name_is_lost_and_comes_back(
    sound_server: SoundServer, host: PortAudioThread, listen: Callable[..., Listening], way: str
) -> None:
    device = find_device(host.devices().result(5.0).inputs, "Monitor of Speaker")
    listening = listen(device)
    said = lose_and_find_again(sound_server, listening, way)
    assert said.startswith("“Monitor of Speaker”")
    assert "automatically" in said


def test_a_chosen_device_is_not_replaced_by_another_one(
    sound_server: SoundServer, host: PortAudioThread, listen: Callable[..., Listening]
) -> None:
    """A desktop's server moves the stream of a device that is unplugged to the next one, in silence."""
    sound_server._pactl("load-module", "module-rescue-streams")
    sound_server.add_sink("headset")
    sound_server.set_default("speaker")
    device = find_device(host.devices(refresh=True).result(5.0).inputs, "headset")
    listening = listen(device)
    sound_server.remove_sink("headset")
    assert listening.until_state(SourceState.STALLED) < 1.0
    n_written = listening.ring.n_written
    time.sleep(0.4)  # time in which no other may be opened
    assert listening.ring.n_written == n_written
    sound_server.add_sink("headset")
    assert listening.until_sound() < 1.0


def test_a_device_connected_later_is_opened(
    sound_server: SoundServer, with_or_without_pactl: bool, listen: Callable[..., Listening]
) -> None:
    sound_server.remove_sink()
    listening = listen(wait=False)
    listening.until_state(SourceState.STALLED)
    listening.until(lambda: "automatically" in listening.source.status.message)
    sound_server.add_sink()
    assert listening.until_sound() < 1.0
    assert listening.source.health.n_gaps == 0  # before the first sample there is nothing to miss


def test_a_server_that_comes_after_the_program_is_found(
    sound_server: SoundServer, with_or_without_pactl: bool, host: PortAudioThread, listen: Callable[..., Listening]
) -> None:
    sound_server.kill()
    devices = host.devices().result(5.0)
    assert devices.inputs == ()
    assert devices.problem.startswith("No microphone was found")
    listening = listen(wait=False)
    listening.until_state(SourceState.STALLED)
    time.sleep(0.5)  # it stays away for several attempts
    sound_server.start()
    assert listening.until_sound() < 1.0
    assert host.devices(refresh=True).result(5.0).inputs


def test_a_server_that_hangs_before_the_program_begins_is_waited_for(
    sound_server: SoundServer, with_or_without_pactl: bool, listen: Callable[..., Listening]
) -> None:
    sound_server.hang()
    listening = listen(wait=False)
    listening.until_state(SourceState.STALLED)
    time.sleep(2.0)  # asked often enough to fill the queue of the server
    assert "does not respond" in listening.source.status.message
    sound_server.wake()
    assert listening.until_sound() < 1.0


def test_a_short_loss_within_a_stream_is_a_break_too(
    sound_server: SoundServer, listen: Callable[..., Listening]
) -> None:
    listening = listen()
    listening.hear(0.5)
    sound_server.suspend()
    time.sleep(0.25)  # shorter than a stall
    sound_server.resume()
    listening.hear(1.0)
    health = listening.source.health
    assert listening.source.status.state is SourceState.RUNNING
    assert health.n_gaps == 1
    assert 0.15 < health.gaps_s < 0.5
    assert health.expected_s == pytest.approx(health.received_s + health.gaps_s, abs=0.12)


def test_late_samples_that_arrive_are_no_loss(sound_server: SoundServer, listen: Callable[..., Listening]) -> None:
    """A server that was held up for less than a stall sends what it owes: no break, no sample missing."""
    listening = listen()
    listening.hear(0.5)
    sound_server.hang()
    time.sleep(0.3)  # shorter than a stall
    sound_server.wake()
    listening.hear(1.0)
    health = listening.source.health
    assert health.n_gaps == 0
    assert health.expected_s == pytest.approx(health.received_s, abs=0.12)


def test_the_interpreter_held_for_long_is_no_loss(sound_server: SoundServer, listen: Callable[..., Listening]) -> None:
    """One call into C that keeps all other threads waiting for longer than a stall is given."""
    listening = listen()
    listening.hear(0.3)
    began_s = time.monotonic()
    while time.monotonic() - began_s < 0.6:
        sum(range(25_000_000))
    held_s = time.monotonic() - began_s
    listening.hear(0.5)
    health = listening.source.health
    assert held_s > 0.55
    if held_s < 1.4:  # else it may as well have slept
        assert health.n_gaps == 0
    assert health.expected_s == pytest.approx(health.received_s + health.gaps_s, abs=0.12)


@pytest.mark.alone
def test_stopping_and_closing_wait_for_no_server(
    sound_server: SoundServer, with_or_without_pactl: bool, host: PortAudioThread, listen: Callable[..., Listening]
) -> None:
    listening = listen()
    sound_server.hang()
    listening.until_state(SourceState.STALLED)
    time.sleep(0.2)  # it is opened again, which hangs
    began_s = time.monotonic()
    listening.source.stop()
    assert time.monotonic() - began_s < 0.3
    host.close(0.5)
    assert time.monotonic() - began_s < 1.0
    sound_server.wake()


def test_losses_leave_no_thread_and_no_file_open(sound_server: SoundServer, listen: Callable[..., Listening]) -> None:
    listening = listen()

    def lose() -> None:
        sound_server.remove_sink()
        listening.until_state(SourceState.STALLED)
        sound_server.add_sink()
        listening.until_sound()

    def n_open() -> tuple[int, int, int]:
        n_native = len(list(Path("/proc/self/task").iterdir()))
        return threading.active_count(), n_native, len(list(Path("/proc/self/fd").iterdir()))

    lose()
    before = n_open()
    for _ in range(20):
        lose()
    after = n_open()
    assert np.all(np.subtract(after, before) <= (0, 1, 1)), f"{before} became {after}"


CHILD = """
import sys, time
from mlpsvd.audio.devices.microphone import MicrophoneSource
from mlpsvd.audio.ring_buffer import RingBuffer
from mlpsvd.audio.devices.portaudio_thread import PortAudioThread
from mlpsvd.audio.sources.source import SourceState
host = PortAudioThread()
source, ring = MicrophoneSource(host, None, 16000), RingBuffer(160000)
source.start(ring)
while source.status.state is not SourceState.RUNNING or ring.n_written < 1600: time.sleep(0.01)
print("running", flush=True)
if sys.argv[1] == "listen":
    said = None
    while source.health.n_gaps == 0 or source.status.state is not SourceState.RUNNING:
        said, _ = (source.status.message or said), time.sleep(0.01)
    print(said, source.health.gaps_s, flush=True)
input()
if sys.argv[1] == "close":
    source.stop()
    host.close()
"""


def start_child(server: SoundServer, how: str, path: str) -> subprocess.Popen[str]:
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, how],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**server.environment, "PATH": path},
    )
    assert child.stdout.readline() == "running\n"
    return child


@pytest.mark.alone
@pytest.mark.parametrize("path", [os.environ["PATH"], "/nowhere"], ids=["with pactl", "without"])
@pytest.mark.parametrize("how", ["just ends", "close"])
def test_a_process_exits_cleanly_while_the_sound_server_hangs(sound_server: SoundServer, how: str, path: str) -> None:
    child = start_child(sound_server, how, path)
    sound_server.hang()
    time.sleep(0.1 if how == "close" else 0.8)  # before and after it is noticed
    began_s = time.monotonic()
    child.communicate("\n", timeout=20.0)
    took_s = time.monotonic() - began_s
    assert child.returncode == 0
    assert took_s < 3.0


def test_a_computer_that_slept_goes_on_with_what_is_new(sound_server: SoundServer) -> None:
    """Stopping a process has the effects of a sleeping computer: a burst of old sound and a clock jump."""
    child = start_child(sound_server, "listen", os.environ["PATH"])
    child.send_signal(signal.SIGSTOP)
    time.sleep(2.2)  # the sleep
    child.send_signal(signal.SIGCONT)
    said, _ = child.communicate("\n", timeout=20.0)
    assert "The default microphone is reopened automatically: the computer slept for 2 s" in said
    assert 2.0 < float(said.split()[-1]) < 3.2
