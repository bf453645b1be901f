"""Observable state of the window: no widgets, no mathematics."""
