"""Views of the Analysis page."""
