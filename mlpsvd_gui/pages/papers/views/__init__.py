"""Views of the Papers page."""
