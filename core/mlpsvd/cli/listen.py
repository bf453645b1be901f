"""``mlpsvd listen``: classify live input; one line per decision."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import TimeoutError as FutureTimeoutError
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

from mlpsvd.audio.devices.devices import InputDevice, find_device
from mlpsvd.audio.devices.microphone import MicrophoneSource
from mlpsvd.audio.devices.portaudio_thread import PortAudioThread
from mlpsvd.audio.ring_buffer import RingBuffer
from mlpsvd.audio.sources.file_source import FileSource
from mlpsvd.audio.sources.paced_source import Pace
from mlpsvd.audio.sources.source import AudioSource, SourceState, SourceStatus
from mlpsvd.classification.classifier import Classifier
from mlpsvd.classification.live.decision import LiveDecision
from mlpsvd.classification.live.session import Session
from mlpsvd.classification.live.settings import LiveSettings
from mlpsvd.cli.console import FAILED, INTERRUPTED, OK, report
from mlpsvd.cli.decision_lines import csv_rows, json_line, plain_line
from mlpsvd.cli.interrupt import StopRequest
from mlpsvd.cli.native_stderr import quiet_libraries
from mlpsvd.errors import DeviceError, SettingError
from mlpsvd.models.model_file import load_model
from mlpsvd.settings import check, parse_text, setting
from mlpsvd.text import counted

__all__ = ["ListenOptions", "list_devices", "listen"]

_ANSWER_S = 10.0
_GRACE_S = 1.0
"""With ``--seconds``: extra time without sound after which the command ends."""


@dataclass(frozen=True)
class ListenOptions:
    """Options of ``mlpsvd listen``.

    Attributes
    ----------
    file
        A recording to play instead of the input of a device.
    fast
        Whether to play it as fast as possible instead of in real time.
    device
        Key, name or part of the name of the input device; the system's default if None.
    changes
        ``live.KEY=VALUE`` each.
    seconds
        Seconds of audio to classify; 0: until Ctrl-C or the end of the file.
    as_json
        Whether to print JSON lines.
    csv
        CSV file to which every decision is also written.
    """

    file: Path | None = None
    fast: bool = False
    device: str | None = None
    changes: Sequence[str] = ()
    seconds: float = 0.0
    as_json: bool = False
    csv: Path | None = None


@dataclass(frozen=True)
class _Changeable:
    """Holds the live settings under the name used in ``--set live.KEY=VALUE``."""

    live: LiveSettings = setting(LiveSettings(), label="Live", help="Settings of live classification.")


def list_devices() -> int:
    """Print every input device, one per line; return the exit code.

    Raises
    ------
    DeviceError
        If there is none, or the sound system does not respond.
    """
    with quiet_libraries(), closing(PortAudioThread()) as host:
        inputs = _require_devices(host)
    for one in inputs:
        channels = counted(one.n_channels, "channel")
        kind = "default" if one.is_default else "monitor" if one.is_monitor else ""
        print(f"{one.name}\t{one.host_api}\t{channels}\t{one.native_rate_hz:g} Hz\t{kind}".rstrip("\t"))
    return OK


def listen(model: Path, options: ListenOptions) -> int:
    """Print the prediction of each window as it arrives; return the exit code.

    The loss of a device is reported on stderr; listening resumes automatically when it is back.

    Raises
    ------
    FileFormatError, SettingError, DeviceError, OSError
        If the model, an option, the device or the CSV file cannot be used.
    """
    settings = _settings(options.changes)
    if not (options.seconds >= 0.0 and math.isfinite(options.seconds)):
        raise SettingError("--seconds", options.seconds, "a number of at least 0 (s); 0 listens until Ctrl-C")
    classifier = Classifier(load_model(model))
    with ExitStack() as opened:
        source = _source(options, classifier, opened)
        print_decision = _printer(options, classifier, opened)
        session = Session(source, classifier, settings)
        stop = opened.enter_context(StopRequest("stopping"))
        for decision in _decisions(session, options.seconds, stop):
            print_decision(decision)
        _report_lost(session)
        _report_notes(source)
        if stop.is_requested:
            return INTERRUPTED
        return _exit_code(session)


def _exit_code(session: Session) -> int:
    if session.source.status.state is SourceState.FAILED:
        return FAILED
    if not session.ring.n_written:
        report("no input was received")
        return FAILED
    return OK


def _settings(changes: Sequence[str]) -> LiveSettings:
    wanted = _Changeable()
    for change in changes:
        key, equals, text = change.partition("=")
        if not equals:
            raise SettingError("--set", change, "KEY=VALUE, for instance live.hop_share=0.5")
        wanted = parse_text(wanted, key.strip(), text)
    check(wanted)
    return wanted.live


def _source(options: ListenOptions, classifier: Classifier, opened: ExitStack) -> AudioSource:
    rate_hz, channel = classifier.sample_rate_hz, classifier.model.contract.channel
    if options.file is not None:
        pace = Pace.FASTEST if options.fast else Pace.REAL_TIME
        return FileSource(options.file, rate_hz, pace, channel=channel)
    opened.enter_context(quiet_libraries())
    host = opened.enter_context(closing(PortAudioThread()))
    device = None if options.device is None else find_device(_require_devices(host), options.device)
    return MicrophoneSource(host, device, rate_hz, _usable_channel(channel, device))


def _usable_channel(channel: int, device: InputDevice | None) -> int:
    """Use the mean of all channels if a device lacks the channel of the model's recordings."""
    return channel if device is not None and channel <= device.n_channels else 0


