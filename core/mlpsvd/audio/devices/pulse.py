"""Sources of PulseAudio or PipeWire, queried through ``pactl``, which may be absent.

PortAudio lists such a server as one device. ``pactl`` gives the names, rates and states of the server's sources, and
shows whether the server hangs. A process that hangs can be killed, unlike a thread inside PortAudio.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
from dataclasses import dataclass
from enum import Enum

__all__ = ["PulseAnswer", "PulseClient", "PulseSource", "PulseState"]

_TIMEOUT_S = 0.4
_SOURCE = "Source #"


class PulseState(Enum):
    """State of the sound server."""

    ANSWERS = "answers"
    NO_SERVER = "there is none"
    HANGS = "does not answer"
    NO_PACTL = "pactl is not installed"


@dataclass(frozen=True)
class PulseSource:
    """A source of the server: a microphone, or the monitor of a loudspeaker."""

    index: int
    name: str
    description: str
    n_channels: int
    rate_hz: float
    is_monitor: bool


@dataclass(frozen=True)
class PulseAnswer:
    """State of the server; it has sources only if it responds.

    Attributes
    ----------
    state
        Whether it responds.
    server
        PulseAudio or PipeWire.
    sources
        In the server's order.
    default
        Name of the default source; empty if there is none.
    """

    state: PulseState
    server: str = "PulseAudio"
    sources: tuple[PulseSource, ...] = ()
    default: str = ""

    def find(self, name: str) -> PulseSource | None:
        """Return the source with a name."""
        return next((source for source in self.sources if source.name == name), None)


class PulseClient:
    """Queries the server, one query at a time, from one thread.

    A query that is not answered in time stays pending, and the next one waits for it first. Repeated queries would fill
    the queue of a server that hangs: from the sixth on, they are refused as if there were no server.
    """

    def __init__(self) -> None:
        self._unfinished: subprocess.Popen[str] | None = None

    def ask(self, timeout_s: float = _TIMEOUT_S) -> PulseAnswer:
        """Query the sources; takes a hundredth of a second, or ``timeout_s`` if the server hangs."""
        try:
            self._finish_query(timeout_s)
            info = self._pactl(timeout_s, "info")
            if info is None:
                return PulseAnswer(PulseState.NO_SERVER)
            # The JSON output of pactl is not used: it has “(null)” for non-ASCII text (16.1), and requires version 16.
            return _answer(info, _sources(self._pactl(timeout_s, "list", "sources") or ""))
        except FileNotFoundError:
            return PulseAnswer(PulseState.NO_PACTL)
        except subprocess.TimeoutExpired:
            return PulseAnswer(PulseState.HANGS)

    def close(self) -> None:
        """Cancel a pending query."""
        if self._unfinished is not None:
            self._unfinished.kill()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._finish_query(_TIMEOUT_S)

    def _pactl(self, timeout_s: float, *arguments: str) -> str | None:
        """Return what pactl prints, None where it fails."""
        self._unfinished = subprocess.Popen(
            ["pactl", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="utf-8",
            errors="replace",
            env={**os.environ, "LC_ALL": "C.UTF-8", "LANGUAGE": ""},  # the output is parsed
        )
        return self._finish_query(timeout_s)

    def _finish_query(self, timeout_s: float) -> str | None:
        if self._unfinished is None:
            return None
        output, _ = self._unfinished.communicate(timeout=timeout_s)
        has_failed, self._unfinished = self._unfinished.returncode != 0, None
        return None if has_failed else output


def _answer(info: str, sources: tuple[PulseSource, ...]) -> PulseAnswer:
    fields = dict(line.split(": ", 1) for line in info.splitlines() if ": " in line)
    server = "PipeWire" if "pipewire" in fields.get("Server Name", "").lower() else "PulseAudio"
    default = fields.get("Default Source", "").strip()
    return PulseAnswer(PulseState.ANSWERS, server, sources, default if default != "@DEFAULT_SOURCE@" else "")


def _sources(text: str) -> tuple[PulseSource, ...]:
    """Read what ``pactl list sources`` prints: a paragraph for each, its properties indented by one tab."""
    found = (_source(one) for one in ("\n" + text).split("\n" + _SOURCE)[1:])
    return tuple(source for source in found if source is not None)


def _source(paragraph: str) -> PulseSource | None:
    number, *lines = paragraph.splitlines()
    fields = dict(line[1:].split(": ", 1) for line in lines if line[:1] == "\t" and line[1:2] != "\t" and ": " in line)
    try:
        name = fields["Name"]
        n_channels, rate_hz = _specification(fields["Sample Specification"])
        is_monitor = fields.get("Monitor of Sink", "n/a") != "n/a"
        return PulseSource(int(number), name, fields.get("Description") or name, n_channels, rate_hz, is_monitor)
    except (KeyError, ValueError):
        return None


def _specification(text: str) -> tuple[int, float]:
    """Channels and rate of ``s16le 2ch 48000Hz``."""
    _, channels, rate = text.split()
    return int(channels.removesuffix("ch")), float(rate.removesuffix("Hz"))
