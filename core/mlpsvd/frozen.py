"""Whether this is the installed program without a Python of its own, and how optional libraries are added."""

from __future__ import annotations

import sys

__all__ = ["how_to_add", "is_frozen"]


def is_frozen() -> bool:
    """Return whether this is the program that ``packaging/build`` makes, which no library can be added to."""
    return bool(getattr(sys, "frozen", False))


def how_to_add(*extras: str) -> str:
    """Return how to get optional libraries: a clause that begins with a verb.

    Examples
    --------
    >>> how_to_add("onnx")
    "install it with pip install 'mlpsvd[onnx]'"
    """
    packages = " or ".join(f"'mlpsvd[{extra}]'" for extra in extras)
    if is_frozen():
        return f"it cannot be added to the installed program: install MLP-SVD with Python, by pipx install {packages}"
    return f"install it with pip install {packages}"