def _require_devices(host: PortAudioThread) -> tuple[InputDevice, ...]:
    """Return every input device; raise DeviceError with the reason if there is none."""
    try:
        devices = host.devices(refresh=True).result(_ANSWER_S)
    except FutureTimeoutError:
        silence = f"The sound system did not respond within {_ANSWER_S:g} s; restart its server"
        raise DeviceError(silence) from None
    if not devices.inputs:
        raise DeviceError(devices.problem)
    return devices.inputs


def _decisions(session: Session, seconds: float, stop: StopRequest) -> Iterator[LiveDecision]:
    """Yield decisions until the source ends, ``seconds`` of sound are classified, or Ctrl-C is pressed."""
    clock = _Clock(seconds, session.ring, session.source.sample_rate_hz)
    reporter = _StatusPrinter(session.source)
    with closing(session.steps()) as steps:
        for step in steps:
            reporter.report(step.status)
            for decision in step.decisions:
                if not clock.includes(decision):
                    return
                yield decision
            if stop.is_requested or (clock.is_over() and not step.decisions):
                return


class _Clock:
    """Detects when ``seconds`` of sound have been received; never if they are 0."""

    def __init__(self, seconds: float, ring: RingBuffer, rate_hz: float) -> None:
        self._seconds = seconds or math.inf
        self._n_samples = round(seconds * rate_hz) if seconds else 0
        self._ring = ring
        self._rate_hz = rate_hz
        self._n_seen = 0
        self._seen_at_s = time.monotonic()

    def includes(self, decision: LiveDecision) -> bool:
        """Return whether a window ends within the limit; gaps of a lost device are not counted."""
        if not self._n_samples:
            return True
        last_s = self._ring.time_s(self._n_samples - 1, self._rate_hz) + 1.0 / self._rate_hz
        return decision.end_s <= last_s + 1e-6

    def is_over(self) -> bool:
        """Return whether all sound was received, or none for so long that the time has passed."""
        if self._ring.n_written != self._n_seen:
            self._n_seen, self._seen_at_s = self._ring.n_written, time.monotonic()
        is_complete = 0 < self._n_samples <= self._n_seen
        return is_complete or time.monotonic() - self._seen_at_s >= self._seconds + _GRACE_S


class _StatusPrinter:
    """Prints changes of the source's status on stderr."""

    def __init__(self, source: AudioSource) -> None:
        self._name = source.name
        self._verb = "playing" if isinstance(source, FileSource) else "listening to"
        self._last = SourceStatus(SourceState.IDLE)
        self._is_heard = False
        self._was_heard = False

    def report(self, status: SourceStatus) -> None:
        if status == self._last:
            return
        self._last = status
        if status.state is SourceState.RUNNING and not self._is_heard:
            begun = f"{self._verb} {self._name} (Ctrl-C to stop)"
            report(f"{self._name} is back" if self._was_heard else begun)
        if status.message:
            report(status.message)
        self._is_heard = status.state is SourceState.RUNNING
        self._was_heard = self._was_heard or self._is_heard


def _report_lost(session: Session) -> None:
    if session.lost_s:
        report(f"{session.lost_s:.2f} s of audio were skipped: input arrived faster than it could be classified")


def _report_notes(source: AudioSource) -> None:
    for note in source.notes if isinstance(source, FileSource) else ():
        report(f"note: {source.name}: {note}")


def _printer(options: ListenOptions, classifier: Classifier, opened: ExitStack) -> Callable[[LiveDecision], None]:
    to_text = json_line if options.as_json else plain_line
    write_row = opened.enter_context(csv_rows(options.csv, classifier.class_names))

    def print_decision(decision: LiveDecision) -> None:
        print(to_text(decision), flush=True)
        write_row(decision)

    return print_decision
