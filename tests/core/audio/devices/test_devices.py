"""Which devices there are, and the one that a person means."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from sound_server import SoundServer

from mlpsvd.audio.devices.device_listing import portaudio_inputs
from mlpsvd.audio.devices.devices import InputDevice, find_device
from mlpsvd.audio.devices.portaudio_thread import PortAudioThread
from mlpsvd.audio.devices.pulse import PulseClient, PulseState
from mlpsvd.errors import DeviceError


def device(name: str, host_api: str = "ALSA", is_default: bool = False) -> InputDevice:
    return InputDevice(f"{host_api}:{name}", name, host_api, 2, 48000.0, is_default)


SEVERAL = (
    device("Built-in Audio", "Windows WASAPI", is_default=True),
    device("USB Microphone", "Windows WASAPI"),
    device("USB Microphone", "MME"),
    device("Webcam", "MME"),
    device("Webcam Pro", "MME"),
)


@pytest.mark.parametrize(
    ("wanted", "key"),
    [
        ("MME:USB Microphone", "MME:USB Microphone"),
        ("USB Microphone", "Windows WASAPI:USB Microphone"),
        ("usb", "Windows WASAPI:USB Microphone"),
        ("Webcam", "MME:Webcam"),
        ("webcam pro", "MME:Webcam Pro"),
        (" built-IN ", "Windows WASAPI:Built-in Audio"),
    ],
)
def test_a_device_is_found_by_key_name_or_a_part_of_it(wanted: str, key: str) -> None:
    assert find_device(SEVERAL, wanted).key == key


def test_an_ambiguous_device_name_is_refused_with_the_candidates() -> None:
    with pytest.raises(DeviceError, match=r"“cam” fits 2 input devices; .*: “Webcam” \(MME\), “Webcam Pro” \(MME\)"):
        find_device(SEVERAL, "cam")


@pytest.mark.parametrize("wanted", ["headset", "", "  "])
def test_an_unknown_device_name_is_refused_with_all_names(wanted: str) -> None:
    with pytest.raises(
        DeviceError, match=r"There is no input device .* there are “Built-in Audio” \(Windows WASAPI\), "
    ):
        find_device(SEVERAL, wanted)
    with pytest.raises(DeviceError, match="and no other one"):
        find_device((), "headset")


def test_the_sources_of_the_server_are_devices_of_their_own(sound_server: SoundServer, host: PortAudioThread) -> None:
    form = "sink_name=cafe rate=44100 channels=2 sink_properties=device.description=Café"
    sound_server._pactl("load-module", "module-null-sink", *form.split())
    sound_server.set_default("cafe")
    listed = host.devices().result(5.0)
    assert listed.problem == ""
    assert [one.name for one in listed.inputs] == ["Monitor of Café", "Monitor of Speaker"]
    cafe, speaker = listed.inputs
    assert cafe == InputDevice("pulse:cafe.monitor", "Monitor of Café", "PulseAudio", 2, 44100.0, True, True)
    assert (speaker.n_channels, speaker.native_rate_hz, speaker.is_default) == (1, 48000.0, False)
    assert listed.default is cafe


def test_a_microphone_is_no_monitor(sound_server: SoundServer, host: PortAudioThread) -> None:
    properties = "source_properties=device.description=Headset"
    sound_server._pactl("load-module", "module-virtual-source", "source_name=mic", "master=speaker.monitor", properties)
    listed = {one.key: one for one in host.devices().result(5.0).inputs}
    assert not listed["pulse:mic"].is_monitor
    assert listed["pulse:speaker.monitor"].is_monitor


def test_devices_of_one_name_are_numbered(sound_server: SoundServer, host: PortAudioThread) -> None:
    for name in ("one", "two"):
        sound_server._pactl(
            "load-module", "module-null-sink", f"sink_name={name}", "sink_properties=device.description=Twin"
        )
    names = [one.name for one in host.devices().result(5.0).inputs]
    assert {"Monitor of Twin", "Monitor of Twin (2)"} <= set(names)


def test_a_list_is_kept_until_it_is_refreshed(sound_server: SoundServer, host: PortAudioThread) -> None:
    assert len(host.devices().result(5.0).inputs) == 1
    sound_server.add_sink("other")
    assert len(host.devices().result(5.0).inputs) == 1
    assert len(host.devices(refresh=True).result(5.0).inputs) == 2


def test_without_pactl_there_are_portaudios_own_names(
    sound_server: SoundServer, host: PortAudioThread, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    listed = host.devices(refresh=True).result(5.0)
    assert "default" in [one.name for one in listed.inputs]
    assert listed.default is not None
    assert listed.default.n_channels == 2  # and not the 32 that it says


def test_devices_are_listed_in_any_system_language(
    sound_server: SoundServer, host: PortAudioThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Only for Python: glibc keeps the German text of an error for the tests that follow in this process.
    german = dict.fromkeys(("LC_ALL", "LANG", "LANGUAGE"), "de_DE.UTF-8")
    monkeypatch.setattr(os, "environ", {**os.environ, **german})
    assert [one.name for one in host.devices().result(5.0).inputs] == ["Monitor of Speaker"]


def test_a_running_missing_and_hanging_server_are_distinguished(sound_server: SoundServer) -> None:
    client = PulseClient()
    assert client.ask().state is PulseState.ANSWERS
    sound_server.hang()
    for _ in range(8):  # as often as its queue is long, and oftener
        assert client.ask(0.1).state is PulseState.HANGS
    sound_server.wake()
    assert client.ask(2.0).state is PulseState.ANSWERS
    sound_server.kill()
    assert client.ask().state is PulseState.NO_SERVER
    client.close()


class _Windows:
    """The device list of sounddevice on a Windows machine with one microphone and a mixer."""

    class default:  # noqa: N801 - sounddevice's own name
        device = (0, 1)

    @staticmethod
    def query_hostapis() -> list[dict[str, Any]]:
        names = ("MME", "Windows DirectSound", "Windows WASAPI", "Windows WDM-KS")
        return [{"name": name, "default_input_device": index} for index, name in enumerate(names)]

    @staticmethod
    def query_devices() -> list[dict[str, Any]]:
        names = ("Microphone (USB Audio Devi", *["Microphone (USB Audio Device)"] * 3, "Stereo Mix (Realtek)")
        return [
            {"name": name, "hostapi": min(i, 2), "max_input_channels": 1, "default_samplerate": 48000.0}
            for i, name in enumerate(names)
        ]


def test_on_windows_the_default_is_wasapis_and_what_the_loudspeaker_plays_is_a_monitor() -> None:
    listed = [one for _, one in portaudio_inputs(_Windows)]
    assert [one.host_api for one in listed if one.is_default] == ["Windows WASAPI"]
    assert [one.name for one in listed if one.is_monitor] == ["Stereo Mix (Realtek)"]
    assert len({one.key for one in listed}) == len(listed)
    assert find_device(listed, "Microphone (USB Audio Device)").is_default is True


ABSENT = """
import sys
from mlpsvd.audio.devices.microphone import MicrophoneSource
from mlpsvd.audio.ring_buffer import RingBuffer
from mlpsvd.audio.devices.portaudio_thread import PortAudioThread
from mlpsvd.audio.sources.source import SourceState
host = PortAudioThread()
print(host.devices().result(10).problem)
source = MicrophoneSource(host)
source.start(RingBuffer(100))
while not source.finished: pass
print(source.status.state.name, source.status.message)
host.close()
"""


@pytest.mark.parametrize(
    ("module", "said"),
    [
        ("raise OSError('PortAudio library not found')", "the PortAudio library is missing"),
        ("raise ModuleNotFoundError('No module named sounddevice')", "the Python package sounddevice is not installed"),
    ],
)
def test_without_the_library_it_is_one_sentence_that_says_what_to_install(
    tmp_path: Path, module: str, said: str
) -> None:
    (tmp_path / "sounddevice.py").write_text(module)
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n{ABSENT}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30.0)
    assert done.stderr == ""
    problem, status = done.stdout.splitlines()
    assert problem.startswith("There is no sound because")
    assert said in problem
    assert "install" in problem
    assert status == f"FAILED {problem}"
