"""Progress over many files on stderr: a bar on a terminal, occasional lines elsewhere."""

from __future__ import annotations

import shutil
import sys
import time
from types import TracebackType
from typing import Any, Self

from tqdm import tqdm

from mlpsvd.classification.batch.classify import ClassifyEvent
from mlpsvd.cli.console import report

__all__ = ["FilesProgress"]

_LINE_INTERVAL_S = 5.0
_FORMAT = "{desc} {bar} {percentage:3.0f} %{postfix}"


class FilesProgress:
    """Shows the number of completed files, the rate, and the remaining time.

    Parameters
    ----------
    is_shown
        Whether to show anything; False if the results are printed on the screen.
    """

    def __init__(self, is_shown: bool) -> None:
        self._bar: tqdm[Any] | None = None
        self._is_shown = is_shown
        self._started = self._reported_at = time.monotonic()

    def __enter__(self) -> Self:
        if self._is_shown and sys.stderr.isatty():
            size = shutil.get_terminal_size()  # 80 × 24 if the terminal size is unknown, as tqdm would show nothing
            self._bar = tqdm(total=1.0, file=sys.stderr, ncols=size.columns, nrows=size.lines, bar_format=_FORMAT)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._bar is not None:
            self._bar.close()

    def show(self, event: ClassifyEvent) -> None:
        """Show the progress."""
        if self._bar is not None:
            self._bar.set_description_str(f"{event.n_done:,}/{event.n_files:,} files", refresh=False)
            self._bar.set_postfix_str(self._pace(event), refresh=False)
            self._bar.n = event.share
            self._bar.refresh()
        elif self._is_shown and time.monotonic() - self._reported_at >= _LINE_INTERVAL_S:
            self._reported_at = time.monotonic()
            print(f"{event.n_done:,}/{event.n_files:,} files, {self._pace(event)}", file=sys.stderr, flush=True)

    def report(self, sentence: str) -> None:
        """Print a line to stderr above the bar."""
        if self._bar is not None:
            self._bar.clear()
        report(sentence)

    def _pace(self, event: ClassifyEvent) -> str:
        per_s = event.n_done / max(1e-9, time.monotonic() - self._started)
        left = f"{event.left_s:.0f} s left" if event.left_s is not None else "starting"
        return f"{per_s:.3g} files/s, {left}"
