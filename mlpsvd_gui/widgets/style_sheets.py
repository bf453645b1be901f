"""Style sheets that follow a change of theme."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

__all__ = ["restyle"]


def restyle(widget: QWidget, style_sheet: str) -> None:
    """Set a style sheet; call again after every change of theme.

    A widget with a style sheet, and what it contains, keeps the palette of the time when the sheet was set. Setting the
    same sheet again changes nothing, so it is removed first.
    """
    widget.setStyleSheet("")
    widget.setStyleSheet(style_sheet)
