"""Progress of many trials on stderr: a bar on a terminal, occasional lines elsewhere."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from tqdm import tqdm

__all__ = ["TrialProgress", "trial_progress"]

_LINE_INTERVAL_S = 5.0


class TrialProgress(Protocol):
    """Receiver of the progress."""

    def done(self, name: str, done: int, total: int, left_s: float | None) -> None:
        """Receive the name of the finished trial, the numbers of finished and of all trials, and the seconds left."""

    def write(self, text: str) -> None:
        """Receive a result to print."""


class _Silent:
    """Shows results, but no progress."""

    def done(self, name: str, done: int, total: int, left_s: float | None) -> None:
        """Show nothing."""

    def write(self, text: str) -> None:
        """Print a result."""
        print(text, flush=True)


class _Lines(_Silent):
    """A line every few seconds, for a log."""

    def __init__(self) -> None:
        self._last = time.monotonic()

    def done(self, name: str, done: int, total: int, left_s: float | None) -> None:
        """Print the progress every few seconds."""
        if done == total or time.monotonic() - self._last >= _LINE_INTERVAL_S:
            self._last = time.monotonic()
            left = "" if left_s is None else f", {left_s:.0f} s left"
            print(f"trial {done}/{total}, {name}{left}", file=sys.stderr, flush=True)


class _Bar:
    """A bar over all trials with the remaining time."""

    def __init__(self) -> None:
        size = shutil.get_terminal_size()
        form = "{desc} {bar} {n_fmt}/{total_fmt} trials{postfix}"
        self.bar: tqdm[Any] = tqdm(total=1, file=sys.stderr, ncols=size.columns, nrows=size.lines, bar_format=form)
        self.bar.set_description_str("Starting workers")

    def done(self, name: str, done: int, total: int, left_s: float | None) -> None:
        """Advance the bar."""
        self.bar.total, self.bar.n = total, done
        self.bar.set_description_str(name, refresh=False)
        if left_s is not None:
            self.bar.set_postfix_str(f"{tqdm.format_interval(round(left_s))} left", refresh=False)
        self.bar.refresh()

    def write(self, text: str) -> None:
        """Print a result above the bar."""
        with self.bar.external_write_mode(file=sys.stdout):
            print(text, flush=True)


@contextmanager
def trial_progress(quiet: bool) -> Iterator[TrialProgress]:
    """Return the suitable progress: none, a bar on a terminal, or lines in a log."""
    if quiet or not sys.stderr.isatty():
        yield _Silent() if quiet else _Lines()
        return
    bar = _Bar()
    try:
        yield bar
    finally:
        bar.bar.close()
