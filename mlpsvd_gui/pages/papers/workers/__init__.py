"""Background work of the Papers page."""
