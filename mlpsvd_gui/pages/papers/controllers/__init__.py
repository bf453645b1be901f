"""Controllers of the Papers page."""
