"""The thread that owns PortAudio; requests to it never block."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable

import pytest
from microphone_listening import Listening
from sound_server import SoundServer

from mlpsvd.audio.devices.portaudio_thread import PortAudioThread
from mlpsvd.audio.sources.source import SourceState
from mlpsvd.errors import DeviceError


def test_the_device_list_is_empty_before_the_first_query() -> None:
    code = "import sys, threading; from mlpsvd.audio.devices.portaudio_thread import PortAudioThread\n"
    code += "from mlpsvd.audio.devices import microphone\n"
    code += "host = PortAudioThread(); print('sounddevice' in sys.modules, threading.active_count()); host.close()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout == "False 1\n", done.stderr


def test_all_work_is_done_in_one_thread_that_is_not_the_callers(
    sound_server: SoundServer, host: PortAudioThread
) -> None:
    threads = {host.run(lambda _: threading.get_ident()).result(5.0) for _ in range(5)}
    assert len(threads) == 1
    assert threads != {threading.get_ident()}


def test_work_is_given_sounddevice_and_its_errors_come_back(sound_server: SoundServer, host: PortAudioThread) -> None:
    assert "PortAudio" in host.run(lambda sd: sd.get_portaudio_version()[1]).result(5.0)
    with pytest.raises(ZeroDivisionError):
        host.run(lambda _: 1 // 0).result(5.0)
    assert host.run(lambda _: 1).result(5.0) == 1  # and the thread lives on


def test_a_closed_host_answers_at_once_that_it_is_closed(sound_server: SoundServer) -> None:
    host = PortAudioThread()
    host.devices().result(5.0)
    host.close()
    host.close()
    with pytest.raises(DeviceError, match="being closed"):
        host.devices().result(0.0)


@pytest.mark.alone
def test_closing_a_host_that_was_never_asked_is_nothing() -> None:
    began_s = time.monotonic()
    PortAudioThread().close()
    assert time.monotonic() - began_s < 0.1


def test_a_host_can_follow_another_one(sound_server: SoundServer) -> None:
    for _ in range(3):
        host = PortAudioThread()
        assert host.devices().result(5.0).inputs
        host.close()


@pytest.mark.alone
def test_a_source_reports_that_its_host_was_closed(
    sound_server: SoundServer, host: PortAudioThread, listen: Callable[..., Listening]
) -> None:
    listening = listen()
    host.close()
    listening.until_state(SourceState.STALLED)
    began_s = time.monotonic()
    listening.source.stop()
    assert time.monotonic() - began_s < 0.3


@pytest.mark.alone
def test_asking_is_not_held_up_while_the_server_hangs(
    sound_server: SoundServer, host: PortAudioThread, listen: Callable[..., Listening]
) -> None:
    listening = listen()
    sound_server.hang()
    began_s = time.monotonic()
    listed = host.devices(refresh=True)
    assert time.monotonic() - began_s < 0.05
    assert "does not respond" in listed.result(5.0).problem
    sound_server.wake()
    listening.until_sound()
    assert host.devices(refresh=True).result(5.0).inputs
