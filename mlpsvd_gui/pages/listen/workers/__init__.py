"""Background work of the Listen page."""
