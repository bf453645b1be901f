"""The command line. It needs no screen, no sound card and no Qt."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code; see :func:`mlpsvd.cli.program.main`."""
    from mlpsvd.cli.program import main as run  # imported late, as Ctrl-C handling is set up first

    return run(argv)
