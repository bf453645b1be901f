"""Background work of the Runs page."""
