"""Background work of the Files page."""
