"""The window of MLP-SVD: pages, state, widgets and plots around the core."""
