"""Views of the Listen page."""
