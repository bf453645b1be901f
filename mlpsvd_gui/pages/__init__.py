"""The pages of the window. Each has its own views, controllers and workers, and imports no other page."""
