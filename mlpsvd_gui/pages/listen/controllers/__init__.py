"""Controllers of the Listen page."""
