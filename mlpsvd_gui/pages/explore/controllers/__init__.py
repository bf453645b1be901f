"""Controllers of the Explore page."""
