"""Opens pages of the documentation, which is part of the installed program."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices

import mlpsvd_resources
from mlpsvd_gui.help_topics import CONTENTS, TOPICS

__all__ = ["SITE", "help_page", "open_help"]

SITE = Path(str(resources.files(mlpsvd_resources))) / "site"
"""The documentation, made by packaging/build docs and by the set-up of ./run."""


def help_page(topic: str) -> Path | None:
    """Return the file of a topic, or of the contents if it is empty; None if this copy has no documentation.

    Each topic has a small file that leads to its heading, since opening a file by its address may drop what follows #.
    """
    path = SITE / "help" / f"{topic}.html" if topic in TOPICS else SITE / f"{CONTENTS}.html"
    return path if path.is_file() else None


def open_help(topic: str) -> str:
    """Open the page of a topic, or of the contents, in the browser; return why that failed, or an empty string."""
    path = help_page(topic)
    if path is None:
        return "The documentation is not part of this copy; packaging/build docs makes it."
    if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(path))):
        return f"No browser can be opened; the documentation is in {path.parent}."
    return ""
