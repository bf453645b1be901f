"""Exit codes and messages that all commands share."""

from __future__ import annotations

import sys

from mlpsvd.text import one_line

__all__ = ["FAILED", "INTERRUPTED", "OK", "SOME_FAILED", "report"]

OK, SOME_FAILED, FAILED, INTERRUPTED = 0, 1, 2, 130

_LONGEST = 1000


def report(sentence: str) -> None:
    """Print one line of the form ``mlpsvd: …`` to stderr, without control characters."""
    print("mlpsvd:", one_line(sentence, _LONGEST), file=sys.stderr, flush=True)
