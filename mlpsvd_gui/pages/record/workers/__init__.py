"""Background work of the Record page."""
