"""Generic machinery for background jobs."""
