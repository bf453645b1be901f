"""Controllers of the Record page."""
