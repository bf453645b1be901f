"""Background work of the Explore page."""
