"""Controllers of the Analysis page."""
