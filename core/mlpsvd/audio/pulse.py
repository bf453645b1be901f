"""What PulseAudio, or PipeWire in its place, says of its sources; asked through ``pactl``, which may be absent.

PortAudio sees such a server as one device. The names, rates and states behind it come from here, and so does the
answer to a question that PortAudio must not be asked: whether the server hangs. A process can be given up; a thread
inside PortAudio cannot.
"""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from enum import Enum
from typing import Any

__all__ = ["PulseAnswer", "PulseSource", "PulseState", "ask_pulse"]

_TIMEOUT_S = 0.4


class PulseState(Enum):
    """Whether there is a server to listen to."""

    ANSWERS = "answers"
    NO_SERVER = "there is none"
    HANGS = "does not answer"
    NO_PACTL = "pactl is not installed"


@dataclass(frozen=True)
class PulseSource:
    """A source of the server: a microphone, or the monitor of a loudspeaker."""

    name: str
    description: str
    n_channels: int
    rate_hz: float
    is_monitor: bool


@dataclass(frozen=True)
class PulseAnswer:
    """What the server says now; only one that answers has sources.

    Attributes
    ----------
    state
        Whether it answers.
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
        """Return the source of that name."""
        return next((source for source in self.sources if source.name == name), None)


def ask_pulse(timeout_s: float = _TIMEOUT_S) -> PulseAnswer:
    """Ask the server for its sources; takes a hundredth of a second, or ``timeout_s`` where it hangs."""
    try:
        info = _pactl(timeout_s, "info")
        listing = _pactl(timeout_s, "--format=json", "list", "sources") if info is not None else None
        if info is not None and listing is None:  # before version 16, pactl knows no formats
            return _answer(info, _from_short(_pactl(timeout_s, "list", "short", "sources") or ""))
    except FileNotFoundError:
        return PulseAnswer(PulseState.NO_PACTL)
    except subprocess.TimeoutExpired:
        return PulseAnswer(PulseState.HANGS)
    if info is None or listing is None:
        return PulseAnswer(PulseState.NO_SERVER)
    return _answer(info, _from_json(listing))


def _pactl(timeout_s: float, *arguments: str) -> str | None:
    done = subprocess.run(
        ["pactl", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        timeout=timeout_s,
        encoding="utf-8",
        errors="replace",
        env={**os.environ, "LC_ALL": "C.UTF-8"},  # its words are read here, and its numbers have a decimal point
    )
    return done.stdout if done.returncode == 0 else None


def _answer(info: str, sources: tuple[PulseSource, ...]) -> PulseAnswer:
    said = dict(line.split(": ", 1) for line in info.splitlines() if ": " in line)
    server = "PipeWire" if "pipewire" in said.get("Server Name", "").lower() else "PulseAudio"
    default = said.get("Default Source", "").strip()
    return PulseAnswer(PulseState.ANSWERS, server, sources, default if default != "@DEFAULT_SOURCE@" else "")


def _from_json(text: str) -> tuple[PulseSource, ...]:
    try:
        return tuple(_source(one) for one in json.loads(text))
    except (ValueError, KeyError, TypeError):
        return ()


def _source(one: dict[str, Any]) -> PulseSource:
    n_channels, rate_hz = _specification(one["sample_specification"])
    name, monitored = str(one["name"]), str(one.get("monitor_source") or "")
    is_monitor = monitored not in ("", "n/a") or one.get("properties", {}).get("device.class") == "monitor"
    return PulseSource(name, str(one.get("description") or name), n_channels, rate_hz, is_monitor)


def _from_short(text: str) -> tuple[PulseSource, ...]:
    sources = []
    for line in text.splitlines():
        cells = line.split("\t")
        if len(cells) >= 4:
            sources.append(PulseSource(cells[1], cells[1], *_specification(cells[3]), cells[1].endswith(".monitor")))
    return tuple(sources)


def _specification(text: str) -> tuple[int, float]:
    """Channels and rate of ``s16le 2ch 48000Hz``."""
    _, channels, rate = text.split()
    return int(channels.removesuffix("ch")), float(rate.removesuffix("Hz"))
