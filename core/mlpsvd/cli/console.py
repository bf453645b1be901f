"""What all commands share: exit codes, and how a sentence is told."""

from __future__ import annotations

import sys

__all__ = ["FAILED", "INTERRUPTED", "OK", "SOME_FAILED", "tell"]

OK, SOME_FAILED, FAILED, INTERRUPTED = 0, 1, 2, 130


def tell(sentence: str) -> None:
    """Print one line of the form ``mlpsvd: …`` to stderr."""
    print("mlpsvd:", " ".join(sentence.split("\n")), file=sys.stderr, flush=True)
