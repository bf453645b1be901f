"""Controllers of the Files page."""
