"""A PulseAudio server of the tests' own, with virtual devices that can be lost in every way."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


class SoundServer:
    """A private PulseAudio server: sound played into its sink arrives at the default microphone.

    Real PortAudio streams go through it, and every way to lose a device can be had: the sink taken away, the server
    killed or hung, the sink suspended. The device's own name is ``speaker.monitor``.

    Attributes
    ----------
    environment
        For processes that are to hear the same server: the test's environment with ``PULSE_SERVER`` in it.
    """

    sink = "speaker"
    source = "speaker.monitor"
    rate_hz = 48000

    def __init__(self, folder: Path) -> None:
        self._socket = folder / "pulse.sock"
        self._log = folder / "pulse.log"
        self._script = folder / "pulse.pa"
        self._process: subprocess.Popen[bytes] | None = None
        self._players: list[subprocess.Popen[bytes]] = []
        self._modules: dict[str, str] = {}
        own = {
            "PULSE_SERVER": f"unix:{self._socket}",
            # Neither the cookie nor the settings of whoever runs the tests.
            "PULSE_COOKIE": str(folder / "cookie"),
            "PULSE_RUNTIME_PATH": str(folder),
            "PULSE_STATE_PATH": str(folder),
        }
        self.variables = own
        self.environment = {**os.environ, **own}

    def start(self, with_sink: bool = True) -> None:
        """Start the server; returns once it answers."""
        self._script.write_text(f"load-module module-native-protocol-unix socket={self._socket} auth-anonymous=1\n")
        self._socket.unlink(missing_ok=True)
        options = ["--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no", "--disable-shm=yes", "--realtime=no"]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [*_dies_with_its_parent(), "pulseaudio", "-n", "-F", str(self._script), *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self.environment,
            )
        self._modules.clear()
        for _ in range(250):
            if self._socket.exists() and self._pactl("info", check=False).returncode == 0:
                break
            assert self._process.poll() is None, self._log.read_text()
            time.sleep(0.02)
        else:
            raise AssertionError("the sound server does not answer:\n" + self._log.read_text())
        if with_sink:
            self.add_sink()

    def kill(self) -> None:
        """Let the server die at once."""
        if self._process is not None:
            self._process.kill()  # also where it is stopped
            self._process.wait()
            self._process = None
        self.silence()

    def hang(self) -> None:
        """Let the server answer nothing, its connections open."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def wake(self) -> None:
        """Let a hung server go on."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def add_sink(self, name: str = sink, rate_hz: int = rate_hz, channels: int = 1) -> None:
        """Add a virtual loudspeaker, and with it the microphone NAME.monitor, the default from now on."""
        # Without norewinds the first block comes up to two seconds late.
        arguments = f"sink_name={name} format=s16le rate={rate_hz} channels={channels} norewinds=1".split()
        properties = f"sink_properties=device.description={name.capitalize()}"
        self._modules[name] = self._pactl("load-module", "module-null-sink", *arguments, properties).stdout.strip()
        self.set_default(name)

    def set_default(self, name: str = sink) -> None:
        """Make NAME the default loudspeaker and NAME.monitor the default microphone."""
        self._pactl("set-default-sink", name)
        self._pactl("set-default-source", f"{name}.monitor")

    def remove_sink(self, name: str = sink) -> None:
        """Take a virtual loudspeaker away, and its microphone with it."""
        self._pactl("unload-module", self._modules.pop(name))

    def suspend(self, name: str = sink) -> None:
        """Suspend the loudspeaker, and with it the microphone."""
        self._pactl("suspend-sink", name, "1")

    def resume(self, name: str = sink) -> None:
        """Let a suspended loudspeaker go on."""
        self._pactl("suspend-sink", name, "0")

    def play(
        self, samples: NDArray[Any], rate_hz: float, wait: bool = False, name: str = sink, latency_ms: int = 20
    ) -> subprocess.Popen[bytes]:
        """Play samples at full scale 1, (n,) or (n, channels), into a loudspeaker.

        ``wait`` returns after the last sample; otherwise the player's process comes back at once.
        """
        samples = np.ascontiguousarray(samples, dtype="<f4")
        channels = 1 if samples.ndim == 1 else samples.shape[1]
        file = self._script.with_name(f"play{len(self._players)}.f32")
        file.write_bytes(samples.tobytes())
        form = f"--raw --format=float32le --rate={round(rate_hz)} --channels={channels} --latency-msec={latency_ms}"
        with file.open("rb") as stream:
            player = subprocess.Popen(
                ["pacat", "--playback", f"--device={name}", *form.split()],
                stdin=stream,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=self.environment,
            )
        self._players.append(player)
        if wait:
            player.wait(samples.shape[0] / rate_hz + 10.0)
        return player

    def silence(self) -> None:
        """Stop everything that plays."""
        for player in self._players:
            player.kill()
            player.wait()
        self._players.clear()

    def _pactl(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        command = ["pactl", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=check, timeout=10.0, env=self.environment)


def _dies_with_its_parent() -> list[str]:
    """Return a command prefix that ends the process if the tests are killed."""
    return ["setpriv", "--pdeathsig", "KILL"] if shutil.which("setpriv") else []
