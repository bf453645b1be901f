"""The command line: train, classify, reproduce, presets, doctor. It needs no screen, no sound card and no Qt."""

from mlpsvd.cli.program import main

__all__ = ["main"]
