"""Background work of the Analysis page."""
