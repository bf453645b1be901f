"""Views of the Record page."""
