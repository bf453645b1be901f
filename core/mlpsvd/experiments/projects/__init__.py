"""Projects: experiment, runs, collections and layout of the window in one folder."""
