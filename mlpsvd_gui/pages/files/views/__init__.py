"""Views of the Files page."""
