"""Views of the Explore page."""
