"""Training progress on stderr: a bar on a terminal, occasional lines elsewhere."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from tqdm import tqdm

from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.race import RaceEvent
from mlpsvd.text import percent

__all__ = ["BarProgress", "LineProgress", "Progress", "Quiet", "progress_on_stderr"]

_LINE_INTERVAL_S = 5.0


class Progress(Protocol):
    """Receiver of the training progress."""

    def prepared(self, share: float) -> None:
        """Receive the share of prepared data, 0 to 1."""

    def trained(self, event: RaceEvent) -> None:
        """Receive the event of one epoch of one network."""


class Quiet:
    """Shows nothing."""

    def prepared(self, share: float) -> None:
        """Show nothing."""

    def trained(self, event: RaceEvent) -> None:
        """Show nothing."""


class BarProgress:
    """A bar over all epochs of all networks, with their accuracies and the remaining time."""

    def __init__(self, n_networks: int, n_epochs: int) -> None:
        size = shutil.get_terminal_size()  # 80 × 24 if the terminal size is unknown, as tqdm would show nothing
        self._bar: tqdm[Any] = tqdm(
            total=n_networks * n_epochs,
            file=sys.stderr,
            ncols=size.columns,
            nrows=size.lines,
            bar_format="{desc} {bar} {percentage:3.0f} %, {remaining} left{postfix}",
        )
        self._n_epochs = n_epochs
        self._done: dict[str, int] = {}
        self._states: dict[str, str] = {}

    def prepared(self, share: float) -> None:
        """Show the share of prepared data."""
        self._bar.set_description_str(f"Preparing data {percent(share, 0):>5}")

    def trained(self, event: RaceEvent) -> None:
        """Advance the bar by one epoch of one network."""
        one = event.event
        self._states[event.contender.key] = _state(event)
        self._bar.set_description_str(f"Epoch {one.epoch}/{self._n_epochs}", refresh=False)
        self._bar.set_postfix_str(", ".join(self._states.values()), refresh=False)
        self._done[event.contender.key] = one.epoch  # 0 again if a network is retrained
        done = sum(self._done.values())
        if done == 0:
            self._bar.reset()  # the remaining time is that of the training, without the preparation
        else:
            self._bar.update(done - self._bar.n)

    def close(self) -> None:
        """Keep the bar as it is."""
        self._bar.close()


class LineProgress:
    """A line when the data is ready, then one every few seconds and one at the end."""

    def __init__(self, n_networks: int, n_epochs: int) -> None:
        self._total = n_networks * n_epochs
        self._n_epochs = n_epochs
        self._done: dict[str, int] = {}
        self._trained = 0
        self._started = self._last = time.monotonic()
        self._states: dict[str, str] = {}

    def prepared(self, share: float) -> None:
        """Report data preparation that takes long."""
        if self._is_due():
            self._print(f"preparing data, {percent(share, 0)}")

    def trained(self, event: RaceEvent) -> None:
        """Count an epoch of one network, and print a line every few seconds."""
        self._states[event.contender.key] = _state(event)
        self._done[event.contender.key] = event.event.epoch  # 0 again if a network is retrained
        done = sum(self._done.values())
        if done == 0:
            self._started = time.monotonic()
            return
        self._trained += 1  # without the epochs before a resumed run
        if done == self._total or self._is_due():
            left_s = (time.monotonic() - self._started) / self._trained * (self._total - done)
            states = ", ".join(self._states.values())
            self._print(f"epoch {event.event.epoch}/{self._n_epochs}, {states}, {left_s:.0f} s left")

    def _is_due(self) -> bool:
        return time.monotonic() - self._last >= _LINE_INTERVAL_S

    def _print(self, text: str) -> None:
        self._last = time.monotonic()
        print(text, file=sys.stderr, flush=True)


@contextmanager
def progress_on_stderr(experiment: Experiment, quiet: bool) -> Iterator[Progress]:
    """Return the suitable progress: none, a bar on a terminal, or lines in a log."""
    size = len(experiment.training.contenders), experiment.training.epochs
    if quiet or not sys.stderr.isatty():
        yield Quiet() if quiet else LineProgress(*size)
        return
    bar = BarProgress(*size)
    try:
        yield bar
    finally:
        bar.close()


def _state(event: RaceEvent) -> str:
    ranks = "/".join(str(rank) for rank in _hidden(event.event.ranks))
    rank = f" rank {ranks}" if event.contender.is_factored else ""
    return f"{event.contender.title} {percent(event.event.test_accuracy)}{rank}"


def _hidden(ranks: tuple[int, ...]) -> tuple[int, ...]:
    return ranks[:-1] or ranks
