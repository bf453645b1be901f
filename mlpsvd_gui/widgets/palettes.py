"""Light and dark palettes, for desktops that do not support colour schemes."""

from __future__ import annotations

from PySide6.QtGui import QColor, QPalette

__all__ = ["palette_of"]

_ROLE = QPalette.ColorRole
_DARK = {
    _ROLE.Window: "#2b2c30",
    _ROLE.WindowText: "#e8e8ea",
    _ROLE.Base: "#1e1f22",
    _ROLE.AlternateBase: "#26272b",
    _ROLE.ToolTipBase: "#3a3b40",
    _ROLE.ToolTipText: "#e8e8ea",
    _ROLE.PlaceholderText: "#86888f",
    _ROLE.Text: "#e8e8ea",
    _ROLE.Button: "#37383d",
    _ROLE.ButtonText: "#e8e8ea",
    _ROLE.BrightText: "#ffffff",
    _ROLE.Light: "#4a4b51",
    _ROLE.Midlight: "#424349",
    _ROLE.Mid: "#24252a",
    _ROLE.Dark: "#1a1b1e",
    _ROLE.Shadow: "#101113",
    _ROLE.Highlight: "#2f6fb5",
    _ROLE.HighlightedText: "#ffffff",
    _ROLE.Link: "#6cb0ff",
    _ROLE.LinkVisited: "#b69bf0",
    _ROLE.Accent: "#6cb0ff",
}
_DARK_DISABLED = {_ROLE.WindowText: "#77797f", _ROLE.Text: "#77797f", _ROLE.ButtonText: "#77797f"}


def palette_of(dark: bool) -> QPalette:
    """Return the dark palette, or the style's own one."""
    if not dark:
        return QPalette()
    palette = QPalette()
    for role, colour in _DARK.items():
        palette.setColor(role, QColor(colour))
    for role, colour in _DARK_DISABLED.items():
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor(colour))
    return palette
