"""Controllers of the Runs page."""
