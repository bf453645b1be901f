"""The window of MLP-SVD: models, views, controllers and workers around the core."""
